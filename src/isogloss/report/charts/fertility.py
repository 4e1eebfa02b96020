"""Tokenizers against scores: whether a language that is cut into many pieces does worse."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.base.languages import language_tag
from isogloss.report.charts.look import (
    COLORS,
    INK,
    SHAPES,
    finished,
    score_axis,
    titled,
    with_interval,
)
from isogloss.report.frame import Frame
from isogloss.report.records import Records

PANELS = {
    "fertility": "sub-tokens per word",
    "tokens_per_character": "sub-tokens per character",
}
DATA = "languages"
"""What the values are called in the chart, which holds them once."""

MOST_NAMED = 60
"""Points that are named by their language; of more the names would hide one another."""


def fertility_chart(
    records: Records, frame: Frame, names: Mapping[str, str], *facts: str
) -> dict[str, Any]:
    """Draw score by fertility: a point a language and encoder, with the interval of its score.

    Args:
        records: those of `fertility_records` that have a score.
        frame: the study and its metric.
        names: what each language is called.
        facts: for the line below the title.
    """
    encoders = list(dict.fromkeys(record["encoder"] for record in records))
    values = list(_values(records, names))
    drawn = [field for field in PANELS if any(value[field] is not None for value in values)]
    panels = [
        _panel(values, field, encoders, frame, first=at == 0) for at, field in enumerate(drawn)
    ]
    title = titled(frame, "Tokenizer and score by language", *facts)
    chart = alt.hconcat(*panels, spacing=36, data=alt.NamedData(DATA)).properties(title=title)
    return finished(chart) | {"datasets": {DATA: values}}


def _values(records: Records, names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for record in records:
        unknown = record["unknown_share"]
        yield {
            "language": names[record["language"]],
            "tag": language_tag(record["language"]),
            "encoder": record["encoder"],
            **{field: record[field] for field in (*PANELS, "value", "value_low", "value_high")},
            "score": with_interval(record, "value"),
            "unknown": "–" if unknown is None else f"{unknown:.2%}",
            "texts": f"{record['texts']:,}",
        }


def _panel(
    values: list[dict[str, Any]], field: str, encoders: Sequence[str], frame: Frame, *, first: bool
) -> Any:
    seen = [value[end] for value in values for end in ("value", "value_low", "value_high")]
    scale, axis = score_axis(seen, padding=10)
    x_scale = alt.Scale(zero=False, nice=True, padding=14)
    x = alt.X(f"{field}:Q", title=PANELS[field], scale=x_scale, axis=alt.Axis(tickCount=5))
    y = alt.Y("value:Q", title=frame.measure if first else None, scale=scale, axis=axis)
    told = alt.Legend(title="encoder", orient="bottom", columns=2, symbolOpacity=1)
    legend = told if len(encoders) > 1 else None
    colors, shapes = (
        alt.Scale(domain=list(encoders), range=[of[at % len(of)] for at in range(len(encoders))])
        for of in (COLORS, SHAPES)
    )
    color = alt.Color("encoder:N", scale=colors, legend=legend)
    base = alt.Chart().transform_filter(f"isValid(datum.{field})").encode(x=x, y=y)
    points = base.mark_point(filled=True, size=80, opacity=0.9).encode(
        color=color,
        shape=alt.Shape("encoder:N", scale=shapes, legend=legend),
        tooltip=[
            alt.Tooltip("language:N", title="language"),
            alt.Tooltip("encoder:N", title="encoder"),
            alt.Tooltip("score:N", title=frame.measure),
            alt.Tooltip(f"{field}:Q", title=PANELS[field], format=".3f"),
            alt.Tooltip("unknown:N", title="unknown sub-tokens"),
            alt.Tooltip("texts:N", title="texts"),
        ],
    )
    bars = (
        base.transform_filter("isValid(datum.value_low)")
        .mark_rule(opacity=0.5)
        .encode(
            y=alt.Y("value_low:Q", title=frame.measure if first else None),
            y2="value_high:Q",
            color=color,
        )
    )
    layers = [bars, points]
    if len(values) <= MOST_NAMED:
        names = base.mark_text(align="left", dx=8, dy=-6, fontSize=11, color=INK)
        layers.append(names.encode(text="tag:N", tooltip=alt.value(None)))
    return alt.layer(*layers).properties(width=340, height=300)
