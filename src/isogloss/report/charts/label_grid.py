"""Label balance where labels are many: a cell a language and label, its share as a shade."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.report.charts.labels import ON_DARK, ON_LIGHT
from isogloss.report.charts.look import finished, titled
from isogloss.report.frame import Frame

MOST_WRITTEN = 24
"""Labels; of more the cells are too narrow for a number."""

DATA = "shares"
"""What the values are called in the chart, which holds them once."""

WIDE, NARROW, HIGH = 36, 16, 24
SHADES = ("#EEF4F9", "#00558C")
DARK_FROM = 0.6
"""Of the largest share; numbers on darker shades are white."""


def label_grid(audit: Mapping[str, Any], frame: Frame, names: Mapping[str, str]) -> dict[str, Any]:
    """Draw an audit's label shares, a panel per split; the shade is the share, in percent."""
    values = list(_values(audit, names))
    most = max((value["share"] for value in values), default=1.0) or 1.0
    splits = list(dict.fromkeys(value["split"] for value in values))
    panels = [
        _panel(split, _order(values, split), audit["labels"], most).properties(
            title=alt.TitleParams(split, fontSize=13, anchor="start")
        )
        for split in splits
    ]
    title = titled(frame, "Labels by language and split", "share of each label in percent")
    chart = alt.vconcat(*panels, spacing=24, data=alt.NamedData(DATA)).properties(title=title)
    return finished(chart) | {"datasets": {DATA: values}}


def _order(values: Sequence[Mapping[str, Any]], split: str) -> list[str]:
    """The languages that have a split."""
    return list(dict.fromkeys(value["language"] for value in values if value["split"] == split))


def _values(audit: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for code, language in audit["languages"].items():
        for split, described in language["splits"].items():
            for label in audit["labels"]:
                seen = described["labels"][label]
                yield {
                    "language": names[code],
                    "split": split,
                    "label": label,
                    "share": seen["share"],
                    "count": f"{seen['count']:,}",
                    "text": f"{100 * seen['share']:.0f}",
                }


def _panel(split: str, order: Sequence[str], labels: Sequence[str], most: float) -> Any:
    plain = {"ticks": False, "domain": False}
    x = alt.X(
        "label:N",
        scale=alt.Scale(domain=list(labels)),
        title=None,
        axis=alt.Axis(labelAngle=-45, **plain),
    )
    y = alt.Y("language:N", scale=alt.Scale(domain=list(order)), title=None, axis=alt.Axis(**plain))
    shades = alt.Scale(domain=[0, most], range=list(SHADES))
    legend = alt.Legend(title="share", format=".0%", orient="right")
    base = alt.Chart().transform_filter(alt.datum.split == split).encode(x=x, y=y)
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=shades, legend=legend),
        tooltip=[
            alt.Tooltip("language:N"),
            alt.Tooltip("label:N"),
            alt.Tooltip("share:Q", format=".2%"),
            alt.Tooltip("count:N"),
        ],
    )
    written = len(labels) <= MOST_WRITTEN
    size = {"width": (WIDE if written else NARROW) * len(labels), "height": HIGH * len(order)}
    if not written:
        return cells.properties(**size)
    on_dark = alt.datum.share > DARK_FROM * most
    color = alt.condition(on_dark, alt.value(ON_DARK), alt.value(ON_LIGHT))
    numbers = base.mark_text(fontSize=11).encode(text="text:N", color=color)
    return alt.layer(cells, numbers).properties(**size)
