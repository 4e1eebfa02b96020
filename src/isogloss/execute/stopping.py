"""Stopping a run from outside: once at a point to go on from, twice at once.

Ctrl-C, or SIGTERM as schedulers send it, asks the run to stop. Whoever makes a step ends at its
next word of progress, where a training leaves a checkpoint; a second one is a KeyboardInterrupt
where we stand. Signals are the process's own, so what was asked is too.

SIGTERM may come twice for one wish: `timeout` sends it to the command, then to its whole group.
"""

import math
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

from isogloss.base.logs import is_json, line

Event = TypeVar("Event")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_WORDS = "\nStopping: what runs now leaves a checkpoint first. Once more (Ctrl-C) stops at once.\n"
_ECHO_SECONDS = 1.0
_asked = threading.Event()
_ordered = threading.Event()
_heard_at: dict[int, float] = {}


def is_asked() -> bool:
    """Tell whether the run is to stop."""
    return _asked.is_set()


def may_finish() -> bool:
    """Tell whether what runs may come to a point to go on from, as the run was asked but once."""
    return _asked.is_set() and not _ordered.is_set()


@contextmanager
def listening() -> Iterator[None]:
    """Take the first signal as a wish and the second as an order, until the block ends.

    Outside the main thread, and where somebody else has put a handler of their own, signals stay
    as they are.
    """
    _forget()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [number for number in _SIGNALS if _is_usual(before[number])]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for number in ours:
        signal.signal(number, _hear)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])
        _forget()


@contextmanager
def heard_elsewhere() -> Iterator[None]:
    """Ignore both signals until the block ends: they reach another process, which decides."""
    is_main = threading.current_thread() is threading.main_thread()
    ours = _SIGNALS if is_main else ()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_asked(events: Iterator[Event]) -> Generator[Event, None, None]:
    """Pass on what happens until the run is asked to stop; whoever tells it is then closed.

    Raises:
        KeyboardInterrupt: when it is.
    """
    with closed_after(events):
        for event in events:
            yield event
            if is_asked():
                raise KeyboardInterrupt


@contextmanager
def closed_after(events: Iterator[Event]) -> Iterator[Iterator[Event]]:
    """Close a generator when the block ends; other iterators have nothing to close.

    Left to the garbage collector, it would be closed when nobody refers to a traceback any more.
    """
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()


def _is_usual(handler: object) -> bool:
    return handler in (signal.SIG_DFL, signal.default_int_handler)


def _forget() -> None:
    _asked.clear()
    _ordered.clear()
    _heard_at.clear()


def _hear(number: int, frame: FrameType | None) -> None:
    """Note the wish; the words go past all buffers, which may be in use at this very moment."""
    del frame
    if _is_echo(number):
        return
    if _asked.is_set():
        _ordered.set()
        raise KeyboardInterrupt
    _asked.set()
    words = line("stopping", _WORDS.strip()) if is_json() else _WORDS
    with suppress(OSError):  # nobody reads them any more: no reason to break what runs
        os.write(2, words.encode())


def _is_echo(number: int) -> bool:
    """Tell whether a SIGTERM only repeats the last one; who presses Ctrl-C twice means it."""
    now = time.monotonic()
    if number == signal.SIGTERM and now - _heard_at.get(number, -math.inf) < _ECHO_SECONDS:
        return True
    _heard_at[number] = now
    return False
