"""Damaged steps: found, moved aside, and told.

    root/quarantine/<key>.<n>/why.json  `key`, `kind`, `why`, `time`
    root/quarantine/<key>.<n>/step/     the folder as it was found

Nothing is deleted: a person may want to know what the disk did. `isogloss store gc` removes it. One
rename takes the step away, so that it is either in its place or aside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import IsoglossError, LeadsOutside
from isogloss.store.atomic import read_object, sync_folder, write_json
from isogloss.store.damage import Damaged, NotFinished
from isogloss.store.faults import told
from isogloss.store.names import refuse_outside
from isogloss.store.store import Store

ROOM = "quarantine"
_WHY = "why.json"
_STEP = "step"


@final
@dataclass(frozen=True)
class SetAside:
    """A damaged step that was moved aside."""

    key: str
    why: str
    folder: Path
    """Where it is now."""


def damage(store: Store, key: str, *, bytes_too: bool) -> str:
    """What is wrong with a finished step; nothing if it is whole, or not there.

    Args:
        store: where it is.
        key: the step.
        bytes_too: whether to digest every file, and not look at sizes only.

    Raises:
        InputError: if the store cannot be read.
    """
    try:
        store.folder(key, bytes_too=bytes_too)
    except Damaged as error:
        return error.what
    except NotFinished:
        pass
    except LeadsOutside:
        return "a link leads out of the store"
    return ""


def set_aside(store: Store, key: str, *, bytes_too: bool = True) -> SetAside | None:
    """Move a step aside if it is damaged; who has claimed it is waited for.

    Returns:
        None if the step is whole, or is not there any more: somebody else was first.

    Raises:
        InputError: if the store cannot be written, or a link in place of its folders leads out.
        RunError: if the disk is full.
    """
    with store.claim(key):
        why = damage(store, key, bytes_too=bytes_too)
        if not why:
            return None
        with told(store.root, f"moving the damaged step {key} aside"):
            return SetAside(key, why, _move(store.root, key, why))


def set_aside_all(store: Store, keys: Iterable[str]) -> Iterator[SetAside]:
    """Move aside whatever is damaged among these steps, by every byte of them."""
    for key in keys:
        if key in store and damage(store, key, bytes_too=True):
            moved = set_aside(store, key)
            if moved is not None:
                yield moved


def quarantined(root: Path) -> list[dict[str, Any]]:
    """What was moved aside and is still kept: `key`, `why`, `time`, `folder`; the oldest first."""
    room = root / ROOM
    found = []
    with told(root, "looking at what is quarantined"):
        for folder in sorted(room.iterdir()) if room.is_dir() else ():
            refuse_outside(root, folder)
            try:
                found.append({**read_object(folder / _WHY, ""), "folder": str(folder)})
            except (IsoglossError, FileNotFoundError, NotADirectoryError):
                found.append({"key": folder.name, "why": "", "time": "", "folder": str(folder)})
    return sorted(found, key=lambda one: str(one.get("time")))


def _move(root: Path, key: str, why: str) -> Path:
    room = root / ROOM
    room.mkdir(exist_ok=True)
    refuse_outside(root, room)
    refuse_outside(root, root / "steps")
    home = next(place for n in count(1) if not (place := room / f"{key}.{n}").exists())
    home.mkdir()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(home / _WHY, {"key": key, "why": why, "time": now})
    (root / "steps" / key).rename(home / _STEP)
    sync_folder(home)
    sync_folder(root / "steps")
    return home
