"""A table of records that shows itself in a notebook and turns into a data frame."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, final

from isogloss.base.errors import InputError
from isogloss.report.records import Record
from isogloss.report.tables import csv_text, markdown, shown

if TYPE_CHECKING:
    import pandas as pd


@final
class Table(Sequence[Mapping[str, Any]]):
    """Records, a mapping each; a number `x` may have its interval in `x_low` and `x_high`."""

    def __init__(
        self, records: Sequence[Mapping[str, Any]], caption: str = "", names: Collection[str] = ()
    ) -> None:
        self.records: tuple[Record, ...] = tuple(dict(record) for record in records)
        self.caption = caption
        self._names = tuple(names)

    def __getitem__(self, at: Any) -> Any:
        """A record, or a slice of them."""
        return self.records[at]

    def __len__(self) -> int:
        """Count the records."""
        return len(self.records)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Go through the records."""
        return iter(self.records)

    def __repr__(self) -> str:
        """The table as text."""
        return f"{self.caption}\n\n{self.to_markdown()}" if self.caption else self.to_markdown()

    def to_pandas(self) -> "pd.DataFrame":
        """The numbers themselves, a column each field.

        Raises:
            InputError: if pandas is not installed.
        """
        return frame(self.records)

    def to_csv(self) -> str:
        """The numbers themselves as CSV."""
        return csv_text(self.records)

    def to_markdown(self) -> str:
        """The table for reading: digits end where the interval does."""
        return markdown(self.records, names=self._names)

    def _repr_html_(self) -> str:
        if not self.records:
            return "<p><em>Nothing to show: the results hold no such rows.</em></p>"
        made = shown(self.records, self._names)
        said = " · ".join(filter(None, [self.caption, made.common]))
        head = "".join(f"<th>{escape(one)}</th>" for one in made.heads)
        rows = "".join(
            "<tr>" + "".join(f"<td><bdi>{escape(cell)}</bdi></td>" for cell in row) + "</tr>"
            for row in made.rows
        )
        return (
            f"<table><caption>{escape(said)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def frame(records: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Put records into a data frame.

    Raises:
        InputError: if pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise InputError(
            "Data frames need pandas: pip install pandas. Without it, go through the records, or"
            " take to_csv()."
        ) from None
    return pd.DataFrame.from_records([dict(record) for record in records])
