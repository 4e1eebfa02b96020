"""Bringing a study up to date from the command line: bars, notes, and an end in one line."""

from typing import TYPE_CHECKING

import typer

from isogloss.base.logs import is_json
from isogloss.cli import show
from isogloss.desk import running
from isogloss.desk.opened import Opened
from isogloss.execute.ranks import follows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.execute.chosen import Chosen
    from isogloss.execute.executor import Event, Outcome
    from isogloss.plan.plan import Step


def bring_up_to_date(opened: Opened, chosen: "Chosen", *, verify: bool = False) -> running.Brought:
    """Do what is missing, and only that; see `isogloss.desk.running`."""
    try:
        ended = running.bring_up_to_date(
            opened, chosen, say=show.note, follow=_follow, verify=verify
        )
    except KeyboardInterrupt:
        show.note("Stopped. Finished steps are kept; the same command goes on from here.")
        raise typer.Exit(1) from None
    if follows():
        raise typer.Exit
    return ended


def choose(
    executor: str,
    jobs: int,
    cluster: str | None,
    cpus: float,
    gpus: float,
    memory: float,
) -> "Chosen":
    """The executor that the flags say.

    Raises:
        InputError: if a number is out of its range, or there is no such executor.
    """
    from isogloss.execute.chosen import Chosen
    from isogloss.execute.needs import Needs

    return Chosen(executor, jobs, Needs(cpus, gpus, memory), cluster)


def _follow(events: "Iterable[Event]", steps: "Sequence[Step]") -> list["Outcome"]:
    if is_json():
        from isogloss.desk.follow_log import follow_as_log

        return follow_as_log(events, steps)
    from isogloss.desk.follow import follow

    return follow(events, steps, show.err())
