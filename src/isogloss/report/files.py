"""Files that are whole or not there: a draft beside the file, then one rename."""

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from isogloss.base.errors import InputError


class Artifact(NamedTuple):
    """A file of a report that is still to be made."""

    path: str
    """Where it goes in the report's folder."""

    make: Callable[[], str | bytes]
    """Makes its content; drawing takes time, so only what is wanted is made."""


def write_files(
    folder: Path, artifacts: Iterable[Artifact], endings: Collection[str] | None = None
) -> list[Path]:
    """Make and write those files whose endings are wanted; all of them by default.

    Args:
        folder: made if it is not there; files of these names are replaced, others are left alone.
        artifacts: the files, in order.
        endings: such as `csv`, `md`, `png`; None is all.

    Raises:
        InputError: if the folder cannot be written to.
    """
    return [
        write_file(folder / one.path, one.make())
        for one in artifacts
        if endings is None or one.path.rpartition(".")[2] in endings
    ]


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file at once, with its folders; what stood there before is replaced.

    A reader never sees half a file, and a killed run leaves at most a `.draft-` beside it.

    Raises:
        InputError: if the folder cannot be written to.
    """
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".draft-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        _forget(draft)
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}). "
            "Give another folder with --output, or make room or rights there."
        ) from error
    return path


def _forget(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except OSError:
        return
