"""Parquet: rows in batches; class labels come out as their names.

The `datasets` library stores classes as numbers and their names in the metadata of the schema.
Taken by number, two data sets with another order of classes look alike; so the names are put back
here, and nobody above ever sees the numbers.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import InputError
from isogloss.data.lines import cannot_open
from isogloss.data.source import Row

BATCH_ROWS = 1024
METADATA_KEY = b"huggingface"
NO_CLASS = -1  # what `datasets` writes for a row without a label


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield one row per row of the file; `place` counts them from 1.

    Raises:
        InputError: the file is missing, not readable, not parquet, or cut off; a class number
            without a name; a column named twice.
    """
    number = 0
    try:
        if path.is_dir():
            raise IsADirectoryError(path)
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_names(schema.names, path)
            classes = class_names(schema.metadata)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for fields in batch.to_pylist():
                    number += 1
                    place = f"{path}:row {number}"
                    yield Row(place, number - 1, _named(fields, classes, place))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise cannot_open(path, error) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not readable as parquet after row {number} "
            f"({str(error).splitlines()[0]}). Write or copy the file again."
        ) from error


def class_names(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return the class names of each column that has them, from the metadata of a schema.

    Lists of classes (a tag per token) count too. Metadata in another form name no classes.
    """
    try:
        info = json.loads((metadata or {})[METADATA_KEY])["info"]["features"]
        return {column: names for column in info if (names := _names(info[column]))}
    except (KeyError, TypeError, ValueError):
        return {}


def _names(feature: Any) -> list[str]:
    if isinstance(feature, list):
        feature = feature[0] if feature else {}
    if not isinstance(feature, dict):
        return []
    inner = feature.get("feature", feature)
    if isinstance(inner, dict) and inner.get("_type") == "ClassLabel":
        return [str(name) for name in inner.get("names", [])]
    return []


def _check_names(names: list[str], path: Path) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: the column {', '.join(twice)} stands twice. Rename one.")


def _named(fields: dict[str, Any], classes: Mapping[str, list[str]], place: str) -> dict[str, Any]:
    for column, names in classes.items():
        if column not in fields:
            continue
        value = fields[column]
        fields[column] = (
            [_name(item, names, place) for item in value]
            if isinstance(value, list)
            else _name(value, names, place)
        )
    return fields


def _name(value: Any, names: list[str], place: str) -> Any:
    if not isinstance(value, int):
        return value  # null, or a column whose metadata no longer fit
    if value == NO_CLASS:
        return None
    if not 0 <= value < len(names):
        raise InputError(
            f"{place}: class number {value}, but the file names {len(names)} classes "
            f"({', '.join(names)}). Write the file again with all names."
        )
    return names[value]
