"""Bringing a study up to date from the command line: bars, notes, and an end in one line."""

from typing import TYPE_CHECKING

import typer

from isogloss.base.logs import is_json
from isogloss.cli import show
from isogloss.desk import running
from isogloss.desk.opened import Opened
from isogloss.execute.ranks import follows

PARTIAL = 3
"""The exit code where some cells failed and the rest is done."""

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


def failed(outcomes: "Iterable[Outcome]") -> "list[Outcome]":
    """The steps that failed, and those that wait for one of them."""
    return [outcome for outcome in outcomes if outcome.status in {"failed", "blocked"}]


def warn_of(failures: "Iterable[Outcome]") -> None:
    """Say of each what failed and why."""
    for one in failures:
        why = one.failure.message if one.failure else ""
        show.warn(f"{one.status}: {one.step.title}: {why}")


def has_results(opened: Opened) -> bool:
    """Whether anything of a study is tested."""
    kinds = ("evaluate", "masked")
    return any(step.key in opened.store for kind in kinds for step in opened.plan.of_kind(kind))


def code_after(opened: Opened, failures: "Sequence[Outcome]") -> int:
    """The exit code: where something failed, whether the study has results all the same."""
    if not failures:
        return 0
    return PARTIAL if has_results(opened) else 1


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
