"""The whole comparison of a study: from test units and rows to tables that a page can show.

Takes some ten seconds for two encoders in four forms, six metrics, six languages of 1,500 sentences
and three seeds: 10,000 resamples of each metric and language. All metrics are compared in the main
setting, the study's metric alone in the others. Nothing is trained, predicted or written here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, NamedTuple, final

from isogloss.report.at_chance import Scores, chance_notes
from isogloss.report.baseline_tables import baselines
from isogloss.report.comparison.differences import compare_encoders
from isogloss.report.comparison.forms import forms
from isogloss.report.comparison.gold import check_gold
from isogloss.report.comparison.overview import overview
from isogloss.report.comparison.pool import Pool, pool_of
from isogloss.report.comparison.quality import Quality, qualities
from isogloss.report.comparison.results import (
    TRAINED_FORM,
    Result,
    Setting,
    main_setting,
    of_setting,
    once,
    training_words,
)
from isogloss.report.comparison.rounds import (
    Price,
    Rounds,
    Samples,
    by_metric,
    measured_trainings,
    rounds_of,
    with_cost,
)
from isogloss.report.comparison.times import compare_repeats, times_of
from isogloss.report.comparison.tokenizers import tokenizer_table
from isogloss.report.comparison.values import Compared
from isogloss.report.records import Record, Row
from isogloss.stats.combined import COMPARE_RESAMPLES


class Asked(NamedTuple):
    """What a comparison is about."""

    metric: str
    """The study's metric: that of the tables by language and form, and of the recommendation."""

    metrics: tuple[str, ...]
    """All metrics of quality in the table (see `measures.metrics_of`)."""

    resamples: int = COMPARE_RESAMPLES


@final
@dataclass(frozen=True)
class Extra:
    """What is known besides test units and rows."""

    samples: Samples = field(default_factory=dict)
    """Raw samples of measured values by (encoder, form) and metric, one a round."""

    audits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Tokenizer audits by encoder."""

    price: Price | None = None
    """Of an hour of the machine, for the cost."""


NOTHING_MORE = Extra()


@final
@dataclass(frozen=True)
class Comparison:
    """Encoders side by side; all records are flat and JSON-able."""

    asked: Asked
    setting: Setting
    """The one that the overview, the forms and the recommendation are about."""

    encoders: tuple[str, ...]
    pool: Pool
    """The targets of the overview."""

    overview: Compared | None
    """The pooled targets; times; measured values and cost of the form as trained. None for one
    encoder, which has its forms alone."""

    differences: tuple[Record, ...]
    """Every setting, metric, scope and pair (see `differences.compare_encoders`)."""

    times: tuple[Record, ...]
    """Every pair on times, measured values and cost."""

    forms: tuple[Record, ...]
    tokenizers: tuple[Record, ...]
    qualities: tuple[Quality, ...]
    """Of each candidate, for a recommendation."""

    rounds: Rounds
    """Measured values and cost by (encoder, form), for a recommendation."""

    price: Price | None
    notes: tuple[str, ...]
    """Where nobody is better than chance, and what is left out and why, a line each."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "metric": self.asked.metric,
            "setting": {**self.setting._asdict(), "sources": list(self.setting.sources)},
            "encoders": list(self.encoders),
            "notes": list(self.notes),
            "overview": self.overview.records if self.overview else None,
            "differences": list(self.differences),
            "times": list(self.times),
            "forms": list(self.forms),
            "tokenizers": list(self.tokenizers),
        }


def compare_study(
    results: Sequence[Result], rows: Iterable[Row], asked: Asked, extra: Extra = NOTHING_MORE
) -> Comparison:
    """Compare the encoders of a study; where there is one alone, its forms.

    Args:
        results: every evaluation with its test units, forms of serving among them.
        rows: the long table of results, for times and measured values.
        asked: metrics.
        extra: samples, audits and price, as far as there are any.

    Raises:
        InputError: if two models are scored on different gold, no two encoders were trained alike,
            or there is one encoder in one form only.
        UnknownName: for an unknown metric.
    """
    check_gold(results)
    rows = list(rows)
    trained = [one for one in results if one.served == TRAINED_FORM]
    differences = _differences(trained, asked, alone=_is_alone(results))
    setting = main_setting(trained)
    mine = of_setting(trained, setting, TRAINED_FORM)
    encoders, pool = once(one.encoder for one in mine), pool_of(mine)
    rounds = with_cost(rounds_of(rows, extra.samples, setting), extra.price)
    pooled_rows = [row for row in rows if row["target_language"] in pool.targets]
    repeats = {**times_of(pooled_rows, setting), **by_metric(rounds, encoders)}
    times = [r for metric, of_one in repeats.items() for r in compare_repeats(metric, of_one)]
    pooled = pool.of(_of(differences, setting))
    found = qualities(results, setting, asked.metric)
    return Comparison(
        asked=asked,
        setting=setting,
        encoders=tuple(encoders),
        pool=pool,
        overview=overview(pooled, times, encoders, repeats) if len(encoders) > 1 else None,
        differences=tuple(differences),
        times=tuple(times),
        forms=tuple(forms(found, rounds, extra.price.metric if extra.price else None)),
        tokenizers=tuple(tokenizer_table(extra.audits)),
        qualities=tuple(found),
        rounds=rounds,
        price=extra.price,
        notes=(
            *_at_chance(rows, setting, asked.metric),
            *(*pool.why(), *_unusable(mine), *_elsewhere(results, rows, setting)),
        ),
    )


def of_main_setting(comparison: Comparison) -> list[Record]:
    """The differences in the main setting."""
    return _of(comparison.differences, comparison.setting)


def _is_alone(results: Iterable[Result]) -> bool:
    """Whether there is one encoder, trained, in two forms or more: then its forms are compared."""
    forms_of = {(one.encoder, one.served) for one in results}
    encoders = {encoder for encoder, _ in forms_of}
    has_trained = all((encoder, TRAINED_FORM) in forms_of for encoder in encoders)
    return len(encoders) == 1 and len(forms_of) > 1 and has_trained


def _differences(trained: Sequence[Result], asked: Asked, *, alone: bool) -> list[Record]:
    """Every difference between encoders; none where there is one encoder and its forms."""
    if alone:
        return []
    return compare_encoders(
        trained,
        metrics=once([*asked.metrics, asked.metric]),
        elsewhere=[asked.metric],
        resamples=asked.resamples,
    )


def _at_chance(rows: Sequence[Row], setting: Setting, metric: str) -> list[str]:
    """Where no encoder of the setting is better than chance, in the form as trained."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        sources, size = tuple(row["source_languages"]), row["n_per_language"]
        trained = Setting(row["regime"], sources, size, row["split"])
        as_trained = (row.get("form") or TRAINED_FORM) == TRAINED_FORM
        if row["metric"] == metric and trained == setting and as_trained:
            by_encoder = found.setdefault(row["target_language"], {})
            by_encoder.setdefault(row["encoder"], []).append(float(row["value"]))
    scores: Scores = {
        target: [fmean(values) for values in by_encoder.values()]
        for target, by_encoder in found.items()
        if target is not None
    }
    known = baselines(rows, metric)
    return chance_notes(scores, known, setting.split, setting.sources)


def _unusable(results: Iterable[Result]) -> Iterator[str]:
    """A line for each encoder some of whose texts have no usable prediction."""
    lost: dict[str, int] = {}
    for one in results:
        if one.units.counted_in == "texts":
            n = one.units.n_words - int(one.units.scored.sum())
            lost[one.encoder] = lost.get(one.encoder, 0) + n
    for encoder, n in lost.items():
        if n:
            yield (
                f"{encoder} gave no usable prediction for {n:,} texts (all seeds and languages "
                "together); they are left out of its scores."
            )


def _elsewhere(results: Iterable[Result], rows: Iterable[Row], setting: Setting) -> Iterator[str]:
    """Forms and measured values of other trainings, where the main setting has none."""
    served = once(one.setting for one in results if one.served != TRAINED_FORM)
    measured = measured_trainings(rows)
    for what, settings in (("Forms of serving", served), ("Measured values", measured)):
        trainings = once(training_words(one) for one in settings)
        if trainings and all(one[:3] != setting[:3] for one in settings):
            yield (
                f"{what} are of {'; '.join(trainings)}, not of the training that is compared "
                "here, and are left out."
            )


def _of(differences: Iterable[Record], setting: Setting) -> list[Record]:
    return [
        record
        for record in differences
        if (record["regime"], tuple(record["sources"])) == setting[:2]
        and (record["n_per_language"], record["split"]) == setting[2:]
    ]
