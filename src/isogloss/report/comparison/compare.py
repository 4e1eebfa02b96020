"""The whole comparison of a study: from test units and rows to tables that a page can show.

Takes some ten seconds for two encoders in four forms, six metrics, six languages of 1,500 sentences
and three seeds: 10,000 resamples of each metric and language. All metrics are compared in the main
setting, the study's metric alone in the others. Nothing is trained, predicted or written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from isogloss.report.comparison.differences import compare_encoders
from isogloss.report.comparison.forms import forms
from isogloss.report.comparison.gold import check_gold
from isogloss.report.comparison.overview import overview
from isogloss.report.comparison.quality import Quality, qualities
from isogloss.report.comparison.results import (
    TRAINED_FORM,
    Result,
    Setting,
    main_setting,
    of_setting,
    once,
)
from isogloss.report.comparison.times import (
    Measured,
    Samples,
    compare_repeats,
    measured_of,
    rounds_of,
    times_of,
)
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
    """Raw samples of measured values by (encoder, form) and metric (see `times.samples_of`)."""

    audits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Tokenizer audits by encoder."""


NOTHING_MORE = Extra()


@final
@dataclass(frozen=True)
class Comparison:
    """Encoders side by side; all records are flat and JSON-able."""

    asked: Asked
    setting: Setting
    """The one that the overview, the forms and the recommendation are about."""

    encoders: tuple[str, ...]
    overview: Compared
    """All target languages pooled; times; measured values of the form as trained."""

    differences: tuple[Record, ...]
    """Every setting, metric, scope and pair (see `differences.compare_encoders`)."""

    times: tuple[Record, ...]
    """Every pair on times and measured values."""

    forms: tuple[Record, ...]
    tokenizers: tuple[Record, ...]
    qualities: tuple[Quality, ...]
    """Of each candidate, for a recommendation."""

    measured: Measured
    """Measured values by (encoder, form), for a recommendation."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "metric": self.asked.metric,
            "setting": {**self.setting._asdict(), "sources": list(self.setting.sources)},
            "encoders": list(self.encoders),
            "overview": self.overview.records,
            "differences": list(self.differences),
            "times": list(self.times),
            "forms": list(self.forms),
            "tokenizers": list(self.tokenizers),
        }


def compare_study(
    results: Sequence[Result], rows: Iterable[Row], asked: Asked, extra: Extra = NOTHING_MORE
) -> Comparison:
    """Compare the encoders of a study.

    Args:
        results: every evaluation with its test units, forms of serving among them.
        rows: the long table of results, for times and measured values.
        asked: metrics.
        extra: samples and audits, as far as there are any.

    Raises:
        InputError: if two models are scored on different gold, or no two encoders were trained
            alike.
        UnknownName: for an unknown metric.
    """
    check_gold(results)
    rows = list(rows)
    trained = [one for one in results if one.served == TRAINED_FORM]
    metrics = once([*asked.metrics, asked.metric])
    differences = compare_encoders(
        trained, metrics=metrics, elsewhere=[asked.metric], resamples=asked.resamples
    )
    setting = main_setting(trained)
    encoders = once(one.encoder for one in of_setting(trained, setting, TRAINED_FORM))
    measured = measured_of(rows)
    rounds = rounds_of(measured, extra.samples, encoders)
    times = [
        record
        for metric, of_encoder in {**times_of(rows, setting), **rounds}.items()
        for record in compare_repeats(metric, of_encoder)
    ]
    found = qualities(results, setting, asked.metric)
    return Comparison(
        asked=asked,
        setting=setting,
        encoders=tuple(encoders),
        overview=overview(
            [*_pooled(differences, setting), *times],
            encoders,
            {encoder: measured.get((encoder, TRAINED_FORM), {}) for encoder in encoders},
        ),
        differences=tuple(differences),
        times=tuple(times),
        forms=tuple(forms(found, measured)),
        tokenizers=tuple(tokenizer_table(extra.audits)),
        qualities=tuple(found),
        measured=measured,
    )


def of_main_setting(comparison: Comparison) -> list[Record]:
    """The differences in the main setting."""
    return _of(comparison.differences, comparison.setting)


def _pooled(differences: Iterable[Record], setting: Setting) -> list[Record]:
    """The differences over all targets of a setting; over the only one, if there is one."""
    mine = _of(differences, setting)
    whole = [record for record in mine if record["scope"] == "all"]
    return whole or [record for record in mine if record["scope"] == "language"]


def _of(differences: Iterable[Record], setting: Setting) -> list[Record]:
    return [
        record
        for record in differences
        if (record["regime"], tuple(record["sources"])) == setting[:2]
        and (record["n_per_language"], record["split"]) == setting[2:]
    ]
