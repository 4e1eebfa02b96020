"""Errors that say what is wrong, where, and what to do about it.

The exit code belongs to the class, so the command never has to guess: a wrong input is 2, a run
that could not go on is 1. Anything else that escapes is a bug and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class IsoglossError(Exception):
    """Something a person can mend; the message says how."""

    exit_code = 1


class InputError(IsoglossError):
    """What the person gave us (study, data, model, flag) is wrong."""

    exit_code = 2


class RunError(IsoglossError):
    """The input is right, but the work could not be done (disk, memory, network, a dead worker)."""


class UnknownName(InputError):
    """A name that no registry knows."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        super().__init__(
            f"Unknown {kind} {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}."
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known name, or nothing.

    >>> did_you_mean("learning_rat", ["learning_rate", "seed"])
    " Did you mean 'learning_rate'?"
    >>> did_you_mean("zzz", ["learning_rate"])
    ''
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
