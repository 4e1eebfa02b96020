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
        return pq.read_table(path, schema=schema).combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path} holds no {what} ({error}); delete it and run again.") from error
