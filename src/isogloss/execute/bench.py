"""The bench a step is worked on: its declaration, what it needs, and what it has made."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.plan.plan import Step
from isogloss.store.store import Store


@final
@dataclass(frozen=True)
class Made:
    """A finished step: its record, and how its files are written."""

    record: dict[str, Any]
    """JSON-able; what tables are made of."""

    fill: Callable[[Path], None]
    """Writes the files of the step into an empty folder."""


@final
@dataclass(frozen=True)
class Bench:
    """A step and the store that its needs are read from."""

    step: Step
    store: Store

    @property
    def payload(self) -> dict[str, Any]:
        """What decides the result."""
        return dict(self.step.payload)

    def need(self, at: int) -> Path:
        """The folder of the step's need number `at`; from the end if negative."""
        return self.store.folder(self.step.needs[at], bytes_too=True)

    def record(self, at: int) -> dict[str, Any]:
        """The record of the step's need number `at`."""
        return self.store.record(self.step.needs[at])


Making = Generator[Any, None, Made]
"""Yields progress (`.done`, `.total`), returns what was made."""
