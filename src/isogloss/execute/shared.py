"""The sign that a command leaves in its store while other machines work for it.

Who finds no sign where the store should be does not see the command's folder; and when the command
takes its sign away, whoever works for it stops, with its checkpoint kept.
"""

import socket
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from isogloss.base.errors import RunError
from isogloss.execute.executor import Ended, Event, Postponed, Work, perform
from isogloss.plan.plan import Step
from isogloss.store.runs import SIGN

_LOOK_SECONDS = 1.0


class Stopped(BaseException):
    """The command wants no more of it; not an Exception, so that no work catches it."""


def leave_sign(root: Path) -> Path:
    """Leave a sign of its own for one run; who has left it takes it away.

    Raises:
        RunError: if the store cannot be written.
    """
    sign = root / f"{SIGN}{uuid4().hex}"
    try:
        sign.touch()
    except OSError as error:
        raise RunError(f"Cannot write to the store {root}: {error.strerror}.") from error
    return sign


def work_while_signed(step: Step, work: Work, sign: Path) -> Generator[Any, None, bool]:
    """Do a step where the sign is seen, and as long as it is.

    Raises:
        RunError: if the sign is not there: what is made here, nobody would find.
        Stopped: once it has been taken away; the work has been closed.
    """
    if not sign.exists():
        raise RunError(
            f"On {socket.gethostname()} the store {sign.parent} is not the folder that the command"
            " sees: share it between the machines under one path, as with NFS, or keep the cluster"
            " to one machine."
        )
    looked = time.monotonic()
    with closing(work(step)) as doing:
        while True:
            try:
                at = next(doing)
            except StopIteration as end:
                made: bool = end.value
                return made
            if time.monotonic() - looked > _LOOK_SECONDS:
                looked = time.monotonic()
                if not sign.exists():
                    raise Stopped
            yield at


def perform_group(steps: Sequence[Step], work: Work, worker: int) -> Iterator[Event]:
    """Do the steps of a group one after the other; who needs a failed one is left out.

    It ends before its last step where the work was stopped, or a step is another command's.
    """
    failed: set[str] = set()
    with suppress(Stopped):
        for step in steps:
            if failed.intersection(step.needs):
                failed.add(step.key)
                continue
            with closing(perform(step, work, worker)) as events:
                for event in events:
                    yield event
                    if isinstance(event, Ended) and event.outcome.failure:
                        failed.add(step.key)
                    if isinstance(event, Postponed):
                        return
