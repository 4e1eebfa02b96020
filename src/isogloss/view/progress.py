"""How far a study is: steps by kind and state, what runs with its loss, what failed, time left."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.pace import Work, left_of, pace_of
from isogloss.view.shelf import Made, Shelf
from isogloss.view.states import STATES, Standing, standings

UNKNOWN = "not known"
"""The kind of a step of which the store knows nothing, in a study that cannot be opened."""


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
    """Seconds that it still takes."""


@final
@dataclass(frozen=True)
class Failed:
    """A step that failed when it was last tried."""

    key: str
    kind: str
    title: str
    message: str
    traceback: str


@final
@dataclass(frozen=True)
class OfKind:
    """The steps of one kind."""

    kind: str
    steps: int
    states: Mapping[str, int]
    """How many are in each state."""


@final
@dataclass(frozen=True)
class Progress:
    """How far a study is. JSON-able."""

    study: str
    source: str
    steps: int
    states: Mapping[str, int]
    """How many steps are in each state."""
    kinds: Sequence[OfKind]
    running: Sequence[Running]
    failures: Sequence[Failed]
    left: float | None
    """Seconds until all is done, if as many steps are worked on as now; None if none are, or
    nothing is known yet."""
    work: float | None
    """Seconds of work that is left, one step after the other; None if nothing is known."""
    changed: float | None
    """When something was last heard of a step, in seconds since 1970."""
    remark: str
    """Why something is not known; empty if all is."""
    time: float
    """When all this was looked up."""


def progress_of(noted: Noted, store: Store, shelf: Shelf) -> Progress:
    """Look up how far a study is."""
    plan, remark = _plan(noted, shelf)
    needs = {key: step.needs for key, step in plan.items()}
    found = standings(noted.keys, store, needs)
    kinds = _kinds(found, plan, store, shelf)
    now = time.time()
    running = [_running(one, kinds[one.key], plan, now) for one in found if one.state == "running"]
    work = _seconds_left(found, plan, store, shelf, {one.key: one for one in running})
    return Progress(
        study=noted.name,
        source=noted.source,
        steps=len(noted.keys),
        states=_counted(found),
        kinds=list(_by_kind(found, kinds)),
        running=running,
        failures=[_failed(one, kinds[one.key], plan) for one in found if one.state == "failed"],
        left=_until_all_is_done(work, running),
        work=work,
        changed=max(_moments(found, store, shelf), default=None),
        remark=remark,
        time=now,
    )


def _plan(noted: Noted, shelf: Shelf) -> tuple[Mapping[str, Step], str]:
    """The steps of the study by key, and why some are not known."""
    try:
        opened = shelf.opened(noted)
    except IsoglossError as error:
        return {}, str(error)
    return opened.plan.by_key, _drift(noted, opened)


def _drift(noted: Noted, opened: Opened) -> str:
    strange = sum(key not in opened.plan.by_key for key in noted.keys)
    if not strange:
        return ""
    return (
        f"{strange} of {len(noted.keys)} steps have other keys in this Isogloss than in the one"
        f" that ran the study: `{opened.again('run')}` would do them anew."
    )


def _kinds(
    found: Sequence[Standing], plan: Mapping[str, Step], store: Store, shelf: Shelf
) -> dict[str, str]:
    """The kind of each step, by key."""
    kinds = {}
    for one in found:
        step = plan.get(one.key)
        kinds[one.key] = step.kind if step else _kind_without_plan(one, store, shelf)
    return kinds


def _kind_without_plan(one: Standing, store: Store, shelf: Shelf) -> str:
    if one.state == "finished":
        made = _made(one.key, store, shelf)
        return made.kind if made else UNKNOWN
    return str(one.told.get("kind") or UNKNOWN) if one.state == "running" else UNKNOWN


def _moments(found: Sequence[Standing], store: Store, shelf: Shelf) -> Iterator[float]:
    """When something was heard of each step: a copied store keeps the times of its making."""
    for one in found:
        made = _made(one.key, store, shelf) if one.state == "finished" else None
        moment = made.at if made is not None and made.at is not None else one.changed
        if moment is not None:
            yield moment


def _made(key: str, store: Store, shelf: Shelf) -> Made | None:
    """What is known of a finished step; nothing if it is damaged."""
    try:
        return shelf.made(key, store)
    except IsoglossError:
        return None


def _counted(found: Sequence[Standing]) -> dict[str, int]:
    counts = Counter(one.state for one in found)
    return {state: counts[state] for state in STATES}


def _by_kind(found: Sequence[Standing], kinds: Mapping[str, str]) -> Iterator[OfKind]:
    """In the order of the plan."""
    for kind in dict.fromkeys(kinds.values()):
        of_kind = [one for one in found if kinds[one.key] == kind]
        yield OfKind(kind, len(of_kind), _counted(of_kind))


def _running(one: Standing, kind: str, plan: Mapping[str, Step], now: float) -> Running:
    told, step = one.told, plan.get(one.key)
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
    )


def _failed(one: Standing, kind: str, plan: Mapping[str, Step]) -> Failed:
    step = plan.get(one.key)
    return Failed(
        key=one.key,
        kind=kind,
        title=str(one.told.get("title") or (step.title if step else one.key)),
        message=str(one.told.get("message", "")),
        traceback=str(one.told.get("traceback", "")),
    )


def _seconds_left(
    found: Sequence[Standing],
    plan: Mapping[str, Step],
    store: Store,
    shelf: Shelf,
    running: Mapping[str, Running],
) -> float | None:
    """Of all that is not finished and need not wait for a step that failed."""
    works = {
        one.key: Work(plan[one.key].kind, weight(plan[one.key])) for one in found if one.key in plan
    }
    pace = pace_of(_finished(found, works, store, shelf))
    total = 0.0
    for one in found:
        if one.state in {"finished", "failed", "blocked"}:
            continue
        seconds = pace.seconds(works[one.key]) if one.key in works else None
        if one.key in running:
            seconds = _rest(running[one.key], seconds)
        if seconds is None:
            return None
        total += seconds
    return total


def _finished(
    found: Sequence[Standing], works: Mapping[str, Work], store: Store, shelf: Shelf
) -> Iterator[tuple[Work, float]]:
    for one in found:
        if one.state != "finished" or one.key not in works:
            continue
        made = _made(one.key, store, shelf)
        if made is not None and made.seconds is not None:
            yield works[one.key], made.seconds


def _rest(running: Running, whole: float | None) -> float | None:
    """What a running step still takes: by its own pace, else by that of others."""
    if running.left is not None or whole is None:
        return running.left
    share = (running.done or 0) / running.total if running.total else 0.0
    return whole * (1 - share)


def _until_all_is_done(work: float | None, running: Sequence[Running]) -> float | None:
    if work is None or not running:
        return None
    longest = max(one.left or 0.0 for one in running)
    return max(work / len(running), longest)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and math.isfinite(value) else None
