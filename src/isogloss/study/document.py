"""A YAML document as plain values, with the line of every key, and changes from the command line.

Safe YAML only: no tags, no objects. A key written twice is a mistake here, where plain YAML would
silently keep the last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import yaml

from isogloss.base.errors import InputError

MAX_BYTES = 4_000_000
Place = tuple[str | int, ...]


@final
@dataclass(frozen=True)
class Document:
    """What a study file says, and where it says it."""

    source: str
    values: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int | None:
        """The line of a key, or of the nearest key around it."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return None


def read_document(path: Path) -> Document:
    """Read a YAML (or JSON) file.

    Raises:
        InputError: if there is no such file, or it is no YAML mapping.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"There is no study file {path}. Write one with `isogloss init sample`."
        ) from None
    except OSError as error:
        raise InputError(f"The study file {path} cannot be read: {error.strerror}.") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"{path} has {len(raw)} bytes; a study file has at most {MAX_BYTES}.")
    try:
        return parse_document(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from None


def parse_document(text: str, source: str) -> Document:
    """Read YAML text; `source` names it in messages."""
    try:
        _refuse_aliases(text, source)
        values = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InputError(f"{source} is not valid YAML: {_one_line(error)}") from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{source} cannot be read as YAML: {_one_line(error)}") from None
    if not isinstance(values, dict):
        raise InputError(f"{source} holds no `key: value` lines; see `isogloss init sample`.")
    lines: dict[Place, int] = {}
    _walk(node, (), lines, source)
    return Document(source, values, lines)


def with_changes(document: Document, changes: tuple[str, ...]) -> Document:
    """Apply `a.b=c` changes; `c` is read as YAML, a number in the path is a place in a list."""
    values = document.values
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise InputError(f"--set {change!r}: write it as a.b=c.")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"--set {change!r}: {_one_line(error)}") from None
        values = _changed(values, path.split("."), value, change)
    return Document(document.source, values, document.lines)


def _refuse_aliases(text: str, source: str) -> None:
    """An alias can hold itself, or grow without bound; a study needs none."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken):
            line = token.start_mark.line + 1
            raise InputError(f"{source}:{line}: aliases (*name) are not read: write it out.")


def _changed(values: Any, path: list[str], value: Any, change: str) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(values, list):
        if not head.isdigit() or int(head) >= len(values):
            raise InputError(f"--set {change!r}: {head!r} is no place in a list of {len(values)}.")
        at = int(head)
        return [*values[:at], _changed(values[at], rest, value, change), *values[at + 1 :]]
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"--set {change!r}: there is no key {head!r} inside {values!r}.")
    return {**values, head: _changed(values.get(head), rest, value, change)}


def _walk(node: yaml.Node | None, place: Place, lines: dict[Place, int], source: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            line = key.start_mark.line + 1
            if here in lines:
                raise InputError(f"{source}:{line}: the key {key.value!r} stands twice.")
            lines[here] = line
            _walk(value, here, lines, source)
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            lines[(*place, at)] = item.start_mark.line + 1
            _walk(item, (*place, at), lines, source)


def _one_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    if mark is not None and problem:
        return f"line {mark.line + 1}, column {mark.column + 1}: {problem}."
    return " ".join(str(error).split())
