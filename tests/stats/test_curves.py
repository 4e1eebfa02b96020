"""Learning curves: gains that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.stats.curves import learning_curve


def test_the_gain_runs_from_the_smallest_to_the_largest_size_whatever_their_order():
    curve = learning_curve({500: {0: 0.6}, 100: {0: 0.4}, 2000: {0: 0.65}})
    assert [point.n_per_language for point in curve.points] == [100, 500, 2000]
    assert curve.gain.mean == pytest.approx(0.25)


def test_the_gain_is_paired_by_seed():
    curve = learning_curve({100: {0: 0.3, 1: 0.5}, 200: {0: 0.4, 1: 0.6}})
    assert (curve.gain.low, curve.gain.high, curve.gain.n) == pytest.approx((0.1, 0.1, 2))


def test_a_line_over_doublings_has_its_slope_as_gain_per_doubling():
    curve = learning_curve({100 * 2**k: {0: 0.4 + 0.03 * k} for k in range(5)})
    assert curve.gain_per_doubling == pytest.approx(0.03)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(1, 5000), st.floats(0, 1), min_size=2, max_size=8))
def test_the_gain_per_doubling_is_the_least_squares_slope(scores):
    curve = learning_curve({size: {0: value} for size, value in scores.items()})
    slope = np.polyfit(np.log2(list(scores)), list(scores.values()), 1)[0]
    assert curve.gain_per_doubling == pytest.approx(slope, abs=1e-6)


def test_one_size_has_a_point_and_no_gain():
    curve = learning_curve({100: {0: 0.3, 1: 0.5}})
    assert (curve.gain, curve.gain_per_doubling) == (None, None)
    assert curve.points[0].score.n == 2


def test_sizes_without_a_score_are_counted():
    curve = learning_curve({100: {0: 0.3}, 200: {}, 400: {1: 0.5}})
    assert curve.n_missing == 1
    assert curve.gain is None  # no seed in common
    assert curve.gain_per_doubling == pytest.approx(0.1)


def test_a_size_of_no_rows_is_refused():
    with pytest.raises(ValueError, match="positive"):
        learning_curve({0: {0: 0.3}})
