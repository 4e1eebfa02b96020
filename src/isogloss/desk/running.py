"""Doing what a study's store lacks: what `run`, `compare` and notebooks have in common."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened

if TYPE_CHECKING:
    from isogloss.execute.chosen import Chosen
    from isogloss.execute.executor import Event, Outcome
    from isogloss.plan.plan import Step

Follow = Callable[[Iterable["Event"], Sequence["Step"]], list["Outcome"]]
"""Shows the events of a run as they come, and returns how each step ended."""


def bring_up_to_date(
    opened: Opened, chosen: "Chosen", *, say: Callable[[str], None], follow: Follow
) -> tuple[int, list["Outcome"]]:
    """Do what is missing, and only that.

    Args:
        opened: the study.
        chosen: the executor.
        say: takes each line that a person should read.
        follow: shows the run.

    Returns:
        How many splits were read, and how each other step ended.

    Raises:
        InputError: if the study, its data or its encoders are wrong.
        RunError: if the Hub cannot be asked, or the store not be written.
        KeyboardInterrupt: if the person stops it; what is finished is kept.
    """
    if opened.missing:
        opened.refuse_unpinned()
    for line in opened.remarks:
        say(line)
    if not opened.missing:
        with suppress(IsoglossError):  # a store that can only be read
            opened.remember()
        return 0, []
    opened.store.check_writable()
    return _run_missing(opened, chosen, say=say, follow=follow)


def _run_missing(
    opened: Opened, chosen: "Chosen", *, say: Callable[[str], None], follow: Follow
) -> tuple[int, list["Outcome"]]:
    """Read and check the data, try the encoders, then do the rest; the heavy rooms come last."""
    from isogloss.execute.check import check_data
    from isogloss.execute.read import read_data

    opened.remember()
    read = read_data(opened.plan, opened.store)
    for text in check_data(opened.study, opened.plan, opened.store):
        say(text)

    from isogloss.execute.encoders import check_encoders
    from isogloss.execute.run import run_plan

    check_encoders(opened.study, opened.plan, opened.store)
    steps = [step for step in opened.plan if step.key not in opened.store]
    return read, follow(run_plan(steps, opened.store, chosen.executor(opened.store.root)), steps)
