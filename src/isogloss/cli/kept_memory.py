"""A command that trains in its own process handles memory as workers do (`execute.allocator`)."""

import os
import sys

from isogloss.execute.allocator import VARIABLE, allocator_variables

TRAINING = {"run", "compare"}
"""Commands that may train in their own process."""

_AGAIN = "ISOGLOSS_BEGUN_AGAIN"


def keep_memory() -> None:
    """Begin this process again, once: the C library reads what to do with memory at the start only.

    What the process starts later is not told, so that what serving costs is measured as it is.
    """
    if os.environ.pop(_AGAIN, ""):
        del os.environ[VARIABLE]
        return
    settings = allocator_variables(os.environ)
    if sys.platform == "linux" and settings and TRAINING & set(sys.argv[1:2]):
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **settings, _AGAIN: "1"})  # noqa: S606 ourselves
