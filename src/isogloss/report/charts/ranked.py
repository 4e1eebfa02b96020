"""Languages as bars, the best first, with whiskers and the line that some do not reach."""

from typing import Any

import altair as alt

from isogloss.base.languages import own_name
from isogloss.report.charts.look import INK, data, finished
from isogloss.report.charts.parameters import (
    LINE_COLOR,
    THRESHOLD,
    color,
    of_layer,
    parameters,
    title,
    tooltip,
    with_marks,
)
from isogloss.report.frame import Frame
from isogloss.report.map.atlas import Atlas

ROW = 22
"""Pixels a language, where the layer has all of them."""


def ranked_chart(atlas: Atlas, frame: Frame) -> dict[str, Any]:
    """Draw the layers of a map as bars, in the map's colors."""
    rows = [
        {"code": code, "language": name, "own": own_name(code) or ""}
        for code, name in atlas.names.items()
    ]
    order = alt.EncodingSortField(field="value", op="max", order="descending")
    scale = alt.Scale(domain=alt.ExprRef(of_layer("axes")), nice=True)
    axis = alt.Axis(title=None, tickCount=6, orient="top", domain=False)
    base = with_marks(alt.Chart(data(rows))).encode(
        y=alt.Y("language:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    bars = base.mark_bar(height={"band": 0.62}, stroke=INK, strokeWidth=0.6).encode(
        x=alt.X("value:Q", scale=scale, axis=axis), color=color(legend=None), tooltip=tooltip()
    )
    known = base.transform_filter("isValid(datum.low)").encode(x=alt.X("low:Q"), x2="high:Q")
    halo = known.mark_rule(
        strokeWidth=4.5, color="white", strokeOpacity=0.85, tooltip=None, aria=False
    )
    whiskers = known.mark_rule(strokeWidth=1.6, color=INK).encode(tooltip=tooltip())
    line = (
        alt.Chart(data([{"line": "threshold"}]))
        .transform_calculate(at=THRESHOLD)
        .mark_rule(color=LINE_COLOR, strokeWidth=2.2, tooltip=None)
        .encode(x="at:Q")
    )
    made = alt.layer(bars, halo, whiskers, line).properties(
        width=560,
        height=ROW * len(atlas.names),
        description="A bar for each language, the best first, with its interval and the threshold.",
        title=title(frame, "whiskers: 95 % interval"),
    )
    return {**finished(made), "params": parameters(atlas, frame)}
