"""Scores by language of candidates side by side, each with the interval that it has."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.report.charts.look import COLORS, SHAPES, data, finished, score_axis, titled
from isogloss.report.frame import Frame
from isogloss.report.records import Records

ROW = 16
"""Pixels of one candidate in the row of a language."""


def side_by_side_chart(records: Records, frame: Frame, *, order: Sequence[str]) -> dict[str, Any]:
    """Draw a row per language, in it a point with whiskers per candidate.

    Args:
        records: `language` (in words), `candidate`, and `score` with `score_low` and `score_high`.
        frame: the study and its metric.
        order: candidates in the order of their colors.
    """
    languages = _worst_last(records)
    height = len(languages) * max(26, ROW * len(order))
    seen = [r[field] for r in records for field in ("score", "score_low", "score_high")]
    scale, axis = score_axis(seen, padding=10)
    x = alt.X("score:Q", title=frame.measure, scale=scale, axis=axis)
    y = alt.Y(
        "language:N", sort=languages, title=None,
        axis=alt.Axis(ticks=False, domain=False, grid=True, tickBand="extent"),
    )  # fmt: skip
    offset = alt.YOffset("candidate:N", sort=list(order), scale=alt.Scale(paddingOuter=0.35))
    colors = alt.Scale(
        domain=list(order), range=[COLORS[at % len(COLORS)] for at in range(len(order))]
    )
    shapes = alt.Scale(
        domain=list(order), range=[SHAPES[at % len(SHAPES)] for at in range(len(order))]
    )
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1)
    color = alt.Color("candidate:N", scale=colors, sort=list(order), legend=legend)
    base = alt.Chart(data(records))
    rules = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("score_low:Q"), x2="score_high:Q", y=y, yOffset=offset, color=color
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x, y=y, yOffset=offset, color=color,
        shape=alt.Shape("candidate:N", scale=shapes, sort=list(order), legend=legend),
        tooltip=[
            alt.Tooltip("language:N"), alt.Tooltip("candidate:N"),
            alt.Tooltip("score:Q", format=".3f"),
            alt.Tooltip("score_low:Q", title="from", format=".3f"),
            alt.Tooltip("score_high:Q", title="to", format=".3f"),
        ],
    )  # fmt: skip
    title = titled(frame, f"{frame.measure} by language", "bars: 95 % intervals")
    words = f"{frame.measure} of {', '.join(order)} in each language; whiskers are intervals"
    made = alt.layer(rules, points)
    return finished(made.properties(width=520, height=height, title=title, description=words))


def _worst_last(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Languages by the mean over candidates, the best first."""
    scores: dict[str, list[float]] = {}
    for record in records:
        scores.setdefault(record["language"], []).append(record["score"])
    return sorted(scores, key=lambda name: -sum(scores[name]) / len(scores[name]))
