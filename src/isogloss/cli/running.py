"""Bringing a study up to date from the command line: bars, notes, and an end in one line."""

from typing import TYPE_CHECKING

import typer

from isogloss.cli import show
from isogloss.cli.options import ExecutorName
from isogloss.desk import running
from isogloss.desk.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.execute.executor import Event, Outcome
    from isogloss.plan.plan import Step


def bring_up_to_date(
    opened: Opened, executor: ExecutorName, jobs: int
) -> tuple[int, list["Outcome"]]:
    """Do what is missing, and only that; see `isogloss.desk.running`."""
    try:
        return running.bring_up_to_date(opened, executor.value, jobs, say=show.note, follow=_follow)
    except KeyboardInterrupt:
        show.note("Stopped. Finished steps are kept; the same command goes on from here.")
        raise typer.Exit(1) from None


def _follow(events: "Iterable[Event]", steps: "Sequence[Step]") -> list["Outcome"]:
    from isogloss.desk.follow import follow

    return follow(events, steps, show.err())
