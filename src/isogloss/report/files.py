"""Files that are whole or not there: a draft beside the file, then one rename."""

import os
from pathlib import Path

from isogloss.base.errors import InputError


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
