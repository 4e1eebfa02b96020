"""What commands that run now are going to use: for who would remove it.

    root/runs/<id>.json  `steps`: keys of all steps of the run

A study's note in the store tells its steps as it was last run; a second run under the same name
replaces it while the first may still be at work. So each run keeps a note of its own, and holds a
lock as long as it lives; the note of a dead run counts for nothing.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from isogloss.base.errors import RunError
from isogloss.store.atomic import read_object
from isogloss.store.faults import told
from isogloss.store.live import is_held
from isogloss.store.names import are_keys, is_key, lock_path
from isogloss.store.store import Store

ROOM = "runs"
SIGN = ".sent-from-"
"""Begins the name of the file that a run leaves in the store while other machines work for it."""
_REMEDY = "Wait for the end of all runs, and remove the file."


@contextmanager
def at_work(store: Store, keys: Sequence[str]) -> Iterator[None]:
    """Say that these steps are going to be made and used, until the block ends or we die.

    Raises:
        InputError: if the store cannot be written.
        RunError: if the disk is full.
    """
    name = secrets.token_hex(8)
    path = lock_path(store.root, f"run-{name}")
    with told(store.root, "noting the run"):
        lock = FileLock(path)
        lock.acquire(timeout=0)
    note = None
    try:
        note = store.note_run(name, keys)
        yield
    finally:
        with told(store.root, "ending the run"):
            if note is not None:
                note.unlink(missing_ok=True)
            lock.release()
            path.unlink(missing_ok=True)


def used_now(root: Path) -> set[str]:
    """Keys of all steps that a living run is going to use.

    Raises:
        RunError: if the note of a living run is damaged.
    """
    return {key for note in notes(root) if is_alive(root, note) for key in _used(note)}


def _used(note: Path) -> list[str]:
    """What a living run has noted; nothing if it has just ended."""
    try:
        keys = read_object(note, _REMEDY).get("steps")
    except FileNotFoundError:
        return []
    if not are_keys(keys):
        raise RunError(f"{note} is damaged: nobody knows what its run needs. {_REMEDY}")
    return keys


def notes(root: Path) -> list[Path]:
    """The notes of all runs, those of the dead too."""
    folder = root / ROOM
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [path for path in paths if is_key(path.stem)]


def dead_signs(root: Path) -> list[Path]:
    """Signs of runs that were killed: those that are there while no run is alive."""
    if any(is_alive(root, note) for note in notes(root)):
        return []
    return sorted(root.glob(f"{SIGN}*"))


def is_alive(root: Path, note: Path) -> bool:
    """Tell whether the run that has left a note still runs."""
    return is_held(lock_path(root, f"run-{note.stem}"))
