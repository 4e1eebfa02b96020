"""The transfer matrix as a heat map, with what each language gives and gets at its margins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.base.languages import language_name
from isogloss.report.charts.look import INK, Frame, data, finished, names, seeds, size
from isogloss.report.numbers import decimals, written

Records = Sequence[Mapping[str, Any]]

GIVES = "donor mean"
GETS = "recipient mean"
CELL = 46


def transfer_chart(cells: Records, donors: Records, frame: Frame) -> dict[str, Any]:
    """Draw the matrix of one encoder, split and size (records of `transfer` and `donors`).

    A row is a source, a column a target; the in-language diagonal is framed; the last column and
    row are means without the diagonal. A cell that was not run is empty.
    """
    rows = [*names(cell["source"] for cell in cells), GETS]
    columns = [*names(cell["target"] for cell in cells), GIVES]
    values = [*map(_cell, cells), *_margins(donors, rows, columns)]
    first = cells[0]
    title = frame.title(
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


def _cell(record: Mapping[str, Any]) -> dict[str, Any]:
    own = record["source"] == record["target"]
    kind = "own" if own else "foreign"
    place = {"row": language_name(record["source"]), "column": language_name(record["target"])}
    return {**place, "kind": kind, **_value(record, "value")}


def _value(record: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A number and how it is printed: two decimals, or fewer if its interval supports no more."""
    value, low, high = record[field], record.get(f"{field}_low"), record.get(f"{field}_high")
    if value is None:
        return {"value": None, "text": ""}
    places = 2 if low is None or high is None else min(2, decimals((high - low) / 2))
    return {"value": value, "text": written(value, places)}


def _margins(donors: Records, rows: Sequence[str], columns: Sequence[str]) -> Iterable[Any]:
    for record in donors:
        name = language_name(record["language"])
        if name in rows:
            yield {"row": name, "column": GIVES, "kind": "mean", **_value(record, "donor")}
        if name in columns:
            yield {"row": GETS, "column": name, "kind": "mean", **_value(record, "recipient")}


def _layers(values: list[Any], rows: list[str], columns: list[str], measure: str) -> Any:
    shown = [value["value"] for value in values if value["value"] is not None] or [0.0]
    low, high = min(shown), max(shown)
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
