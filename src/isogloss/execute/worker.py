"""A worker process: lives through many steps, since importing torch takes seconds.

It starts in a fresh interpreter (spawn: a fork of a process with threads may hang), gets one step
at a time through a pipe and sends events back. When its parent dies, however, so does it.

Ctrl-C in a terminal, and SIGTERM as `timeout` and schedulers send it, reach every process of the
command: a worker hears neither, from its first moment on, as only the parent decides what they
mean. The parent's own word to end at once is a signal that nobody else sends.
"""

import faulthandler
import logging
import multiprocessing as mp
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache, partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, final

from isogloss.base.errors import RunError, WorkerDied
from isogloss.base.logs import in_worker
from isogloss.execute.executor import Event, Failure, Work, perform
from isogloss.plan.plan import Step

_GRACE_SECONDS = 10.0
_FOR_THE_PARENT = (signal.SIGINT, signal.SIGTERM)
_AT_ONCE = signal.SIGUSR2
_log = logging.getLogger(__name__)


class Died(Exception):
    """The process is gone, without a word."""


@final
class Worker:
    """The parent's side of a worker process.

    Args:
        number: names the worker in events, from 0.
        work: the pickled work.
        environment: what the process finds set before its first import.
    """

    def __init__(self, number: int, work: bytes, environment: Mapping[str, str]) -> None:
        self.number = number
        context = mp.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=serve, args=(work, theirs, number), name=f"isogloss worker {number}"
        )
        with theirs, _environment(environment):
            self._start()

    def _start(self) -> None:
        try:
            with _kept_back():
                self._process.start()
        except OSError as error:
            self.connection.close()
            raise RunError(
                f"A worker process could not be started: {error}. Use fewer --jobs."
            ) from error

    def send(self, step: Step) -> None:
        """Give it a step to do.

        Raises:
            Died: if there is nobody to take it.
        """
        try:
            self.connection.send(step)
        except OSError as error:
            raise Died from error

    def receive(self) -> Event:
        """The next event; asked for only when `has_something` says so.

        Raises:
            Died: if there will be no more.
        """
        try:
            if not self.connection.poll():
                raise Died
            event: Event = self.connection.recv()
        except (EOFError, OSError) as error:
            raise Died from error
        return event

    def has_something(self) -> bool:
        """Tell whether there is an event, or nothing will ever come."""
        return self.connection.poll() or self._process.exitcode is not None

    def bury(self) -> Failure:
        """Clear away a dead process and say what it died of."""
        self._process.join(_GRACE_SECONDS)
        code = self._process.exitcode
        self.dismiss(at_once=True)
        self.stop()
        return Failure("crash", describe_death(code), "", self.number, WorkerDied.code)

    def dismiss(self, *, at_once: bool) -> None:
        """Let the process end: when its step is done, or at once, with its work closed first."""
        self.connection.close()  # what it reads next is the end of the pipe
        pid = self._process.pid
        if at_once and pid is not None and self._process.is_alive():
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(pid, _AT_ONCE)

    def wait(self) -> None:
        """Wait for the end of a dismissed process, however long its checkpoint takes."""
        self._process.join()

    def stop(self) -> None:
        """Wait for the end of a dismissed process, but not for ever."""
        self._process.join(_GRACE_SECONDS)
        if self._process.exitcode is None:
            _log.warning("worker %d did not stop and is killed", self.number)
            self._process.kill()
            self._process.join()
        self._process.close()


def describe_death(code: int | None) -> str:
    """What an exit code means, and what to do.

    >>> describe_death(-9)[:40]
    'The worker was killed by signal 9 (SIGKI'
    """
    again = "The same command goes on from the last checkpoint."
    if code is None or code >= 0:
        return (
            f"The worker ended with exit code {code} in mid-step, without a word: a library has"
            f" called exit, or its process could not start. {again}"
        )
    name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
    reason = _REASONS.get(name, "someone killed it")
    return f"The worker was killed by signal {-code} ({name}): {reason}. {again}"


_REASONS = {
    "SIGKILL": "out of memory (fewer --jobs or a smaller max_tokens help), or someone killed it",
    "SIGSEGV": "a fault in native code; its trace is on standard error",
    "SIGBUS": "a fault in native code, or a full disk under a mapped file",
    "SIGABRT": "native code gave up; its words are on standard error",
    "SIGILL": "native code made for another processor",
    "SIGFPE": "a fault in native code; its trace is on standard error",
}


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Set variables while a process is started, which inherits them; then put them back."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _kept_back() -> Iterator[None]:
    """Have a process that is started find the parent's signals kept back, until it can ignore them.

    What comes here meanwhile is heard at the end of the block.
    """
    resource_tracker.ensure_running()  # once its own is started, it lets all signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---- the child's side


class _Stopped(BaseException):
    """The parent wants us gone; not an Exception, so that no work catches it."""


def serve(pickled: bytes, connection: Connection, number: int) -> None:
    """Do steps until there are no more: the life of a worker process."""
    _hear_the_parent_alone()
    faulthandler.enable()
    in_worker()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    load = cache(lambda: pickle.loads(pickled))  # noqa: S301 from our parent

    def work(step: Step) -> Any:
        return load()(step)

    with connection, suppress(_Stopped, EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            _serve_step(connection.recv(), work, connection, number)


def _serve_step(step: Step, work: Work, connection: Connection, number: int) -> None:
    with closing(perform(step, work, number)) as events:
        for event in events:
            connection.send(event)


def _hear_the_parent_alone() -> None:
    """Ignore the parent's signals, those too that were kept back while we started.

    Who is started or forked from here can be ended with SIGTERM as ever: by those who wait for it.
    """
    signal.signal(_AT_ONCE, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _ignore)
    os.register_at_fork(after_in_child=partial(signal.signal, signal.SIGTERM, signal.SIG_DFL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FOR_THE_PARENT)


def _stop(*_: object) -> None:
    raise _Stopped


def _ignore(*_: object) -> None:
    pass


def _die_with_parent() -> None:
    """End at once when the parent is gone; a killed parent cannot tell us, the system can."""
    parent = mp.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
