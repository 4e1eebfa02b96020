"""Groups of steps in worker processes: whatever dies, the rest goes on.

The parent hands out one step at a time, so it knows what a worker was at when it died. Such a step
is tried once more in a fresh worker, because its checkpoint may be there; if that dies too, the
step has failed.
"""

import atexit
import logging
import os
import pickle
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from multiprocessing.connection import wait
from typing import final

from isogloss.base.threads import thread_variables, threads_of_each
from isogloss.execute.agenda import Agenda
from isogloss.execute.allocator import allocator_variables
from isogloss.execute.executor import Ended, Event, Failure, Outcome, Postponed, Work
from isogloss.execute.gpus import gpu_variables, visible_gpus
from isogloss.execute.stopping import is_asked, may_finish
from isogloss.execute.worker import Died, Worker
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step

_LOOK_SECONDS = 1.0
_TRIES = 2
_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class ProcessesExecutor:
    """Runs each group of steps in one of several worker processes."""

    jobs: int
    """Most worker processes at once; no more are started than there are groups to do."""

    threads: int | None = None
    """Threads of each worker; None divides the cores among the workers, see `threads_of_each`."""

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps; on any way out, Ctrl-C too, the workers are stopped.

        Args:
            steps: in an order that respects their needs.
            work: a function of a module, or a `functools.partial` of one: it is pickled.
        """
        threads = self.threads or threads_of_each(self.jobs)
        environment = {**thread_variables(threads), **allocator_variables(os.environ)}
        crew = _Crew(self.jobs, pickle.dumps(work), environment)
        atexit.register(crew.stop)  # multiprocessing would wait for the workers at exit
        try:
            yield from _Shift(Agenda(steps, weight), crew).events()
        finally:
            try:
                if may_finish():
                    crew.let_go()
            finally:
                crew.stop()
                atexit.unregister(crew.stop)


@dataclass
class _Post:
    """A worker's place: the worker, what is left of its group, and the step it is at."""

    number: int
    worker: Worker | None = None
    group: deque[Step] = field(default_factory=deque)
    step: Step | None = None
    began: float = 0.0
    deaths: int = 0


@final
class _Crew:
    """The workers, started when they are needed."""

    def __init__(self, jobs: int, work: bytes, environment: Mapping[str, str]) -> None:
        self._posts = [_Post(number) for number in range(jobs)]
        self._work = work
        self._environment = environment

    @cached_property
    def _gpus(self) -> tuple[str, ...]:
        """Looked for when the first worker starts: that imports torch."""
        return visible_gpus(os.environ)

    def free_post(self) -> _Post | None:
        """A place where nothing is done, one with a worker if there is one."""
        free = [post for post in self._posts if post.step is None]
        return min(free, key=lambda post: post.worker is None, default=None)

    def send(self, post: _Post, step: Step) -> None:
        """Give a step to a place's worker; that it is not alive shows on listening."""
        if post.worker is None:
            own = gpu_variables(post.number, self._gpus)
            post.worker = Worker(post.number, self._work, {**self._environment, **own})
        with suppress(Died):
            post.worker.send(step)

    def is_busy(self) -> bool:
        """Tell whether anything is being done."""
        return any(post.step and post.worker for post in self._posts)

    def wait(self) -> list[_Post]:
        """The places that have something to say, after a second at most.

        A pipe may outlive its process, in a grandchild that inherited it: so we look, too.
        """
        busy = [(post, post.worker) for post in self._posts if post.step and post.worker]
        wait([worker.connection for _, worker in busy], timeout=_LOOK_SECONDS)
        return [post for post, worker in busy if worker.has_something()]

    def let_go(self) -> None:
        """Wait until every worker has ended at a point to go on from; an interrupt ends the wait.

        Who has a step at hand finds, at its next word of progress, that nobody listens.
        """
        workers = [post.worker for post in self._posts if post.worker is not None]
        for worker in workers:
            worker.dismiss(at_once=False)
        for worker in workers:
            worker.wait()

    def stop(self) -> None:
        """End all workers, those in mid-step too; may be called again if it was interrupted."""
        for post in self._posts:
            if post.worker is not None:
                post.worker.dismiss(at_once=post.step is not None)
        for post in self._posts:
            if post.worker is not None:
                post.worker.stop()
                post.worker = None


@final
class _Shift:
    """One run: hands steps to workers and tells what comes back."""

    def __init__(self, agenda: Agenda, crew: _Crew) -> None:
        self._agenda = agenda
        self._crew = crew

    def events(self) -> Iterator[Event]:
        """All events until every step is over.

        Raises:
            KeyboardInterrupt: if the run was asked to stop.
        """
        while self._agenda:
            if is_asked():
                raise KeyboardInterrupt
            self._hand_out()
            if not self._crew.is_busy():
                self._agenda.rest()
                continue
            for post in self._crew.wait():
                yield from self._listen(post)

    def _hand_out(self) -> None:
        """Give groups that are ready to workers that are free."""
        while (post := self._crew.free_post()) and (group := self._agenda.take()):
            post.group.extend(group)
            self._go_on(post)

    def _go_on(self, post: _Post) -> None:
        """Begin the next step of a place's group that can be done, if there is one."""
        post.step = None
        while post.group and post.step is None:
            step = post.group.popleft()
            if self._agenda.is_open(step):
                post.step, post.deaths, post.began = step, 0, time.monotonic()
                self._crew.send(post, step)

    def _listen(self, post: _Post) -> Iterator[Event]:
        if post.worker is None or post.step is None:
            return
        try:
            event = post.worker.receive()
        except Died:
            failure, post.worker = post.worker.bury(), None
            yield from self._mourn(post, post.step, failure)
            return
        yield event
        if isinstance(event, Ended):
            yield from self._over(post, event.outcome)
        if isinstance(event, Postponed):
            self._agenda.postpone([event.step, *post.group])
            post.group.clear()
            post.step = None

    def _mourn(self, post: _Post, step: Step, failure: Failure) -> Iterator[Event]:
        """Try the step once more; if its worker died again, it has failed.

        Raises:
            KeyboardInterrupt: if the run was asked to stop: the next one tries it.
        """
        post.deaths += 1
        if post.deaths < _TRIES:
            if is_asked():
                raise KeyboardInterrupt
            _log.warning("%s %s is tried again. %s", step.kind, step.key, failure.message)
            self._crew.send(post, step)
            return
        failure = replace(failure, message=f"{failure.message} ({post.deaths} workers died of it.)")
        outcome = Outcome(step, "failed", time.monotonic() - post.began, failure)
        yield Ended(outcome)
        yield from self._over(post, outcome)

    def _over(self, post: _Post, outcome: Outcome) -> Iterator[Event]:
        yield from map(Ended, self._agenda.close(outcome))
        self._go_on(post)
