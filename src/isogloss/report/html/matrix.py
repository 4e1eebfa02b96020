"""Records as a matrix on a page: one field down, one across, in each cell a number."""

from collections.abc import Mapping

from isogloss.report.html.blocks import Cell, Table
from isogloss.report.pivots import pivot
from isogloss.report.records import Records
from isogloss.report.tables import csv_text


def matrix(
    id: str,
    caption: str,
    records: Records,
    ends: tuple[str, str],
    *,
    bounds: bool = True,
    more: Mapping[str, Mapping[str, Cell]] | None = None,
) -> Table:
    """Lay `value` out as a table; its download has the records themselves, a line each.

    Args:
        id: unique on the page.
        caption: what the table shows.
        records: each with both fields, `value`, `value_low` and `value_high`.
        ends: the field whose values name the rows, and that whose values name the columns.
        bounds: write the interval too; without it, only its digits count.
        more: further columns: heading -> value of the field down -> cell.
    """
    down, across = ends
    shown = pivot(records, down, across, bounds=bounds)
    numbers = {(record[down], record[across]): record["value"] for record in records}
    columns = list(dict.fromkeys(record[across] for record in records))
    extra = more or {}
    rows = []
    for code, line in zip(dict.fromkeys(record[down] for record in records), shown, strict=True):
        name, *texts = line.values()
        cells = [
            Cell(text, numbers.get((code, column)))
            for text, column in zip(texts, columns, strict=True)
        ]
        further = [by_code.get(code, Cell("–")) for by_code in extra.values()]
        rows.append([Cell(name), *cells, *further])
    heads = [*(shown[0] if shown else ()), *extra]
    numeric = [False, *(True for _ in heads[1:])]
    return Table(id, caption, heads, rows, numeric, csv_text(records))
