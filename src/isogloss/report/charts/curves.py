"""Learning curves: what each language scores, by rows per language."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from isogloss.report.charts.highlight import (
    HIGHLIGHT,
    band_opacity,
    opacity,
    parameter,
    width,
)
from isogloss.report.charts.look import (
    CHANCE_SAID,
    COLORS,
    FAINT,
    SHAPES,
    data,
    finished,
    score_axis,
    seeds,
    titled,
    with_interval,
)
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.records import Records

MOST_TOGETHER = 8
"""More languages than this get a small chart each: no palette tells more apart."""
CHANCE_DASH = [5, 4]
X_TITLE = "training rows per language (log scale)"


def curves_chart(
    points: Records, frame: Frame, chance: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Draw the points of one encoder, split, regime and setting (records of `curves`).

    A line per language over a logarithmic scale; a band where two seeds or more give an interval.
    With more than eight languages each has a small chart, the others in gray behind it. The
    parameter `highlight` brings one language out, in the small charts of all others too. What
    `chance` scores, by the code of a language, is a dashed line.
    """
    usable = [point for point in points if point["n_per_language"] is not None]
    names = names_of(point["language"] for point in points)
    order = [names[code] for code in _by_last_score(usable)]
    known = chance or {}
    values = [
        {**_point(p), "language": names[p["language"]], "chance": known.get(p["language"])}
        for p in usable
    ]
    together = len(order) <= MOST_TOGETHER
    axes = {"x": _x(usable, with_title=together), "y": _y(values, frame)}
    given = list(names.values()) if len(names) <= MOST_TOGETHER else order
    made = _one(values, axes, order, given) if together else _many(values, axes, order)
    first = points[0]
    title = titled(
        frame,
        f"Learning curves, {first['regime']} training",
        f"{frame.measure} on {first['split']}",
        f"encoder {first['encoder']}",
        seeds(points),
        "languages not trained on" if first["setting"] == "zero-shot" else "",
        _bands_said(values),
        CHANCE_SAID if _has_chance(values) else "",
        "" if together else f"across: {X_TITLE}; best language first, the others in gray",
    )
    return finished(made.properties(title=title).add_params(parameter()))


def _point(record: Mapping[str, Any]) -> dict[str, Any]:
    over_seeds = record["n_seeds"] > 1
    return {
        "n": record["n_per_language"],
        "value": record["value"],
        "low": record["value_low"] if over_seeds else None,
        "high": record["value_high"] if over_seeds else None,
        "shown": with_interval(record, "value"),
        "n_seeds": record["n_seeds"],
        "n_scored": record["n_scored"],
    }


def _told(measure: Any) -> list[alt.Tooltip]:
    """What a point says when it is pointed at."""
    return [
        alt.Tooltip("language:N"),
        alt.Tooltip("n:Q", title="rows per language", format=",d"),
        alt.Tooltip("shown:N", title=measure),
        alt.Tooltip("n_seeds:Q", title="seeds"),
        alt.Tooltip("n_scored:Q", title="predictions scored", format=",d"),
    ]


def _by_last_score(points: Records) -> list[str]:
    """Languages from the best to the worst at their largest size, as their lines end."""
    last: dict[str, float] = {}
    for point in sorted(points, key=lambda point: point["n_per_language"]):
        last[point["language"]] = point["value"]
    return sorted(last, key=last.__getitem__, reverse=True)


def _x(points: Records, *, with_title: bool) -> alt.X:
    axis = alt.Axis(
        values=sorted({point["n_per_language"] for point in points}),
        grid=False,
        format=",d",
        labelOverlap="greedy",
        title=X_TITLE if with_title else None,
    )
    return alt.X("n:Q", scale=alt.Scale(type="log", nice=False, padding=14), axis=axis)


def _y(values: Records, frame: Frame) -> alt.Y:
    seen = [value[field] for value in values for field in ("value", "low", "high", "chance")]
    scale, axis = score_axis(seen, padding=4)
    return alt.Y("value:Q", scale=scale, title=frame.measure, axis=axis)


def _one(values: Records, axes: Mapping[str, Any], order: list[str], given: list[str]) -> Any:
    """All lines in one chart; a language keeps its color in every figure of a study."""
    places = [given.index(language) for language in order]
    colors = alt.Scale(domain=order, range=[COLORS[place] for place in places])
    shapes = alt.Scale(domain=order, range=[SHAPES[place] for place in places])
    legend = alt.Legend(title="language, best first", orient="right", symbolOpacity=1)
    color = alt.Color("language:N", scale=colors, legend=legend)
    shape = alt.Shape("language:N", scale=shapes, legend=legend)
    base = alt.Chart(data(values)).encode(**axes, opacity=opacity("language"))
    band = base.mark_area(tooltip=None).encode(
        y=alt.Y("low:Q"), y2="high:Q", color=color, opacity=band_opacity("language")
    )
    line = base.mark_line(tooltip=None).encode(color=color, strokeWidth=width("language", 2, 3.5))
    dots = base.mark_point(filled=True, size=65).encode(color=color, shape=shape)
    dots = dots.encode(tooltip=_told(axes["y"]["title"]))
    rules = [_chance(base, values, axes)] if _has_chance(values) else []
    layers = [*([band] if _has_bands(values) else []), *rules, line, _easy_to_hit(base), dots]
    return alt.layer(*layers).properties(width=460, height=320)


def _has_bands(values: Records) -> bool:
    return any(value["low"] is not None for value in values)


def _bands_said(values: Records) -> str:
    """What the bands are, and that they end where scores do if one reaches so far."""
    if not _has_bands(values):
        return ""
    ends = {value[end] for value in values for end in ("low", "high")}
    cut = ", cut at 0 and 1" if ends & {0.0, 1.0} else ""
    return f"bands: 95 % interval of the mean over seeds{cut}"


def _has_chance(values: Records) -> bool:
    return any(value["chance"] is not None for value in values)


def _chance(base: Any, values: Records, axes: Mapping[str, Any]) -> Any:
    """What chance scores: a dashed line a language, one for all where it is the same for all."""
    rule = base.mark_rule(
        strokeDash=CHANCE_DASH, strokeWidth=1.2, color=FAINT, tooltip=None, aria=False
    ).encode(
        x=alt.value(0),
        x2=alt.value("width"),
        y=alt.Y("mean(chance):Q", title=axes["y"]["title"]),
        opacity=opacity("language"),
    )
    same = len({value["chance"] for value in values}) == 1
    return rule.encode(opacity=alt.value(1)) if same else rule.encode(detail="language:N")


def _easy_to_hit(base: Any) -> Any:
    """An unseen line, wide enough to be pointed at."""
    unseen = base.mark_line(strokeWidth=12, tooltip=None)
    return unseen.encode(detail="language:N", opacity=alt.value(0))


def _many(values: Records, axes: Mapping[str, Any], order: list[str]) -> Any:
    chosen = alt.value(COLORS[1])
    others = (
        alt.Chart(data(values))
        .transform_calculate(other="datum.language")
        .mark_line(tooltip=None)
        .encode(
            **axes,
            detail="other:N",
            color=alt.condition(f"datum.other == {HIGHLIGHT}", chosen, alt.value("#D4D4D4")),
            strokeWidth=width("other", 1, 2.5),
        )
    )
    base = alt.Chart().encode(**axes)
    band = base.mark_area(opacity=0.2, color=COLORS[0], tooltip=None).encode(
        y=alt.Y("low:Q"), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2, color=COLORS[0], tooltip=None)
    dots = base.mark_point(filled=True, size=40, color=COLORS[0], opacity=1)
    dots = dots.encode(tooltip=_told(axes["y"]["title"]))
    rules = [_chance(base, values, axes)] if _has_chance(values) else []
    header = alt.Header(title=None, labelFontWeight="bold", labelPadding=4)
    return (
        alt.layer(
            *(others, *([band] if _has_bands(values) else []), *rules, line, dots),
            data=data(values),
        )
        .properties(width=165, height=125)
        .facet(facet=alt.Facet("language:N", sort=order, header=header), columns=4, spacing=18)
        .resolve_axis(x="independent")
    )
