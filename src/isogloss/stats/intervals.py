"""Intervals: how far a score may be from what another seed or another test set would give.

Two questions, two intervals, never mixed. Over **seeds** (`mean_interval`, `paired_interval`):
would training again give the same? Over **examples** (`bootstrap_interval`, `wilson_interval`):
would another test set of the same kind? The `method` says which. `low` and `high` bound a
*confidence* interval; `sd` is the standard deviation *between seeds*; no field holds a standard
error, which is neither. What cannot be known is None: one seed has no interval.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

SINGLE = "single seed"
OVER_SEEDS = "Student t over seeds"
OVER_PAIRS = "Student t over seeds, paired"
BOOTSTRAP = "bootstrap over examples"
WILSON = "Wilson over examples"

RESAMPLES = 2000


@final
@dataclass(frozen=True)
class Interval:
    """A mean and how sure we are of it."""

    mean: float
    """The mean over seeds, or the score of the test set itself."""

    low: float | None
    """Lower confidence bound, in the unit of the mean."""

    high: float | None
    """Upper confidence bound."""

    sd: float | None
    """Standard deviation between seeds (n - 1); None for one seed or over examples."""

    n: int
    """Seeds, or examples, that it is computed from; `method` says which."""

    confidence: float
    """Share of such intervals that hold the true value, in the long run."""

    method: str
    """How the bounds were found and over what."""


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean over seeds: mean +- t(n - 1) sd / sqrt(n).

    Exact for normal values; the t quantile makes it honest for the two to five seeds that people
    run (at n = 3 it is 4.3, not 1.96). One seed gives no bounds.

    Raises:
        ValueError: if there is no value, or one is not finite.

    Source: Student 1908; `scipy.stats.t.interval` gives the same bounds.

    >>> mean_interval([0.6, 0.7, 0.8]).mean.__round__(3)
    0.7
    >>> mean_interval([0.6]).method, mean_interval([0.6]).low
    ('single seed', None)
    """
    return _student(values, confidence, OVER_SEEDS)


def paired_interval(
    first: Mapping[int, float], second: Mapping[int, float], confidence: float = 0.95
) -> Interval | None:
    """Interval of `first - second`, paired by seed; None when they share no seed.

    The seed decides sample, head and order on both sides, so what it shares cancels out and the
    interval is narrower than that of two means. Seeds that only one side has are left out.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        return None
    return _student([first[seed] - second[seed] for seed in shared], confidence, OVER_PAIRS)


def bootstrap_interval(
    counts: npt.ArrayLike,
    statistic: Callable[[Any], Any],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Percentile bootstrap over test examples, from counts of what happened to them.

    Drawing n examples with replacement and counting them again *is* one multinomial draw of the
    counts, so a confusion matrix is enough and thousands of draws cost milliseconds.

    Args:
        counts: examples by outcome, any shape `[...]`: a confusion matrix, or [wrong, right].
        statistic: takes `[resamples, ...]` counts and gives `[resamples]` scores.
        resamples: draws; the bounds are quantiles of them.
        seed: the same seed gives the same bounds.
        confidence: share of the draws between the bounds.

    Raises:
        ValueError: if there are no examples or a count is negative.

    Source: Efron 1979; percentile method, Efron and Tibshirani 1993, chapter 13. Its bounds are
    too narrow for a few dozen examples.
    """
    table = np.asarray(counts, dtype=np.float64)
    n = round(float(table.sum()))
    if n == 0 or table.min() < 0:
        raise ValueError(f"bootstrap needs examples, and no negative counts: {table.tolist()}")
    draws = np.random.default_rng(seed).multinomial(n, table.ravel() / n, size=resamples)
    scores = np.asarray(statistic(draws.reshape(resamples, *table.shape).astype(np.float64)))
    low, high = np.quantile(scores, [(1 - confidence) / 2, (1 + confidence) / 2])
    observed = float(np.asarray(statistic(table[np.newaxis]))[0])
    return Interval(observed, float(low), float(high), None, n, confidence, BOOTSTRAP)


def wilson_interval(right: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share, for accuracy over test examples.

    Unlike the normal one it stays within 0 and 1 and keeps its coverage near them.

    Raises:
        ValueError: unless 0 <= right <= n and n > 0.

    Source: Wilson 1927; recommended by Brown, Cai and DasGupta 2001.
    """
    if not 0 <= right <= n or n == 0:
        raise ValueError(f"{right} right of {n} examples is no share")
    z = float(ndtri((1 + confidence) / 2))
    share = right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(share, min(low, share), max(high, share), None, n, confidence, WILSON)


def _student(values: Sequence[float], confidence: float, method: str) -> Interval:
    array = _finite(values)
    n, mean = len(array), float(array.mean())
    if n == 1:
        return Interval(mean, None, None, None, 1, confidence, SINGLE)
    sd = float(array.std(ddof=1))
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * sd / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, sd, n, confidence, method)


def _finite(values: Sequence[float]) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("no value: an interval needs one seed or one example")
    if not np.isfinite(array).all():
        raise ValueError(f"a value is not finite: {array.tolist()}")
    return array
