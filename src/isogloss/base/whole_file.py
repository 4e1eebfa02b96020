"""Files for people that are whole or not there: a draft beside the file, then one rename."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isogloss.base.unwritable import unwritable


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file to write to, which takes the place of `path` when all is written; folders are made.

    A reader never sees half a file, and a killed run leaves at most a `.draft-` beside it. What is
    no file (a pipe, a device) is written to as it is; of a link, what it leads to.

    Raises:
        InputError: if the file cannot be written.
        RunError: if the disk is full, or fails.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    place = path.resolve()
    draft = place.with_name(f".draft-{os.getpid()}-{place.name}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(place)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file at once, with its folders; what stood there before is replaced.

    Raises:
        InputError: if the file cannot be written.
        RunError: if the disk is full, or fails.
    """
    with whole_file(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
