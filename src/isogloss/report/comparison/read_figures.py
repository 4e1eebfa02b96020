"""Figures of encoders read from a CSV file, as people keep them in a README or a sheet.

The first column is `metric`; each other one is an encoder, under its name. Values are kept as they
are written. A cell may be empty: that encoder was not measured.
"""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from isogloss.base.errors import InputError, did_you_mean
from isogloss.report.comparison.gold import check_gold_lines


def read_figures(path: Path) -> dict[str, dict[str, str]]:
    """Read figures by encoder and metric, for `compare_values`.

    Raises:
        InputError: naming the line, if the file cannot be read, has no column `metric` first, has
            fewer than two encoders, names one twice or a metric twice, a cell is no number, or
            lines that count gold differ between encoders.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError(f"{path} is empty. Write a line metric,<encoder>,<encoder> and figures.")
    encoders = _encoders(rows[0][1], path)
    if len(rows) == 1:
        raise InputError(f"{path} has a head and no figures. Write a line for each metric.")
    figures: dict[str, dict[str, str]] = {encoder: {} for encoder in encoders}
    seen: dict[str, int] = {}
    for line, cells in rows[1:]:
        place = f"{path}, line {line}"
        metric = _metric(cells, encoders, place)
        if metric in seen:
            raise InputError(
                f"{place}: {metric!r} stands in line {seen[metric]} too. Keep one of the two."
            )
        seen[metric] = line
        for encoder, cell in zip(encoders, cells[1:], strict=True):
            if cell:
                figures[encoder][metric] = _number(cell, f"{place}, {encoder}")
    check_gold_lines(figures, str(path))
    return figures


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text. Save it as CSV in UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error}).") from error


def _encoders(head: Sequence[str], path: Path) -> list[str]:
    first, encoders = head[0], list(head[1:])
    if first.lower() != "metric":
        near = did_you_mean(first, ["metric"])
        raise InputError(
            f"{path}: the first column is {first!r}, not 'metric'.{near} The head is a line "
            "metric,<encoder>,<encoder>."
        )
    if len(encoders) < 2:
        raise InputError(
            f"{path} holds {len(encoders)} encoder{'' if len(encoders) == 1 else 's'}; a comparison"
            " needs two or more, a column each, with commas between."
        )
    for encoder in encoders:
        if not encoder or encoders.count(encoder) > 1:
            what = f"{encoder!r} heads two columns" if encoder else "a column has no name"
            raise InputError(f"{path}: {what}. Give each encoder a name of its own.")
    return encoders


def _metric(cells: Sequence[str], encoders: Sequence[str], place: str) -> str:
    if len(cells) != len(encoders) + 1:
        raise InputError(
            f"{place}: {len(cells)} cells, but the head has {len(encoders) + 1}. "
            "A number is written with a point and without separators of thousands."
        )
    if not cells[0]:
        raise InputError(f"{place}: figures without the name of a metric.")
    return cells[0]


def _number(cell: str, place: str) -> str:
    try:
        finite = math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        finite = False
    if not finite:
        raise InputError(
            f"{place}: {cell!r} is no number. Write it as 0.5 or 1234.5, without unit or percent "
            "sign; leave the cell empty if it was not measured."
        )
    return cell
