"""The Pareto front by brute force, with ties and unknown coordinates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.stats.pareto import pareto_front

COORDINATE = st.integers(0, 3)


@given(st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE), max_size=12))
def test_the_front_is_what_no_other_beats(points):
    named = {f"m{i}": point for i, point in enumerate(points)}
    up = (True, False, True)

    def worse(one, other):
        signed = [(b - a) * (1 if u else -1) for a, b, u in zip(one, other, up, strict=True)]
        return min(signed) >= 0 and max(signed) > 0

    want = [n for n, p in named.items() if not any(worse(p, other) for other in points)]
    assert pareto_front(named, up) == want
    assert bool(want) == bool(points)


def test_equal_candidates_all_stay():
    points = {"a": (1.0, 2.0), "b": (1.0, 2.0), "c": (1.0, 3.0)}
    assert pareto_front(points, (True, False)) == ["a", "b"]


def test_an_unknown_coordinate_neither_beats_nor_is_beaten():
    points = {"best": (0.9, 1.0), "unknown": (0.1, None), "worst": (0.5, 2.0)}
    assert pareto_front(points, (True, False)) == ["best", "unknown"]
    assert pareto_front({"a": (0.9, None), "b": (0.5, 2.0)}, (True, False)) == ["a", "b"]


def test_what_both_lack_does_not_save_the_worse():
    assert pareto_front({"a": (0.9, None), "b": (0.5, None)}, (True, False)) == ["a"]
    assert pareto_front({"a": (None,), "b": (None,)}, (True,)) == ["a", "b"]


@pytest.mark.parametrize("point", [(1.0,), (1.0, 2.0, 3.0), (1.0, float("nan"))])
def test_points_that_do_not_fit_are_refused(point):
    with pytest.raises(ValueError, match="'a'"):
        pareto_front({"a": point, "b": (1.0, 2.0)}, (True, True))
