"""Whether an object can be a plug-in of its kind, as far as that shows before it is called."""

import inspect
from collections.abc import Callable, Collection
from typing import Any

SPECIAL_TOKENS = ("bert", "xlm-roberta")

ARGUMENTS = {
    "source": ("root", "options"),
    "metric": ("predictions",),
    "sampler": ("sizes", "options"),
    "architecture": ("size", "vocabulary"),
    "executor": ("jobs",),
    "section": ("findings",),
}
"""What each kind is called with, in this order."""


def _tasks(made: Any) -> str:
    tasks: Any = getattr(made, "tasks", ())
    listed = isinstance(tasks, Collection) and not isinstance(tasks, str)
    if listed and tasks and all(isinstance(task, str) for task in tasks):
        return ""
    return "has no `tasks`, the names of the tasks that it is defined for"


def _special_tokens(made: Any) -> str:
    if getattr(made, "special_tokens", None) in SPECIAL_TOKENS:
        return ""
    return f"has no `special_tokens`, one of {', '.join(SPECIAL_TOKENS)}"


_MORE: dict[str, Callable[[Any], str]] = {"metric": _tasks, "architecture": _special_tokens}


def fault_of(kind: str, made: Any) -> str:
    """What is wrong with an object as a plug-in; empty if nothing is.

    >>> fault_of("sampler", lambda sizes: sizes)
    'cannot be called with (sizes, options)'
    """
    if not callable(made):
        return f"is {type(made).__name__}, which cannot be called"
    if isinstance(made, type) and kind in _MORE:
        return "is a class: name an object of it"
    try:
        inspect.signature(made).bind(*ARGUMENTS[kind])
    except TypeError:
        return f"cannot be called with ({', '.join(ARGUMENTS[kind])})"
    except ValueError:  # written in C, and does not tell
        pass
    return _MORE[kind](made) if kind in _MORE else ""
