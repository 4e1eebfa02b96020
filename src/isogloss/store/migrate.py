"""Stores of older formats, brought to this one in place.

    1  the first
    2  a manifest ends with a digest of all that it says

A store of an older format is read and written as it is; its format is raised when a run begins and
nobody is at work in it. That may be killed at any moment and begun again: each step is taken as far
as it has come, and the number of the format is written last.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from isogloss.base.errors import RunError
from isogloss.store import manifest
from isogloss.store.atomic import json_text, open_plain, read_object, write_json
from isogloss.store.names import is_key

FORMAT = 2
"""Of the stores that are made now."""


def migrate(root: Path, version: int) -> None:
    """Bring a store to the format of today; the caller has it to itself.

    Costs a read and a write of every manifest for each format in between.

    Raises:
        OSError: if the disk refuses; the store then has the format that it had.
    """
    for old in range(version, FORMAT):
        _FROM[old](root)
        write_json(root / "format.json", {"format": old + 1})


def _add_digests(root: Path) -> None:
    """From 1 to 2. All drafts are brought to the disk at once: one sync a step takes hours."""
    drafts = [draft for folder in _steps(root) if (draft := _with_digest(folder)) is not None]
    os.sync()
    for draft in drafts:
        draft.replace(draft.with_name(manifest.NAME))
    os.sync()


def _steps(root: Path) -> Iterator[Path]:
    steps = root / "steps"
    for folder in sorted(steps.iterdir()) if steps.is_dir() else ():
        if is_key(folder.name) and (folder / manifest.NAME).is_file() and not folder.is_symlink():
            yield folder


def _with_digest(folder: Path) -> Path | None:
    """Write a step's manifest with its digest as a draft; None if it has one, or is damaged.

    A damaged one is left as it is: whoever reads it next finds that.
    """
    path = folder / manifest.NAME
    draft = path.with_name(f"{manifest.NAME}.draft")
    try:
        found = read_object(path, "")
        if manifest.DIGEST in found:
            draft.unlink(missing_ok=True)
            return None
        text = json_text(manifest.with_digest(found))
    except (RunError, ValueError):
        return None
    with open_plain(draft) as stream:
        stream.write(text.encode("utf-8", "surrogatepass"))
    return draft


_FROM: dict[int, Callable[[Path], None]] = {1: _add_digests}
