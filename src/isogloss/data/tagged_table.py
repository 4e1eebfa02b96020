"""A split of tagged sentences as a parquet file; the round trip is exact."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import InputError
from isogloss.data.example import TaggedExample, TaggedSplit
from isogloss.data.table import columns_and_facts, is_text

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
        example = next(e for e in split.examples if not is_text("".join((*e.tokens, *e.tags))))
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
    columns, facts = columns_and_facts(path, SCHEMA, KEYS, "tagged split")
    examples = tuple(
        TaggedExample(name, tuple(tokens), tuple(tags))
        for name, tokens, tags in zip(*columns, strict=True)
    )
    language, split, repaired = facts
    return TaggedSplit(language, split, examples, int(repaired))
