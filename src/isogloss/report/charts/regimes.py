"""Joint, single and zero-shot side by side, one line per language."""

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt

from isogloss.base.languages import language_name
from isogloss.report.charts.look import (
    CHANCE_SAID,
    COLORS,
    FAINT,
    INK,
    data,
    finished,
    score_axis,
    seeds,
    size,
    titled,
    with_interval,
)
from isogloss.report.frame import Frame
from isogloss.report.names import names_of
from isogloss.report.records import Records

WAYS: dict[str, str] = {
    "joint": "joint (all languages)",
    "single": "single (own rows only)",
    "leave_one_out": "zero-shot, all other languages",
    "zero_shot_best": "zero-shot, best single source",
    "zero_shot_mean": "zero-shot, mean of single sources",
    "joint_zero_shot": "zero-shot, joint of other languages",
}
"""Fields of the records of `regimes`, and what the legend calls them."""

CHOSEN = "best single source: chosen on these same scores, so optimistic"
"""Said wherever the best of several sources is shown."""

MARKS = ("circle", "square", "triangle-up", "triangle-down", "diamond", "cross")


def regimes_chart(
    records: Records, frame: Frame, chance: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Draw the regimes of one encoder, split and size (records of `regimes`).

    Languages stand in the order of their joint score, those without one last, by their best. Thin
    bars are intervals over seeds; what `chance` scores, by the code of a language, is a
    gray one across.
    """
    names = names_of(record["language"] for record in records)
    values = [value for record in records for value in _values(record, names)]
    ways = [way for way in WAYS.values() if any(value["way"] == way for value in values)]
    order = [names[record["language"]] for record in sorted(records, key=_place)]
    bars = any(value["low"] is not None for value in values)
    known = {names[code]: value for code, value in (chance or {}).items() if code in names}
    first = records[0]
    title = titled(
        frame,
        "Joint, single and zero-shot training",
        f"{frame.measure} on {first['split']}",
        f"encoder {first['encoder']}",
        size(first["n_per_language"]),
        seeds(records),
        "bars: 95 % interval of the mean over seeds" if bars else "",
        CHOSEN if WAYS["zero_shot_best"] in ways else "",
        CHANCE_SAID.replace("dashed", "gray line") if known else "",
    )
    made = _layers(values, ways, order, frame.measure, list(known.values()))
    if known:
        made = alt.layer(_chance(known, order, frame.measure), made)
    return finished(made.properties(width=440, height=40 * len(order), title=title))


def joint_minus_single_chart(records: Records, frame: Frame) -> dict[str, Any]:
    """Draw what the other languages' rows bring or cost each language (records of `regimes`).

    Only languages that have both scores with a seed in common are drawn, in the order of their
    difference; the thin bar is its interval over seeds, the difference paired by seed.
    """
    field = "joint_minus_single"
    known = [record for record in records if record[field] is not None]
    names = names_of(record["language"] for record in known)
    known.sort(key=lambda record: -record[field])
    values = [_difference(record, field, names) for record in known]
    bars = any(value["low"] is not None for value in values)
    first = known[0]
    title = titled(
        frame,
        "What other languages' rows bring",
        f"joint minus single, {frame.measure} on {first['split']}",
        f"encoder {first['encoder']}",
        size(first["n_per_language"]),
        seeds(known),
        "bars: 95 % interval over seeds, paired by seed" if bars else "one seed: no interval",
    )
    made = _from_zero(values, [value["language"] for value in values], frame.measure)
    return finished(made.properties(width=440, height=26 * len(values) + 10, title=title))


def _chance(known: Mapping[str, float], order: list[str], measure: str) -> Any:
    """What chance scores on each language, across its line."""
    values = [{"language": name, "value": value} for name, value in known.items()]
    ticks = alt.Chart(data(values)).mark_tick(
        orient="vertical", thickness=1.6, size=26, color=FAINT, tooltip=None, aria=False
    )
    return ticks.encode(
        x=alt.X("value:Q", title=measure), y=alt.Y("language:N", sort=order, title=None)
    )


def _difference(record: Mapping[str, Any], field: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "language": names[record["language"]],
        "value": record[field],
        "low": record[f"{field}_low"],
        "high": record[f"{field}_high"],
        "shown": with_interval(record, field),
        "joint": with_interval(record, "joint"),
        "single": with_interval(record, "single"),
        "n_seeds": record["n_seeds"],
    }


def _from_zero(values: list[Any], order: list[str], measure: str) -> Any:
    axis = alt.Axis(tickCount=5, labelFlush=False)
    x = alt.X("value:Q", title=f"difference in {measure}", axis=axis)
    y = alt.Y("language:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False))
    base = alt.Chart(data(values)).encode(y=y)
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=INK, strokeWidth=1.2, tooltip=None)
    bars = base.transform_filter("isValid(datum.low)").mark_rule(
        color=COLORS[0], strokeWidth=1.8, opacity=0.75, tooltip=None
    )
    dots = base.mark_point(filled=True, size=85, color=COLORS[0], opacity=1).encode(
        x=x,
        tooltip=[
            alt.Tooltip("language:N"),
            alt.Tooltip("shown:N", title="joint minus single"),
            alt.Tooltip("joint:N"),
            alt.Tooltip("single:N"),
            alt.Tooltip("n_seeds:Q", title="seeds"),
        ],
    )
    ends = {"x": alt.X("low:Q", title=f"difference in {measure}"), "x2": "high:Q"}
    known = any(value["low"] is not None for value in values)
    return alt.layer(zero.encode(x="zero:Q"), *([bars.encode(**ends)] if known else []), dots)


def _values(record: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for field, way in WAYS.items():
        if record[field] is not None:
            yield {
                "language": names[record["language"]],
                "way": way,
                "value": record[field],
                "low": record[f"{field}_low"],
                "high": record[f"{field}_high"],
                "shown": with_interval(record, field),
                "source": _source(record, field),
                "n_seeds": record["n_seeds"],
            }


def _place(record: Mapping[str, Any]) -> tuple[bool, float]:
    """Best joint score first; then those without one, by their best."""
    if record["joint"] is not None:
        return False, -record["joint"]
    return True, -max((record[field] for field in WAYS if record[field] is not None), default=0.0)


def _source(record: Mapping[str, Any], field: str) -> str:
    """Which source is the best one; how many a mean is over."""
    if field == "zero_shot_best" and record["best_source"]:
        return language_name(record["best_source"])
    return f"{record['n_sources']} languages" if field == "zero_shot_mean" else ""


def _layers(
    values: list[Any], ways: list[str], order: list[str], measure: str, beside: list[float]
) -> Any:
    chosen = [list(WAYS.values()).index(way) for way in ways]
    legend = alt.Legend(title="trained on", orient="bottom", columns=2, symbolOpacity=1)
    colors = alt.Scale(domain=ways, range=[COLORS[place] for place in chosen])
    shapes = alt.Scale(domain=ways, range=[MARKS[place] for place in chosen])
    color = alt.Color("way:N", scale=colors, legend=legend)
    seen = [value[field] for value in values for field in ("value", "low", "high")] + beside
    scale, axis = score_axis(seen, padding=8)
    x = alt.X("value:Q", scale=scale, title=measure, axis=axis)
    shape = alt.Shape("way:N", scale=shapes, legend=legend)
    told = [
        alt.Tooltip("language:N"),
        alt.Tooltip("way:N", title="trained on"),
        alt.Tooltip("source:N", title="source"),
        alt.Tooltip("shown:N", title=measure),
        alt.Tooltip("n_seeds:Q", title="seeds"),
    ]
    dots = {"x": x, "color": color, "shape": shape, "tooltip": told}
    if any(value["low"] is not None for value in values):
        return _with_bars(values, dots, order, measure)
    y = alt.Y("language:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False))
    base = alt.Chart(data(values)).encode(y=y)
    span = base.mark_rule(color="#D4D4D4", strokeWidth=3, tooltip=None).encode(
        x=alt.X("min(value):Q", title=measure), x2="max(value):Q"
    )
    return alt.layer(span, base.mark_point(filled=True, size=110, opacity=1).encode(**dots))


def _with_bars(values: list[Any], dots: Mapping[str, Any], order: list[str], measure: str) -> Any:
    """Give every way its own height within the language, so that no interval hides another."""
    bands = alt.Scale(paddingInner=0.4, paddingOuter=0.25)
    axis = alt.Axis(ticks=False, grid=True)
    y = alt.Y("language:N", sort=order, title=None, scale=bands, axis=axis)
    base = alt.Chart(data(values)).encode(
        y=y, yOffset=alt.YOffset("way:N", sort=list(WAYS.values()))
    )
    bars = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.8, opacity=0.75, tooltip=None)
        .encode(x=alt.X("low:Q", title=measure), x2="high:Q", color=dots["color"])
    )
    return alt.layer(bars, base.mark_point(filled=True, size=85, opacity=1).encode(**dots))
