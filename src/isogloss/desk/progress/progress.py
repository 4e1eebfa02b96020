"""How far a study is: steps by kind and state, what runs with its loss, what failed, time left."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import final

from isogloss.base.errors import IsoglossError
from isogloss.desk.progress.made import Made, read_made
from isogloss.desk.progress.remaining import seconds_left, until_all_is_done
from isogloss.desk.progress.running import Running, running_of
from isogloss.desk.progress.states import STATES, Standing, standings
from isogloss.plan.plan import Cell, Plan, Step
from isogloss.store.store import Store

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


@final
@dataclass(frozen=True)
class Asked:
    """The study of which it is asked."""

    study: str
    source: str
    """The file that it was read from."""
    keys: Sequence[str]
    """Of all its steps."""
    plan: Plan | None
    """None if it cannot be opened."""
    remark: str = ""
    """Why something is not known; empty if all is."""


Reading = Callable[[str, Store], Made]
"""How what is known of a finished step is read, by its key; raises an `IsoglossError`."""


def progress_of(asked: Asked, store: Store, read: Reading = read_made) -> Progress:
    """Look up how far a study is.

    Args:
        asked: the study.
        store: where its steps are.
        read: for who keeps what it has read.
    """
    plan = asked.plan.by_key if asked.plan else {}
    cells = asked.plan.cells if asked.plan else ()
    needs = {key: step.needs for key, step in plan.items()}
    found = standings(asked.keys, store, needs)
    made = _all_made(found, store, read)
    kinds = _kinds(found, plan, made)
    now = time.time()
    running = [
        running_of(one, kinds[one.key], plan.get(one.key), now)
        for one in found
        if one.state == "running"
    ]
    took = {key: one.seconds for key, one in made.items() if one.seconds is not None}
    work = seconds_left(found, plan, took, running, now)
    return Progress(
        study=asked.study,
        source=asked.source,
        steps=len(asked.keys),
        states=_counted(found),
        cells=len(cells),
        cells_finished=_finished_cells(cells, found),
        kinds=list(_by_kind(found, kinds)),
        running=running,
        failures=[_failed(one, kinds[one.key], plan) for one in found if one.state == "failed"],
        left=until_all_is_done(work, running),
        work=work,
        changed=max(_moments(found, made), default=None),
        remark=asked.remark,
        time=now,
    )


def _finished_cells(cells: Sequence[Cell], found: Sequence[Standing]) -> int:
    finished = {one.key for one in found if one.state == "finished"}
    return sum(cell.step in finished for cell in cells)


def _all_made(found: Sequence[Standing], store: Store, read: Reading) -> dict[str, Made]:
    """What is known of each finished step, by key; those that are damaged are left out."""
    made = {}
    for one in found:
        if one.state == "finished":
            with suppress(IsoglossError):
                made[one.key] = read(one.key, store)
    return made


def _kinds(
    found: Sequence[Standing], plan: Mapping[str, Step], made: Mapping[str, Made]
) -> dict[str, str]:
    """The kind of each step, by key."""
    kinds = {}
    for one in found:
        said = one.told.get("kind") if one.state == "running" else None
        known = plan.get(one.key) or made.get(one.key)
        kinds[one.key] = known.kind if known else str(said or UNKNOWN)
    return kinds


def _moments(found: Sequence[Standing], made: Mapping[str, Made]) -> Iterator[float]:
    """When something was heard of each step: a copied store keeps the times of its making."""
    for one in found:
        of_making = made[one.key].at if one.key in made else None
        moment = one.changed if of_making is None else of_making
        if moment is not None:
            yield moment


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
