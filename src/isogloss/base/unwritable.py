"""What is said of a place that files for people cannot be written to."""

import errno
from pathlib import Path

from isogloss.base.errors import DiskFull, InputError, IsoglossError, RunError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says of a disk, or a share of it, without room."""

FAILING = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE, errno.ENFILE})
"""What it says when the place is right, and the work could not be done."""


def unwritable(place: Path, error: OSError) -> IsoglossError:
    """One message: a full disk or a failing one is nobody's mistake, any other place is."""
    told = f"{place} cannot be written: {error.strerror or error}."
    if error.errno in FULL:
        return DiskFull(f"{told} Free some space, or name another place.")
    if error.errno in FAILING:
        return RunError(f"{told} See to the disk, or name another place.")
    return InputError(f"{told} Name another place, or see to your rights there.")
