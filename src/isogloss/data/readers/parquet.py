"""Parquet: rows in batches; class labels come out as their names.

The `datasets` library stores classes as numbers and their names in the metadata of the schema.
Taken by number, two data sets with another order of classes look alike; so the names are put back
here, and nobody above ever sees the numbers.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from isogloss.base.limits import Limit, check_limit, over_limit
from isogloss.data.lines import BrokenData, cannot_open, most_unpacked
from isogloss.data.source import Row

BATCH_ROWS = 1024
PART_BYTES = 64 * 2**20
METADATA_KEY = b"huggingface"
NO_CLASS = -1  # what `datasets` writes for a row without a label


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield one row per row of the file; `place` counts them from 1.

    Raises:
        InputError: the file is missing, not readable, not parquet, or cut off; a class number
            without a name; a column named twice.
        OverLimit: a value, or the whole, is larger than its limit when it is unpacked.
    """
    number = 0
    try:
        if path.is_dir():
            raise IsADirectoryError(path)
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_names(schema.names, path)
            classes = class_names(schema.metadata)
            for batch in _limited(file.iter_batches(batch_size=BATCH_ROWS), path):
                for fields in _times_as_text(batch).to_pylist():
                    number += 1
                    place = f"{path}:row {number}"
                    yield Row(place, number - 1, _named(fields, classes, place))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise cannot_open(path, error) from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise BrokenData(
            f"{path}: not readable as parquet after row {number} "
            f"({str(error).splitlines()[0]}). Write or copy the file again."
        ) from error


def _times_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Write out dates and times: Python has no years beyond 9999 and no nanoseconds."""
    columns = [
        column.cast(pa.string()) if pa.types.is_temporal(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _limited(batches: Iterator[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
    """Pass batches on, as long as what they unpack to is within the limits.

    A page of a few bytes can repeat a value for a million rows. So batches are few rows, each is
    looked at before it becomes Python's objects, and it becomes them a part at a time; no column of
    it is above Arrow's own 2 GiB.

    Raises:
        OverLimit: a value, or the whole, is larger than its limit.
    """
    longest, whole = Limit.LINE_BYTES.now, Limit.FILE_BYTES.now
    most = min(whole, most_unpacked(path.stat().st_size))
    total = number = 0
    for batch in batches:
        size = sum(map(_unpacked_bytes, batch.columns))
        total += size
        if total > most:
            limit = Limit.FILE_BYTES if most == whole else Limit.EXPANSION
            raise over_limit(limit, limit.now, path, f"its rows unpack to more than {most:,} bytes")
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if _longest(column, longest) > longest:
                place = f"{path}:row {number + 1} or after"
                raise over_limit(Limit.LINE_BYTES, longest, place, f"a value of {name!r} too long")
        number += batch.num_rows
        step = max(1, batch.num_rows * PART_BYTES // max(size, 1))
        yield from (batch.slice(at, step) for at in range(0, batch.num_rows, step))


def _unpacked_bytes(column: pa.Array) -> int:
    """Bytes of a column once every value stands for itself."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        sizes = _sizes(column.dictionary)
        return (
            column.nbytes if sizes is None else int(pc.sum(sizes.take(column.indices)).as_py() or 0)
        )
    if pa.types.is_struct(kind):
        return sum(map(_unpacked_bytes, column.flatten()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return 4 * len(column) + _unpacked_bytes(column.flatten())
    return int(column.nbytes)


def _longest(column: pa.Array, enough: int) -> int:
    """Bytes of the longest value of a column; of lists and objects with all that is in them."""
    if _unpacked_bytes(column) <= enough:
        return 0
    sizes = _sizes(column.dictionary if pa.types.is_dictionary(column.type) else column)
    if sizes is not None:
        return int(pc.max(sizes).as_py() or 0)
    if not pa.types.is_nested(column.type):
        return 0
    return max(_unpacked_bytes(column.slice(at, 1)) for at in range(len(column)))


def _sizes(column: pa.Array) -> pa.Array | None:
    """Bytes of each text, or None if a column holds other things."""
    kind = column.type
    texts = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return pc.binary_length(column) if any(is_text(kind) for is_text in texts) else None


def class_names(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return the class names of each column that has them, from the metadata of a schema.

    Lists of classes (a tag per token) count too. Metadata in another form name no classes.
    """
    try:
        info = json.loads((metadata or {})[METADATA_KEY])["info"]["features"]
    except (KeyError, IndexError, TypeError, ValueError, RecursionError):
        return {}
    if not isinstance(info, dict):
        return {}
    return {column: names for column in info if (names := _names(info[column]))}


def _names(feature: Any) -> list[str]:
    if isinstance(feature, list):
        feature = feature[0] if feature else {}
    if not isinstance(feature, dict):
        return []
    inner = feature.get("feature", feature)
    names = inner.get("names") if isinstance(inner, dict) else None
    if isinstance(names, list) and inner.get("_type") == "ClassLabel":
        return [str(name) for name in names]
    return []


def _check_names(names: list[str], path: Path) -> None:
    check_limit(Limit.COLUMNS, len(names), path, f"{len(names):,} columns")
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise BrokenData(f"{path}: the column {', '.join(twice)} stands twice. Rename one.")


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
        raise BrokenData(
            f"{place}: class number {value}, but the file names {len(names)} classes "
            f"({', '.join(names)}). Write the file again with all names."
        )
    return names[value]
