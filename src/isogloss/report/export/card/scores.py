"""What a card says of scores: a line a language, each with its interval and its count."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import final

from isogloss.base.languages import language_name
from isogloss.report.balance.design import HEADLINES
from isogloss.report.export.card.tasks import metrics_shown
from isogloss.report.export.card.words import count, table
from isogloss.report.export.facts import Evaluation, Scored, Subject
from isogloss.report.export.metrics import metric_of
from isogloss.report.numbers import NOTHING, number, rounded_value

ONE = (
    "Intervals are of 95 %. That of this model is over test {unit}: would another test set show"
    " the same?"
)
MEAN = " That of the mean is over seeds and test {unit} together: would another training, too?"

MEANING = {
    "ner": "F1, precision and recall are over whole entities, type, beginning and end; accuracy is"
    " over words.",
    "pos": "Scores are over words.",
    "mlm": "Every sub-token of the held-out text was hidden once.",
    "sentiment": "Macro means are over the labels, each counted the same.",
    "text_classification": "Macro means are over the labels, each counted the same.",
}

PROBED = (
    "Linear probes of its frozen layers, trained on one language, tested on it (in-language) and on"
    " the others (zero-shot, their mean):"
)


@final
@dataclass(frozen=True)
class _Columns:
    """Which columns the table has; those that no line fills are left out."""

    metrics: tuple[str, ...]
    seeds: bool
    gold: str | None
    unusable: bool


def score_words(subject: Subject) -> Iterator[str]:
    """The paragraphs and tables about scores."""
    own = subject.of_task
    if own:
        yield _score_table(subject, own)
        words = ONE + (MEAN if any(one.seeds for one in own) else "")
        yield " ".join(filter(None, [MEANING.get(subject.task), words.format(unit=own[0].unit)]))
    else:
        yield "It was not tested."
    if subject.probed:
        yield PROBED
        yield _probe_table(subject.probed)


def score(scored: Scored | None) -> str:
    """A score with its interval."""
    return NOTHING if scored is None else number(scored.value, scored.low, scored.high)


def _score_table(subject: Subject, tests: Sequence[Evaluation]) -> str:
    there = tuple(
        name for name in metrics_shown(subject) if any(name in one.scores for one in tests)
    )
    columns = _Columns(
        metrics=there,
        seeds=any(one.seeds for one in tests),
        gold=next((one.gold[1] for one in tests if one.gold), None),
        unusable=any(_n_unusable(one) for one in tests),
    )
    named = [metric.name if (metric := metric_of(name)) else name for name in there]
    heads = ["language", "split", "trained on", *(f"{name}, this model" for name in named[:1])]
    heads += [f"{name}, mean of seeds" for name in named[:1] if columns.seeds]
    heads += [*named[1:], tests[0].unit, *([columns.gold] if columns.gold else [])]
    heads += ["unusable"] if columns.unusable else []
    return table(heads, [list(_cells(subject, one, columns)) for one in tests])


def _cells(subject: Subject, one: Evaluation, columns: _Columns) -> Iterator[str]:
    yield language_name(one.language)
    yield one.split
    yield "yes" if one.language in subject.sources else "no (zero-shot)"
    for at, name in enumerate(columns.metrics):
        yield score(one.scores.get(name))
        if at == 0 and columns.seeds:
            yield _mean(one)
    yield count(one.n_units)
    if columns.gold:
        yield count(one.gold[0] if one.gold else None)
    if columns.unusable:
        yield count(_n_unusable(one))


def _mean(one: Evaluation) -> str:
    if one.seeds is None:
        return NOTHING
    return f"{number(one.seeds.mean, one.seeds.low, one.seeds.high)} ({one.seeds.n_seeds} seeds)"


def _n_unusable(one: Evaluation) -> int:
    return max((scored.n_unscored for scored in one.scores.values()), default=0)


def _probe_table(tests: Iterable[Evaluation]) -> str:
    found: dict[tuple[str, str, str], list[Evaluation]] = {}
    for one in tests:
        key = one.task, one.layer or "", one.source or ""
        found.setdefault(key, []).append(one)
    heads = ("task", "layer", "learned from", "score", "in-language", "zero-shot", "languages")
    return table(heads, [_probe_line(*key, group) for key, group in found.items()])


def _probe_line(task: str, layer: str, source: str, group: Sequence[Evaluation]) -> list[str]:
    name = HEADLINES[task]
    values = {one.language: one.scores[name].value for one in group if name in one.scores}
    others = [value for language, value in values.items() if language != source]
    mean = rounded_value(fmean(others)) if others else NOTHING
    own = rounded_value(values.get(source))
    return [task, layer, language_name(source), name, own, mean, str(len(others))]
