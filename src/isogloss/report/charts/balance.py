"""Charts of a balance study: scores against the size of the text, and what an arm adds."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.report.charts.highlight import opacity, parameter, width
from isogloss.report.charts.look import (
    COLORS,
    FAINT,
    INK,
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
from isogloss.report.numbers import number, p_text
from isogloss.report.records import Records
from isogloss.report.words import capital

Looks = tuple[alt.Color, alt.Shape, alt.StrokeDash]

TEACHER = "teacher"
TEACHERS_SHOWN = "teacher of the language"
TEACHER_SHAPE = "triangle-down"
ARM_SHAPES = tuple(shape for shape in SHAPES if shape != TEACHER_SHAPE)
ARM_COLORS = tuple(color for color in COLORS if color != "#000000")
"""Seven each: those that the teachers do not have."""

SIZE_TITLE = "characters of text to train on (log scale)"

MAJORITY_COLOR = "#8A8F98"
MAJORITY_SAID = "gray bars: always the most frequent tag"


def sizes_chart(points: Records, frame: Frame, *, study_arms: Sequence[str]) -> dict[str, Any]:
    """Draw the score of each language against its text, a line an arm.

    The parameter `highlight` brings one arm out.

    Args:
        points: records with `language`, `characters`, `arm`, `value`, `lowest_seed`, `highest_seed`
            and `n_seeds`; those without size or value are left out. The arm `teacher` is dashed. A
            `majority_class` is drawn as a bar across the line of its language.
        frame: the study and the metric.
        study_arms: all arms of the study, in their order: an arm has one color in all charts.
    """
    usable = [p for p in points if p["characters"] and p["value"] is not None]
    names = names_of(point["language"] for point in usable)
    arms = arms_shown(usable)
    values = [_point(point, names) for point in usable]
    majority = [value for value in values if value["majority"] is not None]
    fields = ("value", "low", "high", "majority")
    scale, axis = score_axis([value[field] for value in values for field in fields], padding=8)
    y = alt.Y("value:Q", scale=scale, axis=axis, title=frame.measure)
    bars = any(value["low"] is not None for value in values)
    title = titled(
        frame,
        f"{capital(frame.measure)} against the size of the text",
        seeds(usable),
        "bars: from the lowest to the highest seed" if bars else "",
        MAJORITY_SAID if majority else "",
    )
    made = _lines(values, _looks(arms, study_arms), y, frame.measure)
    if majority:
        made = alt.layer(_majority(majority, y), made)
    made = made.properties(width=560, height=360, title=title)
    return finished(made.add_params(parameter()))


def arms_shown(points: Records) -> list[str]:
    """What the lines of some points are called, in order."""
    return [_shown(arm) for arm in dict.fromkeys(point["arm"] for point in points)]


def differences_chart(
    records: Records, frame: Frame, *, candidate: str, study_arms: Sequence[str]
) -> dict[str, Any]:
    """Draw what the candidate has more than other arms, language by language, with whiskers.

    Args:
        records: by language, of one question, with `language`, `first` (the other arm),
            `difference` with its bounds, `verdict`, `n_seeds`; drawn in their order.
        frame: the study and the metric.
        candidate: the arm that differences are of.
        study_arms: all arms of the study, in their order: an arm has one color in all charts.
    """
    names = names_of(record["language"] for record in records)
    values = [_difference(record, names) for record in records if record["difference"] is not None]
    arms = list(dict.fromkeys(value["against"] for value in values))
    order = list(names.values())
    alone = all(record["n_seeds"] == 1 for record in records)
    title = titled(
        frame,
        f"{candidate} minus other arms",
        f"difference in {frame.measure}",
        seeds(records),
        f"bars: 95 % interval over {'test units only' if alone else 'seeds and test units'}",
        "hollow: a tie after Holm's correction",
    )
    colors = {f"minus {arm}": _color(at) for at, arm in enumerate(study_arms)}
    drawn = [colors.get(arm, INK) for arm in arms]
    made = _whiskers(
        values, dict(zip(arms, drawn, strict=True)), order, f"difference in {frame.measure}"
    )
    height = max(120, 22 * len(order) * max(1, len(arms)))
    return finished(made.properties(width=480, height=height, title=title))


def _shown(arm: str) -> str:
    return TEACHERS_SHOWN if arm == TEACHER else arm


def _point(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    several = record["n_seeds"] > 1
    return {
        "language": names[record["language"]],
        "arm": _shown(record["arm"]),
        "characters": record["characters"],
        "value": record["value"],
        "low": record["lowest_seed"] if several else None,
        "high": record["highest_seed"] if several else None,
        "shown": number(record["value"], record.get("value_low"), record.get("value_high")),
        "n_seeds": record["n_seeds"],
        "majority": record.get("majority_class"),
    }


def _difference(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "language": names[record["language"]],
        "against": f"minus {record['first']}",
        "value": record["difference"],
        "low": record["difference_low"],
        "high": record["difference_high"],
        "told": record["verdict"] in {"better", "worse"},
        "shown": with_interval(record, "difference"),
        "p": p_text(record.get("p_holm")),
        "verdict": record["verdict"],
        "n_seeds": record["n_seeds"],
    }


def _lines(values: Sequence[Mapping[str, Any]], looks: Looks, y: alt.Y, measure: str) -> Any:
    scale = alt.Scale(type="log", nice=False, padding=24)
    ticks = _ticks([value["characters"] for value in values])
    axis = alt.Axis(grid=False, format=".3~s", values=ticks, labelOverlap="greedy")
    x = alt.X("characters:Q", scale=scale, axis=axis, title=SIZE_TITLE)
    color, shape, dash = looks
    base = alt.Chart(data(values)).encode(x=x, opacity=opacity("arm"))
    lines = base.mark_line(tooltip=None).encode(
        y=y, color=color, strokeDash=dash, opacity=opacity("arm", shown=0.8),
        strokeWidth=width("arm", 1.6, 3.2),
    )  # fmt: skip
    unseen = base.mark_line(strokeWidth=12, tooltip=None).encode(
        y=y, detail="arm:N", opacity=alt.value(0)
    )
    bars = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.4, tooltip=None)
        .encode(y=alt.Y("low:Q"), y2="high:Q", color=color, opacity=opacity("arm", shown=0.6))
    )
    told = [
        alt.Tooltip("arm:N"),
        alt.Tooltip("language:N"),
        alt.Tooltip("characters:Q", format=",d"),
        alt.Tooltip("shown:N", title=measure),
        alt.Tooltip("n_seeds:Q", title="seeds"),
    ]
    dots = base.mark_point(filled=True, size=70).encode(y=y, color=color, shape=shape, tooltip=told)
    known = any(value["low"] is not None for value in values)
    return alt.layer(_names(values), lines, unseen, *([bars] if known else []), dots)


def _majority(values: Sequence[Mapping[str, Any]], y: alt.Y) -> Any:
    """A short bar for each language, at what always answering the most frequent tag scores."""
    places = {value["language"]: value for value in values}
    at = alt.Chart(
        data(
            {"language": k, "characters": v["characters"], "value": v["majority"]}
            for k, v in places.items()
        )
    )
    return at.mark_tick(orient="horizontal", size=26, thickness=3, color=MAJORITY_COLOR).encode(
        x="characters:Q",
        y=y,
        tooltip=[
            alt.Tooltip("language:N"),
            alt.Tooltip("value:Q", title="most frequent tag", format=".3f"),
        ],
    )


def _names(values: Sequence[Mapping[str, Any]]) -> Any:
    """The language of each place on the axis, upright, above the chart."""
    places = {value["language"]: value["characters"] for value in values}
    at = alt.Chart(data({"language": k, "characters": v} for k, v in places.items()))
    rules = at.mark_rule(color="#E6E6E6", tooltip=None).encode(x=alt.X("characters:Q"))
    words = at.mark_text(
        angle=270, align="left", baseline="middle", fontSize=11, color=FAINT, tooltip=None
    ).encode(x=alt.X("characters:Q"), y=alt.value(-5), text="language:N")
    return alt.layer(rules, words)


def _ticks(sizes: Sequence[int]) -> list[int]:
    """Round sizes between the least and the greatest, and one beyond each.

    >>> _ticks([700_000, 4_000_000])
    [500000, 1000000, 2000000, 5000000]

    Where hardly a round one lies between them, the two themselves are shown.

    >>> _ticks([48_380, 52_051])
    [48380, 50000, 52051]
    """
    steps = [digit * 10**power for power in range(13) for digit in (1, 2, 5)]
    low, high = min(sizes), max(sizes)
    between = [step for step in steps if low <= step <= high]
    if len(between) < 2:
        return sorted({low, *between, high})
    first = max((step for step in steps if step <= low), default=steps[0])
    last = min((step for step in steps if step >= high), default=steps[-1])
    return [step for step in steps if first <= step <= last]


def _looks(arms: Sequence[str], study_arms: Sequence[str]) -> Looks:
    """Colors, shapes and dashes of the arms, with one legend; the teachers are black and dashed."""
    n = len(ARM_COLORS)
    looks = {arm: (_color(at), ARM_SHAPES[(at + at // n) % n]) for at, arm in enumerate(study_arms)}
    colors = [looks[arm][0] if arm in looks else INK for arm in arms]
    shapes = [looks[arm][1] if arm in looks else TEACHER_SHAPE for arm in arms]
    dashes = [[1, 0] if arm in looks else [5, 4] for arm in arms]
    legend = alt.Legend(title=None, orient="right", symbolOpacity=1)
    domain = list(arms)
    return (
        alt.Color("arm:N", scale=alt.Scale(domain=domain, range=colors), legend=legend),
        alt.Shape("arm:N", scale=alt.Scale(domain=domain, range=shapes), legend=legend),
        alt.StrokeDash("arm:N", scale=alt.Scale(domain=domain, range=dashes), legend=legend),
    )


def _color(place: int) -> str:
    """Of an arm, by its place among the arms of its study."""
    return ARM_COLORS[place % len(ARM_COLORS)]


def _whiskers(
    values: Sequence[Mapping[str, Any]], arms: Mapping[str, str], order: Sequence[str], measure: str
) -> Any:
    """`arms` has the color of each arm that is compared with."""
    known = any(value["low"] is not None for value in values)
    bands = alt.Scale(paddingInner=0.4, paddingOuter=0.25)
    y = alt.Y(
        "language:N", sort=list(order), title=None, scale=bands,
        axis=alt.Axis(ticks=False, grid=True),
    )  # fmt: skip
    colors = alt.Scale(domain=list(arms), range=list(arms.values()))
    legend = alt.Legend(title=None, orient="bottom", symbolOpacity=1)
    color = alt.Color("against:N", scale=colors, legend=legend)
    base = alt.Chart(data(values)).encode(y=y, yOffset=alt.YOffset("against:N", sort=list(arms)))
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=INK, strokeWidth=1.2, tooltip=None)
    zero = zero.encode(x="zero:Q")
    bars = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.8, opacity=0.75, tooltip=None)
        .encode(x=alt.X("low:Q", title=measure), x2="high:Q", color=color)
    )
    dots = base.mark_point(size=75, opacity=1, strokeWidth=1.8).encode(
        x=alt.X("value:Q", title=measure, axis=alt.Axis(tickCount=7)),
        stroke=alt.Stroke("against:N", scale=colors, legend=legend),
        fill=alt.condition(
            alt.datum.told, alt.Fill("against:N", scale=colors, legend=legend), alt.value("white")
        ),
        tooltip=[
            alt.Tooltip("language:N"),
            alt.Tooltip("against:N", title="difference"),
            alt.Tooltip("shown:N", title=measure),
            alt.Tooltip("p:N", title="p (Holm)"),
            alt.Tooltip("verdict:N"),
            alt.Tooltip("n_seeds:Q", title="seeds"),
        ],
    )
    return alt.layer(zero, *([bars] if known else []), dots)
