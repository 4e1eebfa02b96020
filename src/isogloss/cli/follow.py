"""Following a run: bars on a terminal, one line a step elsewhere."""

import time
from collections.abc import Iterable
from typing import final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from isogloss.cli import show
from isogloss.execute.executor import Ended, Event, Outcome, Progressed, Started


def follow(events: Iterable[Event], *, total: int) -> list[Outcome]:
    """Show the events of a run as they come, and return how each step ended."""
    if show.err().is_terminal:
        return _with_bars(events, total)
    return _with_lines(events, total)


def _with_lines(events: Iterable[Event], total: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for event in events:
        if isinstance(event, Ended):
            outcomes.append(event.outcome)
            show.note(_line(event.outcome, len(outcomes), total, time.monotonic() - began))
    return outcomes


def _line(outcome: Outcome, done: int, total: int, elapsed: float) -> str:
    left = elapsed / done * (total - done)
    tail = f", about {show.duration(left)} left" if done < total else ""
    step = outcome.step
    return (
        f"[{done}/{total}] {outcome.status} {step.kind} {step.title}"
        f" ({show.duration(outcome.seconds)}{tail})"
    )


def _with_bars(events: Iterable[Event], total: int) -> list[Outcome]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=show.err(), transient=True) as progress:
        return _Bars(progress, total).follow(events)


@final
class _Bars:
    """One bar for the cells, one for the step of each worker."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress = progress
        self.cells = progress.add_task("cells", total=total)
        self.workers: dict[int, TaskID] = {}

    def follow(self, events: Iterable[Event]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for event in events:
            if isinstance(event, Started):
                self._start(event)
            elif isinstance(event, Progressed):
                self._advance(event)
            else:
                outcomes.append(event.outcome)
                self.progress.advance(self.cells)
        return outcomes

    def _start(self, event: Started) -> None:
        title = f"{event.step.kind} {event.step.title}"
        if event.worker in self.workers:
            self.progress.remove_task(self.workers[event.worker])
        self.workers[event.worker] = self.progress.add_task(title, total=None)

    def _advance(self, event: Progressed) -> None:
        task = self.workers.get(event.worker)
        if task is not None:
            self.progress.update(task, completed=event.done, total=event.total)
