"""How far the steps are that are being made now: told by their makers, read by who looks on.

    root/progress/<key>.json  `kind`, `title`, `done`, `total`, `loss` ..., as the maker tells them

Nothing here decides a result. What is told is written whole or not at all, but not forced to the
disk: it is of use only while the step is made. A killed maker leaves its last word; whether anybody
is at the step is told by its lock.
"""

import fcntl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.store.atomic import json_text, open_plain, read_object
from isogloss.store.faults import told
from isogloss.store.manifest import NAME
from isogloss.store.names import checked_key, lock_path, refuse_outside


@final
@dataclass(frozen=True)
class Live:
    """What goes on in a store."""

    root: Path

    def tell(self, key: str, progress: Mapping[str, Any]) -> None:
        """Say how far a step is; only who has claimed it may.

        Raises:
            OSError: if the disk refuses.
            InputError: if a link leads out of the store.
        """
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        refuse_outside(self.root, path)
        draft = path.with_name(f"{path.name}.draft")
        with open_plain(draft) as stream:
            stream.write(json_text(progress).encode("utf-8", "surrogatepass"))
        draft.replace(path)

    def forget(self, key: str) -> None:
        """Take back what was said of a step.

        Raises:
            OSError: if the disk refuses.
        """
        self._path(key).unlink(missing_ok=True)

    def progress(self, key: str) -> dict[str, Any] | None:
        """What was last said of a step; None if nothing was, or it is finished.

        Raises:
            RunError: if it is damaged.
            InputError: if a link leads out of the store.
        """
        path = self._path(key)
        with told(self.root, f"reading the progress of step {key}"):
            refuse_outside(self.root, path)
            try:
                return read_object(path, "Remove the file.")
            except FileNotFoundError:
                return None

    def is_claimed(self, key: str) -> bool:
        """Tell whether somebody is making a step now.

        A lock that may not be touched counts as free.
        """
        path = lock_path(self.root, checked_key(key))
        if not path.is_file():
            return False
        refuse_outside(self.root, path)
        return is_held(path)

    def ended(self, key: str) -> float | None:
        """When a step was finished, or failed when it was last tried, in seconds since 1970.

        None if it never was tried to the end.
        """
        name = f"{checked_key(key)}.json"
        with told(self.root, f"looking for step {key}"):
            finished = _changed(self.root / "steps" / key / NAME)
            return _changed(self.root / "failures" / name) if finished is None else finished

    def last_change(self, key: str) -> float | None:
        """When a step ended, or was last told of, in seconds since 1970; None if it never was."""
        times = [self.ended(key), _changed(self._path(key))]
        return max((time for time in times if time is not None), default=None)

    def _path(self, key: str) -> Path:
        return self.root / "progress" / f"{checked_key(key)}.json"


def is_held(path: Path) -> bool:
    """Tell whether somebody holds a lock.

    To find out, it is shared for an instant: any number of those who look on may do so at once and
    do not see each other. Who takes it at that very instant tries again (see `Store.claim`).

    Args:
        path: of the lock's file. Where there is none, nobody does.
    """
    try:
        with path.open("rb") as file:  # closing it gives the lock back
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
