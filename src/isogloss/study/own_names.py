"""Names in a study that plug-ins may add to: the house's own first, then what is installed.

This is the one look that declarations take outside the file, and only where a name is not the
house's own: the plug-in is imported then, so that a broken one is told before anything is planned.
"""

from collections.abc import Collection
from typing import Any

from pydantic import AfterValidator, WithJsonSchema

from isogloss.base.errors import UnknownName, did_you_mean
from isogloss.plugins.found import Kind, find, installed

PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$"
"""What a plug-in may be called."""


def own_or_plugin(kind: Kind, own: Collection[str]) -> AfterValidator:
    """Take one of the house's own names, or that of a plug-in that can be used.

    Raises:
        PluginError: when a name is checked whose plug-in is broken or clashes.
    """

    def check(name: str) -> str:
        if name not in own:
            try:
                find(kind, name, own).load()
            except UnknownName:
                raise ValueError(not_known(kind, name, own)) from None
        return name

    return AfterValidator(check)


def not_known(kind: Kind, name: str, own: Collection[str]) -> str:
    """What to say of a name that nobody has."""
    known = names(kind, own)
    there = ", ".join(known) or "none, as no plug-in is installed that has one"
    return f"{name!r} is not known.{did_you_mean(name, known)} Known: {there}"


def names(kind: Kind, own: Collection[str]) -> tuple[str, ...]:
    """The house's own names, then those of plug-ins."""
    return (*own, *(one.name for one in installed(kind)))


def names_in_schema(own: Collection[str]) -> WithJsonSchema:
    """Editors offer the house's own, and let others stand."""
    other: dict[str, Any] = {"type": "string", "pattern": PATTERN}
    return WithJsonSchema(
        {"anyOf": [{"type": "string", "enum": list(own)}, other]} if own else other
    )
