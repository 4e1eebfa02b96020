"""A candidate: one encoder in one serving form, with all that a choice may hang on.

What was not measured is None, and stays None: no form borrows the quality of another one, and a
smaller vocabulary does not inherit the zero-shot score of the whole one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import fmean
from typing import Any, NamedTuple, final

from isogloss.base.languages import language_name
from isogloss.report.comparison.compare import Comparison
from isogloss.report.comparison.fields import interval_of
from isogloss.report.comparison.measures import per_unit, statistic
from isogloss.report.comparison.quality import CandidateKey, Quality, difference
from isogloss.report.comparison.results import TRAINED_FORM, Result
from isogloss.report.comparison.rounds import Price, Repeats, interval_over, with_cost


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
    n_trained: int = 1
    """Languages that it was trained on; not all of them need be tested."""

    worst_language: str | None = None
    fairness: float | None = None
    """The score of the worst of those languages."""

    cost: float | None = None
    """Of a million sentences, answered offline at full load; the mean over rounds of measuring."""

    cost_low: float | None = None
    """Of the 95 % interval over rounds."""

    cost_high: float | None = None
    latency_ms: float | None = None
    """99th percentile of one answer at a time."""

    memory_mb: float | None = None
    """Peak resident memory."""

    expansion: float | None = None
    """Mean zero-shot score on languages that were not trained on."""

    expansion_tests: tuple[str, ...] = ()
    """The tests that `expansion` is the mean of, in words; the same for all candidates."""

    p: Mapping[str, float] = field(default_factory=dict)
    """p-value of the difference in quality to other candidates, by name; one that shares no seed
    is not there."""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return {**vars(self), "p": dict(self.p)}

    @property
    def over(self) -> str:
        """How many languages its quality is the mean over; empty of one that it was trained on."""
        whole = max(self.n_languages, self.n_trained)
        of = f"{self.n_languages} of " if self.n_languages < whole else ""
        return f"over {of}{whole} languages" if whole > 1 else ""

    @property
    def worst_name(self) -> str:
        """The worst language by name."""
        return language_name(self.worst_language) if self.worst_language else ""


class Expansion(NamedTuple):
    """How ready candidates are for languages that they were not trained on."""

    tests: tuple[str, ...]
    """The tests that count, in words."""

    scores: Mapping[CandidateKey, float]
    """The mean over them, of candidates that have taken them all."""


def candidates_of(
    comparison: Comparison, results: Sequence[Result], *, price: Price | None = None
) -> list[Candidate]:
    """All candidates of a comparison, in its main setting.

    Args:
        comparison: of the study.
        results: the same that it was made from, for the languages that were not trained on.
        price: of an hour of the machine; by default that of the comparison.
    """
    found, paid = comparison.qualities, price or comparison.price
    tested = _p_values(found)
    ready = expansion(results, comparison)
    rounds = with_cost(comparison.rounds, paid)
    return [
        replace(
            _candidate(quality, ready, rounds.get(quality.key, {}), paid, tested[quality.key]),
            n_trained=len(comparison.setting.sources),
        )
        for quality in found
    ]


def expansion(results: Iterable[Result], comparison: Comparison) -> Expansion:
    """Mean zero-shot score of each candidate, over the same tests for all.

    Tests are the targets of the main setting that are not among its sources, and for models trained
    on all languages but one (`leave_one_out`), as many rows and the same split, the language that
    was left out. Those count that all encoders have taken in the form that they were trained in,
    encoders without any aside. A form that lacks one of them has no score, since models that leave
    a language out are tested as trained only, and no form borrows the score of another.
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
    trained = [set(of_one) for key, of_one in scores.items() if key.form == TRAINED_FORM]
    shared = sorted(set.intersection(*trained)) if trained else []
    if not shared:
        return Expansion((), {})
    return Expansion(
        tuple(_test_words(*test) for test in shared),
        {
            key: fmean(fmean(of_one[test]) for test in shared)
            for key, of_one in scores.items()
            if of_one.keys() >= set(shared)
        },
    )


def _test_words(regime: str, target: str) -> str:
    left_out = " (left out of training)" if regime == "leave_one_out" else ""
    return f"{language_name(target)}{left_out}"


def _candidate(
    quality: Quality,
    ready: Expansion,
    values: Mapping[str, Repeats],
    price: Price | None,
    p: Mapping[str, float],
) -> Candidate:
    interval, means = quality.interval, quality.language_means
    worst = min(means, key=means.__getitem__)
    costs = values.get(price.metric) if price else None
    cost = interval_over(costs) if costs else None
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
        **interval_of("cost", cost),
        latency_ms=_mean(values, "single_stream_p99_ms"),
        memory_mb=_mean(values, "peak_rss_mb"),
        expansion=ready.scores.get(quality.key),
        expansion_tests=ready.tests,
        p=p,
    )


def _mean(values: Mapping[str, Repeats], metric: str) -> float | None:
    repeats = values.get(metric)
    return fmean(repeats.values()) if repeats else None


def _p_values(qualities: Sequence[Quality]) -> dict[CandidateKey, dict[str, float]]:
    """The p-value of every two candidates, on both sides."""
    found: dict[CandidateKey, dict[str, float]] = {quality.key: {} for quality in qualities}
    for one, other in combinations(qualities, 2):
        if tested := difference(one, other):
            found[one.key][other.key.name] = tested.p
            found[other.key][one.key.name] = tested.p
    return found
