"""Quality against a cost that the reader chooses, with the front of who is not beaten."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt

from isogloss.report.charts.look import COLORS, FAINT, INK, data, finished, score_axis, titled
from isogloss.report.frame import Frame
from isogloss.report.recommend.fronts import Cost
from isogloss.report.records import Record, Records

PARAM = "cost"
"""The parameter that says which cost is drawn: its place among those found, as text."""

FRONT, BEATEN = "on the front", "beaten"
STANDING = {FRONT: "diamond", BEATEN: "circle"}
ROOM = 0.09
"""Of the width, on each side of the points."""


class Span(NamedTuple):
    """From where to where an axis runs."""

    low: float
    high: float


def fronts_chart(
    found: Mapping[Cost, Records], frame: Frame, *, order: Sequence[str]
) -> dict[str, Any]:
    """Draw every candidate at its quality and the cost chosen, the first one at first.

    Args:
        found: records of `fronts`, at least one cost.
        frame: the study and its metric.
        order: encoders in the order of their colors, which is the same in every picture.
    """
    values = list(_points(found))
    chosen = alt.param(name=PARAM, value="0")
    base = alt.Chart(data(values)).transform_filter(f"datum.at === {PARAM}")
    x = alt.X("value:Q", title=" ", scale=_x_scale(found))  # room for the title that follows
    y = _y(values, frame)
    color = _color(order)
    layers = [
        _front(base, found).encode(x=x, y=y),
        _whisker(base).encode(x=alt.X("value_low:Q"), x2="value_high:Q", y=y, color=color),
        _whisker(base).encode(x=x, y=alt.Y("quality_low:Q"), y2="quality_high:Q", color=color),
        _marks(base).encode(x=x, y=y, color=color),
        *(_names(base, below=below).encode(x=x, y=y) for below in (False, True)),
        _x_title(base),
    ]
    title = titled(
        frame, "Quality against cost", f"mean {frame.measure} over the languages trained on",
        "a diamond is on the front: nobody has more quality for as little",
        "bars: 95 % intervals",
    )  # fmt: skip
    made = alt.layer(*layers).add_params(chosen)
    words = "Candidates by mean score and by the cost that is chosen; whiskers are intervals"
    return finished(made.properties(width=520, height=340, title=title, description=words))


def _points(found: Mapping[Cost, Records]) -> Iterator[Record]:
    """All points of all costs, each with its name above or below, so that neighbors do not meet."""
    for at, (cost, records) in enumerate(found.items()):
        way = "more is better →" if cost.more_is_better else "← less is better"
        ordered = sorted(records, key=lambda record: record["value"])
        for place, record in enumerate(ordered):
            yield {
                **record,
                "at": str(at),
                "title": f"{cost.words}, {way}",
                "standing": FRONT if record["front"] else BEATEN,
                "below": bool(place % 2),
            }


def _x_scale(found: Mapping[Cost, Records]) -> alt.Scale:
    """From the least to the greatest bound of the cost that is chosen; no cost is below 0."""
    spans = [_span(records) for records in found.values()]
    lows, highs = ([span[end] for span in spans] for end in (0, 1))
    return alt.Scale(
        zero=False,
        nice=False,
        domainMin=alt.ExprRef(f"{lows}[{PARAM}]"),
        domainMax=alt.ExprRef(f"{highs}[{PARAM}]"),
    )


def _span(records: Records) -> Span:
    fields = ("value", "value_low", "value_high")
    seen = [record[field] for record in records for field in fields if record[field] is not None]
    low, high = min(seen), max(seen)
    room = ROOM * (high - low) or ROOM * high or 1.0
    return Span(max(0.0, low - room), high + room)


def _y(values: Records, frame: Frame) -> alt.Y:
    seen = [value[f] for value in values for f in ("quality", "quality_low", "quality_high")]
    scale, axis = score_axis(seen, padding=18)
    return alt.Y("quality:Q", title=f"mean {frame.measure}", scale=scale, axis=axis)


def _color(encoders: Sequence[str]) -> alt.Color:
    colors = [COLORS[at % len(COLORS)] for at in range(len(encoders))]
    scale = alt.Scale(domain=list(encoders), range=colors)
    legend = alt.Legend(title="encoder", orient="right", symbolOpacity=1)
    return alt.Color("encoder:N", scale=scale, legend=legend)


def _front(base: alt.Chart, found: Mapping[Cost, Records]) -> alt.Chart:
    """The best quality to be had for a cost: steps, since nothing stands between two candidates."""
    steps = ["step-before" if cost.more_is_better else "step-after" for cost in found]
    return base.transform_filter("datum.front").mark_line(
        interpolate=alt.ExprRef(f"{steps}[{PARAM}]"),
        strokeDash=[5, 4],
        strokeWidth=1.5,
        color=FAINT,
    )


def _whisker(base: alt.Chart) -> alt.Chart:
    return base.mark_rule(strokeWidth=1.3, opacity=0.75)


def _marks(base: alt.Chart) -> alt.Chart:
    shapes = alt.Scale(domain=list(STANDING), range=list(STANDING.values()))
    legend = alt.Legend(title=None, orient="top", symbolFillColor=INK)
    return base.mark_point(filled=True, opacity=1, size=_size()).encode(
        shape=alt.Shape("standing:N", scale=shapes, legend=legend),
        tooltip=[
            alt.Tooltip("candidate:N"),
            alt.Tooltip("quality:Q", format=".3f"),
            alt.Tooltip("value:Q", title="cost", format=".4~g"),
            alt.Tooltip("standing:N"),
        ],
    )


def _size() -> alt.ExprRef:
    """Diamonds larger, for they look smaller."""
    return alt.ExprRef("datum.front ? 170 : 80")


def _names(base: alt.Chart, *, below: bool) -> alt.Chart:
    return (
        base.transform_filter("datum.below" if below else "!datum.below")
        .mark_text(align="left", dx=8, dy=15 if below else -11, fontSize=12, color=INK)
        .encode(text="candidate:N")
    )


def _x_title(base: alt.Chart) -> alt.Chart:
    """The title of the axis, which follows the cost: a title of Vega-Lite cannot."""
    return (
        base.transform_aggregate(n="count()", groupby=["title"])
        .mark_text(align="right", baseline="top", dy=30, fontSize=12, color=INK)
        .encode(x=alt.value("width"), y=alt.value("height"), text="title:N")
    )
