"""What a store holds: each step with its size, its age and the studies that need it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.store.damage import Damaged, NotFinished
from isogloss.store.faults import told
from isogloss.store.needs import needs_of
from isogloss.store.sizes import size_of
from isogloss.store.store import Store

UNKNOWN = "?"
"""The kind of a step whose manifest is damaged."""


@final
@dataclass(frozen=True)
class Kept:
    """A finished step."""

    key: str
    kind: str
    title: str
    """One line for people; empty if it was stored before titles were."""
    bytes: int
    made: str
    """When, in ISO 8601."""
    seconds: float | None
    """How long it took."""
    studies: tuple[str, ...]
    """Names of the noted studies that need it."""
    damaged: str = ""
    """What is wrong with its manifest."""


@final
@dataclass(frozen=True)
class Share:
    """How much room a study takes."""

    study: str
    steps: int
    bytes: int
    """Of all its finished steps."""
    own_steps: int
    own_bytes: int
    """Of those that no other study needs: what goes with it."""


def kept_steps(store: Store, keys: Iterable[str] | None = None) -> Iterator[Kept]:
    """All finished steps, or those of these keys; reads one small file a step.

    Raises:
        RunError: if the note of a study is damaged.
    """
    needs = needs_of(store)
    users: dict[str, list[str]] = {}
    for study, needed in needs.items():
        for key in needed:
            users.setdefault(key, []).append(study)
    for key in store.keys() if keys is None else [key for key in keys if key in store]:
        kept = kept_step(store, key, tuple(sorted(users.get(key, ()))))
        if kept is not None:
            yield kept


def kept_step(store: Store, key: str, studies: tuple[str, ...] = ()) -> Kept | None:
    """One step; None if it is not finished."""
    folder = store.root / "steps" / key
    try:
        found = store.manifest(key)
    except NotFinished:
        return None
    except Damaged as error:
        return Kept(key, UNKNOWN, "", size_of(folder), "", None, studies, error.what)
    made: dict[str, Any] = found["made"]
    size = sum(int(stated["bytes"]) for stated in found["files"].values())
    size += size_of(folder / "manifest.json")
    return Kept(
        key=key,
        kind=str(found["kind"]),
        title=str(made.get("title", "")),
        bytes=size,
        made=str(made.get("time", "")),
        seconds=made.get("seconds"),
        studies=studies,
    )


def bytes_by_kind(steps: Iterable[Kept]) -> dict[str, tuple[int, int]]:
    """Kind -> how many steps, and how many bytes they take; the largest first."""
    found: dict[str, tuple[int, int]] = {}
    for step in steps:
        n, size = found.get(step.kind, (0, 0))
        found[step.kind] = (n + 1, size + step.bytes)
    return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[0])))


def shares(steps: Iterable[Kept], studies: Iterable[str]) -> list[Share]:
    """How much room each study takes, by name; steps may be shared."""
    steps = list(steps)
    found = []
    for name in sorted(studies):
        needed = [step for step in steps if name in step.studies]
        own = [step for step in needed if step.studies == (name,)]
        sizes = (sum(step.bytes for step in some) for some in (needed, own))
        all_bytes, own_bytes = sizes
        found.append(Share(name, len(needed), all_bytes, len(own), own_bytes))
    return found


def rooms_beside(root: Path) -> dict[str, int]:
    """Name -> bytes of what a store holds beside its finished steps, where there is any."""
    with told(root, "measuring it"):
        rooms = [path for path in sorted(root.iterdir()) if path.name != "steps"]
        sizes = {path.name: size_of(path) for path in rooms if path.is_dir()}
    return {name: size for name, size in sizes.items() if size}
