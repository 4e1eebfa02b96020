"""The isogloss map: where a model works, where it does not, and the line between."""

from collections.abc import Mapping, Sequence
from typing import Any

from isogloss.base.languages import own_name
from isogloss.report.charts.map import map_chart
from isogloss.report.charts.parameters import layer_id, measure_words
from isogloss.report.charts.ranked import ranked_chart
from isogloss.report.html.blocks import Block, Chart, Section, Table, Widget, Words, table_of
from isogloss.report.html.evidence import Evidence
from isogloss.report.map.atlas import Atlas, atlas_of
from isogloss.report.map.layers import (
    Layer,
    Mark,
    balance_layers,
    difference_layers,
    score_layers,
)
from isogloss.report.map.places import place_of
from isogloss.report.records import Record

MAP, BARS = "isogloss-map", "isogloss-bars"
"""Ids of the two charts."""

MOST_OPEN = 12
"""A table with more rows is shut at first."""

DOTTED = " it is dotted where the 95 % interval of either holds the threshold."
NO_INTERVAL = " with one training there are no intervals, so how sure the line is is not known."
OF_SEEDS = (
    " Intervals of scores are over seeds here, or over test examples where there is one seed; where"
    " models are compared they are over both."
)
HOW = (
    "Each language is at one point, about the middle of where it is spoken (Glottolog, CC BY 4.0);"
    " languages that share a point stand side by side. The line runs half-way between neighbors of"
    f" which one reaches the threshold and the other does not;{DOTTED} It says between which"
    " languages the score falls, not where on the ground, and is not drawn far from all languages."
)


def isogloss_map(evidence: Evidence) -> Section | None:
    """The map, the same as bars and as tables, and one panel for all of them."""
    atlas = atlas_of(layers_of(evidence))
    if atlas is None:
        return None
    blocks: list[Block] = [
        Widget("isogloss", "map", "Where is the score reached, and where not?", panel(atlas)),
        Chart(
            MAP,
            "The isogloss: the line between neighbors of which one reaches the threshold",
            map_chart(atlas, evidence.frame),
        ),
        Words(HOW + OF_SEEDS if _sure(atlas) else HOW.replace(DOTTED, NO_INTERVAL), tone="note"),
    ]
    if atlas.nowhere:
        blocks.append(Words(f"Not on the map, for they have no place: {', '.join(atlas.nowhere)}."))
    known = "95 % intervals and " if _sure(atlas) else ""
    caption = f"The same as bars, the best first, with {known}the threshold"
    blocks.append(Chart(BARS, caption, ranked_chart(atlas, evidence.frame)))
    return Section("map", "Isogloss map", [*blocks, *_tables(atlas)])


def _sure(atlas: Atlas) -> bool:
    """Whether any score or difference has an interval."""
    return any(mark.low is not None for layer in atlas.layers for mark in layer.marks.values())


def layers_of(evidence: Evidence) -> list[Layer]:
    """What there is to show; the model that is recommended first."""
    found: list[Layer] = []
    comparing = evidence.comparing
    if evidence.scores is not None:
        measure = evidence.frame.measure
        chosen = comparing.chosen.encoder if comparing else ""
        found += score_layers(evidence.scores.tables, measure, chosen=chosen)
    if comparing is not None:
        comparison = comparing.comparison
        found += difference_layers(comparison.differences, found, comparison.asked.metric)
    if evidence.balancing is not None:
        found += balance_layers(evidence.balancing.tables, evidence.balancing.design)
    return found


def panel(atlas: Atlas) -> dict[str, Any]:
    """What the panel knows: all layers with their languages, the worst first, and sliders."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for at, layer in enumerate(atlas.layers):
        name = "Differences" if layer.kind == "difference" else layer.group
        found = {"id": layer_id(at), "words": layer.title, **_in_panel(atlas, layer)}
        groups.setdefault(name, []).append(found)
    return {
        "map": MAP,
        "charts": [MAP, BARS],
        "groups": [{"name": name, "layers": layers} for name, layers in groups.items()],
        "views": [
            {"name": view.name, "words": view.title, **view.shape._asdict()} for view in atlas.views
        ],
    }


def _in_panel(atlas: Atlas, layer: Layer) -> dict[str, Any]:
    marks = sorted(layer.marks.items(), key=lambda one: one[1].value)
    return {
        "facts": " · ".join(filter(None, [layer.title, measure_words(layer), layer.facts])),
        "scale": " ".join(layer.scale),
        "slider": atlas.slider(layer)._asdict(),
        "why": _why(atlas.slider(layer).start, layer),
        "languages": [
            {"name": atlas.names[code], "value": mark.value, "low": mark.low, "high": mark.high}
            for code, mark in marks
        ],
    }


def _why(start: float, layer: Layer) -> str:
    """Why the threshold is at first where it is."""
    if layer.kind == "difference":
        return "The line begins at 0, where neither of the two is better."
    return (
        f"{start:g} is midway between the worst and the best score of this model. The line begins"
        " there, so that some languages are on each side; no level of quality is meant. Set the one"
        " that you need."
    )


def _tables(atlas: Atlas) -> list[Table]:
    """All layers as rows: scores, then differences."""
    found = []
    for kind, caption in (("score", "Scores on the map"), ("difference", "Differences on the map")):
        mine = [layer for layer in atlas.layers if layer.kind == kind]
        shown = [row for layer in mine for row in _rows(layer)]
        full = [
            {**row, **_more(layer), **_place(row["language"])}
            for layer in mine for row in _rows(layer)
        ]  # fmt: skip
        if shown:
            found.append(
                table_of(f"map-{kind}s", caption, shown, folded=len(shown) > MOST_OPEN, full=full)
            )
    return found


def _rows(layer: Layer) -> Sequence[Record]:
    return [_row(layer, code, mark) for code, mark in layer.marks.items()]


def _row(layer: Layer, code: str, mark: Mark) -> Record:
    name = "value" if layer.kind == "score" else "difference"
    return {
        "model": layer.title,
        "language": code,
        "own name": own_name(code),
        "trained": mark.setting or None,
        name: mark.value,
        f"{name}_low": mark.low,
        f"{name}_high": mark.high,
        "n_scored" if layer.kind == "score" else "n_units": mark.n_scored,
        "n_unscored": mark.n_unscored,
        "n_seeds": mark.n_seeds,
    }


def _more(layer: Layer) -> Mapping[str, Any]:
    return {"measure": layer.measure, "facts": layer.facts}


def _place(code: str) -> Mapping[str, Any]:
    place = place_of(code)
    return {
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
    }
