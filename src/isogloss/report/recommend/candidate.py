"""A candidate: one encoder in one serving form, with all that a choice may hang on.

What was not measured is None, and stays None: no form borrows the quality of another one, and a
smaller vocabulary does not inherit the zero-shot score of the whole one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import Any, final

from isogloss.base.errors import InputError
from isogloss.base.languages import language_name
from isogloss.report.comparison.compare import Comparison
from isogloss.report.comparison.measures import per_unit, statistic
from isogloss.report.comparison.quality import CandidateKey, Quality, difference
from isogloss.report.comparison.results import Result

SECONDS_PER_HOUR = 3600
MILLION = 1e6


@final
@dataclass(frozen=True)
class Candidate:
    """What is known of one candidate."""

    name: str
    encoder: str
    form: str
    metric: str
    quality: float
    """Mean over the target languages that it was trained on, and over seeds."""

    quality_low: float | None = None
    """Of the 95 % interval over seeds and test units."""

    quality_high: float | None = None
    n_languages: int = 1
    worst_language: str | None = None
    fairness: float | None = None
    """The score of the worst of those languages."""

    cost: float | None = None
    """Of a million sentences, answered offline at full load."""

    latency_ms: float | None = None
    """99th percentile of one answer at a time."""

    memory_mb: float | None = None
    """Peak resident memory."""

    expansion: float | None = None
    """Mean zero-shot score on languages that were not trained on."""

    p: Mapping[str, float] = field(default_factory=dict)
    """p-value of the difference in quality to other candidates, by name; one that shares no seed
    is not there."""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return {**vars(self), "p": dict(self.p)}

    @property
    def worst_name(self) -> str:
        """The worst language by name."""
        return language_name(self.worst_language) if self.worst_language else ""


def candidates_of(
    comparison: Comparison, results: Sequence[Result], *, price_per_hour: float | None = None
) -> list[Candidate]:
    """All candidates of a comparison, in its main setting.

    Args:
        comparison: of the study.
        results: the same that it was made from, for the languages that were not trained on.
        price_per_hour: of the machine; without it the cost is that of the rows, if they have one.

    Raises:
        InputError: if the price is not 0 or more.
    """
    if price_per_hour is not None and not 0 <= price_per_hour < float("inf"):
        raise InputError(f"A price of {price_per_hour} per hour is none; give 0 or more.")
    found = comparison.qualities
    tested = _p_values(found)
    ready = expansion(results, comparison)
    return [
        _candidate(quality, comparison, tested[quality.key], price_per_hour, ready)
        for quality in found
    ]


def cost_per_million(per_second: float | None, price_per_hour: float) -> float | None:
    """Price of a million sentences at a constant rate; None if the rate is not known.

    >>> cost_per_million(100.0, 3.6)
    10.0
    """
    if not per_second:
        return None
    return MILLION / per_second / SECONDS_PER_HOUR * price_per_hour


def expansion(results: Iterable[Result], comparison: Comparison) -> dict[CandidateKey, float]:
    """Mean zero-shot score of each candidate, over the tests that all of them have taken.

    Tests are the targets of the main setting that are not among its sources, and for models trained
    on all languages but one (`leave_one_out`), as many rows and the same split, the language that
    was left out. A candidate without any is not in the answer; the others are compared on the
    tests that all of them share.
    """
    metric, setting = comparison.asked.metric, comparison.setting
    scores: dict[CandidateKey, dict[tuple[str, str], list[float]]] = {}
    for one in results:
        same = (one.n_per_language, one.split) == setting[2:]
        left_out = one.regime == "leave_one_out" and one.target in setting.sources and same
        if one.zero_shot and (one.setting == setting or left_out):
            sums = per_unit(one.units, metric).sum(axis=0)
            of_one = scores.setdefault(CandidateKey(one.encoder, one.served), defaultdict(list))
            of_one[one.regime, one.target].append(float(statistic(metric)(sums)))
    shared = set.intersection(*map(set, scores.values())) if scores else set()
    if not shared:
        return {}
    return {
        key: fmean(fmean(of_one[place]) for place in sorted(shared))
        for key, of_one in scores.items()
    }


def _candidate(
    quality: Quality,
    comparison: Comparison,
    p: Mapping[str, float],
    price: float | None,
    ready: Mapping[CandidateKey, float],
) -> Candidate:
    interval, means = quality.interval, quality.language_means
    values = comparison.measured.get(quality.key, {})
    worst = min(means, key=means.__getitem__)
    known = values.get("cost_per_million")
    rate = values.get("offline_samples_per_second")
    return Candidate(
        name=quality.key.name,
        encoder=quality.key.encoder,
        form=quality.key.form,
        metric=quality.metric,
        quality=interval.mean,
        quality_low=None if interval.low is None else max(0.0, interval.low),
        quality_high=None if interval.high is None else min(1.0, interval.high),
        n_languages=len(means),
        worst_language=worst,
        fairness=means[worst],
        cost=known if price is None else cost_per_million(rate, price),
        latency_ms=values.get("single_stream_p99_ms"),
        memory_mb=values.get("peak_rss_mb"),
        expansion=ready.get(quality.key),
        p=p,
    )


def _p_values(qualities: Sequence[Quality]) -> dict[CandidateKey, dict[str, float]]:
    """The p-value of every two candidates, on both sides."""
    found: dict[CandidateKey, dict[str, float]] = {quality.key: {} for quality in qualities}
    for one, other in combinations(qualities, 2):
        if tested := difference(one, other):
            found[one.key][other.key.name] = tested.p
            found[other.key][one.key.name] = tested.p
    return found
