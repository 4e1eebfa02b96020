"""The ground of a store: its folders, made when they are needed, and the locks of its writers."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from filelock import BaseFileLock, FileLock, Timeout

from isogloss.base.errors import InputError
from isogloss.store.atomic import read_object, write_json
from isogloss.store.faults import told
from isogloss.store.live import is_held
from isogloss.store.migrate import FORMAT
from isogloss.store.names import checked_key, lock_path, refuse_outside

GLANCE_SECONDS = 0.5
"""So long a lock is tried before somebody counts as holding it: who looks whether a step is being
made shares its lock for an instant. What somebody holds for real is refused at once: a command that
comes to a store where a thousand are at work would else wait for minutes before its first step."""

POLL_SECONDS = 0.02

_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class Ground:
    """Where a store is. Nothing is made before somebody writes."""

    root: Path

    def read_format(self) -> int:
        """The version of the layout; that of today where there is no store yet.

        Raises:
            InputError: if a newer Isogloss made the store.
        """
        path = self.root / "format.json"
        with told(self.root, "reading its format"):
            if not path.is_file():
                return FORMAT
            stated = read_object(
                path, f'Let it hold {{"format": 1}}: the next run brings it to {FORMAT}.'
            )
        version = stated.get("format")
        if not isinstance(version, int) or not 1 <= version <= FORMAT:
            raise InputError(
                f"The store {self.root} has format {version!r}; this Isogloss reads up to {FORMAT}."
                " Upgrade Isogloss, or name another folder with --store."
            )
        return version

    def check_is_store(self) -> None:
        """Refuse a place that is no store, before anybody looks for something in it.

        Raises:
            InputError: if there is nothing, or something else.
        """
        if (self.root / "format.json").is_file():
            return
        if not self.root.exists():
            what = "there is nothing of that name"
        elif not self.root.is_dir():
            what = "it is a file"
        elif any(self.root.iterdir()):
            what = "it holds something else (a store has a file format.json)"
        else:
            what = "it is an empty folder"
        raise InputError(
            f"{self.root} is no store: {what}. Give the folder that `isogloss run` wrote to,"
            " which is .isogloss if --store named no other."
        )

    def room(self, name: str) -> Path:
        """A folder of the store, made if needed, and the store with it."""
        folder = self.root / name
        if not folder.is_dir():
            self._make_root()
            with told(self.root, "making its folders"):
                folder.mkdir(exist_ok=True)
        refuse_outside(self.root, folder)
        return folder

    def _make_root(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise InputError(
                f"The store {self.root} is a file, not a folder: name a folder with --store."
            )
        if not self.root.absolute().parent.is_dir():
            raise InputError(
                f"The store {self.root} cannot be made: {self.root.absolute().parent} is not a"
                " folder. Make it first, or name another with --store."
            )
        stated = self.root / "format.json"
        if stated.exists():
            return
        with told(self.root, "making it"):
            self.root.mkdir(exist_ok=True)
            (self.root / "locks").mkdir(exist_ok=True)
        self.write_json(stated, {"format": FORMAT})

    def write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        """Replace a small file.

        Raises:
            RunError: if the disk is full.
            InputError: if the store cannot be written.
        """
        with self.moment(), told(self.root, f"writing {path.name}"):
            write_json(path, value)

    @contextmanager
    def claim(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a step; see `Store.claim`."""
        lock = self.lock(checked_key(key))
        mine = self._acquire(lock, timeout=0)
        if not mine and (wait or not is_held(Path(lock.lock_file))):  # who looks is soon gone
            mine = self._acquire(lock, timeout=GLANCE_SECONDS)
        if not mine and wait:
            _log.warning("step %s is being made by another process: waiting for it", key)
            mine = self._acquire(lock, timeout=-1)
        try:
            yield mine
        finally:
            if mine:
                lock.release()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Hold the lock of the small files, for the milliseconds that one takes."""
        lock = self.lock("json")
        self._acquire(lock, timeout=-1)
        try:
            yield
        finally:
            lock.release()

    def lock(self, name: str) -> BaseFileLock:
        """A lock by name; whoever in this process asks for it gets the same one."""
        return FileLock(lock_path(self.root, name), is_singleton=True)

    def _acquire(self, lock: BaseFileLock, *, timeout: float) -> bool:
        self.room("locks")
        with told(self.root, "taking a lock"):
            try:
                lock.acquire(timeout=timeout, poll_interval=POLL_SECONDS)
            except Timeout:
                return False
        return True
