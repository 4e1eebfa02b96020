"""The isogloss map: languages where they are, colored by score, and the line between them.

The line runs between neighbors of which one reaches the threshold and the other does not (see
`isogloss.report.map.line`); where the interval of one of them holds the threshold, it is dashed.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import altair as alt

from isogloss.base.languages import own_name
from isogloss.report.charts.look import INK, data, finished
from isogloss.report.charts.parameters import (
    BELOW,
    LINE_COLOR,
    THRESHOLD,
    color,
    measure_words,
    of_layer,
    parameters,
    title,
    tooltip,
    with_marks,
)
from isogloss.report.frame import Frame
from isogloss.report.map.atlas import Atlas
from isogloss.report.map.labels import GAP, Label, labels
from isogloss.report.map.window import Window

WIDTH = 860
VIEW = "view"
"""Name of the parameter that says what the map is of: the name of a window."""

LAND = "#E6E6E6"
FACTS = (
    "triangles: below the threshold",
    "dotted line: the 95 % interval of a language beside it holds the threshold",
)
SILENT: dict[str, Any] = {"clip": True, "tooltip": None, "aria": False}
"""What is drawn beside the languages: a screen reader is told of these alone."""

SIDES = {
    "right": {"align": "left", "baseline": "middle", "dx": GAP},
    "left": {"align": "right", "baseline": "middle", "dx": -GAP},
    "above": {"align": "center", "baseline": "bottom", "dy": -GAP + 1},
    "below": {"align": "center", "baseline": "top", "dy": GAP},
}


def map_chart(atlas: Atlas, frame: Frame) -> dict[str, Any]:
    """Draw the map of a study.

    Land, edges and names are data that stand apart, since Altair copies and checks a chart at
    every turn.
    """
    views = atlas.views
    made = alt.layer(*_land(), *_line(), *_names(), _languages(atlas))
    made = made.project(**_projection(views)).properties(
        width=WIDTH,
        height=views[0].height(WIDTH),
        title=title(frame, *FACTS),
        description=f"A map of {len(atlas.places)} languages, colored by their number, and the line"
        " between those that reach the threshold and those that do not.",
    )
    return {
        **finished(made),
        "params": [*parameters(atlas, frame), {"name": VIEW, "value": views[0].name}],
        "datasets": {"land": _topology(), "edges": _edges(atlas), "names": _labels(atlas)},
    }


def _land() -> list[Any]:
    land = alt.NamedData("land", format=alt.TopoDataFormat(feature="land", type="topojson"))
    return [alt.Chart(land).mark_geoshape(fill=LAND, stroke=None, **SILENT)]


@lru_cache(maxsize=1)
def _topology() -> dict[str, Any]:
    text = (files("isogloss.report.map") / "land.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _edges(atlas: Atlas) -> list[dict[str, Any]]:
    """All edges, as features."""
    return [
        {
            "type": "Feature",
            "geometry": {
                "type": "LineString",
                "coordinates": [[round(p.longitude, 2), round(p.latitude, 2)] for p in line.places],
            },
            "properties": {"first": line.first, "second": line.second, "set": line.set},
        }
        for line in atlas.lines
    ]


def _line() -> list[Any]:
    """The edges that the threshold makes part of the line, above a halo."""
    scores = of_layer("scores")
    base = alt.Chart(alt.NamedData("edges")).transform_filter(
        f"datum.properties.set === {of_layer('sets')}"
    )
    for name, end in (("one", "first"), ("other", "second")):
        base = base.transform_calculate(**{name: f"{scores}[datum.properties.{end}]"})
    base = base.transform_filter(f"(datum.one[0] < {THRESHOLD}) != (datum.other[0] < {THRESHOLD})")
    base = base.transform_calculate(unsure=f"{_holds('datum.one')} || {_holds('datum.other')}")
    look: dict[str, Any] = {"filled": False, "strokeCap": "round", **SILENT}
    halo = base.mark_geoshape(stroke="white", strokeWidth=6, strokeOpacity=0.75, **look)
    sure = base.transform_filter("!datum.unsure").mark_geoshape(
        stroke=LINE_COLOR, strokeWidth=2.6, **look
    )
    unsure = base.transform_filter("datum.unsure").mark_geoshape(
        stroke=LINE_COLOR, strokeWidth=2.6, strokeDash=[1, 5], **look
    )
    return [halo, sure, unsure]


def _holds(numbers: str) -> str:
    """Whether the interval of a language holds the threshold."""
    low, high = f"{numbers}[1]", f"{numbers}[2]"
    return f"(isValid({low}) && {low} < {THRESHOLD} && {THRESHOLD} <= {high})"


def _languages(atlas: Atlas) -> Any:
    rows = [
        {
            "code": code, "language": atlas.names[code], "own": own_name(code) or "",
            "latitude": round(place.latitude, 3), "longitude": round(place.longitude, 3),
        }
        for code, place in atlas.places.items()
    ]  # fmt: skip
    legend = alt.Legend(
        title=_measured(atlas), orient="bottom", direction="horizontal", gradientLength=220,
        gradientThickness=11, tickCount=4,
    )  # fmt: skip
    base = with_marks(alt.Chart(data(rows))).transform_calculate(
        told=f"datum.language + ': ' + datum.score + ', ' + ({BELOW} ? 'below' : 'at or above')"
    )
    return base.mark_point(
        filled=True, size=125, opacity=1, stroke=INK, strokeWidth=1.1, clip=True
    ).encode(
        longitude="longitude:Q", latitude="latitude:Q", color=color(legend=legend),
        shape=alt.condition(BELOW, alt.value("triangle-down"), alt.value("circle")),
        tooltip=tooltip(), description="told:N",
    )  # fmt: skip


def _measured(atlas: Atlas) -> str:
    """What the colors are of, if all layers have the same."""
    found = {measure_words(layer) for layer in atlas.layers}
    return found.pop() if len(found) == 1 else "the number of each language"


def _labels(atlas: Atlas) -> list[dict[str, Any]]:
    """Where names stand, by view and width."""
    laid = [label for view in atlas.views for label in labels(atlas.places, atlas.names, view)]
    return [_label(atlas, label) for label in laid]


def _label(atlas: Atlas, label: Label) -> dict[str, Any]:
    place = atlas.places[label.code]
    return {
        "code": label.code, "language": atlas.names[label.code], "of": label.view,
        "side": label.side, "from": label.start, "to": label.end,
        "latitude": round(place.latitude, 3), "longitude": round(place.longitude, 3),
    }  # fmt: skip


def _names() -> list[Any]:
    """Names beside the marks, with a halo, where they collide with nothing."""
    return [mark for side, look in SIDES.items() for mark in _texts(side, look)]


def _texts(side: str, look: Mapping[str, Any]) -> list[Any]:
    base = (
        alt.Chart(alt.NamedData("names"))
        .transform_filter(f"datum.side == {side!r} && datum.of == {VIEW}")
        .transform_filter("width >= datum.from && width < datum.to")
        .transform_filter(f"isValid({of_layer('scores')}[datum.code][0])")
        .encode(longitude="longitude:Q", latitude="latitude:Q", text="language:N")
    )
    text: dict[str, Any] = {"fontSize": 12, **SILENT, **look}
    return [
        base.mark_text(stroke="white", strokeWidth=3, strokeOpacity=0.8, color="white", **text),
        base.mark_text(color=INK, **text),
    ]


def _projection(views: Sequence[Window]) -> dict[str, Any]:
    """The projection as expressions of the view, the width and the height."""
    kinds = {view.name: view.projection for view in views}
    turned = {view.name: [-view.center.longitude, -view.center.latitude, 0] for view in views}
    scales = {view.name: _Raw(_scale(view)) for view in views}
    moved = {view.name: _Raw(_translate(view)) for view in views}
    return {
        "type": alt.ExprRef(_by_view(kinds)),
        "rotate": alt.ExprRef(_by_view(turned)),
        "scale": alt.ExprRef(_by_view(scales)),
        "translate": alt.ExprRef(_by_view(moved)),
    }


class _Raw(str):
    """An expression, where others are values."""

    __slots__ = ()


def _by_view(values: Mapping[str, Any]) -> str:
    """An expression that chooses by view."""
    written = {
        name: str(value) if isinstance(value, _Raw) else json.dumps(value)
        for name, value in values.items()
    }
    first, *others = written
    chosen = written[first]
    for name in others:
        chosen = f"{VIEW} == {json.dumps(name)} ? {written[name]} : {chosen}"
    return chosen


def _scale(view: Window) -> str:
    across, down = view.right - view.left, view.bottom - view.top
    free = 2 * view.shape.margin
    return f"min((width - {free}) / {across:.6f}, (height - {free}) / {down:.6f})"


def _translate(view: Window) -> str:
    x, y = (view.left + view.right) / 2, (view.top + view.bottom) / 2
    return f"[width / 2 - {x:.6f} * {_scale(view)}, height / 2 - {y:.6f} * {_scale(view)}]"
