"""The public API in Python, name by name with its signature, is what public.txt says.

If this fails and you did not mean it, you have broken somebody's script. If you did, see what
docs/versioning.md allows; then write the file anew with `python tests/api/test_public.py`.
"""

import inspect
from pathlib import Path
from typing import Any, Protocol

import isogloss
from isogloss import plugins

FILE = Path(__file__).with_name("public.txt")


def public() -> str:
    """A line a name: modules, values, classes with their public members, functions."""
    lines = []
    for module in (isogloss, plugins):
        for name in sorted(module.__all__):
            lines += described(f"{module.__name__}.{name}", getattr(module, name))
    return "\n".join(lines) + "\n"


def described(name: str, made: Any) -> list[str]:
    if inspect.ismodule(made) or not callable(made):
        return [f"{name}: {type(made).__name__}"]
    if not inspect.isclass(made):
        return [f"{name}{inspect.signature(made)}"]
    bases = ", ".join(base.__name__ for base in made.__bases__)
    return [f"class {name}({bases})", *(f"    {line}" for line in members(made))]


def members(made: type) -> list[str]:
    """Fields, properties and methods of a class's own, sorted."""
    own = {**inspect.get_annotations(made), **made.__dict__}
    shown = [one for one in own if not one.startswith("_") or one in {"__call__", "__init__"}]
    return [member(one, made) for one in sorted(shown) if not private(one, made)]


def private(name: str, made: type) -> bool:
    """What nobody calls by hand promises nothing: how a protocol, or what we hand out, is made."""
    handed_out = made in {isogloss.Study, isogloss.Results}
    return name == "__init__" and (handed_out or Protocol in made.__bases__)


def member(name: str, made: type) -> str:
    value = inspect.getattr_static(made, name, None)
    if isinstance(value, classmethod):
        return f"classmethod {name}{inspect.signature(value.__func__)}"
    if inspect.isfunction(value):
        return f"{name}{inspect.signature(value)}"
    if isinstance(value, property):
        return f"property {name}"
    return f"{name}: {inspect.get_annotations(made).get(name, type(value).__name__)}"


def test_the_public_api_is_what_was_agreed():
    assert public() == FILE.read_text(encoding="utf-8"), __doc__


def test_a_name_that_is_not_public_is_not_there():
    assert not hasattr(isogloss, "load_study")
    assert all(hasattr(isogloss, name) for name in isogloss.__all__)


if __name__ == "__main__":
    FILE.write_text(public(), encoding="utf-8")
