"""Which part of the globe a map shows: where the languages are, a continent, or the whole world.

The renderer projects by itself; we do the same sums (those of d3-geo) to fit a map to its languages
and to know where there is room for their names.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, final

import numpy as np
import numpy.typing as npt

from isogloss.report.map.line import Vectors, place_at, vectors
from isogloss.report.map.places import Place

Pixels = npt.NDArray[np.float64]
"""`[places, 2]`, from the upper left corner."""

Projection = Literal["azimuthalEqualArea", "naturalEarth1"]

PARTS: dict[str, tuple[str, tuple[Place, ...]]] = {
    "europe": ("Europe", (
        Place(36, -9), Place(36, 28), Place(69, 21), Place(62, -7), Place(52, 42),
    )),
    "africa": ("Africa", (Place(36, 10), Place(-34, 20), Place(14, -17), Place(10, 50))),
    "west-asia": ("Western and Central Asia", (
        Place(14, 45), Place(42, 27), Place(54, 62), Place(52, 84), Place(28, 66),
    )),
    "south-asia": ("South Asia", (Place(6, 80), Place(36, 74), Place(27, 62), Place(28, 96))),
    "east-asia": ("East and Southeast Asia", (
        Place(-9, 112), Place(50, 118), Place(27, 92), Place(43, 143), Place(-6, 130),
    )),
    "oceania": ("Oceania", (Place(-46, 169), Place(-8, 118), Place(21, -158), Place(-18, -150))),
    "north-america": ("North America", (
        Place(70, -150), Place(68, -65), Place(10, -84), Place(20, -106),
    )),
    "south-america": ("South America", (
        Place(12, -72), Place(-54, -68), Place(-8, -35), Place(-4, -81),
    )),
}  # fmt: skip
"""Parts of the world that a map can be of: what it is called, and what it holds."""

FEWEST_IN_PART = 4
"""A part of the world with fewer languages is not offered."""


class Shape(NamedTuple):
    """How high a map is and what it leaves free."""

    share: float
    """Of the width."""

    least: int
    """In pixels."""

    most: int
    margin: int
    """Pixels between what it holds and its edge."""


NEAR_SHAPE = Shape(0.52, 250, 500, 26)
WORLD_SHAPE = Shape(0.46, 160, 500, 6)

LEAST_HALF = 0.09
"""A map is at least twice this wide and high, in radians: some 10 degrees."""

NEAR = 35.0
"""Degrees around the middle up to which a map is equal in area and turned to the middle; farther
away north would not be up."""

MOST = 0.8
"""Share of the width of the world; languages that fill more have the map of the world alone."""

WORLD_SOUTH, WORLD_NORTH = -56.0, 80.0
"""Where people live; the map of the world is cut there, as the land is."""

WORLD_MIDDLE = 11.0
"""Longitude in the middle of the map of the world, so that no land but a bit of Chukotka is cut."""


@final
@dataclass(frozen=True)
class Window:
    """A projection and what it shows at scale 1: from left to right, from top to bottom."""

    name: str
    title: str
    shape: Shape
    projection: Projection
    center: Place
    left: float
    right: float
    top: float
    bottom: float

    def height(self, width: float) -> int:
        """How high a map of this width is."""
        return round(min(max(width * self.shape.share, self.shape.least), self.shape.most))

    def scale(self, width: float, height: float) -> float:
        """Pixels per unit, so that all is inside."""
        across = (width - 2 * self.shape.margin) / (self.right - self.left)
        down = (height - 2 * self.shape.margin) / (self.bottom - self.top)
        return min(across, down)

    def count(self, places: Sequence[Place]) -> int:
        """How many of the places it holds."""
        x, y = _projected(self.projection, self.center, places).T
        inside = (x >= self.left) & (x <= self.right) & (y >= self.top) & (y <= self.bottom)
        return int(inside.sum())

    def pixels(self, places: Sequence[Place], width: float, height: float) -> Pixels:
        """Where places are on a map of this size."""
        at = _projected(self.projection, self.center, places)
        middle = np.array([self.left + self.right, self.top + self.bottom]) / 2
        centered = (at - middle) * self.scale(width, height)
        return np.asarray(centered + np.array([width, height]) / 2, dtype=np.float64)


def windows(places: Sequence[Place]) -> list[Window]:
    """The windows that show some languages: all of them, parts of the world, the whole of it.

    The first holds all languages. What would show nearly the same is left out.
    """
    near, whole = _region(places), _world()
    parts = [part for part in _parts() if FEWEST_IN_PART <= part.count(places) < len(places)]
    return [near, *parts, whole] if near else [whole, *parts]


def _region(places: Sequence[Place]) -> Window | None:
    """The part of the globe that holds some languages; None if that is most of it."""
    points = vectors(places)
    center = _center(points)
    middle = _rounded(place_at(center))
    name = "region", "all languages"
    if math.degrees(math.acos(min(1.0, float((points @ center).min())))) <= NEAR:
        return _fitted(name, NEAR_SHAPE, "azimuthalEqualArea", middle, places)
    found = _fitted(name, NEAR_SHAPE, "naturalEarth1", Place(0.0, middle.longitude), places)
    whole = _world()
    return found if found.right - found.left <= MOST * (whole.right - whole.left) else None


@lru_cache(maxsize=1)
def _parts() -> tuple[Window, ...]:
    return tuple(
        _fitted(
            (name, title), NEAR_SHAPE, "azimuthalEqualArea",
            _rounded(place_at(_center(vectors(corners)))), corners,
        )
        for name, (title, corners) in PARTS.items()
    )  # fmt: skip


@lru_cache(maxsize=1)
def _world() -> Window:
    """The whole world but Antarctica."""
    middle = Place(0.0, WORLD_MIDDLE)
    corners = [Place(WORLD_NORTH, WORLD_MIDDLE), Place(WORLD_SOUTH, WORLD_MIDDLE),
               Place(0.0, WORLD_MIDDLE - 179.99), Place(0.0, WORLD_MIDDLE + 179.99)]  # fmt: skip
    return _fitted(("world", "the whole world"), WORLD_SHAPE, "naturalEarth1", middle, corners)


def _fitted(
    name: tuple[str, str],
    shape: Shape,
    projection: Projection,
    center: Place,
    places: Sequence[Place],
) -> Window:
    """A window that holds some places, and is not too small."""
    at = _projected(projection, center, places)
    (left, top), (right, bottom) = at.min(axis=0), at.max(axis=0)
    more = [max(0.0, 2 * LEAST_HALF - size) / 2 for size in (right - left, bottom - top)]
    return Window(
        *name, shape, projection, center,
        left=float(left - more[0]), right=float(right + more[0]),
        top=float(top - more[1]), bottom=float(bottom + more[1]),
    )  # fmt: skip


def _center(points: Vectors) -> npt.NDArray[np.float64]:
    """About the middle of the smallest circle around all (Badoiu and Clarkson 2003)."""
    center = points.mean(axis=0)
    for step in range(1, 400):
        farthest = points[((points - center) ** 2).sum(axis=1).argmax()]
        center = center + (farthest - center) / (step + 1)
    size = float(np.linalg.norm(center))
    return np.asarray(center / size if size > 1e-6 else points[0], dtype=np.float64)


def _rounded(place: Place) -> Place:
    return Place(round(place.latitude, 1), round(place.longitude, 1))


def _projected(projection: Projection, center: Place, places: Sequence[Place]) -> Pixels:
    """Places at scale 1, downwards from the center, `[places, 2]`."""
    x, y, z = _turned(center, vectors(places)).T
    if projection == "azimuthalEqualArea":
        stretch = np.sqrt(2 / np.maximum(1 + x, 1e-9))
        return np.stack([stretch * y, -stretch * z], axis=1)
    longitude, latitude = np.arctan2(y, x), np.arcsin(np.clip(z, -1, 1))
    square = latitude**2
    fourth = square**2
    across = 0.8707 - 0.131979 * square + fourth * (
        -0.013791 + fourth * (0.003971 * square - 0.001529 * fourth)
    )  # fmt: skip
    down = 1.007226 + square * (
        0.015085 + fourth * (-0.044475 + 0.028874 * square - 0.005916 * fourth)
    )
    return np.stack([longitude * across, -latitude * down], axis=1)


def _turned(center: Place, points: Vectors) -> Vectors:
    """The globe turned so that the center is at latitude and longitude 0."""
    latitude, longitude = map(math.radians, center)
    x, y, z = points.T
    x, y = (
        x * math.cos(longitude) + y * math.sin(longitude),
        y * math.cos(longitude) - x * math.sin(longitude),
    )
    x, z = (
        x * math.cos(latitude) + z * math.sin(latitude),
        z * math.cos(latitude) - x * math.sin(latitude),
    )
    return np.stack([x, y, z], axis=1)
