"""Languages by their English name and by what their speakers call them, in their own script."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from isogloss.base.languages import own_name
from isogloss.report.html.blocks import Cell, Table
from isogloss.report.names import names_of
from isogloss.report.records import Records
from isogloss.report.tables import heading


def both_names(codes: Iterable[str]) -> dict[str, str]:
    """Name each language twice, in order.

    >>> both_names(["hin-Deva", "eng-Latn"])
    {'hin-Deva': 'Hindi · हिन्दी', 'eng-Latn': 'English'}
    """
    named = names_of(codes)
    return {
        code: f"{name} · {own}" if (own := own_name(code)) else name for code, name in named.items()
    }


def in_own_names(table: Table, records: Records) -> Table:
    """Name the languages of a table twice; it sorts by the English names as before.

    Args:
        table: made of the records by `table_of`.
        records: its lines; their field `language` is a code.
    """
    if "language" not in {name for record in records for name in record}:
        return table
    names = both_names(record["language"] for record in records if record.get("language"))
    column = list(table.heads).index(heading("language"))
    rows = [
        [_named(cell, record.get("language"), names) if at == column else cell
         for at, cell in enumerate(row)]
        for row, record in zip(table.rows, records, strict=True)
    ]  # fmt: skip
    return replace(table, rows=rows)


def _named(cell: Cell, code: str | None, names: Mapping[str, str]) -> Cell:
    return cell if code is None else replace(cell, text=names[code])
