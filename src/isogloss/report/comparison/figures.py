"""The figures of a comparison: scores by language, and quality against each cost."""

from collections.abc import Iterator, Sequence

from isogloss.base.languages import language_name
from isogloss.report.charts.fronts import fronts_chart
from isogloss.report.charts.side_by_side import side_by_side_chart
from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.fields import score_of
from isogloss.report.comparison.measures import statistic
from isogloss.report.figures import Figure, named_apart, slug
from isogloss.report.frame import Frame
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.fronts import fronts
from isogloss.report.records import Record
from isogloss.stats.combined import score_interval


def comparison_figures(
    comparison: Comparison, candidates: Sequence[Candidate], frame: Frame
) -> Iterator[Figure]:
    """Draw the languages, and each cost that was measured in a picture of its own.

    Args:
        comparison: of a study.
        candidates: that the choice is among.
        frame: the study and its metric.
    """
    yield from named_apart([*_languages(comparison, frame), *_costs(comparison, candidates, frame)])


def language_scores(comparison: Comparison) -> list[Record]:
    """Scores by language: of the encoders, or of the forms of a single one."""
    return _encoder_scores(comparison) or _form_scores(comparison)


def _languages(comparison: Comparison, frame: Frame) -> Iterator[Figure]:
    records = language_scores(comparison)
    if records:
        order = list(dict.fromkeys(record["candidate"] for record in records))
        caption = f"{frame.measure} by language, with 95 % intervals."
        spec = side_by_side_chart(records, frame, order=order)
        yield Figure("comparison-languages", "comparison_languages", caption, spec)


def _costs(
    comparison: Comparison, candidates: Sequence[Candidate], frame: Frame
) -> Iterator[Figure]:
    for cost, records in fronts(candidates, comparison.rounds, comparison.price).items():
        caption = f"Quality against cost, and the Pareto front: {cost.words}."
        spec = fronts_chart({cost: records}, frame, order=comparison.encoders)
        yield Figure(slug("comparison-front", cost.metric), "candidates", caption, spec)


def _encoder_scores(found: Comparison) -> list[Record]:
    """Scores of encoders by language, of the seeds that the first pair of each shares."""
    scores: dict[tuple[str, str], Record] = {}
    for record in of_main_setting(found):
        if record["scope"] != "language" or record["metric"] != found.asked.metric:
            continue
        unseen = record["language"] not in found.setting.sources
        language = language_name(record["language"]) + (" (zero-shot)" if unseen else "")
        for side in ("first", "second"):
            fields = {f"score{end}": record[f"{side}_score{end}"] for end in ("", "_low", "_high")}
            line = {"language": language, "candidate": record[side], **fields}
            scores.setdefault((language, record[side]), line)
    return list(scores.values())


def _form_scores(found: Comparison) -> list[Record]:
    """Scores of the forms of one encoder by language."""
    return [
        {
            "language": language_name(language),
            "candidate": quality.key.name,
            **score_of("score", score_interval(by_seed, statistic(quality.metric)), quality.metric),
        }
        for quality in found.qualities
        for language, by_seed in quality.by_language.items()
    ]
