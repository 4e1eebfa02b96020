"""While a step is made, its store is told how far it is, once in a second: for who looks on."""

import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, final

from isogloss.base.errors import IsoglossError
from isogloss.execute.spent import Spent
from isogloss.plan.plan import Step
from isogloss.store.live import Live

TELL_SECONDS = 1.0

Result = TypeVar("Result")


def telling(
    making: Generator[Any, None, Result], step: Step, live: Live, spent: Spent
) -> Generator[Any, None, Result]:
    """Pass on a step's progress, and tell it; when the step has ended, however, it is taken back.

    A store that cannot be told does not stop the step: what counts is written elsewhere.
    """
    word = _Word(step, live, spent)
    word.give()
    try:
        with closing(making):
            while True:
                try:
                    at = next(making)
                except StopIteration as end:
                    made: Result = end.value
                    return made
                word.follow(at)
                yield at
    finally:
        word.take_back()


@final
@dataclass
class _Word:
    """What is said of a step."""

    step: Step
    live: Live
    spent: Spent
    began: float = field(default_factory=time.time)
    first: int | None = None
    """Where it went on from, in its own unit."""
    told_at: float = 0.0

    def follow(self, at: Any) -> None:
        """Say how far the step is, if the last word is old enough."""
        if self.first is None:
            self.first = at.done - 1
        if time.monotonic() - self.told_at >= TELL_SECONDS:
            self.give(at.done, at.total, getattr(at, "loss", None))

    def give(
        self, done: int | None = None, total: int | None = None, loss: float | None = None
    ) -> None:
        """Say it now."""
        said = {
            "kind": self.step.kind,
            "title": self.step.title,
            "done": done,
            "total": total,
            "loss": loss,
            "first": self.first,
            "began": self.began,
            "time": time.time(),
            "seconds": self.spent.seconds,
        }
        with suppress(OSError, IsoglossError, ValueError):
            self.live.tell(self.step.key, said)
        if done is not None:
            self.told_at = time.monotonic()

    def take_back(self) -> None:
        """The step has ended."""
        with suppress(OSError):
            self.live.forget(self.step.key)
