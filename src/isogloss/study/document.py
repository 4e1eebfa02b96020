"""A YAML document as plain values, with the line of every key, and changes from the command line.

Safe YAML only: no tags, no objects. A key written twice is a mistake here, where plain YAML would
silently keep the last. What no study needs is refused before it costs anything: aliases, brackets
within brackets without end, values of a book's length, control characters, and secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import yaml
from yaml.constructor import ConstructorError

from isogloss.base.errors import InputError, SecretGiven
from isogloss.base.limits import Limit, check_limit
from isogloss.base.safe_text import CONTROL, has_secret

MOST_DEPTH = 40
"""Brackets or sections within each other."""

LONGEST_VALUE = 20_000
"""Characters."""

LONGEST_NUMBER_BITS = 256

Place = tuple[str | int, ...]


@final
@dataclass(frozen=True)
class Document:
    """What a study file says, and where it says it."""

    source: str
    values: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    changed: frozenset[tuple[str, ...]] = frozenset()
    """What `--set` says in place of the file, places in lists as they are written."""

    def where(self, place: Place) -> str:
        """Who says a key: `line 3: `, of it or the nearest key around it, `--set: `, or nothing."""
        around = [place[:end] for end in range(len(place), 0, -1)]
        if any(tuple(map(str, one)) in self.changed for one in around):
            return "--set: "
        line = next((self.lines[one] for one in around if one in self.lines), None)
        return f"line {line}: " if line else ""


class BadDocument(InputError):
    """A study file cannot be read, or is no YAML that a study may be written in."""

    code = "ISO-110"
    remedy = "Mend the line that the message names; `isogloss init sample` writes a study to copy."


def read_document(path: Path) -> Document:
    """Read a YAML (or JSON) file.

    Raises:
        InputError: if there is no such file, or it is no YAML mapping.
    """
    most = Limit.STUDY_BYTES.now
    try:
        raw = _bytes(path, most + 1)
    except FileNotFoundError:
        raise BadDocument(
            f"There is no study file {path}. Write one with `isogloss init sample`."
        ) from None
    except OSError as error:
        raise BadDocument(
            f"The study file {path} cannot be read: {error.strerror or error}."
        ) from None
    except ValueError:
        raise BadDocument(
            f"The study file {str(path)!r} has a name that no file can have."
        ) from None
    check_limit(Limit.STUDY_BYTES, len(raw), path, f"more than the {most:,} bytes of a study file")
    try:
        return parse_document(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise BadDocument(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from None


def _bytes(path: Path, most: int) -> bytes:
    if path.exists() and not path.is_file():
        raise OSError("it is a folder" if path.is_dir() else "it is no plain file")
    with path.open("rb") as stream:
        return stream.read(most)


def parse_document(text: str, source: str) -> Document:
    """Read YAML text; `source` names it in messages."""
    node, values = _parsed(text, source)
    if not isinstance(values, dict):
        raise BadDocument(f"{source} holds no `key: value` lines; see `isogloss init sample`.")
    lines: dict[Place, int] = {}
    _walk(node, (), lines, source)
    return Document(source, values, lines)


def _parsed(text: str, source: str) -> tuple[yaml.Node | None, Any]:
    """The one document of a YAML text, as nodes and as values.

    Raises:
        InputError: naming the line.
    """
    try:
        _scan(text, source)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            values = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise BadDocument(f"{source} is not valid YAML: {_one_line(error)}") from None
    except (RecursionError, ValueError, OverflowError) as error:
        raise BadDocument(f"{source} cannot be read as YAML: {_one_line(error)}") from None
    _refuse_endless(values, source)
    return node, values


@final
class _Loader(yaml.SafeLoader):
    """Tells the line of a value that its tag, written or guessed, does not fit."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, LookupError, AttributeError, TypeError) as error:
            kind = str(node.tag).rpartition(":")[2]
            raise ConstructorError(
                problem=f"{str(node.value)[:40]!r} cannot be read as YAML's {kind}; a text stands"
                " in quotes, without a tag",
                problem_mark=node.start_mark,
            ) from error


def with_changes(document: Document, changes: tuple[str, ...]) -> Document:
    """Apply `a.b=c` changes; `c` is read as YAML, a number in the path is a place in a list."""
    values, changed = document.values, set()
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise BadDocument(f"--set {change!r}: write it as a.b=c.")
        if path.count(".") >= MOST_DEPTH:
            raise BadDocument(f"--set {change!r}: no key of a study lies so deep.")
        _check_text(path, f"--set {path!r}")
        _, value = _parsed(text, f"--set {change!r}")
        values = _changed(values, path.split("."), value, change)
        changed.add(tuple(path.split(".")))
    return Document(document.source, values, document.lines, frozenset(changed))


_OPENS = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSES = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


def _scan(text: str, source: str) -> None:
    """Refuse, before anything is built, what no study needs.

    An alias can hold itself, or grow without bound; brackets within brackets take a time that grows
    with their square.
    """
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        place = f"{source}:{token.start_mark.line + 1}"
        if isinstance(token, yaml.AliasToken):
            raise BadDocument(f"{place}: aliases (*name) are not read: write it out.")
        depth += isinstance(token, _OPENS) - isinstance(token, _CLOSES)
        if depth > MOST_DEPTH:
            raise BadDocument(
                f"{place}: more than {MOST_DEPTH} brackets or sections in each other."
            )
        if isinstance(token, yaml.ScalarToken):
            _check_text(token.value, place)


def _check_text(text: str, place: str) -> None:
    if len(text) > LONGEST_VALUE:
        raise BadDocument(
            f"{place}: a value of {len(text):,} characters; at most {LONGEST_VALUE:,} are read."
        )
    control = CONTROL.search(text)
    if control:
        raise BadDocument(
            f"{place}: a character that cannot be seen (U+{ord(control[0]):04X}), which no name,"
            " path or value of a study needs. Take it out."
        )
    if has_secret(text):
        raise SecretGiven(
            f"{place}: this looks like a token or a password. A study is copied into the store and"
            " into reports. Take it out, and set HF_TOKEN or log in with `hf auth login`."
        )


def _refuse_endless(value: Any, source: str) -> None:
    """Numbers of thousands of digits cannot even be told in a message."""
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER_BITS:
        raise BadDocument(
            f"{source}: a whole number of {value.bit_length()} bits; no value of a study has more"
            f" than {LONGEST_NUMBER_BITS}."
        )
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_endless(key, source)
            _refuse_endless(item, source)
    elif isinstance(value, list | tuple | set):
        for item in value:
            _refuse_endless(item, source)


def _changed(values: Any, path: list[str], value: Any, change: str) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(values, list):
        if not head.isdecimal() or len(head) > 6 or int(head) >= len(values):
            raise BadDocument(f"--set {change!r}: {head!r} is no place in a list of {len(values)}.")
        at = int(head)
        return [*values[:at], _changed(values[at], rest, value, change), *values[at + 1 :]]
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise BadDocument(f"--set {change!r}: there is no key {head!r} inside {values!r}.")
    return {**values, head: _changed(values.get(head), rest, value, change)}


def _walk(node: yaml.Node | None, place: Place, lines: dict[Place, int], source: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            line = key.start_mark.line + 1
            if here in lines:
                raise BadDocument(f"{source}:{line}: the key {key.value!r} stands twice.")
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
