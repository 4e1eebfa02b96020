"""Windows: the same pixels as the renderer's, and every language inside."""

import re

import pytest
import vl_convert

from isogloss.report.map.places import Place
from isogloss.report.map.window import MOST, windows

EUROPE = [Place(48.6, 12.5), Place(53, -1), Place(40.4, -1.1), Place(39.9, 32.9), Place(64.8, 25.6)]
ASIA = [*EUROPE, Place(25, 77), Place(35, 135), Place(28, 43.9)]
WORLD = [*ASIA, Place(-14.1, -71.8), Place(-38.3, 176.5), Place(-28.9, 30.2)]
PACIFIC = [Place(-38.3, 176.5), Place(-13.9, -171.8), Place(21.2, -157.8), Place(13.4, 144.7)]


def drawn(window, places, width, height):
    """Where the renderer puts places, from its SVG."""
    scale = window.scale(width, height)
    x, y = (window.left + window.right) / 2, (window.top + window.bottom) / 2
    spec = {
        "width": width, "height": height, "padding": 0,
        "projection": {
            "type": window.projection, "scale": scale,
            "rotate": [-window.center.longitude, -window.center.latitude, 0],
            "translate": [width / 2 - x * scale, height / 2 - y * scale],
        },
        "data": {"values": [{"a": p.latitude, "o": p.longitude} for p in places]},
        "mark": {"type": "circle", "clip": True},
        "encoding": {
            "latitude": {"field": "a", "type": "quantitative"},
            "longitude": {"field": "o", "type": "quantitative"},
        },
    }  # fmt: skip
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    marks = svg.partition("mark-symbol")[2]
    return [
        tuple(map(float, at)) for at in re.findall(r"translate\(([-\d.e]+),([-\d.e]+)\)", marks)
    ]


@pytest.mark.parametrize("places", [EUROPE, ASIA, WORLD, PACIFIC], ids=["eu", "asia", "all", "pac"])
def test_pixels_are_those_of_the_renderer(places):
    for window in windows(places):
        ours = window.pixels(places, 700, 400).tolist()
        assert ours == [pytest.approx(at, abs=0.01) for at in drawn(window, places, 700, 400)]


@pytest.mark.parametrize("size", [(300, 250), (860, 447), (1000, 500)])
@pytest.mark.parametrize("places", [EUROPE, ASIA, WORLD, PACIFIC, EUROPE[:1]], ids=len)
def test_the_first_window_and_the_world_hold_every_language(places, size):
    found = {one.name: one for one in windows(places)}
    for window in (windows(places)[0], found["world"]):
        at = window.pixels(places, *size)
        margin = window.shape.margin if window.name == "region" else 0
        assert (at >= margin - 1e-6).all()
        assert (at <= [size[0] - margin + 1e-6, size[1] - margin + 1e-6]).all()


def test_near_languages_have_a_map_of_their_own_and_far_ones_have_not():
    assert [(one.name, one.projection) for one in (windows(EUROPE)[0], windows(ASIA)[0])] == [
        ("region", "azimuthalEqualArea"), ("region", "naturalEarth1"),
    ]  # fmt: skip
    everywhere = [Place(0, longitude) for longitude in range(-150, 151, 50)]
    assert [one.name for one in (windows(WORLD)[0], windows(everywhere)[0])] == ["world", "world"]
    widths = [one.right - one.left for one in (windows(ASIA)[0], windows(ASIA)[-1])]
    assert widths[0] <= MOST * widths[1]


def test_a_part_of_the_world_is_offered_if_some_but_not_all_languages_are_in_it():
    assert "europe" not in {one.name for one in windows(EUROPE)}
    assert "europe" in {one.name for one in windows(WORLD)}
    assert "africa" not in {one.name for one in windows(WORLD)}


def test_a_map_is_never_higher_than_it_may_be():
    for window in windows(WORLD):
        heights = [window.height(width) for width in (100, 300, 860, 3000)]
        assert heights == sorted(heights)
        assert window.shape.least <= heights[0]
        assert heights[-1] == window.shape.most
