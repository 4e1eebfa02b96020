"""A split of tagged sentences as a parquet file; the round trip is exact."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import InputError, RunError
from isogloss.data.example import TaggedExample, TaggedSplit

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("tokens", pa.list_(pa.string())),
        ("tags", pa.list_(pa.string())),
    ]
)
KEYS = (b"isogloss.language", b"isogloss.split", b"isogloss.n_repaired")


def write_tagged(split: TaggedSplit, path: Path) -> None:
    """Write a split as parquet with the columns `id`, `tokens` and `tags`.

    Raises:
        InputError: a word holds half of a surrogate pair, which no file can hold.
    """
    facts = (split.language, split.name, str(split.n_repaired))
    schema = SCHEMA.with_metadata(dict(zip(KEYS, facts, strict=True)))
    columns = {name: [getattr(e, name) for e in split.examples] for name in SCHEMA.names}
    try:
        table = pa.table(columns, schema=schema)
    except UnicodeEncodeError as error:
        example = next(e for e in split.examples if not _is_text("".join((*e.tokens, *e.tags))))
        raise InputError(
            f"{split.language} {example.id}: a word holds half of a surrogate pair, which no UTF-8 "
            "file can hold. Mend the row."
        ) from error
    pq.write_table(table, path)


def read_tagged_table(path: Path) -> TaggedSplit:
    """Read back what `write_tagged` wrote.

    Raises:
        RunError: the file is missing, broken, or not such a file.
    """
    try:
        table: Any = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise RunError(
            f"{path}: cannot be read ({str(error).splitlines()[0]}). Remove it, so that it is "
            "made again."
        ) from error
    metadata = table.schema.metadata or {}
    if table.schema.names != SCHEMA.names or not set(KEYS) <= metadata.keys():
        raise RunError(f"{path}: not a tagged split that Isogloss wrote. Remove it.")
    columns = [table.column(name).to_pylist() for name in SCHEMA.names]
    examples = tuple(
        TaggedExample(name, tuple(tokens), tuple(tags))
        for name, tokens, tags in zip(*columns, strict=True)
    )
    language, split, repaired = (metadata[key].decode() for key in KEYS)
    return TaggedSplit(language, split, examples, int(repaired))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
