"""What a store holds that no study needs: found, and removed.

Needed is what a study noted in the store lists as it was last run, and what a command that runs now
is going to use. Of the rest, what somebody has claimed is left. A step is first moved among the
drafts by one rename, while no run can begin, and then deleted: a kill in between leaves a draft.
"""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, final

from isogloss.store.faults import told
from isogloss.store.inventory import kept_step
from isogloss.store.live import Live
from isogloss.store.names import is_key, lock_path, refuse_links
from isogloss.store.needs import needs_of
from isogloss.store.quarantine import ROOM as QUARANTINE
from isogloss.store.runs import dead_signs, is_alive, notes, used_now
from isogloss.store.sizes import size_of
from isogloss.store.store import LATER, ROOMS, Store

What = Literal[
    "step", "draft", "scratch", "failure", "progress", "lock", "run", "sign", "quarantine"
]

_SINGLE: dict[str, What] = {"failures": "failure", "progress": "progress", "locks": "lock"}


@final
@dataclass(frozen=True)
class Garbage:
    """Something that nobody needs."""

    what: What

    path: Path

    key: str
    """Of the step that it is, or belongs to; of a run its id."""

    bytes: int

    kind: str = ""
    """Of a step."""

    title: str = ""
    """Of a step; empty if it was stored before titles were."""


@final
@dataclass(frozen=True)
class Collected:
    """What was found, or removed, and what was left for now."""

    garbage: tuple[Garbage, ...]

    in_use: tuple[str, ...]
    """Keys of steps that no study needs, but that somebody is at, or may be about to use."""

    @property
    def bytes(self) -> int:
        """Of all of it."""
        return sum(one.bytes for one in self.garbage)


def find_garbage(store: Store, drop: Collection[str] = ()) -> Collected:
    """Look for what no study needs; changes nothing.

    Args:
        store: where to look.
        drop: names of noted studies that need nothing any more.

    Raises:
        InputError: if no study of such a name is noted, or a folder of the store is a link.
        RunError: if a note is damaged, so that nobody knows what is needed.
    """
    with told(store.root, "looking for what nobody needs"):
        refuse_links(store.root, (*ROOMS, *LATER))
        needed = _needed(store, drop)
        live = Live(store.root)
        orphans = [key for key in _folders(store.root / "steps") if key not in needed]
        unknown = _somebody_unknown(store, needed)
        in_use = tuple(key for key in orphans if unknown or live.is_claimed(key))
        spared = needed | set(in_use)
        steps = [_step(store, key) for key in orphans if key not in spared]
        litter = [one for one in _litter(store, spared) if not _is_claimed(live, one)]
        return Collected((*steps, *litter), in_use)


def remove_garbage(store: Store, drop: Collection[str] = ()) -> Collected:
    """Remove what no study needs; what is claimed in the meantime stays.

    Returns:
        What was removed.

    Raises:
        InputError: if no study of such a name is noted, a folder of the store is a link, or the
            store cannot be written.
        RunError: if a note is damaged.
    """
    with store.alone(), told(store.root, "removing what nobody needs"):
        found = find_garbage(store, drop)
        store.forget_studies(drop)
        removed = [one for one in found.garbage if one.what != "lock" and _take(store, one)]
    store.sweep()
    with told(store.root, "removing locks that nobody holds"):
        later = find_garbage(store).garbage  # claiming has made locks, too
        removed += [one for one in later if one.what == "lock" and _take(store, one)]
    return replace(found, garbage=tuple(removed))


def _needed(store: Store, drop: Collection[str]) -> set[str]:
    return set().union(*needs_of(store, drop).values(), used_now(store.root))


def _somebody_unknown(store: Store, needed: Collection[str]) -> bool:
    """Whether a step is being made that nobody has told of: what its maker reads is not known."""
    live = Live(store.root)
    locks = [path.stem for path in (store.root / "locks").glob("*.lock") if is_key(path.stem)]
    return any(key not in needed and key not in store and live.is_claimed(key) for key in locks)


def _folders(room: Path) -> list[str]:
    names = sorted(path.name for path in room.iterdir()) if room.is_dir() else []
    return [name for name in names if is_key(name)]


def _step(store: Store, key: str) -> Garbage:
    folder = store.root / "steps" / key
    kept = kept_step(store, key)
    kind, title = (kept.kind, kept.title) if kept is not None else ("", "")
    return Garbage("step", folder, key, size_of(folder), kind, title)


def _litter(store: Store, spared: Collection[str]) -> Iterator[Garbage]:
    """What is left of steps that are over, or that nobody will make."""
    root = store.root
    for key in _folders(root / "drafts"):
        yield Garbage("draft", root / "drafts" / key, key, size_of(root / "drafts" / key))
    for key in _folders(root / "running"):
        if key in store or key not in spared:
            yield Garbage("scratch", root / "running" / key, key, size_of(root / "running" / key))
    for room, what in _SINGLE.items():
        for path in sorted((root / room).glob("*.*")):
            key = path.name.partition(".")[0]
            if is_key(key) and (key in store or key not in spared):
                yield Garbage(what, path, key, size_of(path))
    yield from _left_by_runs(root)
    aside = root / QUARANTINE
    for folder in sorted(aside.iterdir()) if aside.is_dir() else ():
        yield Garbage("quarantine", folder, folder.name.partition(".")[0], size_of(folder))


def _left_by_runs(root: Path) -> Iterator[Garbage]:
    for note in notes(root):
        if not is_alive(root, note):
            yield Garbage("run", note, note.stem, size_of(note))
    for sign in dead_signs(root):
        yield Garbage("sign", sign, sign.name, 0)


def _is_claimed(live: Live, one: Garbage) -> bool:
    return (
        is_key(one.key)
        and one.what not in {"run", "sign", "quarantine"}
        and live.is_claimed(one.key)
    )


def _take(store: Store, one: Garbage) -> bool:
    """Remove a thing, or move it to where it is removed next; False if somebody has claimed it."""
    if one.what == "run":
        one.path.unlink(missing_ok=True)
        lock_path(store.root, f"run-{one.key}").unlink(missing_ok=True)
        return True
    if one.what in {"sign", "quarantine"}:
        _delete(one.path)
        return True
    with store.claim(one.key, wait=False) as mine:
        if mine and one.what == "step":
            draft = store.root / "drafts" / one.key
            _delete(draft)
            one.path.rename(draft)
        elif mine:
            _delete(one.path)
        return mine


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
