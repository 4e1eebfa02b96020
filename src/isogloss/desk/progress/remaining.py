"""How much of a study is left, in seconds, by what was done of it so far."""

from collections.abc import Iterator, Mapping, Sequence

from isogloss.desk.progress.pace import Work, pace_of
from isogloss.desk.progress.running import Running
from isogloss.desk.progress.states import Standing
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step

OVER = frozenset({"finished", "failed", "blocked"})
"""States of steps that this run does no more."""


def seconds_left(
    found: Sequence[Standing],
    plan: Mapping[str, Step],
    took: Mapping[str, float],
    running: Sequence[Running],
    now: float,
) -> float | None:
    """Seconds of work that is left, one step after the other; None if nothing is known.

    Args:
        found: where all steps stand.
        plan: the steps that are known, by key.
        took: what the finished ones took, by key.
        running: those that somebody is at; what they have done counts as done work.
        now: seconds since 1970.
    """
    works = {key: Work(step.kind, weight(step)) for key, step in plan.items()}
    done = [(works[key], seconds) for key, seconds in took.items() if key in works]
    pace = pace_of([*done, *_done_by(running, works, now)])
    by_key = {one.key: one for one in running}
    total = 0.0
    for one in found:
        if one.state in OVER:
            continue
        seconds = pace.seconds(works[one.key]) if one.key in works else None
        if one.key in by_key:
            seconds = _rest(by_key[one.key], seconds)
        if seconds is None:
            return None
        total += seconds
    return total


def until_all_is_done(work: float | None, running: Sequence[Running]) -> float | None:
    """Seconds until all is done, with as many at work as now; None if nobody is."""
    if work is None or not running:
        return None
    longest = max(one.left or 0.0 for one in running)
    return max(work / len(running), longest)


def _done_by(
    running: Sequence[Running], works: Mapping[str, Work], now: float
) -> Iterator[tuple[Work, float]]:
    """The part of each running step that is done, and its seconds."""
    for one in running:
        if one.left is None or one.key not in works or not one.total:
            continue
        share = ((one.done or 0) - one.since) / one.total
        whole = works[one.key]
        yield Work(whole.kind, whole.weight * share), now - (one.began or now)


def _rest(running: Running, whole: float | None) -> float | None:
    """What a running step still takes: by its own pace, else by that of others."""
    if running.left is not None or whole is None:
        return running.left
    share = (running.done or 0) / running.total if running.total else 0.0
    return whole * (1 - share)
