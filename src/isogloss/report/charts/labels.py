"""Label balance: the share of each label, by language and split."""

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt

from isogloss.report.charts.look import FAINT, data, finished, titled
from isogloss.report.frame import Frame
from isogloss.report.names import names_of

THREE = ("#0072B2", "#CFCFCF", "#E69F00")
"""From one end over gray to the other, as three labels mostly mean."""
MANY = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#BBBBBB", "#F0E442")
ON_DARK, ON_LIGHT = "#FEFEFE", "#212121"
"""Text on a bar: it stays as it is when the page is dark, as the bar does."""

LEAST_WRITTEN = 0.11
"""Shares below this are drawn but not written: the number would not fit."""


def labels_chart(
    audit: Mapping[str, Any], frame: Frame, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Draw an audit's label shares: a stacked bar per language, a panel per split, with counts.

    Labels stand in the order of the audit, which is the study's; of three the middle one is gray.

    Args:
        audit: of the data.
        frame: the study.
        names: what each language is called; by default its English name.
    """
    named = names or names_of(audit["languages"])
    order = list(named.values())
    values = list(_shares(audit, named))
    splits = list(dict.fromkeys(value["split"] for value in values))
    labels = list(audit["labels"])
    whole = alt.Chart(data(values))
    panels = [
        _panel(whole, split, _y(order, shown=place == 0), labels).properties(
            title=alt.TitleParams(split, fontSize=13), width=230, height=26 * len(order)
        )
        for place, split in enumerate(splits)
    ]
    title = titled(frame, "Labels by language and split", "share of each label; number of rows")
    return finished(alt.hconcat(*panels, spacing=48).properties(title=title))


def _y(order: list[str], *, shown: bool) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False) if shown else None
    return alt.Y("language:N", scale=alt.Scale(domain=order), title=None, axis=axis)


def _shares(audit: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for code, language in audit["languages"].items():
        for split, described in language["splits"].items():
            start = 0.0
            for label in audit["labels"]:
                share = described["labels"][label]["share"]
                yield {
                    "language": names[code],
                    "split": split,
                    "label": label,
                    "start": start,
                    "end": start + share,
                    "middle": start + share / 2,
                    "text": f"{share:.0%}" if share >= LEAST_WRITTEN else "",
                    "rows": f"{described['rows']:,}",
                }
                start += share


def _panel(whole: Any, split: str, y: alt.Y, labels: list[str]) -> Any:
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="%", title="share", values=[0, 0.25, 0.5, 0.75, 1], grid=False)
    legend = alt.Legend(title="label", orient="bottom")
    colors = alt.Scale(domain=labels, range=list(THREE if len(labels) == 3 else MANY))
    base = whole.transform_filter(alt.datum.split == split).encode(y=y)
    bars = base.mark_bar(height={"band": 0.78}).encode(
        x=alt.X("start:Q", scale=scale, axis=axis),
        x2="end:Q",
        color=alt.Color("label:N", scale=colors, legend=legend),
    )
    on_dark = alt.datum.label == labels[0]
    shares = base.mark_text(fontSize=11).encode(
        x=alt.X("middle:Q", scale=scale),
        text="text:N",
        color=alt.condition(on_dark, alt.value(ON_DARK), alt.value(ON_LIGHT)),
    )
    rows = base.transform_filter(alt.datum.label == labels[0])
    counts = rows.mark_text(fontSize=11, align="left", dx=5, color=FAINT).encode(
        x=alt.value("width"), text="rows:N"
    )
    return alt.layer(bars, shares, counts)
