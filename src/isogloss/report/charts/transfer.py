"""The transfer matrix as a heat map, with what each language gives and gets at its margins."""

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt

from isogloss.report.charts.look import INK, LEAST_SPAN, data, finished, seeds, size, span, titled
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.numbers import decimals, written
from isogloss.report.records import Records

GIVES = "donor mean"
GETS = "recipient mean"
CELL = 46


def transfer_chart(cells: Records, donors: Records, frame: Frame) -> dict[str, Any]:
    """Draw the matrix of one encoder, split and size (records of `transfer` and `donors`).

    A row is a source, a column a target; the in-language diagonal is framed; the last column and
    row are means without the diagonal. A cell that was not run is empty.
    """
    names = names_of(cell[end] for end in ("source", "target") for cell in cells)
    rows = [*(names[code] for code in _once(cells, "source")), GETS]
    columns = [*(names[code] for code in _once(cells, "target")), GIVES]
    values = [*(_cell(cell, names) for cell in cells), *_margins(donors, cells, names)]
    first = cells[0]
    title = titled(
        frame,
        "Zero-shot transfer between languages",
        f"{frame.measure} on {first['split']}",
        f"encoder {first['encoder']}",
        size(first["n_per_language"]),
        seeds(cells),
        "means leave out the diagonal",
    )
    made = _layers(values, rows, columns, frame.measure)
    made = made.properties(width=CELL * len(columns), height=0.72 * CELL * len(rows), title=title)
    return finished(made)


def _once(cells: Records, end: str) -> list[str]:
    return list(dict.fromkeys(cell[end] for cell in cells))


def _cell(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    own = record["source"] == record["target"]
    kind = "own" if own else "foreign"
    place = {"row": names[record["source"]], "column": names[record["target"]]}
    return {**place, "kind": kind, **_value(record, "value")}


def _value(record: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A number and how it is printed: two decimals, or fewer if its interval supports no more."""
    value, low, high = record[field], record.get(f"{field}_low"), record.get(f"{field}_high")
    if value is None:
        return {"value": None, "text": ""}
    places = 2 if low is None or high is None else min(2, decimals((high - low) / 2))
    return {"value": value, "text": written(value, places)}


def _margins(donors: Records, cells: Records, names: Mapping[str, str]) -> Iterable[Any]:
    sources, targets = _once(cells, "source"), _once(cells, "target")
    for record in donors:
        code = record["language"]
        if code in sources:
            yield {"row": names[code], "column": GIVES, "kind": "mean", **_value(record, "donor")}
        if code in targets:
            gets = _value(record, "recipient")
            yield {"row": GETS, "column": names[code], "kind": "mean", **gets}


def _layers(values: list[Any], rows: list[str], columns: list[str], measure: str) -> Any:
    low, high = span(value["value"] for value in values)
    high = max(high, low + LEAST_SPAN)
    bold_from = low + 0.6 * (high - low)
    x_axis = alt.Axis(
        orient="top", labelAngle=-40, title="tested on (target)", domain=False, ticks=False
    )
    x = alt.X("column:N", sort=columns, scale=alt.Scale(domain=columns), axis=x_axis)
    y_axis = alt.Axis(title="trained on (source)", domain=False, ticks=False)
    y = alt.Y("row:N", sort=rows, scale=alt.Scale(domain=rows), axis=y_axis)
    color = alt.Color(
        "value:Q",
        scale=alt.Scale(scheme="blues", domain=[low, high]),
        legend=alt.Legend(title=measure, orient="right", gradientLength=150, format=".2f"),
    )
    base = alt.Chart(data(values)).encode(x=x, y=y)
    own = alt.datum.kind == "own"
    mean = alt.datum.kind == "mean"
    cells = base.transform_filter(alt.datum.kind != "mean").mark_rect(stroke="white")
    margins = base.transform_filter(mean).mark_rect(fill="#F3F3F3", stroke="white")
    frames = base.transform_filter(own).mark_rect(fillOpacity=0, stroke=INK, strokeWidth=1.6)
    light = (alt.datum.value > bold_from) & (alt.datum.kind != "mean")
    text = base.mark_text(fontSize=12).encode(
        text="text:N", color=alt.condition(light, alt.value("white"), alt.value(INK))
    )
    return alt.layer(cells.encode(color=color), margins, frames, text)
