"""One of many lines brought out: a parameter of a chart, which a page sets and a file does not."""

from typing import Any

import altair as alt

HIGHLIGHT = "highlight"
"""Name of the parameter: the name of one line, or nothing."""

FADED = 0.22
FAINT_BAND, CLEAR_BAND = 0.06, 0.25
"""Opacities of the band of an interval: one of many, and the one that is brought out."""


def parameter() -> alt.Parameter:
    """What is brought out; nothing at first."""
    return alt.param(name=HIGHLIGHT, value="")


def opacity(field: str, shown: float = 1.0) -> Any:
    """Full where nothing is brought out, or this is; faded otherwise.

    Args:
        field: of the marks that holds the name of their line.
        shown: opacity where it is not faded.
    """
    wanted = f"{HIGHLIGHT} == '' || datum[{field!r}] == {HIGHLIGHT}"
    return alt.condition(wanted, alt.value(shown), alt.value(FADED * shown))


def band_opacity(field: str) -> Any:
    """Clear where this is brought out, and then the only one; faint for all where nothing is."""
    return alt.OpacityValue(
        0,
        condition=[
            {"test": f"{HIGHLIGHT} == ''", "value": FAINT_BAND},
            {"test": f"datum[{field!r}] == {HIGHLIGHT}", "value": CLEAR_BAND},
        ],
    )


def width(field: str, usual: float, brought_out: float) -> Any:
    """Wider where this is brought out."""
    wanted = f"{HIGHLIGHT} != '' && datum[{field!r}] == {HIGHLIGHT}"
    return alt.condition(wanted, alt.value(brought_out), alt.value(usual))
