"""A plug-in's executor: groups of steps as tasks of a pool of the standard library's interface.

The command holds the agenda and hears of a group when it is over; how far a step is meanwhile, its
store tells (`isogloss view`). What a step needs and makes is in the store, so
only steps travel. Of a group that is lost with its worker nobody knows how far it was, so its steps
are given out again one by one; a step that is lost too often has failed.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import Executor as Pool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import final

from isogloss.base.errors import InputError, IsoglossError, WorkerDied
from isogloss.execute.agenda import Agenda
from isogloss.execute.executor import (
    Ended,
    Event,
    Failure,
    Outcome,
    Postponed,
    Progressed,
    Started,
    Work,
)
from isogloss.execute.shared import leave_sign, perform_group, work_while_signed
from isogloss.execute.stopping import is_asked
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step
from isogloss.plugins import OpenExecutor

_LOOK_SECONDS = 0.5
_TRIES = 3


@final
@dataclass(frozen=True)
class PoolExecutor:
    """Runs each group of steps as one task of a pool that a plug-in opens."""

    root: Path
    """The store's folder, the same for all workers."""

    opens: OpenExecutor
    name: str
    """For messages."""

    jobs: int

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps; on any way out, what runs is stopped at its next word of progress.

        Args:
            steps: in an order that respects their needs.
            work: a function of a module, or a `functools.partial` of one: it may be pickled.

        Raises:
            InputError: if the pool cannot be opened.
            KeyboardInterrupt: if the run was asked to stop.
        """
        if not steps:
            return
        pool = self._open()
        sign = leave_sign(self.root.absolute())
        shift = _Shift(
            pool, Agenda(steps, weight), partial(work_while_signed, work=work, sign=sign)
        )
        try:
            yield from shift.events()
        finally:
            sign.unlink(missing_ok=True)
            pool.shutdown(wait=True, cancel_futures=True)

    def _open(self) -> Pool:
        try:
            pool = self.opens(self.jobs)
        except IsoglossError:
            raise
        except Exception as error:
            raise InputError(
                f"The executor {self.name} cannot be opened: {type(error).__name__}: {error}."
            ) from error
        if not isinstance(pool, Pool):
            raise InputError(
                f"The executor {self.name} opened {type(pool).__name__}, where a"
                " concurrent.futures.Executor is wanted. Tell its makers."
            )
        return pool


@dataclass
class _Task:
    """A group that the pool has, in order."""

    left: deque[Step]
    losses: int = 0
    """Of the first step that is left, alone or in its group."""

    one_by_one: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def given(self) -> tuple[Step, ...]:
        """What the pool does next: all that is left, or a step alone since something was lost."""
        return (self.left[0],) if self.one_by_one else tuple(self.left)


@final
class _Shift:
    """One run: gives groups to the pool and tells what comes back."""

    def __init__(self, pool: Pool, agenda: Agenda, work: Work) -> None:
        self._pool = pool
        self._agenda = agenda
        self._work = work
        self._tasks: dict[Future[list[Event]], _Task] = {}

    def events(self) -> Iterator[Event]:
        """All events until every step is over.

        Raises:
            KeyboardInterrupt: if the run was asked to stop.
        """
        while self._agenda:
            if is_asked():
                raise KeyboardInterrupt
            while group := self._agenda.take():
                yield from self._begin(_Task(deque(group)))
            if not self._tasks:
                if self._agenda:
                    self._agenda.rest()
                continue
            over, _ = wait(self._tasks, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in over:
                yield from self._hear(future)

    def _begin(self, task: _Task) -> Iterator[Event]:
        """Give a group to the pool; where that fails, its steps have crashed."""
        while task.left:
            try:
                future = self._pool.submit(do_group, task.given, self._work)
            except Exception as error:
                yield from self._mourn(task, error)
            else:
                self._tasks[future] = task
                return

    def _hear(self, future: "Future[list[Event]]") -> Iterator[Event]:
        """What came of a group."""
        task = self._tasks.pop(future)
        first = task.left[0]
        try:
            events = future.result()
        except Exception as error:
            yield from self._lose(task, error)
            return
        for event in events:
            yield event
            if isinstance(event, Ended):
                yield from map(Ended, self._agenda.close(event.outcome))
            if isinstance(event, Postponed):
                self._agenda.postpone(task.left)
                return
        task.left = deque(self._agenda.still_open(task.left))
        if not task.left:
            return
        if task.one_by_one and task.left[0] is not first:
            task.losses = 0
            yield from self._begin(task)
        else:
            yield from self._lose(task, RuntimeError("its task ended before its steps were over"))

    def _lose(self, task: _Task, error: Exception) -> Iterator[Event]:
        """Give what is left out again, the first step alone; lost too often, it has failed."""
        task.losses, task.one_by_one = task.losses + 1, True
        if task.losses == _TRIES:
            yield from self._mourn(task, error)
        yield from self._begin(task)

    def _mourn(self, task: _Task, error: Exception) -> Iterator[Event]:
        """The first step of what is left has crashed."""
        step = task.left[0]
        yield Started(step, 0)
        told = f"The pool lost it: {type(error).__name__}: {' '.join(str(error).split())[:300]}."
        failure = Failure("crash", told, worker=0, code=WorkerDied.code)
        outcome = Outcome(step, "failed", time.monotonic() - task.began, failure)
        yield Ended(outcome)
        yield from map(Ended, self._agenda.close(outcome))
        task.left, task.losses = deque(self._agenda.still_open(task.left)), 0


def do_group(steps: Sequence[Step], work: Work) -> list[Event]:
    """Do the steps of a group, in a worker.

    Returns:
        What happened, but for the progress.
    """
    happened = perform_group(steps, work, 0)
    return [event for event in happened if not isinstance(event, Progressed)]
