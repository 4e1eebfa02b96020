"""Doing what a study's store lacks: what `run`, `compare` and notebooks have in common."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened
from isogloss.execute.ranks import follows, train_along
from isogloss.plan.pins import is_known
from isogloss.store.damage import Unusable
from isogloss.store.quarantine import SetAside, set_aside, set_aside_all
from isogloss.store.runs import at_work

if TYPE_CHECKING:
    from isogloss.execute.chosen import Chosen
    from isogloss.execute.executor import Event, Outcome
    from isogloss.plan.plan import Step

Follow = Callable[[Iterable["Event"], Sequence["Step"]], list["Outcome"]]
"""Shows the events of a run as they come, and returns how each step ended."""


class Brought(NamedTuple):
    """How a run ended."""

    read: int
    """Splits that were read here."""

    outcomes: list["Outcome"]
    """How each other step ended."""

    set_aside: list[SetAside]
    """Damaged steps that were moved aside, and made anew if `outcomes` has no other word."""


def bring_up_to_date(
    opened: Opened,
    chosen: "Chosen",
    *,
    say: Callable[[str], None],
    follow: Follow,
    verify: bool = False,
) -> Brought:
    """Do what is missing, and only that; under a launcher, rank 0 does it and the others help.

    Args:
        opened: the study.
        chosen: the executor.
        say: takes each line that a person should read.
        follow: shows the run.
        verify: whether to digest all finished steps of the study first; what is damaged is missing.

    Raises:
        InputError: if the study, its data or its encoders are wrong.
        RunError: if the Hub cannot be asked, or the store not be written.
        KeyboardInterrupt: if the person stops it; what is finished is kept.
    """
    if follows():
        train_along(opened.store.root)
        return Brought(0, [], [])
    aside = _verified(opened, say) if verify else []
    opened = opened.again_opened() if aside else opened
    if opened.missing:
        opened.refuse_unpinned()
    for line in opened.remarks:
        say(line)
    if not opened.missing:
        with suppress(IsoglossError):  # a store that can only be read
            opened.remember()
        return Brought(0, [], aside)
    opened.store.check_writable()
    with at_work(opened.store, [step.key for step in opened.plan]):
        return _run_missing(opened, chosen, aside, say=say, follow=follow)


def _verified(opened: Opened, say: Callable[[str], None]) -> list[SetAside]:
    """Move aside what is damaged of the study."""
    aside = []
    for moved in set_aside_all(opened.store, opened.plan.by_key):
        aside.append(moved)
        say(_words(opened, moved))
    return aside


def _words(opened: Opened, moved: SetAside) -> str:
    step = opened.plan.by_key[moved.key]
    return f"damaged: {step.kind} {step.title}: {moved.why}. It was moved to {moved.folder}."


def _run_missing(
    opened: Opened,
    chosen: "Chosen",
    aside: list[SetAside],
    *,
    say: Callable[[str], None],
    follow: Follow,
) -> Brought:
    """Read and check the data, try the encoders, then do the rest; the heavy rooms come last."""
    opened.remember()
    read = _mending(opened, say, aside, read_and_check)

    from isogloss.execute.run import run_plan
    from isogloss.execute.stopping import listening

    _mending(opened, say, aside, _try_encoders)
    store, plan = opened.store, opened.plan
    steps = [step for step in plan if step.key not in store]
    with listening():
        events = run_plan(steps, store, chosen.executor(store.root), plan.by_key)
        outcomes = follow(_noting(events, aside), steps)
    return Brought(read, outcomes, aside)


def _mending(
    opened: Opened,
    say: Callable[[str], None],
    aside: list[SetAside],
    work: Callable[[Opened, Callable[[str], None]], int],
) -> int:
    """Do what reads finished steps, again for each that turns out to be damaged."""
    n_done, mended = 0, set()
    while True:
        try:
            return n_done + work(opened, say)
        except Unusable as error:
            if error.key not in opened.plan.by_key or error.key in mended:
                raise
            mended.add(error.key)
            moved = set_aside(opened.store, error.key)
            if moved is not None:
                aside.append(moved)
                say(_words(opened, moved))


def read_and_check(opened: Opened, say: Callable[[str], None]) -> int:
    """Read the data of a study, and check labels and sizes where the Hub told of all of it.

    Args:
        opened: the study.
        say: takes each line on what falls short of the study, though the study allows it.

    Returns:
        How many splits were read here.

    Raises:
        InputError: naming all that is wrong.
        RunError: if the disk or the network is at fault.
    """
    from isogloss.execute.check import check_data
    from isogloss.execute.read import read_data

    read = read_data(opened.plan, opened.store)
    if all(is_known(step.payload["source"]) for step in opened.plan.of_kind("data")):
        for text in check_data(opened.study, opened.plan, opened.store):
            say(text)
    return read


def _try_encoders(opened: Opened, say: Callable[[str], None]) -> int:
    del say
    from isogloss.execute.encoders import check_encoders

    check_encoders(opened.study, opened.plan, opened.store)
    return 0


def _noting(events: Iterable["Event"], aside: list[SetAside]) -> Generator["Event", None, None]:
    """Pass on events, and note what was moved aside."""
    from isogloss.execute.executor import Redone

    for event in events:
        if isinstance(event, Redone) and event.folder:
            aside.append(SetAside(event.step.key, event.why, Path(event.folder)))
        yield event
