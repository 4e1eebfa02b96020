"""Groups of steps as tasks of a Ray cluster: one machine or many.

The command holds the agenda, gives Ray every group that is ready, and hears the events of all tasks
as they come. What a step needs and makes is in the store, so only steps travel, and the store has
to be one folder for all machines. Ray finds the place, and its autoscaler sees what waits. A task
that is lost with its worker or its machine is given out again from the step it was at, whose
checkpoint may be there. This is the only file that imports Ray.
"""

import logging
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import InputError, RunError, WorkerDied
from isogloss.base.threads import available_cores, thread_variables
from isogloss.execute.agenda import Agenda
from isogloss.execute.allocator import allocator_variables
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
from isogloss.execute.needs import Needs
from isogloss.execute.shared import leave_sign, perform_group, work_while_signed
from isogloss.execute.stopping import is_asked, may_finish
from isogloss.plan.estimate import weight
from isogloss.plan.plan import Step

MOST_AT_ONCE = 2000
"""Groups that Ray is given at once: enough to fill any cluster, few enough for one listener."""

_TRIES = 3
_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 10.0
_TELL_SECONDS = 0.5
_OBJECTS = 128 * 2**20
_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class RayExecutor:
    """Runs each group of steps as one task of a Ray cluster."""

    root: Path
    """The store's folder, the same on all machines."""

    needs: Needs
    """Of each group of steps."""

    address: str | None = None
    """Of the cluster, as `ray start` tells it, or `auto`; None starts one on this machine."""

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps; on any way out, Ctrl-C too, what runs is stopped.

        Args:
            steps: in an order that respects their needs.
            work: a function of a module, or a `functools.partial` of one: it is pickled.

        Raises:
            InputError: if Ray is not installed, or there is no such cluster.
        """
        if not steps:
            return
        with _connected(self.address) as ray:
            _say_if_too_large(ray, self.needs.of(steps))
            sign = leave_sign(self.root.absolute())
            signed = partial(work_while_signed, work=work, sign=sign)
            shift = _Shift(ray, Agenda(steps, weight), self.needs, signed)
            try:
                yield from shift.events()
            finally:
                sign.unlink(missing_ok=True)
                shift.stop()


# ---- the cluster


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected: to what this process is connected to already, else as the address says."""
    ray = _import_ray()
    if address and address.startswith("ray://"):
        raise InputError(
            f"--cluster {address} is a client's address, through which events do not stream. Run"
            " the command on a machine of the cluster with --cluster auto, or as a Ray job."
        )
    if ray.is_initialized():
        yield ray
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    with _own_handlers():
        if address is None:
            _start(ray, quiet)
        else:
            _join(ray, address, quiet)
    try:
        yield ray
    finally:
        ray.shutdown()


def _import_ray() -> Any:
    try:
        import ray  # noqa: PLC0415 an extra, and slow
    except ImportError as error:
        raise InputError(
            "--executor ray needs Ray, which is not installed: pip install 'isogloss[ray]'."
        ) from error
    return ray


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Keep what SIGTERM means here: Ray would have it end the command where it stands."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _start(ray: Any, quiet: Mapping[str, Any]) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    size = {"num_cpus": available_cores(), "object_store_memory": _OBJECTS}
    try:
        ray.init("local", **quiet, **size, include_dashboard=False)
    except Exception as error:  # Ray has no class of errors for it
        raise RunError(
            f"Ray could not start a cluster on this machine: {_words(error)} See to its memory,"
            " /dev/shm and /tmp/ray, or take --executor processes, which needs no Ray."
        ) from error


def _join(ray: Any, address: str, quiet: Mapping[str, Any]) -> None:
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"There is no Ray cluster at {address}: {_words(error)} Start one with"
            " `ray start --head`, or leave out --cluster to use this machine alone."
        ) from error


def _say_if_too_large(ray: Any, needs: Needs) -> None:
    """Say that no machine has what a group needs; an autoscaler may still bring one."""
    asked = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_gb * 2**30}
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(all(has.get(name, 0) >= n for name, n in asked.items()) for has in machines):
        _log.warning(
            "No machine of the cluster has %g cores, %g GPUs and %g GiB of memory now: the steps"
            " wait until one comes. Lower --cpus, --gpus or --memory if none will.",
            needs.cpus, needs.gpus, needs.memory_gb,
        )  # fmt: skip


# ---- the command's side


@dataclass
class _Task:
    """A group that Ray has: what is left of it, and the step it is at."""

    number: int
    left: deque[Step]
    step: Step | None = None
    began: float = field(default_factory=time.monotonic)


@final
class _Shift:
    """One run: gives groups to Ray and tells what comes back."""

    def __init__(self, ray: Any, agenda: Agenda, needs: Needs, work: Work) -> None:
        self._ray = ray
        self._agenda = agenda
        self._needs = needs
        self._work = ray.put(work)
        self._serve = ray.remote(_serve)
        self._tasks: dict[Any, _Task] = {}
        self._deaths: Counter[str] = Counter()

    def events(self) -> Iterator[Event]:
        """All events until every step is over.

        Raises:
            KeyboardInterrupt: if the run was asked to stop.
        """
        while self._agenda:
            if is_asked():
                raise KeyboardInterrupt
            self._give_out()
            if not self._tasks:
                self._agenda.rest()
                continue
            ready, _ = self._ray.wait(list(self._tasks), num_returns=1, timeout=_LOOK_SECONDS)
            for stream in ready:
                yield from self._hear(stream)

    def stop(self) -> None:
        """Wait for what runs, which sees that it is to stop; in the end, end its workers.

        Asked once, it waits as long as a checkpoint takes; an interrupt ends the wait. Ray's own
        way to cancel does not reach a task that streams before it has streamed again.
        """
        deadline = time.monotonic() + _GRACE_SECONDS
        try:
            while self._tasks and self._waits_until(deadline):
                self._hear_ends()
        finally:
            for stream in self._tasks:
                with suppress(Exception):  # it may be gone, or the cluster
                    self._ray.cancel(stream, force=True)

    def _waits_until(self, deadline: float) -> bool:
        """Whether to wait on: for a step that has begun if asked once, not at all if twice."""
        if is_asked() and not may_finish():
            return False
        begun = any(task.step is not None for task in self._tasks.values())
        return time.monotonic() < deadline or (begun and may_finish())

    def _hear_ends(self) -> None:
        """Look for a second which tasks are over; what they still tell is nobody's concern."""
        ready, _ = self._ray.wait(list(self._tasks), num_returns=1, timeout=_LOOK_SECONDS)
        for stream in ready:
            try:
                self._ray.get(next(stream))
            except (StopIteration, self._ray.exceptions.RayError):
                del self._tasks[stream]

    def _give_out(self) -> None:
        """Give Ray all groups that are ready, as far as it may have them at once."""
        numbers = {task.number for task in self._tasks.values()}
        free = (number for number in count() if number not in numbers)
        while len(self._tasks) < MOST_AT_ONCE and (group := self._agenda.take()):
            self._begin(_Task(next(free), deque(group)))

    def _begin(self, task: _Task) -> None:
        needs = self._needs.of(task.left)
        variables = {**thread_variables(needs.threads), **allocator_variables({})}
        stream = self._serve.options(
            num_returns="streaming",
            num_cpus=needs.cpus,
            num_gpus=needs.gpus,
            memory=int(needs.memory_gb * 2**30) or None,
            max_retries=0,  # we do it, from the step that was lost
            runtime_env={"env_vars": variables},
        ).remote(tuple(task.left), self._work, task.number)
        self._tasks[stream] = task

    def _hear(self, stream: Any) -> Iterator[Event]:
        """The next event of a task, and what follows from it."""
        task = self._tasks[stream]
        try:
            event = self._ray.get(next(stream))
        except StopIteration:
            del self._tasks[stream]
            self._drop_closed(task)
            if task.left:  # it ended in the middle, without a word
                yield from self._mourn(task, "Its task ended before its steps were over.")
            return
        except self._ray.exceptions.RayError as lost:
            del self._tasks[stream]
            self._drop_closed(task)
            yield from self._mourn(task, _said(lost))
            return
        if isinstance(event, Started):
            task.step, task.began = event.step, time.monotonic()
        yield event
        if isinstance(event, Ended):
            task.left.remove(event.outcome.step)
            yield from map(Ended, self._agenda.close(event.outcome))
        if isinstance(event, Postponed):
            self._agenda.postpone(task.left)
            task.left.clear()

    def _drop_closed(self, task: _Task) -> None:
        """Leave out what is over already: steps that are blocked are never begun."""
        task.left = deque(self._agenda.still_open(task.left))

    def _mourn(self, task: _Task, message: str) -> Iterator[Event]:
        """Give out again what is left; a step that was lost too often has failed."""
        if not task.left:
            return
        step = task.step if task.step and task.step in task.left else task.left[0]
        self._deaths[step.key] += 1
        if self._deaths[step.key] < _TRIES:
            _log.warning("%s %s is tried again. %s", step.kind, step.key, message)
        else:
            told = f"{message} ({_TRIES} workers were lost with it.)"
            failure = Failure("crash", told, worker=task.number, code=WorkerDied.code)
            outcome = Outcome(step, "failed", time.monotonic() - task.began, failure)
            yield Ended(outcome)
            yield from map(Ended, self._agenda.close(outcome))
            self._drop_closed(task)
        if task.left:
            self._begin(_Task(task.number, task.left))


def _said(lost: Exception) -> str:
    r"""What Ray says of a loss, in a line, and what to do.

    >>> _said(RuntimeError("the node died\n  for want of power"))[:44]
    'RuntimeError: the node died for want of powe'
    """
    again = "The same command goes on from the last checkpoint."
    return f"{type(lost).__name__}: {_words(lost)} {again}"


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


# ---- the worker's side


def _serve(steps: Sequence[Step], work: Work, number: int) -> Iterator[Event]:
    """Do the steps of a group, and tell what happens as it comes."""
    yield from _thinned(perform_group(steps, work, number))


def _thinned(events: Iterator[Event]) -> Iterator[Event]:
    """Leave out progress that comes too soon after the last: every event crosses the network."""
    last = -_TELL_SECONDS
    for event in events:
        if isinstance(event, Started):
            last = -_TELL_SECONDS
        if isinstance(event, Progressed):
            if time.monotonic() - last < _TELL_SECONDS:
                continue
            last = time.monotonic()
        yield event
