"""The page of a comparison, in plain words: what was compared, what came out, how sure it is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.grid import grid_markdown
from isogloss.report.comparison.reading import form_table, notes, pair_table, pairs_of
from isogloss.report.comparison.results import words_of
from isogloss.report.frame import Frame
from isogloss.report.numbers import CUT_SAID, in_markdown
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.recommend.tables import candidate_table, exclusion_table, expansion_line
from isogloss.report.tables import markdown
from isogloss.report.words import capital

READING = """\
- **Intervals of scores are 95 % confidence intervals over seeds and test sentences together**:
  would training again, tested on other sentences of the same kind, give the same? With one seed
  they are over sentences only. Times of evaluations have intervals over seeds; measured values and
  the cost have the mean over rounds of measuring with its interval over them, and no interval if
  there was one round. An interval ends where its number must: a score at 0 and 1, a difference of
  scores at -1 and 1, a loss or a cost at 0; a star says that it would reach beyond.
- **Losses compare** here, since all encoders answer with the same labels of the same texts or
  words. Losses of masked text do not: each vocabulary has its own sub-tokens to guess.
- **Difference** is (B - A) / A x 100 of the first encoder. In tables by language it is B - A.
- **A tie is not told apart.** Of scores: the p-value is 0.05 or more, corrected after Holm for all
  languages and pairs of encoders by language, for the pairs alone where languages are pooled. Of
  measured values: the interval of the paired difference holds 0, without correction; a value that
  was measured once names nobody, unless it is counted and not timed. *Could see* is the smallest
  true difference that this study finds in 80 % of cases: a tie says nothing about smaller ones.
- **All languages** is all their sentences as one test set, of the languages that every encoder was
  tested on; the mean over languages, which the recommendation uses, counts each language the same.
- **Everybody is scored on the same gold words**; encoders scored on other gold are refused.
- `eval_runtime` and its rates come from the evaluations, which may have shared the machine, so
  they name no candidate. Values with p50, p99, offline or memory in their name were measured alone,
  candidates in turn. Tokens a second have no best value: tokenizers cut the same sentence into more
  or fewer of them."""


class Told(NamedTuple):
    """What a page says besides the comparison itself."""

    recommendation: Recommendation | None = None
    commands: Sequence[str] = ()
    """What a reader types to get it again."""

    unfinished: Sequence[str] = ()
    """What the comparison lacks, a line each."""

    measured: Sequence[str] = ()
    """Where and how costs were measured, and what could not be, a line each."""

    data: Sequence[str] = ()
    """What was done to the data (repaired tags, windowed sentences, empty words), a line each."""

    pictures: Sequence[tuple[str, str]] = ()
    """Name and caption of each figure that stands in `figures/`."""


NOTHING_ELSE = Told()


def comparison_page(comparison: Comparison, frame: Frame, told: Told = NOTHING_ELSE) -> str:
    """Write the page in Markdown.

    Args:
        comparison: of a study.
        frame: the study and whether its data are sample data.
        told: recommendation, commands and what is missing.
    """
    sample = "\n\n**Sample data**: made up for trying things out; says nothing of real languages."
    blocks = [
        f"# {frame.study}: {' against '.join(comparison.encoders)}"
        + (sample if frame.sample else ""),
        "\n".join(f"- {fact}" for fact in facts(comparison)),
        *_overview(comparison),
        *_recommended(told.recommendation),
        *_languages(comparison, frame),
        *_more(comparison),
    ]
    if told.pictures:
        drawn = [f"![{caption}](figures/{name}.png)" for name, caption in told.pictures]
        blocks += ["## Figures", *drawn]
    if told.data:
        blocks += ["## Data", "\n".join(f"- {line}" for line in told.data)]
    if told.measured:
        blocks += ["## How it was measured", "\n".join(f"- {line}" for line in told.measured)]
    if told.unfinished:
        blocks += ["## Not in this comparison", "\n".join(f"- {line}" for line in told.unfinished)]
    blocks += ["## How to read this", READING]
    blocks.append("All tables as CSV, Markdown and LaTeX: [tables](tables).")
    if told.commands:
        blocks += ["## Again", "```sh\n" + "\n".join(told.commands) + "\n```"]
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def facts(comparison: Comparison) -> list[str]:
    """What was compared, a line each."""
    records = of_main_setting(comparison)
    languages = [*comparison.pool.targets, *comparison.pool.left_out]
    sources = comparison.setting.sources
    seeds = dict.fromkeys(record["n_seeds"] for record in records)
    unseen = [language_name(code) for code in languages if code not in sources]
    zero_shot = f"; of these zero-shot: {', '.join(unseen)}" if unseen else ""
    return [
        f"Encoders: {', '.join(comparison.encoders)}",
        capital(words_of(comparison.setting)),
        f"Tested on {len(languages)}: {', '.join(map(language_name, languages))}{zero_shot}",
        *([f"Seeds that both sides of a pair have: {_range(seeds)}"] if seeds else []),
        *notes(records),
        *comparison.notes,
    ]


def whole(comparison: Comparison) -> str:
    """What the overview is about: its languages, its gold, and which languages it lacks."""
    pool = comparison.pool
    metric, pooled = comparison.asked.metric, pool.of(of_main_setting(comparison))
    found = next((record for record in pooled if record["metric"] == metric), None)
    if found is None:
        return (
            "Times and costs alone: no two encoders have a seed that was tested on all of the same "
            "languages"
        )
    counted = f"({found['gold']:,} gold {found['gold_unit']})"
    if pool.is_single:
        return f"{language_name(pool.targets[0])} {counted}"
    if not pool.left_out:
        return f"All {len(pool.targets)} languages together {counted}"
    who = ", ".join(map(language_name, pool.targets))
    return f"{who} together {counted}, without {', '.join(map(language_name, pool.left_out))}"


def _overview(comparison: Comparison) -> Iterator[str]:
    if comparison.overview is not None:
        yield "## Side by side"
        yield f"{whole(comparison)}; the best value of a line is bold:"
        yield grid_markdown(comparison.overview)
        if comparison.overview.is_cut:
            yield in_markdown(CUT_SAID)


def _recommended(found: Recommendation | None) -> Iterator[str]:
    if found is None:
        return
    yield "## Recommendation"
    yield "\n".join(f"- {line}" for line in found.lines)
    yield f"Pareto front over {', '.join(found.respects)}: {', '.join(found.front)}."
    if found.excluded:
        yield "Excluded:"
        yield markdown(exclusion_table(found))
    yield markdown(candidate_table(found))
    yield expansion_line(found)


def _languages(comparison: Comparison, frame: Frame) -> Iterator[str]:
    records = of_main_setting(comparison)
    if records:
        yield f"## {capital(frame.measure)} by language"
    for pair in pairs_of(records):
        first, second = pair
        yield f"**{second} against {first}**; difference = {second} - {first}:"
        yield markdown(pair_table(records, pair, comparison.asked.metric), names=pair)


def _more(comparison: Comparison) -> Iterator[str]:
    if len(comparison.forms) > len(comparison.encoders):
        yield "## Serving forms"
        yield (
            "Each form is tested again. `minus torch` is its score minus that of the form that it "
            "was trained in, paired; the verdict is on the form:"
        )
        yield markdown(form_table(comparison.forms))
    if comparison.tokenizers:
        yield "## Tokenizers"
        yield "Fertility is tokens a word; shares are of tokens, and of vocabulary entries seen:"
        yield markdown(comparison.tokenizers)


def _range(numbers: Iterable[int]) -> str:
    found = sorted(set(numbers))
    return f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}"
