"""Errors that say what is wrong, where, and what to do about it.

The exit code belongs to the class, so the command never has to guess: a wrong input is 2, a run
that could not go on is 1. Anything else that escapes is a bug and keeps its traceback. The class
also has a code that never changes (`ISO-130`), by which scripts tell errors apart and people find
them in docs/errors.md. Every message is made safe to show and to keep (`isogloss.base.safe_text`).
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import ClassVar

from isogloss.base.safe_text import safe

LONGEST_NAME = 200
"""A longer name is nobody's slip of the pen, and looking for its neighbors would take long."""


class IsoglossError(Exception):
    """Something a person can mend; the message says how."""

    exit_code: ClassVar[int] = 1

    code: str = "ISO-000"
    """Of the class; it never changes and is never given to another."""

    remedy: str = "Do what the message says."
    """What helps with every error of the class; what helps with this one is in its message."""

    def __init__(self, message: str) -> None:
        super().__init__(safe(message))


class InputError(IsoglossError):
    """What the person gave us (study, data, model, flag) is wrong."""

    exit_code = 2
    code = "ISO-100"
    remedy = "Mend what the message names, in the study, its data or the command, and run again."


class UnknownName(InputError):
    """A name that no registry knows."""

    code = "ISO-101"
    remedy = "Write one of the names that the message lists."

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        super().__init__(
            f"Unknown {kind} {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}."
        )


class OverLimit(InputError):
    """Something is larger than a limit that keeps files from filling the memory."""

    code = "ISO-130"
    remedy = (
        "Look whether the file is what it should be. If it is, raise the limit that the message"
        " names by its variable of the environment."
    )


class Untrusted(InputError):
    """A model would have to run code of its own, or be read from a pickle, which can run code."""

    code = "ISO-140"
    remedy = "Choose a model that transformers knows itself, with weights in model.safetensors."


class LeadsOutside(InputError):
    """A name or a link leads out of the folder that it belongs to."""

    code = "ISO-150"
    remedy = "Do not use what you were given before you know who made it; put plain files there."


class SecretGiven(InputError):
    """A token or a password stands where it would be copied into records and reports."""

    code = "ISO-160"
    remedy = (
        "Take it out, and give tokens by HF_TOKEN or `hf auth login`. If the file was shared,"
        " revoke the token."
    )


class RunError(IsoglossError):
    """The input is right, but the work could not be done (disk, memory, network, a dead worker)."""

    code = "ISO-200"
    remedy = "See to what the message names, and run the same command again: it goes on from there."


class DiskFull(RunError):
    """There is no room left for what is to be written."""

    code = "ISO-240"
    remedy = (
        "Free some space (`isogloss store gc` says what no study needs) and run the same command"
        " again: finished steps are kept."
    )


class OutOfMemory(RunError):
    """A step needed more memory than there is."""

    code = "ISO-250"
    remedy = "Lower training.max_tokens or evaluation.max_tokens, or use fewer --jobs."


class WorkerDied(RunError):
    """The process of a step ended in the middle of it."""

    code = "ISO-251"
    remedy = "Run the same command again: it goes on from the last checkpoint."


def at_once(kind: type[IsoglossError], told: Iterable[tuple[str, str]]) -> IsoglossError:
    """Several errors as one. If they share a code, it has that code, and the remedy of its class.

    Args:
        kind: of all of them: input, or what kept the work from being done.
        told: code and message of each; a message that comes twice is told once.

    >>> at_once(InputError, [("ISO-130", "A is too long."), ("ISO-130", "B is, too.")]).code
    'ISO-130'
    >>> at_once(InputError, [("ISO-130", "A is too long."), ("ISO-150", "B is a link.")]).code
    'ISO-100'
    """
    told = list(told)
    error = kind("\n".join(dict.fromkeys(message for _, message in told)))
    codes = {code for code, _ in told}
    for one in _family(kind):
        if codes == {one.code}:
            error.code, error.remedy = one.code, one.remedy
    return error


def _family(kind: type[IsoglossError]) -> Iterator[type[IsoglossError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _family(one)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known name, or nothing.

    >>> did_you_mean("learning_rat", ["learning_rate", "seed"])
    " Did you mean 'learning_rate'?"
    >>> did_you_mean("zzz", ["learning_rate"])
    ''
    """
    if len(name) > LONGEST_NAME:
        return ""
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
