"""Intervals and tests for "train it again *and* test it on other sentences".

A score moves for two reasons: another seed gives another model, and another test set of the same
kind gives other sentences. An interval over seeds alone ignores the second, one over sentences the
first, and each is too narrow for the question that a reader asks. Here both are put together.

Think of each score as a sum of a part of the seed, a part of the unit (sentence) and a part of the
two together, with S seeds and n units. Then the mean over seeds has the variance

    seed / S + unit / n + both / (S n)

The variance between the S scores, over S, estimates the first and the third term; a bootstrap of
the mean over units estimates the second and the third. Their sum counts the third twice, so it is
taken off once; how much it is shows in how far the seeds disagree in the same resamples. Where the
scores differ by no more than the third term explains, the first is taken as 0.

The bounds are Student's. 1 / df is the mean of 1 / (S - 1) and 1 / (n - 1), weighed by the share of
each in the variance. Satterthwaite weighs by squared shares, which trusts a lucky small variance
between three seeds too much: 92 to 93 % of such 95 % intervals held the truth in simulations,
against 94 to 97 % of these (`docs/statistics.md`). A difference between two models is treated
alike, on the differences by seed.

Costs one matrix product of resamples x units x columns of all seeds.

Sources: Satterthwaite 1946; Welch 1947; Efron and Tibshirani 1993; Owen 2007 (the bootstrap of
two crossed random factors).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from scipy.special import stdtr, stdtrit

from isogloss.stats.power import smallest_difference
from isogloss.stats.resample import (
    Numbers,
    Statistic,
    Tallied,
    bootstrap_scores,
    n_units,
    scores,
    swap_differences,
    two_sided_p,
)

BOTH = "Student t over seeds and test units"
UNITS_ONLY = "Student t over test units, single seed"
ONE_UNIT = "single test unit"

RESAMPLES = 2000
COMPARE_RESAMPLES = 10_000


@final
@dataclass(frozen=True)
class Combined:
    """The mean score over seeds, and how far another training and test set may be from it."""

    mean: float
    """Mean over seeds of the score of the whole test set."""

    low: float | None
    """Lower confidence bound; may leave the range of the score. None for a single unit."""

    high: float | None
    """Upper confidence bound; None for a single unit."""

    se: float | None
    """Standard error of the mean, of seeds and units together; None for a single unit."""

    df: float | None
    """Its degrees of freedom; None if there are none (one unit) or no limit (no variance)."""

    se_seed: float | None
    """Standard error from seeds alone, sd / sqrt(S); None for one seed."""

    se_test: float | None
    """Standard error from units alone, by bootstrap; None for a single unit."""

    n_seeds: int
    n_units: int

    confidence: float
    """Share of such intervals that hold the true value, in the long run."""

    method: str
    """What the interval is over: seeds and units, units only, or nothing."""


@final
@dataclass(frozen=True)
class Difference:
    """The score of B minus that of A, as `Combined`, and three tests of it."""

    mean: float
    low: float | None
    high: float | None
    se: float | None
    df: float | None
    se_seed: float | None
    se_test: float | None
    n_seeds: int
    n_units: int
    confidence: float
    method: str

    p: float
    """Two-sided, from Student's t: would training again, on another test set, show it as well?
    At most 1 - confidence exactly when the interval leaves out 0."""

    p_randomization: float
    """Two-sided, by swapping A and B in random units: about these trained models only."""

    p_bootstrap: float
    """Two-sided, by bootstrap of units around the observed difference: these models only."""

    smallest: float | None
    """About the smallest true difference that a study like this one finds in 80 % of cases; None if
    it cannot be told (one unit, no variance). With one seed, among these trained models only."""


def score_interval(
    by_seed: Mapping[int, Tallied],
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> Combined:
    """Give the mean score over seeds with its interval over seeds and test units.

    With one seed only the part of the units can be known, and `method` says so.

    Args:
        by_seed: what the statistic needs of each unit, `[units, ...]`, for each seed; the same
            units in the same order. Several test sets may be given apart.
        statistic: from sums over units, `[resamples, ...]`, to scores, `[resamples]`, such as one
            of `TALLY_METRICS`.
        resamples: of the bootstrap over units.
        seed: of the resampling; the same seed gives the same interval.
        confidence: share of such intervals that hold the true value.

    Raises:
        ValueError: if there is no seed or no unit, or seeds have not the same units.

    >>> right = {0: np.array([[1, 1], [0, 1], [1, 1], [1, 1]])}  # right and asked, by unit
    >>> score_interval(right, lambda sums: sums[..., 0] / sums[..., 1]).mean
    0.75
    """
    arrays = [by_seed[key] for key in sorted(by_seed)]
    drawn = bootstrap_scores(arrays, statistic, resamples=resamples, seed=seed)
    spread = _spread(scores(arrays, statistic), drawn, n_units=n_units(arrays[0]))
    return _combined(spread, confidence)


def compare(
    a: Mapping[int, Tallied],
    b: Mapping[int, Tallied],
    statistic: Statistic,
    *,
    resamples: int = COMPARE_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> Difference:
    """Give the score of B minus that of A, paired by seed and by unit.

    Only seeds that both have are used. Where B - A is 0 for every seed and in every resample, the
    interval is [0, 0] and p is 1. A difference without any variance, though not 0, has the p of
    the randomization test, since t would be infinite.

    Args:
        a: what the statistic needs of each unit, `[units, ...]`, for each seed of A.
        b: the same for B, on the same units in the same order.
        statistic: from sums over units, `[resamples, ...]`, to scores, `[resamples]`.
        resamples: of the bootstrap and of the randomization, each.
        seed: of the resampling; the same seed gives the same result.
        confidence: share of such intervals that hold the true value.

    Raises:
        ValueError: if no seed is shared, there is no unit, or the units are not the same number.
    """
    shared = sorted(a.keys() & b.keys())
    if not shared:
        raise ValueError(f"A has seeds {sorted(a)}, B has {sorted(b)}: none is shared")
    of_a, of_b = [a[key] for key in shared], [b[key] for key in shared]
    both, n = [*of_a, *of_b], len(shared)
    drawn = bootstrap_scores(both, statistic, resamples=resamples, seed=seed)
    observed = scores(both, statistic)
    differences = drawn[:, n:] - drawn[:, :n]
    spread = _spread(observed[n:] - observed[:n], differences, n_units=n_units(of_a[0]))
    swapped = swap_differences(of_a, of_b, statistic, resamples=resamples, seed=seed)
    return _difference(spread, swapped, differences.mean(axis=1), confidence)


class _Spread(NamedTuple):
    """A mean over seeds, and where its variance comes from.

    Whether the part of the seeds passes for 0 is chance. `df` knows how it fell out; `df_ahead` are
    the degrees of freedom of a study for which it did not: those that tell what a study can see.
    """

    mean: float
    se: float | None
    df: float | None
    df_ahead: float | None
    se_seed: float | None
    se_test: float | None
    n_seeds: int
    n_units: int


def _spread(observed: Numbers, drawn: Numbers, *, n_units: int) -> _Spread:
    """Combine the scores, `[seeds]`, with those of resamples, `[resamples, seeds]`."""
    n_seeds, mean = len(observed), float(observed.mean())
    over_seeds = _variance(observed) / n_seeds if n_seeds > 1 else None
    se_seed = None if over_seeds is None else math.sqrt(over_seeds)
    if n_units == 1:
        return _Spread(mean, None, None, None, se_seed, None, n_seeds, n_units)
    # A bootstrap of n units has n - 1 over n of the variance that it stands for.
    correction = n_units / (n_units - 1)
    over_units = _variance(drawn.mean(axis=1)) * correction
    se_test = math.sqrt(over_units)
    if over_seeds is None:
        df = n_units - 1.0 if over_units else None
        return _Spread(mean, se_test, df, df, None, se_test, n_seeds, n_units)
    of_one = float(np.mean([_variance(column) for column in drawn.T])) * correction
    shared = max(0.0, (of_one - over_units) / (n_seeds - 1))
    found = _combine(over_seeds, over_units, shared, n_seeds=n_seeds, n_units=n_units)
    se = math.sqrt(found.variance)
    return _Spread(mean, se, found.df, found.df_ahead, se_seed, se_test, n_seeds, n_units)


class _Sum(NamedTuple):
    variance: float
    df: float | None
    df_ahead: float | None


def _combine(
    over_seeds: float, over_units: float, shared: float, *, n_seeds: int, n_units: int
) -> _Sum:
    """Add two variances that both contain a third, `shared`."""
    of_units = n_units - 1.0 if over_units else None
    total = over_seeds + max(0.0, over_units - shared)
    if not total:
        return _Sum(over_units, of_units, of_units)
    share = over_seeds / total
    ahead = 1 / (share / (n_seeds - 1) + (1 - share) / (n_units - 1))
    if over_seeds <= shared:
        return _Sum(over_units, of_units, ahead)
    return _Sum(total, ahead, ahead)


def _variance(values: Numbers) -> float:
    """Give the variance (n - 1); rounding alone is none."""
    found = float(values.var(ddof=1))
    return found if found > (1e-12 * max(1.0, float(np.abs(values).max()))) ** 2 else 0.0


def _bounds(spread: _Spread, confidence: float) -> tuple[float | None, float | None]:
    if spread.se is None:
        return None, None
    if spread.df is None:
        return spread.mean, spread.mean
    half = float(stdtrit(spread.df, (1 + confidence) / 2)) * spread.se
    return spread.mean - half, spread.mean + half


def _method(spread: _Spread) -> str:
    if spread.n_units == 1:
        return ONE_UNIT
    return UNITS_ONLY if spread.n_seeds == 1 else BOTH


def _combined(spread: _Spread, confidence: float) -> Combined:
    low, high = _bounds(spread, confidence)
    return Combined(
        mean=spread.mean,
        low=low,
        high=high,
        se=spread.se,
        df=spread.df,
        se_seed=spread.se_seed,
        se_test=spread.se_test,
        n_seeds=spread.n_seeds,
        n_units=spread.n_units,
        confidence=confidence,
        method=_method(spread),
    )


def _difference(spread: _Spread, swapped: Numbers, drawn: Numbers, confidence: float) -> Difference:
    by_swaps = two_sided_p(swapped, spread.mean)
    smallest = None
    if spread.se is not None and spread.df_ahead is not None:
        smallest = smallest_difference(spread.se, spread.df_ahead, confidence=confidence)
    return Difference(
        **vars(_combined(spread, confidence)),
        p=_p_of_t(spread, by_swaps),
        p_randomization=by_swaps,
        p_bootstrap=1.0 if spread.n_units == 1 else two_sided_p(drawn - spread.mean, spread.mean),
        smallest=smallest,
    )


def _p_of_t(spread: _Spread, by_swaps: float) -> float:
    if spread.se is None:
        return 1.0
    if spread.df is None:
        return by_swaps
    return float(2 * stdtr(spread.df, -abs(spread.mean) / spread.se))
