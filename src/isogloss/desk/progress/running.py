"""A step that somebody is at, as its maker tells it."""

import math
from dataclasses import dataclass
from typing import Any, final

from isogloss.desk.progress.pace import left_of
from isogloss.desk.progress.states import Standing
from isogloss.plan.plan import Step


@final
@dataclass(frozen=True)
class Running:
    """A step that somebody is at."""

    key: str
    kind: str
    title: str
    done: int | None
    """In its own unit, as optimizer steps."""
    total: int | None
    loss: float | None
    """Mean since the last point of the curve, as it was a moment ago."""
    began: float | None
    """Seconds since 1970, as the next."""
    heard: float | None
    left: float | None
    """Seconds that it still takes, at its own pace."""
    since: int
    """Where it went on from, in its own unit."""


def running_of(one: Standing, kind: str, step: Step | None, now: float) -> Running:
    """What is known of a step that runs; whatever its maker's word lacks is None."""
    told = one.told
    done, total, first = (_whole(told.get(name)) for name in ("done", "total", "first"))
    began = _number(told.get("began"))
    return Running(
        key=one.key,
        kind=kind,
        title=str(told.get("title") or (step.title if step else "")),
        done=done,
        total=total,
        loss=_number(told.get("loss")),
        began=began,
        heard=_number(told.get("time")),
        left=None if began is None else left_of(done, first, total, began, now),
        since=first or 0,
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and math.isfinite(value) else None
