"""The isogloss: where languages that reach a score end, and those that do not begin.

A point of the globe belongs to the language that is nearest. Between two neighbors runs the great
circle from which both are equally far; the part of it where no third language is nearer is their
*edge*. For a threshold, the isogloss is made of the edges that have one language on each side.

Far from all languages nobody knows, so an edge ends where it leaves the *reach* of its two
languages. That is a bit more than half of the way to their neighbors in the shortest network that
joins all languages, and at least a usual step of it. So every two languages on different sides of a
threshold have a piece of the line between them, and no line runs around the globe.

An edge is exact, not sampled: with `u` the middle of two languages and `v` the pole of the great
circle through both, its points are `u cos t + v sin t`, and each third language bounds tan t.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from isogloss.report.map.places import Place

Vectors = npt.NDArray[np.float64]
"""`[points, 3]`, each of length 1."""

REACH = 0.8
"""Share of the way to a neighbor; 0.5 meets half-way, 0.71 where four on a square meet."""

USUAL = 0.8
"""Every language reaches at least as far as the longest of this share of the network's steps, so
that the line has few gaps."""

LEAST_REACH = 1.0
"""Degrees that a language reaches at least."""

STEP = 2.0
"""Degrees between the points of an edge that is given as points."""

_NOTHING = 1e-9


@final
@dataclass(frozen=True)
class Edge:
    """What two neighbors share, as an arc of a great circle."""

    first: int
    second: int
    middle: Vectors
    """`[3]`: the point between the two, from which angles are counted."""

    pole: Vectors
    """`[3]`: of the great circle through both; the arc runs along it."""

    start: float
    end: float
    """Angles in radians."""

    def points(self, step: float = STEP) -> Vectors:
        """The arc as unit vectors `[points, 3]`, both ends among them, `step` degrees or closer."""
        n = max(2, math.ceil(math.degrees(self.end - self.start) / step) + 1)
        angles = np.linspace(self.start, self.end, n)
        across, along = np.outer(np.cos(angles), self.middle), np.outer(np.sin(angles), self.pole)
        return np.asarray(across + along, dtype=np.float64)

    def places(self, step: float = STEP) -> list[Place]:
        """The arc as places, `step` degrees apart or closer."""
        return [place_at(point) for point in self.points(step)]


def edges_of(places: Sequence[Place]) -> list[Edge]:
    """Find the edges of all neighbors; for 200 languages this takes a second.

    Args:
        places: one a language; languages at the very same place have no edge between them.
    """
    points = vectors(places)
    if len(points) < 2:
        return []
    angles = _angles(points)
    reaches = _reaches(angles)
    shared = np.minimum(reaches[:, None], reaches[None, :])
    near = np.argwhere(np.triu(angles / 2 <= shared, k=1)).tolist()
    found = (_edge(points, first, second, float(shared[first, second])) for first, second in near)
    return [edge for edge in found if edge is not None]


def vectors(places: Sequence[Place]) -> Vectors:
    """Places as unit vectors `[places, 3]`."""
    degrees = np.array(places, dtype=np.float64).reshape(-1, 2)
    latitude, longitude = np.radians(degrees).T
    parallel = np.cos(latitude)
    return np.stack(
        [parallel * np.cos(longitude), parallel * np.sin(longitude), np.sin(latitude)], axis=1
    )


def place_at(point: npt.NDArray[np.float64]) -> Place:
    """The place that a unit vector `[3]` points at."""
    x, y, z = (float(one) for one in point)
    return Place(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))


def network(angles: npt.NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """The shortest network that joins all points (Prim 1957), as pairs.

    Args:
        angles: `[points, points]`, how far each two are apart.
    """
    nearest = angles[0].copy()
    parent = np.zeros(len(angles), dtype=np.intp)
    outside = np.ones(len(angles), dtype=bool)
    outside[0] = False
    while outside.any():
        new = int(np.where(outside, nearest, np.inf).argmin())
        yield int(parent[new]), new
        outside[new] = False
        closer = angles[new] < nearest
        nearest[closer], parent[closer] = angles[new][closer], new


def _angles(points: Vectors) -> npt.NDArray[np.float64]:
    """How far each two are apart, in radians, exact for small angles too."""
    chords = np.linalg.norm(points[:, None, :] - points[None, :, :], axis=2)
    found: npt.NDArray[np.float64] = 2 * np.arcsin(np.clip(chords / 2, 0, 1))
    return found


def _reaches(angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far each language's lines reach, in radians."""
    steps = list(network(angles))
    usual = float(np.quantile([angles[step] for step in steps], USUAL))
    longest = np.full(len(angles), max(usual / REACH, math.radians(LEAST_REACH) / REACH))
    for one, other in steps:
        longest[[one, other]] = np.maximum(longest[[one, other]], angles[one, other])
    return REACH * longest


def _edge(points: Vectors, first: int, second: int, reach: float) -> Edge | None:
    """The edge of two languages, if they are neighbors."""
    sum_, pole = points[first] + points[second], np.cross(points[first], points[second])
    if np.linalg.norm(sum_) < _NOTHING or np.linalg.norm(pole) < _NOTHING:
        return None
    middle, pole = _unit(sum_), _unit(pole)
    height = float(points[first] @ middle)  # cosine of half of the way between the two
    others = np.delete(points, [first, second], axis=0)
    low, high = _bounds(height - others @ middle, others @ pole)
    farthest = math.cos(min(reach, math.pi / 2))
    limit = math.acos(min(farthest / height, 1.0))
    start, end = max(math.atan(low), -limit), min(math.atan(high), limit)
    return Edge(first, second, middle, pole, start, end) if end - start > _NOTHING else None


def _bounds(rise: Any, slope: Any) -> tuple[float, float]:
    """Between which tangents no third language is nearer: where slope * tangent <= rise for all."""
    flat = np.abs(slope) < _NOTHING
    if (rise[flat] < -_NOTHING).any():
        return 0.0, 0.0
    up, down = slope >= _NOTHING, slope <= -_NOTHING
    high = (rise[up] / slope[up]).min(initial=np.inf)
    low = (rise[down] / slope[down]).max(initial=-np.inf)
    return float(low), float(high)


def _unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return vector / np.linalg.norm(vector)
