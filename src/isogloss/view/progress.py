"""How far a study is: steps by kind and state, what runs with its loss, what failed, time left."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened
from isogloss.plan.plan import Cell, Step
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.remaining import seconds_left, until_all_is_done
from isogloss.view.running import Running, running_of
from isogloss.view.shelf import Made, Shelf
from isogloss.view.states import STATES, Standing, standings

UNKNOWN = "not known"
"""The kind of a step of which the store knows nothing, in a study that cannot be opened."""


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
    cells: int
    """How many cells the results will have; 0 if that is not known, as is the next."""
    cells_finished: int
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
    opened, remark = _opened(noted, shelf)
    plan = opened.plan.by_key if opened else {}
    cells = opened.plan.cells if opened else ()
    needs = {key: step.needs for key, step in plan.items()}
    found = standings(noted.keys, store, needs)
    kinds = _kinds(found, plan, store, shelf)
    now = time.time()
    running = [
        running_of(one, kinds[one.key], plan.get(one.key), now)
        for one in found
        if one.state == "running"
    ]
    took = dict(_seconds(found, store, shelf))
    work = seconds_left(found, plan, took, running, now)
    return Progress(
        study=noted.name,
        source=noted.source,
        steps=len(noted.keys),
        states=_counted(found),
        cells=len(cells),
        cells_finished=_finished_cells(cells, found),
        kinds=list(_by_kind(found, kinds)),
        running=running,
        failures=[_failed(one, kinds[one.key], plan) for one in found if one.state == "failed"],
        left=until_all_is_done(work, running),
        work=work,
        changed=max(_moments(found, store, shelf), default=None),
        remark=remark,
        time=now,
    )


def _opened(noted: Noted, shelf: Shelf) -> tuple[Opened | None, str]:
    """The study, and why some of it is not known."""
    try:
        opened = shelf.opened(noted)
    except IsoglossError as error:
        return None, str(error)
    return opened, _drift(noted, opened)


def _drift(noted: Noted, opened: Opened) -> str:
    strange = sum(key not in opened.plan.by_key for key in noted.keys)
    if not strange:
        return ""
    return (
        f"{strange} of {len(noted.keys)} steps have other keys in this Isogloss than in the one"
        f" that ran the study: `{opened.again('run')}` would do them anew."
    )


def _finished_cells(cells: Sequence[Cell], found: Sequence[Standing]) -> int:
    finished = {one.key for one in found if one.state == "finished"}
    return sum(cell.step in finished for cell in cells)


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


def _seconds(found: Sequence[Standing], store: Store, shelf: Shelf) -> Iterator[tuple[str, float]]:
    """What each finished step took, by key."""
    for one in found:
        made = _made(one.key, store, shelf) if one.state == "finished" else None
        if made is not None and made.seconds is not None:
            yield one.key, made.seconds


def _counted(found: Sequence[Standing]) -> dict[str, int]:
    counts = Counter(one.state for one in found)
    return {state: counts[state] for state in STATES}


def _by_kind(found: Sequence[Standing], kinds: Mapping[str, str]) -> Iterator[OfKind]:
    """In the order of the plan."""
    for kind in dict.fromkeys(kinds.values()):
        of_kind = [one for one in found if kinds[one.key] == kind]
        yield OfKind(kind, len(of_kind), _counted(of_kind))


def _failed(one: Standing, kind: str, plan: Mapping[str, Step]) -> Failed:
    step = plan.get(one.key)
    return Failed(
        key=one.key,
        kind=kind,
        title=str(one.told.get("title") or (step.title if step else one.key)),
        message=str(one.told.get("message", "")),
        traceback=str(one.told.get("traceback", "")),
    )
