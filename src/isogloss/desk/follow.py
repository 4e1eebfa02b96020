"""Following a run: bars on a terminal, one line a step elsewhere."""

import time
from collections.abc import Iterable, Sequence
from typing import final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from isogloss.execute.executor import (
    Ended,
    Event,
    Outcome,
    Postponed,
    Progressed,
    Redone,
    Started,
)
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step
from isogloss.report.numbers import duration


def follow(events: Iterable[Event], steps: Sequence[Step], console: Console) -> list[Outcome]:
    """Show the events of a run as they come, and return how each step ended."""
    if console.is_terminal:
        return _with_bars(events, steps, console)
    return _with_lines(events, steps, console)


def _with_lines(events: Iterable[Event], steps: Sequence[Step], console: Console) -> list[Outcome]:
    outcomes: list[Outcome] = []
    began, total, done = time.monotonic(), sum(map(weight, steps)), 0.0
    n, elsewhere = len(steps), set[str]()
    for event in events:
        if isinstance(event, Redone):
            console.print(redone(event), markup=False, style="yellow")
            n, total = n + 1, total + weight(event.step)
        elif isinstance(event, Postponed) and event.step.key not in elsewhere:
            elsewhere.add(event.step.key)
            console.print(postponed(event), markup=False, style="dim")
        elif isinstance(event, Ended):
            outcomes.append(event.outcome)
            done += weight(event.outcome.step)
            left = (time.monotonic() - began) / done * (total - done)
            line = _line(event.outcome, f"{len(outcomes)}/{n}", left)
            console.print(line, markup=False, style="dim")
    return outcomes


def redone(event: Redone) -> str:
    """What is said of a damaged step."""
    where = f" It was moved to {event.folder}." if event.folder else ""
    return f"damaged: {event.step.kind} {event.step.title}: {event.why}.{where} It is made anew."


def postponed(event: Postponed) -> str:
    """What is said of a step that another command is at."""
    return f"{event.step.kind} {event.step.title}: another command is at it; it comes later."


def _line(outcome: Outcome, place: str, left: float) -> str:
    step, took = outcome.step, duration(outcome.seconds)
    tail = f", about {duration(left)} left" if left > 0 else ""
    return f"[{place}] {outcome.status} {step.kind} {step.title} ({took}{tail})"


def _with_bars(events: Iterable[Event], steps: Sequence[Step], console: Console) -> list[Outcome]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[place]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        return _Bars(progress, steps).follow(events)


@final
class _Bars:
    """One bar for the cells, weighed by their cost, and one for the step of each worker."""

    def __init__(self, progress: Progress, steps: Sequence[Step]) -> None:
        self.progress = progress
        self.n = len(steps)
        self.total = sum(map(weight, steps))
        self.cells = progress.add_task("cells", total=self.total, place=f"0/{self.n}")
        self.workers: dict[int, TaskID] = {}

    def follow(self, events: Iterable[Event]) -> list[Outcome]:
        """Move the bars with the events."""
        outcomes: list[Outcome] = []
        for event in events:
            if isinstance(event, Started):
                self._start(event)
            elif isinstance(event, Progressed):
                self._advance(event)
            elif isinstance(event, Redone):
                self._add(event)
            elif isinstance(event, Postponed):
                self.progress.remove_task(self.workers.pop(event.worker))
            else:
                outcomes.append(event.outcome)
                place = f"{len(outcomes)}/{self.n}"
                self.progress.update(self.cells, advance=weight(event.outcome.step), place=place)
        return outcomes

    def _add(self, event: Redone) -> None:
        self.progress.console.print(redone(event), markup=False, style="yellow")
        self.n += 1
        self.total += weight(event.step)
        self.progress.update(self.cells, total=self.total)

    def _start(self, event: Started) -> None:
        title = f"{event.step.kind} {event.step.title}"
        if event.worker in self.workers:
            self.progress.remove_task(self.workers[event.worker])
        self.workers[event.worker] = self.progress.add_task(title, total=None, place="")

    def _advance(self, event: Progressed) -> None:
        task = self.workers.get(event.worker)
        if task is not None:
            place = f"{event.done}/{event.total}"
            self.progress.update(task, completed=event.done, total=event.total, place=place)
