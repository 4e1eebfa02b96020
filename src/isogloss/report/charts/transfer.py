"""The transfer matrix as a heat map, with what each language gives and gets at its margins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.report.charts.look import (
    COLORS,
    FAINT,
    INK,
    LEAST_SPAN,
    data,
    finished,
    seeds,
    size,
    span,
    titled,
    with_interval,
)
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.numbers import decimals, written
from isogloss.report.records import Records
from isogloss.stats.clustering import clustered_order

GIVES = "donor mean"
GETS = "recipient mean"
CELL = 46
SMALL_CELL = 36
MANY = 12
"""Languages; of more the cells are small."""

ORDER = "order"
"""Name of the parameter: how the languages stand, one of `ORDERS`."""

ORDERS = {"clustered": "alike side by side", "given": "as the study names them"}
"""The first one at first."""

ON_DARK, ON_LIGHT = "#FDFDFD", "#1A1A1A"
"""Numbers in cells, whose colors are the same by day and by night."""


def transfer_chart(cells: Records, donors: Records, frame: Frame) -> dict[str, Any]:
    """Draw the matrix of one encoder, split and size (records of `transfer` and `donors`).

    A row is a source, a column a target; the in-language diagonal is framed; the last column and
    row are means without the diagonal. A cell that was not run is empty, its frame dashed. The
    parameter `order` says how the languages stand: by clustering, or as they are given.
    """
    names = names_of(cell[end] for end in ("source", "target") for cell in cells)
    orders = _orders(cells)
    values = [*(_cell(cell, names) for cell in cells), *_margins(donors, cells, names)]
    missing = sum(cell["value"] is None for cell in cells)
    first = cells[0]
    title = titled(
        frame,
        "Zero-shot transfer between languages",
        f"{frame.measure} on {first['split']}",
        f"encoder {first['encoder']}",
        size(first["n_per_language"]),
        seeds(cells),
        "framed: trained and tested on one language",
        "means leave that out",
        f"dashed: {missing} of {len(cells)} cells not run" if missing else "",
    )
    made = _layers([{**value, **_places(value, orders)} for value in values], orders, frame.measure)
    shown = {name: _labels(order, names) for name, order in orders.items()}
    known = alt.param(name="labels", value=shown)
    order = alt.param(name=ORDER, value=next(iter(ORDERS)))
    return finished(made.properties(title=title).add_params(order, known))


Ends = tuple[list[str], list[str]]
"""Codes of the sources and of the targets, in their order."""


def _orders(cells: Records) -> dict[str, Ends]:
    """The sources and the targets in each order."""
    sources, targets = _once(cells, "source"), _once(cells, "target")
    everyone = list(dict.fromkeys((*sources, *targets)))
    scores = {(cell["source"], cell["target"]): cell["value"] for cell in cells}
    alike = clustered_order(scores, everyone)
    return {
        "clustered": ([c for c in alike if c in sources], [c for c in alike if c in targets]),
        "given": (sources, targets),
    }


def _labels(order: Ends, names: Mapping[str, str]) -> dict[str, list[str]]:
    sources, targets = order
    return {
        "rows": [*(names[code] for code in sources), GETS],
        "columns": [*(names[code] for code in targets), GIVES],
    }


def _once(cells: Records, end: str) -> list[str]:
    return list(dict.fromkeys(cell[end] for cell in cells))


def _places(value: Mapping[str, Any], orders: Mapping[str, Ends]) -> dict[str, int]:
    """Where a cell stands in each order; the margins are last."""
    found = {}
    for name, (sources, targets) in orders.items():
        row, column = value["source"], value["target"]
        found[f"row_{name}"] = len(sources) if row is None else sources.index(row)
        found[f"column_{name}"] = len(targets) if column is None else targets.index(column)
    return found


def _cell(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    own = record["source"] == record["target"]
    there = record["value"] is not None
    return {
        "source": record["source"],
        "target": record["target"],
        "row": names[record["source"]],
        "column": names[record["target"]],
        "kind": "own" if own else "foreign",
        **_value(record, "value"),
        "shown": with_interval(record, "value") if there else "not run",
        "gap": with_interval(record, "gap"),
        "n_seeds": record["n_seeds"],
        "n_scored": record["n_scored"],
    }


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
            place = {"source": code, "target": None, "row": names[code], "column": GIVES}
            yield {**place, **_mean(record, "donor")}
        if code in targets:
            place = {"source": None, "target": code, "row": GETS, "column": names[code]}
            yield {**place, **_mean(record, "recipient")}


def _mean(record: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {
        "kind": "mean",
        **_value(record, field),
        "shown": with_interval(record, field),
        "n_seeds": record["n_seeds"],
        "n_cells": record[f"n_{field}"],
    }


def _layers(values: Sequence[Any], orders: Mapping[str, Ends], measure: str) -> Any:
    sources, targets = orders["given"]
    cell = CELL if max(len(sources), len(targets)) <= MANY else SMALL_CELL
    low, high = span(value["value"] for value in values)
    color = alt.Color(
        "value:Q",
        scale=alt.Scale(scheme="blues", domain=[low, max(high, low + LEAST_SPAN)]),
        legend=alt.Legend(
            title=measure,
            orient="bottom",
            direction="horizontal",
            gradientLength=180,
            format=".2f",
        ),
    )
    base = (
        alt.Chart(data(values))
        .transform_calculate(
            row_at=f"datum['row_' + {ORDER}]",
            column_at=f"datum['column_' + {ORDER}]",
            said="datum.row + ' to ' + datum.column + ': ' + datum.shown",
        )
        .encode(**_axes(len(sources) + 1, len(targets) + 1))
    )
    told = _told(measure)
    return alt.layer(
        _cells(base, told).encode(color=color),
        *([_empty(base, told)] if any(value["value"] is None for value in values) else []),
        _frames(base, told),
        _numbers(base, low + 0.7 * (max(high, low + LEAST_SPAN) - low), cell, told),
        _margin_numbers(base, cell, measure),
    ).properties(width=alt.Step(cell), height=alt.Step(round(0.72 * cell)))


def _told(measure: str) -> list[alt.Tooltip]:
    """What a cell says when it is pointed at, wherever within it."""
    return [
        alt.Tooltip("row:N", title="trained on"),
        alt.Tooltip("column:N", title="tested on"),
        alt.Tooltip("shown:N", title=measure),
        alt.Tooltip("gap:N", title="in-language minus this"),
        alt.Tooltip("n_seeds:Q", title="seeds"),
        alt.Tooltip("n_scored:Q", title="predictions scored", format=",d"),
    ]


def _axes(n_rows: int, n_columns: int) -> dict[str, Any]:
    """Places along both axes, called by the names that stand there in the chosen order."""
    common = {"domain": False, "ticks": False}
    x_axis = alt.Axis(
        orient="top", labelAngle=-40, title="tested on (target)",
        labelExpr=f"labels[{ORDER}].columns[datum.value]", **common,
    )  # fmt: skip
    y_axis = alt.Axis(
        title="trained on (source)", labelExpr=f"labels[{ORDER}].rows[datum.value]", **common
    )
    return {
        "x": alt.X("column_at:O", scale=alt.Scale(domain=list(range(n_columns))), axis=x_axis),
        "y": alt.Y("row_at:O", scale=alt.Scale(domain=list(range(n_rows))), axis=y_axis),
    }


def _cells(base: Any, told: list[alt.Tooltip]) -> Any:
    there = base.transform_filter("datum.kind != 'mean' && isValid(datum.value)")
    return there.mark_rect(stroke="white").encode(tooltip=told, description="said:N")


def _empty(base: Any, told: list[alt.Tooltip]) -> Any:
    missing = base.transform_filter("datum.kind != 'mean' && !isValid(datum.value)")
    marks = missing.mark_rect(fill="white", stroke=FAINT, strokeDash=[2, 3], strokeWidth=0.8)
    return marks.encode(tooltip=told, description="said:N")


def _frames(base: Any, told: list[alt.Tooltip]) -> Any:
    own = base.transform_filter("datum.kind == 'own'")
    marks = own.mark_rect(fillOpacity=0, stroke=COLORS[1], strokeWidth=2, aria=False)
    return marks.encode(tooltip=told)


def _numbers(base: Any, light_from: float, cell: int, told: list[alt.Tooltip]) -> Any:
    light = f"datum.value > {light_from}"
    inside = base.transform_filter("datum.kind != 'mean'")
    return inside.mark_text(fontSize=_font(cell), aria=False).encode(
        text="text:N",
        color=alt.condition(light, alt.value(ON_DARK), alt.value(ON_LIGHT)),
        tooltip=told,
    )


def _margin_numbers(base: Any, cell: int, measure: str) -> Any:
    told = [
        alt.Tooltip("row:N", title="trained on"),
        alt.Tooltip("column:N", title="tested on"),
        alt.Tooltip("shown:N", title=measure),
        alt.Tooltip("n_cells:Q", title="cells in the mean"),
        alt.Tooltip("n_seeds:Q", title="seeds"),
    ]
    means = base.transform_filter("datum.kind == 'mean'")
    marks = means.mark_text(fontSize=_font(cell), color=INK)
    return marks.encode(text="text:N", tooltip=told, description="said:N")


def _font(cell: int) -> float:
    return 12 if cell == CELL else 10.5
