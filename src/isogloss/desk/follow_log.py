"""Following a run in a log: an event for the run and for each step, as JSON lines."""

import logging
import time
from collections.abc import Iterable, Sequence

from isogloss.base.logs import tell
from isogloss.execute.executor import (
    Ended,
    Event,
    Outcome,
    Postponed,
    Progressed,
    Redone,
    Started,
)
from isogloss.plan.plan import Step

PROGRESS_SECONDS = 10.0
"""Between two words on how far a step is."""

LEVELS = {"failed": logging.ERROR, "blocked": logging.WARNING}


def follow_as_log(events: Iterable[Event], steps: Sequence[Step]) -> list[Outcome]:
    """Log the events of a run as they come, and return how each step ended.

    `run_started` (steps) · `step_started`, `step_postponed` (another command is at it; told once,
    and its later beginnings are not), `step_progress` (done, total; at most one in ten seconds
    for each step), `step_redone` (folder), `step_ended` (status, seconds, code) · `run_ended`
    (done, failed, blocked, seconds). Those of steps have the kind and the title.
    """
    began, told, elsewhere = time.monotonic(), dict[str, float](), set[str]()
    outcomes: list[Outcome] = []
    tell("run_started", f"{len(steps)} steps to do", steps=len(steps))
    for event in events:
        if isinstance(event, Ended):
            outcomes.append(event.outcome)
            _ended(event.outcome, len(outcomes), len(steps))
        elif isinstance(event, Started | Postponed):
            if event.step.key not in elsewhere:
                _begins(event)
            if isinstance(event, Postponed):
                elsewhere.add(event.step.key)
        elif isinstance(event, Redone):
            _about(event.step, "step_redone", event.why, logging.WARNING, folder=event.folder)
        elif time.monotonic() - told.get(event.step.key, began) >= PROGRESS_SECONDS:
            told[event.step.key] = time.monotonic()
            _progress(event)
    counts = {name: sum(one.status == name for one in outcomes) for name in ("done", *LEVELS)}
    seconds = round(time.monotonic() - began, 3)
    tell("run_ended", f"{counts['done']} steps done", **counts, seconds=seconds)
    return outcomes


def _begins(event: Started | Postponed) -> None:
    if isinstance(event, Started):
        _about(event.step, "step_started", "begins", worker=event.worker)
    else:
        _about(event.step, "step_postponed", "another command is at it", worker=event.worker)


def _progress(event: Progressed) -> None:
    said = f"{event.done} of {event.total or 'unknown'}"
    _about(event.step, "step_progress", said, done=event.done, total=event.total)


def _ended(outcome: Outcome, place: int, n: int) -> None:
    failure = outcome.failure
    fields: dict[str, object] = {"status": outcome.status, "seconds": round(outcome.seconds, 3)}
    if failure is not None:
        fields |= {"code": failure.code, "kind_of_failure": failure.kind}
    said = failure.message if failure else f"{outcome.status}, {place} of {n}"
    level = LEVELS.get(outcome.status, logging.INFO)
    _about(outcome.step, "step_ended", said, level, **fields)


def _about(step: Step, event: str, said: str, level: int = logging.INFO, **fields: object) -> None:
    own = {"step": step.key, "kind": step.kind, "title": step.title}
    tell(event, f"{step.kind} {step.title}: {said}", level, **own, **fields)
