"""What is not installed unless it is asked for, and the words for who needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from isogloss.base.errors import InputError

EXTRAS = {"altair": "report", "vl_convert": "report", "starlette": "view", "uvicorn": "view"}
"""The extra that brings a package, by its name in code. Others say it where they are used."""


@contextmanager
def needing_extras() -> Iterator[None]:
    """Say what to install where a package of an extra is missing.

    >>> with needing_extras():
    ...     raise ModuleNotFoundError("No module named 'altair'", name="altair")
    Traceback (most recent call last):
    isogloss.base.errors.InputError: altair is not installed: pip install 'isogloss[report]'.

    Raises:
        InputError: with the command that mends it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise InputError(
            f"{package} is not installed: pip install 'isogloss[{EXTRAS[package]}]'."
        ) from error
