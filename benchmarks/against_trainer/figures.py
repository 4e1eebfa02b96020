"""From raw numbers to figures: a median over the rounds with its range; ratios within a round."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

Run = Mapping[str, Any]
"""What one process measured."""

Measured = Mapping[str, Any]
"""Its training, or one of its evaluations."""


class Spread(NamedTuple):
    """A median, and the least and the most."""

    middle: float
    least: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """Of one value or more."""
    found = sorted(values)
    return Spread(median(found), found[0], found[-1])


def trainings(runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """By arm, in the order of the rounds."""
    found: dict[str, list[Measured]] = {}
    for one in runs:
        found.setdefault(one["arm"], []).append(one["training"])
    return found


def evaluations(runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """By arm (and precision, where an arm has two), in the order of the rounds."""
    found: dict[str, list[Measured]] = {}
    for one in runs:
        for name, measured in one["evaluations"].items():
            found.setdefault(name, []).append(measured)
    return found


def seconds_per_step(one: Measured) -> float:
    """Of a training."""
    return float(one["seconds"] / one["steps"])


def rows_per_second(one: Measured) -> float:
    """Of an evaluation."""
    return float(one["rows"] / one["seconds"])


def tokens_per_second(one: Measured) -> float:
    """Real tokens."""
    return float(one["tokens"] / one["seconds"])


def padding_share(one: Measured) -> float:
    """Of the positions that a training computed."""
    return float(1 - one["tokens"] / one["positions"])


def share_of_peak(peaks: Mapping[str, float]) -> Callable[[Measured], float]:
    """Of the fastest matrix product in the precision that an arm computed with."""
    return lambda one: float(one["flops"] / one["seconds"] / peaks[one["precision"]])


def memory_gb(one: Measured) -> float:
    """Most of a training."""
    return float(one["memory_mb"] / 1000)


def over_rounds(of_arm: Sequence[Measured], figure: Callable[[Measured], float]) -> Spread:
    """A figure of one arm."""
    return spread(map(figure, of_arm))


def ratios(
    above: Sequence[Measured], below: Sequence[Measured], figure: Callable[[Measured], float]
) -> Spread:
    """Of two arms in the same round."""
    pairs = zip(above, below, strict=True)
    return spread(figure(one) / figure(other) for one, other in pairs)


def same_answers(reference: Sequence[Measured], others: Sequence[Measured]) -> tuple[int, int]:
    """How many answers are the same, and how many were compared, in all rounds together."""
    pairs = [
        (said, other["answers"][code][row])
        for one, other in zip(reference, others, strict=True)
        for code, rows in one["answers"].items()
        for row, said in rows.items()
    ]
    return sum(said == other for said, other in pairs), len(pairs)
