"""How far a student listens to each teacher as it learns: a row a language, a shade the weight."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from isogloss.report.charts.label_grid import HIGH, SHADES
from isogloss.report.charts.labels import ON_DARK, ON_LIGHT
from isogloss.report.charts.look import data, finished, seeds, titled
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.records import Records

MOST_WRITTEN = 14
"""Looks; of more the cells are too narrow for a number."""

WIDE, WIDEST = 40, 640

DARK_FROM = 0.6


def listening_chart(records: Records, frame: Frame, arm: str) -> dict[str, Any]:
    """Draw the weights of one arm (records of `listening_records`)."""
    names = names_of(record["language"] for record in records)
    values = [_value(record, names) for record in records]
    updates = sorted({value["update"] for value in values})
    title = titled(
        frame,
        f"How far {arm} listens to its teachers",
        "weight of a teacher in the loss, from an update on",
        seeds(records),
    )
    x = alt.X("update:O", title="updates", axis=alt.Axis(labelAngle=0, labelOverlap=True,
              ticks=False, domain=False))  # fmt: skip
    y = alt.Y("language:N", scale=alt.Scale(domain=list(names.values())), title=None,
              axis=alt.Axis(ticks=False, domain=False))  # fmt: skip
    scale = alt.Scale(domain=[0, 1], range=list(SHADES))
    base = alt.Chart(data(values)).encode(x=x, y=y)
    cells = base.mark_rect().encode(
        color=alt.Color("weight:Q", scale=scale, legend=alt.Legend(title="weight")),
        tooltip=[
            alt.Tooltip("language:N"),
            alt.Tooltip("update:O", title="from update"),
            alt.Tooltip("weight:Q", format=".3f"),
        ],
    )
    size = {"width": min(WIDEST, WIDE * len(updates)), "height": HIGH * len(names)}
    if len(updates) > MOST_WRITTEN:
        return finished(cells.properties(**size, title=title))
    color = alt.condition(alt.datum.weight > DARK_FROM, alt.value(ON_DARK), alt.value(ON_LIGHT))
    numbers = base.mark_text(fontSize=11).encode(text="text:N", color=color)
    return finished(alt.layer(cells, numbers).properties(**size, title=title))


def _value(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "language": names[record["language"]],
        "update": record["update"],
        "weight": record["weight"],
        "text": f"{record['weight']:.2f}",
    }
