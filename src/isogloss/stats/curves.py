"""Learning curves: what more rows of each language buy.

A curve is drawn per language over N, the rows per language. Its gain is paired by seed, since the
samples of one seed are nested across sizes: what a lucky sample adds, it adds to both ends.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from isogloss.stats.intervals import Interval, mean_interval, paired_interval


@final
@dataclass(frozen=True)
class Point:
    """The score at one size."""

    n_per_language: int
    score: Interval


@final
@dataclass(frozen=True)
class Curve:
    """A learning curve and what it says in two numbers."""

    points: tuple[Point, ...]
    """From the smallest to the largest size."""

    gain: Interval | None
    """Score at the largest size minus the smallest, paired by seed; None with fewer than two sizes
    or no shared seed."""

    gain_per_doubling: float | None
    """Score bought by twice the rows, on average over all sizes."""

    n_missing: int
    """Sizes without any score."""


def learning_curve(scores: Mapping[int, Mapping[int, float]], *, confidence: float = 0.95) -> Curve:
    """Sum up the scores of one language, given as {rows per language: {seed: score}}.

    `gain_per_doubling` is the least-squares slope of the mean score over log2 N. It is a summary
    of the sizes that were run, not a promise: curves flatten.

    Raises:
        ValueError: if a size is not positive.

    >>> curve = learning_curve({100: {0: 0.4}, 200: {0: 0.5}, 400: {0: 0.6}})
    >>> round(curve.gain.mean, 3), round(curve.gain_per_doubling, 3)
    (0.2, 0.1)
    """
    if any(size <= 0 for size in scores):
        raise ValueError(f"sizes must be positive: {sorted(scores)}")
    sizes = sorted(size for size, by_seed in scores.items() if by_seed)
    points = tuple(
        Point(size, mean_interval(list(scores[size].values()), confidence)) for size in sizes
    )
    gain = None
    if len(sizes) >= 2:
        gain = paired_interval(scores[sizes[-1]], scores[sizes[0]], confidence)
    return Curve(points, gain, _slope(points), n_missing=len(scores) - len(sizes))


def _slope(points: tuple[Point, ...]) -> float | None:
    if len(points) < 2:
        return None
    x = np.array([math.log2(point.n_per_language) for point in points])
    y = np.array([point.score.mean for point in points])
    centered = x - x.mean()
    return float(centered @ (y - y.mean()) / (centered @ centered))
