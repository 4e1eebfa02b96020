"""Intervals against scipy, against exhaustive resampling, and in the long run."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.stats.confusion import accuracy, macro_f1
from isogloss.stats.intervals import (
    SINGLE,
    bootstrap_interval,
    mean_interval,
    paired_interval,
    wilson_interval,
)


def share_right(counts):
    """Accuracy from counts of [wrong, right]."""
    return counts[..., 1] / counts.sum(axis=-1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=12).filter(lambda v: np.std(v) > 1e-6),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_the_interval_over_seeds_is_the_one_of_scipy(values, confidence):
    ours = mean_interval(values, confidence)
    n, standard_error = len(values), scipy.stats.sem(values)
    low, high = scipy.stats.t.interval(confidence, n - 1, loc=np.mean(values), scale=standard_error)
    assert (ours.low, ours.high) == pytest.approx((low, high))
    assert ours.sd == pytest.approx(np.std(values, ddof=1))
    assert (ours.n, ours.confidence) == (n, confidence)


def test_neither_the_deviation_nor_the_interval_is_the_standard_error():
    values = [0.60, 0.62, 0.64]
    ours, standard_error = mean_interval(values), scipy.stats.sem(values)
    assert ours.sd == pytest.approx(standard_error * math.sqrt(3))
    assert (ours.high - ours.low) / 2 == pytest.approx(4.302653 * standard_error)


def test_one_seed_has_no_interval_and_says_so():
    only = mean_interval([0.6])
    assert (only.mean, only.low, only.high, only.sd, only.n) == (0.6, None, None, None, 1)
    assert only.method == SINGLE


@pytest.mark.parametrize("values", [[], [0.5, math.nan], [math.inf]])
def test_no_value_or_a_broken_one_is_refused(values):
    with pytest.raises(ValueError, match=r"no value|not finite"):
        mean_interval(values)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_intervals_over_seeds_hold_the_truth_as_often_as_they_say(n):
    """1,500 studies of a known mean; 0.016 is about three standard errors of the share."""
    draws = np.random.default_rng(7).normal(0.6, 0.02, size=(1500, n))
    found = [mean_interval(row) for row in draws.tolist()]
    share = np.mean([one.low <= 0.6 <= one.high for one in found])
    assert share == pytest.approx(0.95, abs=0.017)


def test_bootstrap_intervals_hold_the_true_macro_f1_as_often_as_they_say():
    rng = np.random.default_rng(3)
    cells = np.array([[0.25, 0.05, 0.03], [0.06, 0.2, 0.07], [0.02, 0.07, 0.25]])
    truth = float(macro_f1(cells))
    samples = rng.multinomial(600, cells.ravel(), size=400).reshape(-1, 3, 3)
    found = [bootstrap_interval(one, macro_f1, resamples=400) for one in samples]
    share = np.mean([one.low <= truth <= one.high for one in found])
    assert share == pytest.approx(0.95, abs=0.035)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
def test_wilson_intervals_hold_the_true_accuracy_as_often_as_they_say(p):
    """Exactly: every possible count of right answers, weighed by its probability."""
    n = 120
    chance = scipy.stats.binom.pmf(np.arange(n + 1), n, p)
    holds = [
        one.low <= p <= one.high for one in (wilson_interval(right, n) for right in range(n + 1))
    ]
    assert float(chance @ np.array(holds)) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (7, 10), (1, 1), (433, 870)])
def test_the_interval_of_a_share_is_the_one_of_scipy(right, n):
    want = scipy.stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    ours = wilson_interval(right, n)
    assert (ours.low, ours.high) == pytest.approx((want.low, want.high))
    assert 0 <= ours.low <= ours.mean <= ours.high <= 1
    assert ours.sd is None


@pytest.mark.parametrize(("right", "n"), [(0, 0), (-1, 3), (4, 3)])
def test_what_is_no_share_is_refused(right, n):
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(right, n)


def test_the_bootstrap_of_counts_is_that_of_all_resamples():
    """Five examples have 3,125 equally likely resamples: their quantiles are the exact bounds."""
    correct = [1, 1, 1, 0, 0]
    exact = [np.mean(one) for one in itertools.product(correct, repeat=5)]
    ours = bootstrap_interval([2, 3], share_right, resamples=20000)
    assert (ours.low, ours.high) == pytest.approx(tuple(np.quantile(exact, [0.025, 0.975])))
    assert (ours.mean, ours.n, ours.sd) == (0.6, 5, None)


def test_the_bootstrap_of_examples_and_of_their_confusion_matrix_agree():
    counts = np.array([[40.0, 10.0], [20.0, 30.0]])
    of_matrix = bootstrap_interval(counts, accuracy, resamples=8000)
    of_examples = bootstrap_interval([30, 70], share_right, resamples=8000)
    assert of_matrix.mean == pytest.approx(of_examples.mean)
    assert of_matrix.low == pytest.approx(of_examples.low, abs=0.011)
    assert of_matrix.high == pytest.approx(of_examples.high, abs=0.011)


def test_the_bootstrap_is_the_same_for_the_same_seed_and_only_then():
    counts = np.random.default_rng(0).integers(20, 90, size=(3, 3))
    same = bootstrap_interval(counts, macro_f1)
    assert same == bootstrap_interval(counts, macro_f1)
    assert same.low != bootstrap_interval(counts, macro_f1, seed=1).low


@pytest.mark.parametrize("counts", [[[0, 0], [0, 0]], [[3, -1], [0, 1]]])
def test_a_bootstrap_without_examples_is_refused(counts):
    with pytest.raises(ValueError, match="bootstrap needs examples"):
        bootstrap_interval(counts, accuracy)


def test_a_paired_interval_cancels_what_the_seed_does_to_both_sides():
    luck = {0: -0.1, 1: 0.0, 2: 0.1}
    first = {seed: 0.65 + by for seed, by in luck.items()}
    second = {seed: 0.60 + by for seed, by in luck.items()}
    paired = paired_interval(first, second)
    assert (paired.low, paired.high) == pytest.approx((0.05, 0.05))
    assert paired.n == 3


def test_a_paired_interval_uses_the_seeds_that_both_sides_have():
    assert paired_interval({0: 0.5, 1: 0.9}, {0: 0.4, 2: 0.1}).mean == pytest.approx(0.1)
    assert paired_interval({0: 0.5}, {1: 0.5}) is None
