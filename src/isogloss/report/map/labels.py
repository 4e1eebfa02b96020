"""Which languages have their name beside them on a map, and on which side: where nothing collides.

A map is as wide as the window it is read in, so names are laid for a handful of widths; between two
of them a name stays where it is on the narrower one, while languages move apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from isogloss.report.map.places import Place
from isogloss.report.map.window import Pixels, Window

Side = Literal["right", "left", "above", "below"]

SIDES: tuple[Side, ...] = ("right", "left", "above", "below")

WIDTHS = (280, 340, 420, 520, 640, 760, 880, 1020)
"""Widths in pixels that names are laid for; each holds up to the next."""

WIDER = 10_000

LINE = 14.0
"""Pixels that a line of 12 pixels is high."""

NARROW, WIDE, CAPITAL, OTHER = 4.8, 11.2, 9.0, 7.4
"""Pixels that letters of 12 pixels are wide, in the widest of the fonts that may be at hand."""

RADIUS, GAP = 6.0, 9.0
"""Of a language's mark, and from its middle to its name."""

NEAR = 70.0
"""Pixels within which other marks crowd a language's."""

Boxes = npt.NDArray[np.float64]
"""`[boxes, 4]`: left, top, right, bottom."""


class Label(NamedTuple):
    """A name beside its mark, on maps from one width to below another."""

    code: str
    view: str
    side: Side
    start: int
    end: int


def labels(places: Mapping[str, Place], names: Mapping[str, str], window: Window) -> list[Label]:
    """Lay the names of all languages that have room for them, for every width."""
    found: dict[tuple[str, Side, int], Label] = {}
    for start, end in zip(WIDTHS, [*WIDTHS[1:], WIDER], strict=True):
        for code, side in _laid(places, names, window, start).items():
            before = found.pop((code, side, start), None)
            first = before.start if before else start
            found[code, side, end] = Label(code, window.name, side, first, end)
    return list(found.values())


def width_of(name: str) -> float:
    """About how wide a name is, rather more than less.

    >>> width_of("Mali") > width_of("Tilt")
    True
    """
    return sum(map(_width, name))


def _width(letter: str) -> float:
    if letter in "fijlrtI ()'.,-/":
        return NARROW
    if letter in "mwMW":
        return WIDE
    return CAPITAL if letter.isupper() else OTHER


def _laid(
    places: Mapping[str, Place], names: Mapping[str, str], window: Window, width: int
) -> dict[str, Side]:
    """The side of each name that has room on a map of this width; the loneliest come first."""
    height = window.height(width)
    codes = list(places)
    at = window.pixels(list(places.values()), width, height)
    taken = np.concatenate([at - RADIUS, at + RADIUS], axis=1)
    found: dict[str, Side] = {}
    for place in _lonely_first(at):
        if not ((at[place] >= 0) & (at[place] <= (width, height))).all():
            continue
        name = names[codes[place]]
        for side, box in _boxes(at[place], name):
            inside = (box >= 0).all() and box[2] <= width and box[3] <= height
            if inside and not _hits(box, np.delete(taken, place, axis=0)):
                found[codes[place]] = side
                taken = np.concatenate([taken, [box]])
                break
    return found


def _lonely_first(at: Pixels) -> Sequence[int]:
    """Places by how many others are near, in order."""
    distances = np.linalg.norm(at[:, None] - at[None], axis=2)
    order: list[int] = np.argsort((distances < NEAR).sum(axis=1), kind="stable").tolist()
    return order


def _boxes(at: npt.NDArray[np.float64], name: str) -> Iterator[tuple[Side, Boxes]]:
    """Where a name would be, on each side."""
    x, y = (float(one) for one in at)
    wide = width_of(name)
    corners = {
        "right": (x + GAP, y - LINE / 2),
        "left": (x - GAP - wide, y - LINE / 2),
        "above": (x - wide / 2, y - GAP - LINE),
        "below": (x - wide / 2, y + GAP),
    }
    for side in SIDES:
        left, top = corners[side]
        yield side, np.array([left, top, left + wide, top + LINE])


def _hits(box: Boxes, others: Boxes) -> bool:
    apart = (
        (others[:, 0] >= box[2]) | (others[:, 2] <= box[0])
        | (others[:, 1] >= box[3]) | (others[:, 3] <= box[1])
    )  # fmt: skip
    return not bool(apart.all())
