"""The study file as sections, each where it first stands in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, final

ROOT = ""
"""Place of the file itself."""


@final
@dataclass
class Section:
    """A declaration, and the places in a study file where it may stand."""

    name: str
    """Of the declaration, as in the schema's `$defs`."""

    schema: Mapping[str, Any]

    places: list[str] = field(default_factory=list)
    """As in `pretraining.arms[].mixing`; `[]` stands for any item, `<name>` for any key."""

    @property
    def place(self) -> str:
        """Where it stands first."""
        return self.places[0]

    @property
    def anchor(self) -> str:
        """The target of links to it."""
        return f"study-{self.name.lower()}"


def sections(schema: Mapping[str, Any]) -> dict[str, Section]:
    """All sections of a study file by the name of their declaration, in the order of the file."""
    found = {"Study": Section("Study", schema, [ROOT])}
    _into(schema, ROOT, schema["$defs"], found)
    return found


def _into(
    node: Mapping[str, Any], at: str, known: Mapping[str, Any], found: dict[str, Section]
) -> None:
    for key, value in node["properties"].items():
        for name, stands_at in _named(value, f"{at}.{key}" if at else key):
            if "properties" not in known[name]:
                continue  # any value: there is nothing to tell
            place = _of_a_kind(stands_at, known[name])
            if name in found:
                if place not in found[name].places:
                    found[name].places.append(place)
                continue
            found[name] = Section(name, known[name], [place])
            _into(known[name], place, known, found)


def _named(node: Any, at: str) -> Iterator[tuple[str, str]]:
    """Each declaration that may stand at a place, and the place itself."""
    if "$ref" in node:
        yield node["$ref"].rpartition("/")[2], at
    for one in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _named(one, at)
    if isinstance(node.get("items"), dict):
        yield from _named(node["items"], f"{at}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from _named(node["additionalProperties"], f"{at}.<name>")


def _of_a_kind(place: str, declared: Mapping[str, Any]) -> str:
    """Tell apart what stands at one place, if only one word of it does."""
    only = declared["properties"].get("kind", {}).get("const")
    return f"{place}({only})" if only else place
