"""What a step has written as parquet, read back: whole and of the right columns, or refused."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import RunError


def read_stored(path: Path, schema: pa.Schema, what: str) -> pa.Table:
    """Read a parquet file of ours, each column in one piece.

    Args:
        path: the file.
        schema: the columns it must have.
        what: it holds, for the message: `text`.

    Raises:
        RunError: if the file is missing, broken or something else.
    """
    try:
        table = pq.read_table(path, schema=schema).combine_chunks()
        check_whole(table)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise RunError(f"{path} holds no {what} ({error}); delete it and run again.") from error
    return table


def check_whole(table: pa.Table) -> None:
    """Refuse values that no step has written: nothing at all, or what is no UTF-8.

    Raises:
        ValueError: naming the column.
        ArrowException: if a column is not what it says.
    """
    table.validate(full=True)
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count:
            raise ValueError(f"{column.null_count} values of {name} are missing")
