"""What the map and the ranked bars of a study share: layers and a threshold as parameters.

A chart holds the numbers of all layers; `layer` says which is shown, `threshold` where the line is.
A page sets both; a file shows the first layer at its first threshold.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from isogloss.report.charts.look import titled
from isogloss.report.frame import Frame
from isogloss.report.map.atlas import Atlas
from isogloss.report.map.layers import Layer, Mark
from isogloss.report.numbers import number

LAYER, THRESHOLD = "layer", "threshold"
"""Names of the parameters that a reader sets."""

LINE_COLOR = "#D55E00"
"""Of the isogloss, on the map and across the bars."""

BELOW = f"datum.value < {THRESHOLD}"
"""Whether a language is below the line."""


def layer_id(at: int) -> str:
    """The value of `layer` that shows the layer at a place of the atlas."""
    return f"layer-{at}"


def parameters(atlas: Atlas, frame: Frame) -> list[dict[str, Any]]:
    """All of them, as a specification has them: what a reader sets, then numbers by layer.

    They are put into a finished chart, since Altair copies and checks a chart at every turn.
    """
    by_layer: dict[str, dict[str, Any]] = {
        "scores": {}, "texts": {}, "colors": {}, "axes": {}, "schemes": {}, "sets": {},
        "titles": {},
    }  # fmt: skip
    for at, layer in enumerate(atlas.layers):
        found = _of_layer(atlas, layer, at, frame)
        for name, of_one in by_layer.items():
            of_one[layer_id(at)] = found[name]
    start = atlas.slider(atlas.layers[0]).start
    return [
        {"name": LAYER, "value": layer_id(0)},
        {"name": THRESHOLD, "value": start},
        *({"name": name, "value": value} for name, value in by_layer.items()),
    ]


def of_layer(name: str) -> str:
    """The expression for one of them, of the layer that is shown."""
    return f"{name}[{LAYER}]"


def with_marks(chart: Any) -> Any:
    """Give rows that hold the `code` of a language its numbers in the layer that is shown."""
    found = chart.transform_filter(f"isValid({of_layer('scores')}[datum.code][0])")
    for at, name in enumerate(("value", "low", "high")):
        found = found.transform_calculate(**{name: f"{of_layer('scores')}[datum.code][{at}]"})
    return found.transform_calculate(
        score=f"{of_layer('texts')}[datum.code][0]", behind=f"{of_layer('texts')}[datum.code][1]"
    )


def color(*, legend: Any) -> Any:
    """The color of a number: viridis for scores, two hues for differences."""
    scale = alt.Scale(
        scheme=alt.ExprRef(of_layer("schemes")), domain=alt.ExprRef(of_layer("colors"))
    )
    return alt.Color("value:Q", scale=scale, legend=legend)


def tooltip() -> list[Any]:
    """What is told of a language."""
    return [
        alt.Tooltip("language:N", title="language"),
        alt.Tooltip("own:N", title="its own name"),
        alt.Tooltip("score:N", title="score"),
        alt.Tooltip("behind:N", title="from"),
    ]


def title(frame: Frame, *facts: str) -> Any:
    """A title that names the layer and the threshold that are shown; below, what is the same."""
    shown = f"{of_layer('titles')} + ' · line at ' + format({THRESHOLD}, '.3~f')"
    fixed = titled(frame, "", *facts)
    fixed.text = alt.ExprRef(shown)
    fixed.fontSize = 14
    return fixed


def mark_text(mark: Mark) -> str:
    """A number with its interval, as text."""
    return number(mark.value, mark.low, mark.high)


def behind(layer: Layer, mark: Mark) -> str:
    """From how much a number is, as text."""
    unit = "scored" if layer.kind == "score" else "test units"
    lost = f" ({mark.n_unscored:,} not)" if mark.n_unscored else ""
    seeds = "1 seed" if mark.n_seeds == 1 else f"{mark.n_seeds} seeds"
    return ", ".join(filter(None, [f"{mark.n_scored:,} {unit}{lost}", seeds, mark.setting]))


def _of_layer(atlas: Atlas, layer: Layer, at: int, frame: Frame) -> dict[str, Any]:
    marks: Iterable[tuple[str, Mark | None]] = [
        (code, layer.marks.get(code)) for code in atlas.names
    ]
    return {
        "scores": {code: _numbers(mark) for code, mark in marks},
        "texts": {
            code: [mark_text(mark), behind(layer, mark)] if mark else ["", ""]
            for code, mark in marks
        },
        "colors": list(atlas.colors(layer)),
        "axes": list(atlas.axis(layer)),
        "schemes": "viridis" if layer.kind == "score" else "purpleorange",
        "sets": atlas.sets[at],
        "titles": " · ".join(filter(None, [layer.title, measure_words(layer), layer.facts]))
        + (" (sample data)" if frame.sample else ""),
    }


def _numbers(mark: Mark | None) -> Sequence[float | None]:
    return [mark.value, mark.low, mark.high] if mark else [None, None, None]


def measure_words(layer: Layer) -> str:
    """What a layer's numbers are."""
    return layer.measure if layer.kind == "score" else f"difference in {layer.measure}"
