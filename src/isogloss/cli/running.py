"""Doing what a study's store lacks: what `run` and `compare` have in common."""

from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from isogloss.base.errors import IsoglossError
from isogloss.cli import show
from isogloss.cli.opened import Opened
from isogloss.cli.options import ExecutorName

if TYPE_CHECKING:
    from isogloss.execute.executor import Outcome


def bring_up_to_date(
    opened: Opened, executor: ExecutorName, jobs: int
) -> tuple[int, list["Outcome"]]:
    """Do what is missing, and only that; an interrupt ends the command in one line.

    Returns:
        How many splits were read, and how each other step ended.

    Raises:
        InputError: if the study, its data or its encoders are wrong.
        RunError: if the Hub cannot be asked, or the store not be written.
    """
    if opened.missing:
        opened.refuse_unpinned()
    opened.tell()
    if not opened.missing:
        with suppress(IsoglossError):  # a store that can only be read
            opened.remember()
        return 0, []
    opened.store.check_writable()
    try:
        return _run_missing(opened, executor, jobs)
    except KeyboardInterrupt:
        show.note("Stopped. Finished steps are kept; the same command goes on from here.")
        raise typer.Exit(1) from None


def _run_missing(opened: Opened, name: ExecutorName, jobs: int) -> tuple[int, list["Outcome"]]:
    """Read and check the data, try the encoders, then do the rest; the heavy rooms come last."""
    from isogloss.execute.check import check_data
    from isogloss.execute.read import read_data

    opened.remember()
    read = read_data(opened.plan, opened.store)
    for text in check_data(opened.study, opened.plan, opened.store):
        show.note(text)

    from isogloss.cli.follow import follow
    from isogloss.execute.encoders import check_encoders
    from isogloss.execute.run import make_executor, run_plan

    check_encoders(opened.study, opened.plan, opened.store)
    executor = make_executor(name.value, jobs)
    steps = [step for step in opened.plan if step.key not in opened.store]
    return read, follow(run_plan(steps, opened.store, executor), steps)
