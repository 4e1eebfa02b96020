"""What an executor promises: every step ends once, and a failed one does not stop its siblings.

An executor does not know what a step is for, and never carries results: the work leaves them in
the store. So the same study may run here, in workers or, later, on other machines.
"""

import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from isogloss.base.errors import InputError, IsoglossError, OutOfMemory
from isogloss.base.logs import about_step
from isogloss.base.memory import is_out_of_memory
from isogloss.base.safe_text import redacted, safe, visible
from isogloss.plan.plan import Step
from isogloss.store.damage import Unusable

OUT_OF_MEMORY = (
    "There was not enough memory. Lower training.max_tokens or evaluation.max_tokens, or use fewer"
    " --jobs."
)

Status = Literal["done", "found", "failed", "blocked"]
Kind = Literal["input", "run", "bug", "crash"]


@runtime_checkable
class Progress(Protocol):
    """What the work yields, as often as it likes."""

    @property
    def done(self) -> int:
        """How much is done, in the work's own unit."""

    @property
    def total(self) -> int | None:
        """How much there is; None if nobody knows yet."""


Work = Callable[[Step], Generator[Progress, None, bool]]
"""Does a step and stores its result; returns False if someone else had done it, else True.

Raises `Elsewhere` if someone else is at it."""


@dataclass(frozen=True)
class Failure:
    """Why a step failed, as text: it can be stored and sent."""

    kind: Kind
    """input: the person's to mend; run: the machine's; bug: ours; crash: the worker died."""

    message: str

    traceback: str = ""

    worker: int | None = None

    code: str = ""
    """Of the error's class (docs/errors.md); empty for a bug."""

    unusable: str = ""
    """Key of the step that is damaged or gone, if that is why: to make it anew helps."""


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    step: Step

    status: Status
    """done here; found to be done by another; failed; blocked, as something it needs failed."""

    seconds: float = 0.0

    failure: Failure | None = None
    """Set if failed or blocked."""


@dataclass(frozen=True)
class Started:
    """A worker has begun a step. A step whose worker died is begun twice."""

    step: Step
    worker: int


@dataclass(frozen=True)
class Progressed:
    """A step has come further."""

    step: Step
    done: int
    total: int | None
    worker: int


@dataclass(frozen=True)
class Ended:
    """A step is over; each has exactly one such event."""

    outcome: Outcome


@dataclass(frozen=True)
class Redone:
    """A finished step turned out to be damaged: it was moved aside, and is made anew."""

    step: Step
    why: str
    folder: str
    """Where it is now; empty if it was gone."""


@dataclass(frozen=True)
class Postponed:
    """Another command is at a step: it will be tried again when there is nothing else to do."""

    step: Step
    worker: int


Event = Started | Progressed | Ended | Redone | Postponed


class Elsewhere(Exception):
    """Another command is at this step now; raised by the work before it has begun."""


class Executor(Protocol):
    """Runs steps, each after those it needs."""

    def run(self, steps: Sequence[Step], work: Work) -> Iterator[Event]:
        """Run all steps and tell how each ended.

        Args:
            steps: in an order that respects their needs; a need that is not among them is
                finished already. Steps of one group run one after the other in one worker.
            work: does one step.
        """


def perform(step: Step, work: Work, worker: int) -> Generator[Event, None, None]:
    """Do one step where we stand; whatever the work raises becomes its outcome.

    A step that another command is at has none: the last event is `Postponed` then. An interrupt
    passes through, after the work has been closed.
    """
    yield Started(step, worker)
    began = time.monotonic()
    status: Status = "failed"
    failure = None
    try:
        made = yield from _progress(step, work, worker)
        status = "found" if made is False else "done"
    except Elsewhere:
        yield Postponed(step, worker)
        return
    except (Exception, SystemExit) as error:
        failure = _failure(error, worker)
    yield Ended(Outcome(step, status, time.monotonic() - began, failure))


def _progress(step: Step, work: Work, worker: int) -> Generator[Event, None, bool]:
    with closing(work(step)) as doing:
        while True:
            try:
                with about_step(step.key):
                    at = next(doing)
            except StopIteration as end:
                made: bool = end.value
                return made
            yield Progressed(step, at.done, at.total, worker)


def _failure(error: BaseException, worker: int) -> Failure:
    trace = visible(redacted("".join(traceback.format_exception(error))))
    if isinstance(error, IsoglossError):
        kind: Kind = "input" if isinstance(error, InputError) else "run"
        unusable = error.key if isinstance(error, Unusable) else ""
        return Failure(kind, str(error), trace, worker, error.code, unusable)
    if is_out_of_memory(error):
        return Failure("run", OUT_OF_MEMORY, trace, worker, OutOfMemory.code)
    return Failure("bug", safe(f"{type(error).__name__}: {error}"), trace, worker)
