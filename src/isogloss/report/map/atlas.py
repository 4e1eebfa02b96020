"""All that the map of a study draws: languages at their places, edges, layers of marks.

Layers may lack languages (a model was not tested on all). Then the others are neighbors, so edges
belong to a set of languages, and each layer to one of these sets.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from isogloss.report.charts.look import LEAST_SPAN
from isogloss.report.map.layers import Layer
from isogloss.report.map.line import Edge, edges_of
from isogloss.report.map.places import Place, apart, places_of
from isogloss.report.map.window import Window, windows
from isogloss.report.names import names_of

SIDE_BY_SIDE = 0.009
"""Share of a map's width from a shared place to each language that is there."""

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
FEWEST_STEPS = 60
"""A slider has this many steps at least, where the finest step allows."""


class Slider(NamedTuple):
    """What thresholds a reader can set, and which it is at first."""

    start: float
    least: float
    most: float
    step: float


class Line(NamedTuple):
    """An edge between two languages, in the sets of languages that have it."""

    first: str
    second: str
    places: tuple[Place, ...]
    set: int


@final
@dataclass(frozen=True)
class Atlas:
    """What is drawn; the first layer is shown first."""

    layers: tuple[Layer, ...]
    names: Mapping[str, str]
    """Of all languages, by code."""

    places: Mapping[str, Place]
    """Of those that have one, moved apart where they share it."""

    lines: tuple[Line, ...]
    sets: tuple[int, ...]
    """The set of languages of each layer."""

    views: tuple[Window, ...]
    """What the map can be of; the first holds all languages."""

    @property
    def nowhere(self) -> list[str]:
        """Names of the languages that have no place."""
        return [name for code, name in self.names.items() if code not in self.places]

    def colors(self, layer: Layer) -> tuple[float, float]:
        """From where to where a layer's colors go: the same in all layers of its measure."""
        values = [mark.value for one in self._alike(layer) for mark in one.marks.values()]
        if layer.kind == "difference":
            most = max([abs(value) for value in values] + [LEAST_SPAN / 2])
            return -most, most
        middle = (min(values) + max(values)) / 2
        half = max(max(values) - min(values), LEAST_SPAN) / 2
        return middle - half, middle + half

    def axis(self, layer: Layer) -> tuple[float, float]:
        """From where to where bars go: from 0, and past every end of an interval."""
        ends = [
            end for one in self._alike(layer)
            for mark in one.marks.values() for end in (mark.value, mark.low, mark.high)
            if end is not None
        ]  # fmt: skip
        return min([0.0, *ends]), max([0.0, *ends, LEAST_SPAN if layer.kind == "score" else 0.0])

    def slider(self, layer: Layer) -> Slider:
        """Thresholds from below the worst language to above the best, of all layers alike.

        It is at first midway between the layer's best and worst language, so they are on different
        sides whatever the scores are; of a difference, at 0.
        """
        values = [mark.value for one in self._alike(layer) for mark in one.marks.values()]
        low, high = min(values), max(values)
        if layer.kind == "difference":
            low, high = min(low, 0.0), max(high, 0.0)
        step = max([one for one in STEPS if (high - low) / one >= FEWEST_STEPS], default=STEPS[0])
        mine = [mark.value for mark in layer.marks.values()]
        middle = 0.0 if layer.kind == "difference" else (min(mine) + max(mine)) / 2
        ends = _floor(middle, step), _floor(low, step), _floor(high, step) + step, step
        return Slider(*(round(one, 6) for one in ends))

    def _alike(self, layer: Layer) -> list[Layer]:
        """Layers that are measured alike, this one among them."""
        return [one for one in self.layers if one.scale == layer.scale]


def atlas_of(layers: Sequence[Layer]) -> Atlas | None:
    """Lay out a map; None if there is no language with a place and a number."""
    layers = tuple(layer for layer in layers if layer.marks)
    names = names_of(code for layer in layers for code in layer.marks)
    known = places_of(list(names))
    if not known:
        return None
    places = _apart(known)
    seen = [tuple(code for code in places if code in layer.marks) for layer in layers]
    distinct = list(dict.fromkeys(seen))
    lines = [
        _line(edge, codes, at)
        for at, codes in enumerate(distinct)
        for edge in edges_of([places[code] for code in codes])
    ]
    sets = tuple(map(distinct.index, seen))
    return Atlas(layers, names, places, tuple(lines), sets, tuple(windows(list(places.values()))))


def _floor(value: float, step: float) -> float:
    return math.floor(value / step + 1e-9) * step


def _apart(places: Mapping[str, Place]) -> dict[str, Place]:
    """Move languages that share a place apart, as far as it takes to see them both."""
    shown = windows(list(places.values()))[0]
    return apart(places, max(0.1, math.degrees((shown.right - shown.left) * SIDE_BY_SIDE)))


def _line(edge: Edge, codes: Sequence[str], at: int) -> Line:
    return Line(codes[edge.first], codes[edge.second], tuple(edge.places()), at)
