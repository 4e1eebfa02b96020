"""A split as a parquet file of three columns, so that prepared data can be stored and read back.

The round trip is exact: ids, texts and labels come back as the same strings, in the same order.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import InputError, RunError
from isogloss.data.example import Split, TextExample
from isogloss.data.stored import check_whole

SCHEMA = pa.schema([(name, pa.string()) for name in TextExample._fields])
LANGUAGE_KEY, NAME_KEY = b"isogloss.language", b"isogloss.split"


def write_split(split: Split, path: Path) -> None:
    """Write a split as parquet with the columns `id`, `text` and `label`.

    Raises:
        InputError: a text holds half of a surrogate pair, which no file can hold.
    """
    columns = {
        name: [example[number] for example in split.examples]
        for number, name in enumerate(TextExample._fields)
    }
    metadata = {LANGUAGE_KEY: split.language.encode(), NAME_KEY: split.name.encode()}
    try:
        table = pa.table(columns, schema=SCHEMA.with_metadata(metadata))
    except UnicodeEncodeError as error:
        example = next(e for e in split.examples if not all(map(is_text, e)))
        raise InputError(
            f"{split.language} {example.id}: the text holds half of a surrogate pair, which no "
            "UTF-8 file can hold. Mend the row."
        ) from error
    pq.write_table(table, path)


def read_table(path: Path) -> Split:
    """Read back what `write_split` wrote.

    Raises:
        RunError: the file is missing, broken, or not such a file.
    """
    columns, (language, name) = columns_and_facts(path, SCHEMA, (LANGUAGE_KEY, NAME_KEY), "split")
    examples = tuple(TextExample(*values) for values in zip(*columns, strict=True))
    return Split(language, name, examples)


def columns_and_facts(
    path: Path, schema: pa.Schema, keys: Sequence[bytes], what: str
) -> tuple[list[list[Any]], list[str]]:
    """Read the columns of a stored split, in the order of its schema, and the facts beside them.

    Raises:
        RunError: the file is missing, broken, or not such a file.
    """
    try:
        table: Any = pq.read_table(path)
        check_whole(table)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RunError(
            f"{path}: cannot be read ({str(error).splitlines()[0]}). Remove it, so that it is "
            "made again."
        ) from error
    metadata = table.schema.metadata or {}
    if table.schema.names != schema.names or not set(keys) <= metadata.keys():
        raise RunError(f"{path}: not a {what} that Isogloss wrote. Remove it.")
    if not table.schema.equals(schema):
        raise RunError(f"{path}: not the columns of a {what} that Isogloss wrote. Remove it.")
    columns = [table.column(name).to_pylist() for name in schema.names]
    return columns, [metadata[key].decode("utf-8", "replace") for key in keys]


def is_text(value: str) -> bool:
    """Whether a file can hold it: it has no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
