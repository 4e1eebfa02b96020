"""Resampling of test units: another test set of the same kind, thousands of times.

A unit is what is drawn on its own: a sentence, not a word, since words of one sentence stand and
fall together. Whatever a statistic needs of a unit is an array `[units, ...]` that adds up (a
tally, a sum), so a resample is one row of a matrix product and nothing is predicted or matched
again.

- **Bootstrap**: units are drawn with replacement. How far would the score move?
- **Approximate randomization**: the outputs of A and B are swapped, unit by unit, by the toss of
  a coin. How large would the difference be if A and B were the same?

Both are paired: all arrays of a call, whatever model or seed they come from, meet the same units in
the same resample. 10,000 resamples of 2,000 units take tenths of a second; products are made in
blocks, and the weights of the bootstrap are kept for the next call with as many units.

Sources: Efron and Tibshirani 1993; Noreen 1989; Yeh 2000; Koehn 2004.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, final

import numpy as np
import numpy.typing as npt

PerUnit = npt.NDArray[Any]
"""What a statistic needs of each unit, `[units, ...]`; sums over units must make sense."""

Apart = tuple[PerUnit, ...]
"""The same of several test sets, `[units, columns, ...]` each, with columns of its own: the sums
over all units are `[columns of all, ...]`."""

Tallied = PerUnit | Apart

Numbers = npt.NDArray[np.float64]

Weights = npt.NDArray[np.uint8]

Statistic = Callable[[Any], Any]
"""From sums over units, `[resamples, ...]`, to scores, `[resamples]`."""

BLOCK = 2_000_000
"""Weights that are multiplied at a time: 16 MB in float64."""

KEPT = 320_000_000
"""Weights, of one byte, that are kept between calls: 2,000 resamples of ten times 16,000 units."""

EXACT = 2**24
"""Whole numbers below this one are exact in float32, and so are their sums."""


def scores(arrays: Sequence[Tallied], statistic: Statistic) -> Numbers:
    """Score each array, `[units, ...]`, as a whole: `[arrays]`."""
    return np.asarray(statistic(_totals(arrays)), dtype=np.float64)


def n_units(array: Tallied) -> int:
    """How many units there are, over all test sets."""
    return sum(map(len, _sets(array)))


def bootstrap_scores(
    arrays: Sequence[Tallied], statistic: Statistic, *, resamples: int, seed: int
) -> Numbers:
    """Score resamples of the units, the same ones for each array: `[resamples, arrays]`.

    Args:
        arrays: of one shape, `[units, ...]`, with their units in the same order.
        statistic: from sums over units to scores.
        resamples: how many test sets to draw.
        seed: the same seed and number of units give the same draws.

    Raises:
        ValueError: if there is no array or no unit, the shapes differ, or resamples < 2.
    """
    units = _units(arrays, resamples)
    columns = _Columns(arrays, units, largest_weight=units)
    drawn = [
        _score(columns.sums(weights), statistic)
        for weights in _bootstrap_weights(units, resamples, seed)
    ]
    return np.concatenate(drawn)


def swap_differences(
    a: Sequence[Tallied],
    b: Sequence[Tallied],
    statistic: Statistic,
    *,
    resamples: int,
    seed: int,
) -> Numbers:
    """Mean score of B minus that of A after random swaps, `[resamples]`.

    A coin per unit says whether A and B change places in it, in all of their seeds together. If A
    and B were the same, every such swap would be as likely as what was observed.

    Args:
        a: an array `[units, ...]` for each seed.
        b: the same for B, seed by seed and unit by unit.
        statistic: from sums over units to scores.
        resamples: how many times to toss the coins.
        seed: the same seed and number of units give the same swaps.

    Raises:
        ValueError: if there is no array or no unit, the shapes differ, or resamples < 2.
    """
    units = _units([*a, *b], resamples)
    moved = [
        tuple(map(_difference, _sets(first), _sets(second)))
        for first, second in zip(a, b, strict=True)
    ]
    columns = _Columns(moved, units, largest_weight=1)
    total_a, total_b = (_totals(side).astype(np.float64) for side in (a, b))
    drawn = []
    for coins in _coins(units, resamples, seed):
        shift = columns.sums(coins)
        of_a, of_b = _score(total_a + shift, statistic), _score(total_b - shift, statistic)
        drawn.append(of_b.mean(axis=1) - of_a.mean(axis=1))
    return np.concatenate(drawn)


def two_sided_p(drawn: Numbers, observed: float) -> float:
    """Share of draws under the null at least as far from 0 as the observed one, itself counted.

    (1 + how many) / (1 + draws) is never 0: no number of draws proves a thing impossible. Draws
    that differ from the observed one by rounding only count as equal to it.

    >>> two_sided_p(np.array([0.1, -0.3, 0.2]), 0.25)
    0.5
    """
    least = abs(observed) * (1 - 1e-9) - 1e-12
    return float((1 + np.count_nonzero(np.abs(drawn) >= least)) / (1 + len(drawn)))


def _units(arrays: Sequence[Tallied], resamples: int) -> int:
    if resamples < 2:
        raise ValueError(f"{resamples} resamples tell nothing: take thousands")
    shapes = {tuple(one.shape for one in _sets(array)) for array in arrays}
    if len(shapes) != 1:
        raise ValueError(f"resampling needs arrays of one shape [units, ...], not {sorted(shapes)}")
    (of_sets,) = shapes
    if not all(shape and shape[0] for shape in of_sets):
        raise ValueError(f"resampling needs units: {of_sets}")
    return n_units(arrays[0])


def _sets(array: Tallied) -> Apart:
    return array if isinstance(array, tuple) else (array,)


def _totals(arrays: Sequence[Tallied]) -> npt.NDArray[Any]:
    """Sums over all units, `[arrays, ...]`."""
    return np.stack([_joined([one.sum(axis=0) for one in _sets(array)]) for array in arrays])


def _joined(sums: Sequence[npt.NDArray[Any]], axis: int = 0) -> npt.NDArray[Any]:
    """Sums of test sets along the axis of their columns, which one set alone may lack."""
    return np.concatenate(sums, axis=axis) if len(sums) > 1 else sums[0]


def _difference(first: PerUnit, second: PerUnit) -> PerUnit:
    return np.subtract(second, first, dtype=np.result_type(first, second, np.int64))


@final
class _Columns:
    """Arrays laid side by side, in the smallest exact kind of number, each test set on its own."""

    def __init__(self, arrays: Sequence[Tallied], units: int, *, largest_weight: int) -> None:
        flat = [one for array in arrays for one in _sets(array)]
        greatest = max(abs(float(end)) for one in flat for end in (one.min(), one.max()))
        # Weights of a resample sum to the number of units, whatever the largest of them is.
        small = max(units * greatest, largest_weight) < EXACT
        self._dtype = np.float32 if small and all(map(_are_whole, flat)) else np.float64
        self._sets = [
            _SideBySide.of(same, self._dtype) for same in zip(*map(_sets, arrays), strict=True)
        ]

    def sums(self, weights: Weights) -> Numbers:
        """Weighted sums over units: `[resamples, arrays, ...]` for weights `[resamples, units]`."""
        found, start = [], 0
        for values, shape in self._sets:
            of_set = weights[:, start : start + len(values)].astype(self._dtype)
            summed = (of_set @ values).astype(np.float64)
            found.append(summed.reshape(len(weights), *shape))
            start += len(values)
        return _joined(found, axis=2)


class _SideBySide(NamedTuple):
    """One test set of several arrays."""

    values: npt.NDArray[Any]
    """`[units, columns of all arrays]`"""

    shape: tuple[int, ...]
    """`[arrays, ...]` of its sums."""

    @classmethod
    def of(cls, same: Sequence[PerUnit], dtype: npt.DTypeLike) -> "_SideBySide":
        flat = [one.reshape(len(one), -1) for one in same]
        values = np.concatenate(flat, axis=1, dtype=dtype, casting="same_kind")
        return cls(values, (len(same), *same[0].shape[1:]))


def _are_whole(numbers: npt.NDArray[Any]) -> bool:
    return numbers.dtype.kind in "iu" or bool((np.rint(numbers) == numbers).all())


def _score(totals: Numbers, statistic: Statistic) -> Numbers:
    """Score totals, `[resamples, arrays, ...]`, array by array: `[resamples, arrays]`."""
    resamples, n = totals.shape[:2]
    of_each = statistic(totals.reshape(resamples * n, *totals.shape[2:]))
    return np.asarray(of_each, dtype=np.float64).reshape(resamples, n)


def _bootstrap_weights(units: int, resamples: int, seed: int) -> Iterator[Weights]:
    """How often each unit is drawn, `[resamples, units]` in blocks of rows."""
    rows = max(1, BLOCK // units)
    if units * resamples > KEPT:
        drawn = _draw(units, resamples, seed)
        while block := list(islice(drawn, rows)):
            yield np.stack(block)
        return
    weights = _kept.weights(units, resamples, seed)
    for start in range(0, resamples, rows):
        yield weights[start : start + rows]


@final
class _Kept:
    """The weights that were used last, `KEPT` of them at most.

    A study asks for the same few test sets again and again; to draw takes longer than to multiply.
    """

    def __init__(self) -> None:
        self._by_name: dict[tuple[int, int, int], Weights] = {}

    def weights(self, units: int, resamples: int, seed: int) -> Weights:
        """All weights of one bootstrap, `[resamples, units]`."""
        name = units, resamples, seed
        others = {key: kept for key, kept in self._by_name.items() if key != name}
        while sum(kept.size for kept in others.values()) + units * resamples > KEPT:
            del others[next(iter(others))]
        weights = self._by_name.get(name)
        if weights is None:
            weights = np.empty((resamples, units), np.uint8)
            for row, drawn in zip(weights, _draw(units, resamples, seed), strict=True):
                row[:] = drawn
            weights.setflags(write=False)
        self._by_name = {**others, name: weights}
        return weights


_kept = _Kept()


def _draw(units: int, resamples: int, seed: int) -> Iterator[Weights]:
    """Draw `units` of the units with replacement, one resample after the other.

    One byte is enough: a unit is drawn more than 255 times with a probability below 1 / 255!.
    """
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = rng.integers(0, units, size=units, dtype=np.int64)
        yield np.bincount(drawn, minlength=units).astype(np.uint8)


def _coins(units: int, resamples: int, seed: int) -> Iterator[Weights]:
    """Toss a coin for each unit, `[resamples, units]` in blocks of rows."""
    rng = np.random.default_rng(seed)
    rows = max(1, BLOCK // units)
    for start in range(0, resamples, rows):
        shape = min(rows, resamples - start), -(-units // 64)
        words = rng.integers(0, 2**64, size=shape, dtype=np.uint64)  # 64 coins each
        yield np.unpackbits(words.view(np.uint8), axis=1, count=units)
