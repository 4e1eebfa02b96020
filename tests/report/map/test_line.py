"""The line against brute force: an edge is as far from both, and no third is nearer."""

import itertools
import math

import numpy as np
import pytest

from isogloss.report.map.line import edges_of, network, place_at, vectors
from isogloss.report.map.places import Place

EUROPE = [Place(48.6, 12.5), Place(53, -1), Place(48, 2), Place(40.4, -1.1), Place(39.9, 32.9),
          Place(59, 50), Place(38.4, 23.1), Place(51.8, 18.6), Place(64.8, 25.6)]  # fmt: skip
WORLD = [*EUROPE, Place(25, 77), Place(35, 135), Place(-38.3, 176.5), Place(-14.1, -71.8),
         Place(21.2, -157.8), Place(-8.3, 37.6), Place(69.6, -143.8)]  # fmt: skip


def scattered(n, seed):
    rng = np.random.default_rng(seed)
    z, longitude = rng.uniform(-1, 1, n), rng.uniform(-180, 180, n)
    return [Place(math.degrees(math.asin(a)), float(b)) for a, b in zip(z, longitude, strict=True)]


def clustered(n, seed):
    rng = np.random.default_rng(seed)
    return [Place(50 + float(a), 10 + float(b)) for a, b in rng.normal(0, 4, (n, 2))]


def apart(one, other):
    """The haversine formula, in radians."""
    (a, b), (c, d) = (map(math.radians, place) for place in (one, other))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * math.asin(min(1.0, math.sqrt(half)))


MAPS = [EUROPE, WORLD, *(make(n, n) for make in (scattered, clustered) for n in (2, 3, 7, 40))]


@pytest.mark.parametrize("places", MAPS, ids=len)
def test_an_edge_is_as_far_from_both_and_no_third_is_nearer(places):
    edges = edges_of(places)
    assert edges
    for edge in edges:
        for point in edge.places(step=1):
            first, second = (apart(point, places[end]) for end in (edge.first, edge.second))
            assert first == pytest.approx(second, abs=1e-7)
            assert min(apart(point, place) for place in places) >= first - 1e-7


@pytest.mark.parametrize("places", MAPS, ids=len)
def test_no_point_between_neighbors_is_missed(places):
    """Walk from each language to each other one: where the nearest changes, there is an edge."""
    edges = {(edge.first, edge.second) for edge in edges_of(places)}
    points = vectors(places)
    for one, other in network(np.arccos(np.clip(points @ points.T, -1, 1))):
        way = np.linspace(0, 1, 400)[:, None]
        steps = (1 - way) * points[one] + way * points[other]
        nearest = (steps @ points.T).argmax(axis=1)
        crossed = {(min(a, b), max(a, b)) for a, b in itertools.pairwise(nearest)}
        assert {(int(a), int(b)) for a, b in crossed if a != b} <= edges


@pytest.mark.parametrize("places", MAPS, ids=len)
def test_languages_on_two_sides_always_have_a_piece_of_line_between_them(places):
    edges = edges_of(places)
    rng = np.random.default_rng(1)
    for _ in range(20):
        scores = rng.uniform(0, 1, len(places))
        for threshold in (scores.min() + 1e-9, float(np.median(scores)) + 1e-9, scores.max()):
            below = scores < threshold
            crossing = [edge for edge in edges if below[edge.first] != below[edge.second]]
            assert bool(crossing) == (below.any() and not below.all())


@pytest.mark.parametrize("places", MAPS, ids=len)
def test_a_line_ends_at_a_third_language_or_out_of_reach(places):
    """0.8 of the longest step at a language, or a usual step: the longest of 80 % of all steps."""
    points = vectors(places)
    steps = [
        (one, other, apart(places[one], places[other]))
        for one, other in network(np.arccos(np.clip(points @ points.T, -1, 1)))
    ]
    usual = max(np.quantile([length for *_, length in steps], 0.8), math.radians(1))
    own = [max(0.8 * length for *ends, length in steps if at in ends) for at in range(len(places))]
    for edge in edges_of(places):
        reach = max(min(own[edge.first], own[edge.second]), usual)
        for end in (edge.places()[0], edge.places()[-1]):
            far = sorted(apart(end, place) for place in places)
            assert far[0] <= reach + 1e-7
            third = len(far) > 2 and far[2] == pytest.approx(far[0], abs=1e-6)
            assert third or far[0] == pytest.approx(min(reach, math.pi / 2), abs=1e-6)


def test_two_languages_share_the_meridian_between_them():
    (edge,) = edges_of([Place(0, -10), Place(0, 10)])
    ends = edge.places()[0], edge.places()[-1]
    assert all(place.longitude == pytest.approx(0, abs=1e-9) for place in edge.places())
    # within 20 degrees of both, the one step there is: cos(20) = cos(10) cos(latitude)
    height = math.degrees(math.acos(math.cos(math.radians(20)) / math.cos(math.radians(10))))
    assert sorted(end.latitude for end in ends) == pytest.approx([-height, height])


def test_edges_meet_where_three_languages_are_equally_near():
    edges = edges_of([Place(0, 0), Place(0, 10), Place(8, 5)])
    ends = [place for edge in edges for place in (edge.places()[0], edge.places()[-1])]
    meeting = [sum(apart(a, b) < 1e-7 for b in ends) for a in ends]
    assert len(edges) == 3
    assert meeting.count(3) == 3


def test_points_are_no_farther_apart_than_asked():
    (edge,) = edges_of([Place(0, -40), Place(0, 40)])
    places = edge.places(step=2)
    steps = [math.degrees(apart(a, b)) for a, b in itertools.pairwise(places)]
    assert max(steps) <= 2 + 1e-9


@pytest.mark.parametrize("places", [[], [Place(1, 2)], [Place(1, 2), Place(1, 2)]], ids=len)
def test_no_two_places_have_no_edge(places):
    assert edges_of(places) == []


def test_languages_at_one_place_do_not_hide_their_neighbor():
    edges = edges_of([Place(44, 20), Place(44, 20), Place(48, 12)])
    assert edges
    assert {edge.second for edge in edges} == {2}


def test_opposite_ends_of_the_globe_have_no_edge_of_their_own():
    edges = edges_of([Place(0, 0), Place(0, 180), Place(0, 80)])
    assert {(edge.first, edge.second) for edge in edges} == {(0, 2), (1, 2)}


def test_a_place_comes_back_from_its_vector():
    for place in WORLD:
        (vector,) = vectors([place])
        assert place_at(vector) == pytest.approx(place)
