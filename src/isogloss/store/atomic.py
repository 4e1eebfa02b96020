"""JSON files that are whole or not there, and bytes that are on the disk when we say so.

One fsync per file and one per folder: some milliseconds a step, against results lost by a power
cut after the command has said "done".
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from isogloss.base.errors import RunError
from isogloss.base.limits import Limit, check_limit


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a JSON file in one rename.

    The draft beside it has a fixed name: the caller holds a lock, and what a killed process left
    is overwritten by the next.

    Raises:
        OSError: if the disk refuses.
        ValueError: for NaN and infinities, which have no JSON form.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        write_text(draft, json_text(value))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def json_text(value: Mapping[str, Any]) -> str:
    """Write an object as JSON, a name a line; floats keep all their digits.

    >>> print(json_text({"key": "aa", "record": {"value": 0.1}}), end="")
    {
    "key": "aa",
    "record": {"value": 0.1}
    }
    """
    parts = (
        f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False, allow_nan=False)}"
        for name, part in value.items()
    )
    lines = ",\n".join(parts)
    return f"{{\n{lines}\n}}\n"


def write_text(path: Path, text: str) -> None:
    """Write a file, and return when its bytes are on the disk.

    Raises:
        OSError: if the disk refuses, or if there is a link of that name.
    """
    with open_plain(path) as stream:
        stream.write(text.encode("utf-8", "surrogatepass"))
        stream.flush()
        os.fsync(stream.fileno())


def open_plain(path: Path) -> BinaryIO:
    """Open a file to be written from its beginning, and not what a link of that name leads to.

    The names of drafts are known beforehand, so whoever made the folder could have put links there.

    Raises:
        OSError: with ELOOP for a link.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o666), "wb")


def read_object(path: Path, remedy: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        FileNotFoundError: if there is no such file.
        RunError: if it is damaged, with `remedy` as what to do.
        OverLimit: if it is larger than any that is written here.
    """
    size = path.stat().st_size
    check_limit(Limit.JSON_BYTES, size, path, f"{size:,} bytes")
    try:
        found = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged ({error}). {remedy}") from error
    if not isinstance(found, dict):
        raise RunError(f"{path} is damaged (it holds no JSON object). {remedy}")
    return found


def sync_file(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows has no such call
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
