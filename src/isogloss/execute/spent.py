"""The time that a step takes, over all interruptions.

A step that goes on from where it was stopped has taken the time before as well. That is kept beside
its checkpoint when it is stopped, and in its last word of progress if it was killed. A step without
a checkpoint begins anew, and so does its time.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

from isogloss.base.errors import IsoglossError
from isogloss.store.atomic import read_object, write_json
from isogloss.store.live import Live
from isogloss.store.store import Store

_FILE = "seconds.json"


@final
@dataclass(frozen=True)
class Spent:
    """A clock that was started before, perhaps; it runs on whatever the wall clock does."""

    before: float
    """Seconds of earlier attempts."""

    began: float

    @classmethod
    def so_far(cls, store: Store, key: str) -> "Spent":
        """Go on from what the last attempt has left."""
        now = time.monotonic()
        if not store.has_begun(key):
            return cls(0.0, now)
        kept = [0.0]
        with suppress(IsoglossError, OSError, ValueError, TypeError):
            kept.append(float(read_object(_path(store, key), "").get("seconds", 0)))
        with suppress(IsoglossError, OSError, ValueError, TypeError):
            kept.append(float((Live(store.root).progress(key) or {}).get("seconds", 0)))
        return cls(max(kept), now)

    @property
    def seconds(self) -> float:
        """Seconds by now, those before included."""
        return self.before + time.monotonic() - self.began

    def keep(self, store: Store, key: str) -> None:
        """Leave it beside the checkpoint, if there is one; a disk that refuses costs only this."""
        if store.has_begun(key):
            with suppress(IsoglossError, OSError):
                write_json(_path(store, key), {"seconds": self.seconds})


def _path(store: Store, key: str) -> Path:
    return store.root / "running" / key / _FILE
