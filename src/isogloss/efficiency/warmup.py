"""Warm-up: laps until their time no longer changes, because the first ones measure something else.

The first passes of a process fill caches, choose kernels and grow memory pools. How many it takes
depends on the model and the machine, so a fixed number is either wasteful or wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple, final

Clock = Callable[[], float]
"""Seconds from an arbitrary start: `time.perf_counter`, or a test's list of ticks."""


@final
@dataclass(frozen=True)
class WarmUp:
    """When a process counts as warm.

    The values decide figures but are in no key: whoever changes one raises the version of the step
    `measure` (`isogloss.plan.serving`).
    """

    window: int = 5
    """Laps whose median stands for one window."""

    tolerance: float = 0.05
    """Three consecutive windows agree if the slowest is at most this share above the fastest."""

    min_laps: int = 20
    max_laps: int = 200
    max_seconds: float = 20.0
    """Not kept before `min_laps`, which a slow model may take longer for."""


class Warmed(NamedTuple):
    """How a warm-up ended."""

    laps: int
    seconds: float
    stable: bool
    """False if laps or seconds ran out before three windows agreed; kept with the result."""


def warm_up(lap: Callable[[], object], rule: WarmUp, *, clock: Clock) -> Warmed:
    """Do laps until three consecutive windows agree, or the patience is at its end.

    Args:
        lap: the same work each time.
        rule: windows, tolerance and limits.
        clock: seconds.
    """
    taken: list[float] = []
    start = last = clock()
    while not _is_over(taken, last - start, rule):
        lap()
        now = clock()
        taken.append(now - last)
        last = now
    return Warmed(len(taken), last - start, is_stable(taken, rule))


def is_stable(taken: Sequence[float], rule: WarmUp) -> bool:
    """Say whether the last three whole windows of laps agree.

    >>> is_stable([9, 9, 1, 1, 1, 1, 1, 1], WarmUp(window=2))
    True
    >>> is_stable([9, 9, 2, 2, 1, 1], WarmUp(window=2))
    False
    """
    windows = [
        median(taken[end - rule.window : end])
        for end in range(len(taken), rule.window - 1, -rule.window)
    ][:3]
    return len(windows) == 3 and max(windows) <= (1 + rule.tolerance) * min(windows)


def _is_over(taken: Sequence[float], seconds: float, rule: WarmUp) -> bool:
    if len(taken) < rule.min_laps:
        return False
    if len(taken) >= rule.max_laps or seconds >= rule.max_seconds:
        return True
    return len(taken) % rule.window == 0 and is_stable(taken, rule)
