"""Where languages are, as points on the globe: facts from Glottolog (see `README.md` beside)."""

import csv
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

SAME_PLACE = 0.05
"""Degrees within which two points are one place: what rounding can hide, some 5 km."""


class Place(NamedTuple):
    """A point on the globe, in degrees."""

    latitude: float
    longitude: float


def place_of(code: str) -> Place | None:
    """Return where a language is; None if nobody knows, or it is nowhere (a constructed one).

    A macrolanguage is where its standard variety is; all scripts of a language are at one place.

    >>> place_of("deu-Latn"), place_of("ara-Arab") == place_of("arb-Arab"), place_of("epo-Latn")
    (Place(latitude=48.65, longitude=12.47), True, None)
    """
    three = code.partition("-")[0]
    return _places().get(_varieties().get(three, three))


def places_of(codes: Sequence[str]) -> dict[str, Place]:
    """The places of those languages that have one, in order."""
    found = {code: place_of(code) for code in codes}
    return {code: place for code, place in found.items() if place is not None}


def apart(places: Mapping[str, Place], degrees: float) -> dict[str, Place]:
    """Put languages that share a place side by side, on a circle around it.

    Args:
        places: by code.
        degrees: radius of the circle.

    >>> moved = apart({"srp-Cyrl": Place(44, 20), "srp-Latn": Place(44, 20)}, 0.5)
    >>> [round(place.latitude, 2) for place in moved.values()], moved["srp-Cyrl"].longitude < 20
    ([44.0, 44.0], True)
    """
    found = dict(places)
    for group in _sharing(places):
        center = places[group[0]]
        for at, code in enumerate(group if len(group) > 1 else ()):
            angle = math.pi - 2 * math.pi * at / len(group)
            found[code] = _moved(center, degrees, angle)
    return found


def _moved(center: Place, degrees: float, angle: float) -> Place:
    """A place near by, in a direction counted from the east."""
    parallel = max(math.cos(math.radians(center.latitude)), 0.1)
    longitude = center.longitude + degrees * math.cos(angle) / parallel
    latitude = center.latitude + degrees * math.sin(angle)
    return Place(min(max(latitude, -89.9), 89.9), (longitude + 180) % 360 - 180)


def _sharing(places: Mapping[str, Place]) -> list[list[str]]:
    """Codes by place, in order; a language is with the first that it is at one place with."""
    groups: list[list[str]] = []
    for code, place in places.items():
        for group in groups:
            if _near(places[group[0]], place):
                group.append(code)
                break
        else:
            groups.append([code])
    return groups


def _near(one: Place, other: Place) -> bool:
    return all(abs(a - b) < SAME_PLACE for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=1)
def _places() -> dict[str, Place]:
    return {
        row["code"]: Place(float(row["latitude"]), float(row["longitude"]))
        for row in _rows("languages.csv")
    }


@lru_cache(maxsize=1)
def _varieties() -> dict[str, str]:
    return {row["code"]: row["variety"] for row in _rows("varieties.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("isogloss.report.map") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
