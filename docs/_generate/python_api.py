"""The page of the Python objects: what `isogloss` exports, and the classes that this hands out."""

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any, get_args

import isogloss
from _generate.markdown import NOTICE, block, code, plain
from isogloss.base import errors as rooms_errors
from isogloss.base.errors import IsoglossError

_INTRO = """# Python

What `import isogloss` gives, and what its methods take and return. This is the public interface;
all else in the package may change. How it is used: [in a notebook](../notebook.md).

"""

_ERRORS = """All have a `code`, a `remedy` and an `exit_code`; what each means is told with
its code: [errors](../errors.md).

"""


def python_api() -> str:
    """The page, as Markdown."""
    text = NOTICE + _INTRO
    for name in isogloss.__all__:
        text += _entry(f"isogloss.{name}", getattr(isogloss, name))
    text += "## What they take and return\n\n" + "".join(map(_class, met()))
    return text + "## Errors\n\n" + _ERRORS + "".join(map(_class, errors()))


def met() -> list[type]:
    """Classes of ours that exported ones take or return, and those that these hold."""
    exported = _exported()
    waiting = [found for one in exported for found in _handed(one)]
    known = dict.fromkeys(exported)
    while waiting:
        one = waiting.pop(0)
        if one not in known:
            known[one] = None
            waiting += _held(one)
    return [one for one in known if one not in exported and one not in errors()]


def errors() -> list[type]:
    """Errors that any room may raise, and that are not exported themselves."""
    known = [one for one in vars(rooms_errors).values() if inspect.isclass(one)]
    ours = [one for one in known if issubclass(one, IsoglossError)]
    return [one for one in ours if one not in _exported()]


def _exported() -> list[type]:
    every = [getattr(isogloss, name) for name in isogloss.__all__]
    return [one for one in every if inspect.isclass(one)]


def _handed(of: type) -> Iterator[type]:
    """Classes of ours in the signatures of a class's public methods."""
    for name, member in inspect.getmembers(of):
        function = getattr(member, "fget", None) or getattr(member, "func", None) or member
        of_ours = str(getattr(function, "__module__", "")).startswith("isogloss.")
        if not name.startswith("_") and inspect.isroutine(function) and of_ours:
            signature = inspect.signature(function)
            for one in signature.parameters.values():
                yield from _ours(one.annotation)
            yield from _ours(signature.return_annotation)


def _held(by: type) -> Iterator[type]:
    """Classes of ours in the fields of a record."""
    for field in dataclasses.fields(by) if dataclasses.is_dataclass(by) else ():
        yield from _ours(field.type)


def _ours(annotation: Any) -> Iterator[type]:
    if inspect.isclass(annotation) and annotation.__module__.startswith("isogloss."):
        yield annotation
    for one in get_args(annotation):
        yield from _ours(one)


def _class(one: type) -> str:
    return _entry(f"{one.__module__}.{one.__qualname__}", one, level="###")


def _entry(path: str, value: Any, level: str = "##") -> str:
    """An object in reStructuredText, which autodoc writes."""
    name = path.rpartition(".")[2]
    title = f"{level} {code(name)}\n\n"
    if inspect.isclass(value):
        return title + block(
            "eval-rst",
            "",
            f".. autoclass:: {path}\n   :members:\n   :exclude-members: __init__, __new__\n",
        )
    if inspect.ismodule(value):
        return title + block("eval-rst", "", f".. automodule:: {path}\n   :members:\n")
    if callable(value):
        return title + block("eval-rst", "", f".. autofunction:: {path}\n")
    return title + plain(f"A {type(value).__name__}, here `{value}`.") + "\n\n"
