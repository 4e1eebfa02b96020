"""How long the rest takes, by what the finished steps took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Work:
    """A step as work: its kind, and how much it is beside others (`isogloss.plan.estimate`)."""

    kind: str
    weight: float


@final
@dataclass(frozen=True)
class Pace:
    """Seconds for a weight of one, as measured; kinds not seen yet go at the pace of all."""

    by_kind: Mapping[str, float]
    of_all: float | None

    def seconds(self, work: Work) -> float | None:
        """How long a step takes; None if nothing is known."""
        rate = self.by_kind.get(work.kind, self.of_all)
        return None if rate is None else rate * work.weight


def pace_of(finished: Iterable[tuple[Work, float]]) -> Pace:
    """Measure it on finished steps and their seconds.

    >>> pace = pace_of([(Work("train", 100), 20.0), (Work("train", 300), 60.0)])
    >>> pace.seconds(Work("train", 50)), pace.seconds(Work("evaluate", 50))
    (10.0, 10.0)
    """
    weights: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for work, took in finished:
        weights[work.kind] = weights.get(work.kind, 0.0) + work.weight
        seconds[work.kind] = seconds.get(work.kind, 0.0) + took
    total = sum(weights.values())
    return Pace(
        {kind: seconds[kind] / weight for kind, weight in weights.items() if weight > 0},
        sum(seconds.values()) / total if total > 0 else None,
    )


def left_of(
    done: int | None, first: int | None, total: int | None, began: float, now: float
) -> float | None:
    """Seconds that a running step still takes, at its own pace since it began.

    >>> left_of(60, 20, 100, began=0.0, now=80.0)
    80.0
    """
    if done is None or total is None or done <= (first or 0) or now <= began:
        return None
    return max(0, total - done) * (now - began) / (done - (first or 0))
