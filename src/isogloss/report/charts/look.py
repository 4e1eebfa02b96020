"""How every chart looks: colors that the color-blind can tell apart, fonts that can be read.

Charts hold their data and name only fonts that the renderer brings along, so no chart needs a
network, neither when it is drawn nor when its SVG is opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from isogloss.report.frame import Frame
from isogloss.report.numbers import number

FONT = "DejaVu Sans, Liberation Sans, Verdana, Arial, sans-serif"
INK = "#222222"
FAINT = "#767676"

# Okabe and Ito 2008, without the yellow that is lost on white; dark ones first.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
SHAPES = (
    "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right",
    "triangle-left",
)  # fmt: skip


SUBTITLE_WIDTH = 76
"""Characters of a line below a title; a longer fact has a line of its own."""

LEAST_SPAN = 0.02
"""A score's axis covers this much at least: less is noise drawn large, and none has no ticks."""


CHANCE_SAID = "dashed: chance, the better of one constant label and of guessing evenly"
"""What the lines of chance are, in a title."""


def titled(frame: Frame, what: str, *facts: str) -> alt.TitleParams:
    """The title of a chart: what is shown; below, the study and the facts."""
    known = [fact for fact in (frame.study, *facts) if fact]
    return alt.TitleParams(
        text=what + (" (sample data)" if frame.sample else ""),
        subtitle=wrapped(known),
        anchor="start",
        frame="bounds",
        offset=14,
        fontSize=16,
        subtitleFontSize=12,
        subtitleColor=FAINT,
        subtitlePadding=5,
    )


def score_axis(values: Iterable[float | None], *, padding: int) -> tuple[alt.Scale, alt.Axis]:
    """The scale and the ticks of a score that holds these values, from 0 or not.

    Scores that are all the same, or nearly, get a span of `LEAST_SPAN` around them and ticks with
    three decimals; the renderer alone would label such an axis with one bare 0.
    """
    low, high = span(values)
    scale = alt.Scale(zero=False, nice=True, padding=padding)
    if high - low > LEAST_SPAN:
        return scale, alt.Axis(tickCount=6, labelFlush=False)
    middle = (low + high) / 2
    ends = [round(middle - LEAST_SPAN / 2, 4), round(middle + LEAST_SPAN / 2, 4)]
    scale = alt.Scale(zero=False, nice=True, domain=ends)
    return scale, alt.Axis(tickCount=6, labelFlush=False, format=".3f")


def span(values: Iterable[float | None]) -> tuple[float, float]:
    """The least and the greatest of the values that are there; 0 and 0 if none is."""
    known = [value for value in values if value is not None] or [0.0]
    return min(known), max(known)


def wrapped(facts: Sequence[str]) -> list[str]:
    """Join facts with dots into lines of about `SUBTITLE_WIDTH` characters.

    >>> wrapped(["2 seeds", "N = 100", "a" * SUBTITLE_WIDTH]) == ["2 seeds · N = 100", "a" * 76]
    True
    """
    lines: list[str] = []
    for fact in facts:
        if lines and len(lines[-1]) + 3 + len(fact) <= SUBTITLE_WIDTH:
            lines[-1] += f" · {fact}"
        else:
            lines.append(fact)
    return lines


class _Values(alt.Data):  # type: ignore[misc]  # Altair has no types
    """Values that the copies of a chart share, as nobody changes them: copying takes long."""

    def __deepcopy__(self, _: Any) -> "_Values":
        return self


def data(records: Iterable[Mapping[str, Any]]) -> alt.Data:
    """Put records into a chart as they are."""
    return _Values(values=[dict(record) for record in records])


def with_interval(record: Mapping[str, Any], field: str) -> str:
    """A number of a record with its interval, for who points at it."""
    return number(record[field], record[f"{field}_low"], record[f"{field}_high"])


def seeds(records: Iterable[Mapping[str, Any]]) -> str:
    """How many seeds are behind some records, in words.

    >>> seeds([{"n_seeds": 1}]), seeds([{"n_seeds": 2}, {"n_seeds": 3}, {"n_seeds": 0}])
    ('1 seed', '2 to 3 seeds')
    """
    counts = {int(record["n_seeds"]) for record in records if record["n_seeds"]} or {0}
    low, high = min(counts), max(counts)
    if low != high:
        return f"{low} to {high} seeds"
    return f"{low} seed" if low == 1 else f"{low} seeds"


def size(n_per_language: int | None) -> str:
    """How many rows per language, in words."""
    return (
        "all rows of each language"
        if n_per_language is None
        else f"N = {n_per_language:,} per language"
    )


def finished(chart: Any) -> dict[str, Any]:
    """Give a chart the common look and return its Vega-Lite specification.

    It is not checked against the schema here, which would take most of the time: tests do that, for
    every chart that there is.
    """
    look = (
        chart.configure(font=FONT, background="white", padding=16)
        .configure_axis(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=260,
            titleLimit=500, labelColor=INK, titleColor=INK, gridColor="#E6E6E6",
            tickColor="#BBBBBB", domainColor="#BBBBBB", titlePadding=9,
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=260,
            titleLimit=300, symbolSize=90, labelColor=INK, titleColor=INK,
        )
        .configure_header(
            labelFontSize=12, titleFontSize=12, labelLimit=260, labelColor=INK, titleColor=INK,
        )
        .configure_title(font=FONT, subtitleFont=FONT, limit=0, color=INK)
        .configure_view(stroke=None)
    )  # fmt: skip
    return dict(look.to_dict(validate=False))
