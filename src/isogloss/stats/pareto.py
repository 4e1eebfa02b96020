"""The Pareto front: what is left to choose from once nobody pays more for less.

A candidate is *dominated* when another is at least as good in every respect and better in one. The
others form the front; which of them to take is a question of taste, that is, of weights.
"""

import math
from collections.abc import Mapping, Sequence

Point = Sequence[float | None]
"""One number for each respect; None was not measured."""


def pareto_front(points: Mapping[str, Point], higher_is_better: Sequence[bool]) -> list[str]:
    """Name the candidates that no other dominates, in the order given.

    Equal candidates do not dominate each other: all of them stay, as ties do.

    An unknown coordinate is evidence for nothing. A candidate dominates another only if it is at
    least as good in *every* respect with both numbers known, so one with an unknown coordinate
    neither dominates nor is dominated, with one exception: where both lack the same respect it says
    nothing about either, and the others decide. Costs the square of the number of candidates.

    Raises:
        ValueError: if a candidate has not one number for each respect, or one is not a number.

    >>> pareto_front({"big": (0.9, 30.0), "small": (0.8, 10.0), "bad": (0.8, 40.0)}, (True, False))
    ['big', 'small']
    >>> pareto_front({"big": (0.9, None), "small": (0.8, 10.0)}, (True, False))
    ['big', 'small']
    """
    for name, point in points.items():
        if len(point) != len(higher_is_better):
            raise ValueError(
                f"{name!r} has {len(point)} coordinates, there are {len(higher_is_better)} respects"
            )
        if any(value is not None and math.isnan(value) for value in point):
            raise ValueError(f"a coordinate of {name!r} is not a number; None is for unknown ones")
    return [
        name
        for name, point in points.items()
        if not any(dominates(other, point, higher_is_better) for other in points.values())
    ]


def dominates(first: Point, second: Point, higher_is_better: Sequence[bool]) -> bool:
    """Tell whether `first` is at least as good everywhere and better somewhere."""
    better = False
    for mine, yours, up in zip(first, second, higher_is_better, strict=True):
        if mine is None and yours is None:
            continue
        if mine is None or yours is None or (mine < yours if up else mine > yours):
            return False
        better = better or mine != yours
    return better
