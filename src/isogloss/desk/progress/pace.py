"""How long the rest takes, by what was done so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from isogloss.plan.estimate import TRAININGS


@final
@dataclass(frozen=True)
class Work:
    """A step as work: its kind, and how much it is beside others (`isogloss.plan.estimate`)."""

    kind: str
    weight: float


@final
@dataclass(frozen=True)
class Pace:
    """Seconds for a weight of one, as measured.

    A kind that was not seen yet goes at the pace of its like: trainings at that of trainings, all
    others at that of others.
    """

    by_kind: Mapping[str, float]
    of_trainings: float | None
    of_others: float | None

    def seconds(self, work: Work) -> float | None:
        """How long a step takes; None if nothing is known."""
        like = self.of_trainings if work.kind in TRAININGS else self.of_others
        rate = self.by_kind.get(work.kind, like)
        return None if rate is None else rate * work.weight


def pace_of(seen: Iterable[tuple[Work, float]]) -> Pace:
    """Measure it on work that was done and its seconds.

    >>> pace = pace_of([(Work("train", 100), 20.0), (Work("train", 300), 60.0)])
    >>> pace.seconds(Work("train", 50)), pace.seconds(Work("distill", 50))
    (10.0, 10.0)
    >>> pace.seconds(Work("evaluate", 50)) is None
    True
    """
    seen = list(seen)
    kinds = {work.kind for work, _ in seen}
    by_kind = {kind: _rate([one for one in seen if one[0].kind == kind]) for kind in kinds}
    return Pace(
        {kind: rate for kind, rate in by_kind.items() if rate is not None},
        _rate([one for one in seen if one[0].kind in TRAININGS]),
        _rate([one for one in seen if one[0].kind not in TRAININGS]),
    )


def _rate(seen: Sequence[tuple[Work, float]]) -> float | None:
    weight = sum(work.weight for work, _ in seen)
    return sum(seconds for _, seconds in seen) / weight if weight > 0 else None


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
