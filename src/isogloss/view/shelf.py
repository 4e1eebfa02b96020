"""What was read of a store and stays true: studies by their note, finished steps by their key."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import final

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import Opened, reopen_study
from isogloss.desk.progress.made import Made, read_made
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.turns import Turns

AGAIN_SECONDS = 30.0
"""After so long a study that could not be opened is tried again."""


@final
@dataclass(frozen=True)
class _Kept:
    stamp: str
    opened: Opened | IsoglossError
    at: float


@final
class Shelf:
    """Keeps what was read; many threads may ask it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._turns = Turns()
        self._studies: dict[str, _Kept] = {}
        self._made: dict[str, Made] = {}

    def opened(self, noted: Noted) -> Opened:
        """A study as it was last run, opened once for as long as its note stays the same.

        What was finished since it was opened is found by `again_opened`. While one study is being
        opened, others are answered.

        Raises:
            IsoglossError: if it cannot be opened; its message says why and what to do.
        """
        with self._turns.of(noted.id):
            kept = self._studies.get(noted.id)
            if kept is None or kept.stamp != noted.stamp or _is_worth_a_try(kept):
                kept = _Kept(noted.stamp, self._open(noted), time.monotonic())
                self._studies[noted.id] = kept
        if isinstance(kept.opened, IsoglossError):
            raise kept.opened
        return kept.opened

    def made(self, key: str, store: Store) -> Made:
        """Kind and seconds of a finished step.

        Raises:
            IsoglossError: if its manifest is damaged, or it is no longer there.
        """
        if key not in self._made:
            self._made[key] = read_made(key, store)
        return self._made[key]

    def _open(self, noted: Noted) -> Opened | IsoglossError:
        try:
            return reopen_study(noted.raw, self.root)
        except IsoglossError as error:
            return error


def _is_worth_a_try(kept: _Kept) -> bool:
    failed = isinstance(kept.opened, IsoglossError)
    return failed and time.monotonic() - kept.at > AGAIN_SECONDS
