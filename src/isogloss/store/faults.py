"""What the operating system refuses, told as one message with a remedy.

A full disk is not the person's mistake (`RunError`); a place that cannot be used is
(`InputError`). The system's own error stays attached as the cause.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isogloss.base.errors import DiskFull, InputError, IsoglossError, LeadsOutside, RunError
from isogloss.base.unwritable import FULL

_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_DISK = FULL | {errno.EROFS, errno.EIO}
_FULL_WORDS = ("no space left on device", "disk quota exceeded")


class DiskFails(RunError):
    """The disk of the store does not do what it should."""

    code = "ISO-241"
    remedy = "See to the disk, then run the same command again: finished steps are kept."


class StoreUnusable(InputError):
    """The store is in a place that cannot be read or written."""

    code = "ISO-180"
    remedy = "Name a folder that you may read and write, with --store or ISOGLOSS_STORE."


def full_elsewhere(error: OSError) -> DiskFull | None:
    """What is said of a disk that is full where no store is: a report's, or standard output's."""
    if error.errno not in FULL:
        return None
    place = f" to {error.filename}" if error.filename else ""
    return DiskFull(
        f"The disk is full that the command writes{place} ({error.strerror})."
        " Free some space, or let it write elsewhere, and run it again."
    )


@contextmanager
def told(root: Path, doing: str) -> Iterator[None]:
    """Turn any refusal of the operating system into one clear message.

    Raises:
        InputError: if the store is in a place that cannot be used.
        RunError: if the disk is full, or fails.
    """
    try:
        yield
    except OSError as error:
        raise _explain(root, doing, error) from error


@contextmanager
def told_if_disk(root: Path, doing: str) -> Iterator[None]:
    """Tell only what the disk is to blame for; a bug in the work keeps its traceback.

    Libraries wrap a full disk in errors of their own, so their words are looked at too.
    """
    try:
        yield
    except IsoglossError:
        raise
    except OSError as error:
        if error.errno not in _DISK and not _says_full(error):
            raise
        raise _explain(root, doing, error) from error
    except Exception as error:
        if not _says_full(error):
            raise
        raise _full(root, doing) from error


def _explain(root: Path, doing: str, error: OSError) -> IsoglossError:
    if error.errno in FULL or _says_full(error):
        return _full(root, doing)
    if error.errno in _FORBIDDEN:
        return StoreUnusable(
            f"The store {root} cannot be used ({doing}: {error.strerror})."
            " Name a folder that you may read and write, with --store or ISOGLOSS_STORE."
        )
    if error.errno == errno.ELOOP:
        return LeadsOutside(
            f"{error.filename} is a link, where the store {root} keeps a file of its own ({doing})."
            " Remove the link, once you know who made it."
        )
    if isinstance(error, NotADirectoryError | FileExistsError):
        return StoreUnusable(
            f"The store {root} cannot be used ({doing}): there is a file where a folder should be"
            f" ({error.filename}). Move it away, or name another folder with --store."
        )
    return DiskFails(
        f"The store {root} failed while {doing}: {error}."
        " Finished steps are kept; see to the disk, then run the same command again."
    )


def _full(root: Path, doing: str) -> RunError:
    return DiskFull(
        f"The disk that holds the store {root} is full ({doing})."
        " Free some space and run the same command again: finished steps are kept."
    )


def _says_full(error: Exception) -> bool:
    text = str(error).lower()
    return any(words in text for words in _FULL_WORDS)
