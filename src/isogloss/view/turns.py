"""One thread at a time for each study; those that ask for another study do not wait."""

from threading import Lock
from typing import final


@final
class Turns:
    """A lock for each name, made when it is first asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._locks: dict[str, Lock] = {}

    def of(self, name: str) -> Lock:
        """The lock of a name, the same each time."""
        with self._lock:
            return self._locks.setdefault(name, Lock())
