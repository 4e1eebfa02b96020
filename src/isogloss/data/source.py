"""What every source of data can do: give the rows of a split, one by one.

A source knows nothing of tasks: its rows are raw fields. `isogloss.data.mapping` turns them into
examples. `Row.place` says where a person finds the row, so every complaint about it can say so too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Row(NamedTuple):
    """One raw row.

    Attributes:
        place: where it stands, for messages: `"train.jsonl.gz:17"`, or `"train.parquet:row 17"`.
        index: its number in the split, from 0.
        fields: its columns by name.
        is_line: whether it is a line of a plain text and not a record; its documents are several
            lines long and parted by a blank one.
    """

    place: str
    index: int  # type: ignore[assignment]  # a field, not tuple.index
    fields: Mapping[str, Any]
    is_line: bool = False


@runtime_checkable
class Rows(Protocol):
    """Whoever gives the rows of a split; all that reading asks of a source."""

    def rows(self, language: str, split: str) -> Iterator[Row]:
        """The rows of a split, in their order.

        Raises:
            InputError: the split is missing, or its bytes cannot be read.
        """
