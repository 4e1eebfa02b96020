"""Names on the map: no two collide, none leaves the map, at no width."""

import itertools

import numpy as np
import pytest

from isogloss.report.map.labels import GAP, LINE, RADIUS, WIDER, WIDTHS, labels, width_of
from isogloss.report.map.places import Place
from isogloss.report.map.window import windows


def made_up(n, seed):
    rng = np.random.default_rng(seed)
    spread = rng.normal((48, 15), (8, 14), (n, 2))
    places = {f"x{at:02}": Place(float(a), float(b)) for at, (a, b) in enumerate(spread)}
    return places, {code: "Name" + "x" * int(rng.integers(0, 9)) for code in places}


def box(at, name, side):
    x, y = at
    wide = width_of(name)
    left = {"right": x + GAP, "left": x - GAP - wide}.get(side, x - wide / 2)
    top = {"above": y - GAP - LINE, "below": y + GAP}.get(side, y - LINE / 2)
    return left, top, left + wide, top + LINE


def overlap(one, other):
    return (
        one[0] < other[2] - 1e-6 and other[0] < one[2] - 1e-6
        and one[1] < other[3] - 1e-6 and other[1] < one[3] - 1e-6
    )  # fmt: skip


@pytest.mark.parametrize("n", [1, 5, 20, 60])
def test_nothing_collides_at_any_width(n):
    places, names = made_up(n, seed=n)
    for window in windows(list(places.values())):
        laid = labels(places, names, window)
        for width in WIDTHS:
            height = window.height(width)
            at = dict(zip(places, window.pixels(list(places.values()), width, height), strict=True))
            mine = [one for one in laid if one.start <= width < one.end]
            assert len({one.code for one in mine}) == len(mine)
            boxes = {one.code: box(at[one.code], names[one.code], one.side) for one in mine}
            for code, (left, top, right, bottom) in boxes.items():
                assert left >= 0
                assert top >= 0
                assert right <= width
                assert bottom <= height
                assert not any(overlap(boxes[code], boxes[o]) for o in boxes if o != code)
                for other, (x, y) in at.items():
                    mark = (x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)
                    assert other == code or not overlap(boxes[code], mark)


def test_a_lonely_language_has_its_name_at_every_width():
    places = {"deu-Latn": Place(48.6, 12.5), "fin-Latn": Place(64.8, 25.6)}
    window = windows(list(places.values()))[0]
    laid = labels(places, {"deu-Latn": "German", "fin-Latn": "Finnish"}, window)
    for code in places:
        mine = sorted((one.start, one.end) for one in laid if one.code == code)
        assert mine[0][0] == WIDTHS[0]
        assert mine[-1][1] == WIDER
        assert all(one[1] == other[0] for one, other in itertools.pairwise(mine))


def test_wider_maps_have_room_for_more_names():
    places, names = made_up(60, seed=3)
    laid = labels(places, names, windows(list(places.values()))[0])
    shown = [sum(one.start <= width < one.end for one in laid) for width in WIDTHS]
    assert shown[-1] > 2 * shown[0]
    assert shown[-1] < 60
