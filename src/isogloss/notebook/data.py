"""Data that are in memory, written once into a folder that a study can name.

A study names what can be read again, by somebody else, on another day. So data frames and data
sets are not held but written, as the folder `<root>/<language>/<split>.jsonl`, under a name that is
the digest of what they hold: the same data are the same folder, other data another one.
"""

import hashlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from isogloss.base.errors import InputError
from isogloss.base.languages import language_code
from isogloss.base.modes import share_as_folder
from isogloss.base.splits import split_name

DIGITS = 16
"""Of the digest, in the folder's name."""

NO_VALUE = {"NAType", "NaTType", "NoneType"}
"""Types by which pandas says that a value is missing."""


def keep_data(
    data: Mapping[str, Any], folder: str | Path = "data", *, language: str | None = None
) -> Path:
    """Write tables into a folder that a study file can name as `data.source.root`.

    Args:
        data: language -> split -> table; with `language`, split -> table. A table is a pandas
            `DataFrame`, a `datasets.Dataset` (so a `DatasetDict` is a split -> table), a
            `pyarrow.Table`, or mappings, one a row. Labels of a `ClassLabel` are written by name.
        folder: in it, the data get a folder named by their digest.
        language: the column that says which language a row is in; it is not written.

    Returns:
        The absolute folder, `<folder>/<digest>`; one that is there already is not written again.

    Raises:
        InputError: if a language or a table is unknown, a table empty, or a value no text, number
            or list; naming the row.
    """
    files = dict(sorted(_files(_by_language(data, language))))
    if not files:
        raise InputError("There are no tables to keep: give language -> split -> table.")
    digest = hashlib.sha256()
    for name, text in files.items():
        digest.update(f"{name}\n{len(text)}\n".encode() + text)
    place = Path(folder).expanduser().resolve() / digest.hexdigest()[:DIGITS]
    if not place.is_dir():
        _write(files, place)
    return place


def _by_language(data: Mapping[str, Any], column: str | None) -> dict[str, dict[str, Any]]:
    """Language -> split -> rows."""
    if column is None:
        for name, splits in data.items():
            if not isinstance(splits, Mapping):
                raise InputError(
                    f"{name}: split -> table is wanted, not {type(splits).__name__}. Where a"
                    " column says the language, give language='<its name>'."
                )
        return {
            name: {s: _rows(t, f"{name} {s}") for s, t in d.items()} for name, d in data.items()
        }
    dealt: dict[str, dict[str, Any]] = {}
    for split, table in data.items():
        for at, row in enumerate(_rows(table, split), start=1):
            if not isinstance(row.get(column), str):
                raise InputError(f"{split}, row {at}: the column {column!r} names no language.")
            rest = {name: value for name, value in row.items() if name != column}
            dealt.setdefault(row[column], {}).setdefault(split, []).append(rest)
    return dealt


def _files(data: Mapping[str, Mapping[str, Iterable[Any]]]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each split's file."""
    seen: dict[str, str] = {}
    for name, splits in data.items():
        code = language_code(name)
        if code in seen:
            raise InputError(f"{seen[code]} and {name} are one language ({code}): merge them.")
        seen[code] = name
        for split, rows in splits.items():
            lines = [_line(row, f"{name} {split}, row {at}") for at, row in enumerate(rows, 1)]
            if not lines:
                raise InputError(f"{name} {split}: the table has no rows.")
            yield f"{code}/{split_name(split)}.jsonl", "".join(lines).encode()


def _rows(table: Any, where: str) -> Iterator[dict[str, Any]]:
    """The rows of a table of any of the kinds, whose libraries are not imported for it."""
    if hasattr(table, "features") and hasattr(table, "column_names"):
        names = {column: _names_of(feature) for column, feature in (table.features or {}).items()}
        for row in table:
            yield {column: _named(value, names.get(column)) for column, value in row.items()}
    elif hasattr(table, "columns") and hasattr(table, "to_dict"):
        yield from table.to_dict("records")
    elif hasattr(table, "to_pylist"):
        yield from table.to_pylist()
    elif isinstance(table, Iterable) and not isinstance(table, str | bytes | Mapping):
        for at, row in enumerate(table, start=1):
            if not isinstance(row, Mapping):
                raise InputError(f"{where}, row {at}: a mapping is wanted, not {row!r:.60}.")
            yield dict(row)
    else:
        raise InputError(
            f"{where}: a DataFrame, a Dataset, an Arrow table or mappings are wanted, not"
            f" {type(table).__name__}."
        )


def _names_of(feature: Any) -> list[str] | None:
    """The names of a `ClassLabel`, or of a list of them."""
    names = getattr(getattr(feature, "feature", feature), "names", None)
    return list(names) if names is not None else None


def _named(value: Any, names: list[str] | None) -> Any:
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if 0 <= value < len(names) else None


def _line(row: Mapping[str, Any], where: str) -> str:
    plain = {str(column): _plain(value, f"{where}, {column}") for column, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"


def _plain(value: Any, where: str) -> Any:
    """A value as JSON has it; what is missing is null."""
    if hasattr(value, "tolist"):  # of numpy
        value = value.tolist()
    if type(value).__name__ in NO_VALUE or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, list | tuple):
        return [_plain(one, where) for one in value]
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise InputError(
        f"{where}: {value!r:.60} is no text, number or list. Convert the column, or leave it out."
    )


def _write(files: Mapping[str, bytes], place: Path) -> None:
    """Write all files, or none: a folder of that name is whole."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=place.parent, prefix=".draft-"))
        try:
            for name, text in files.items():
                (draft / name).parent.mkdir(exist_ok=True)
                (draft / name).write_bytes(text)
            share_as_folder(draft)
            if not place.is_dir():
                draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"{place}: cannot be written ({error.strerror or error}). Name another folder."
        ) from None
