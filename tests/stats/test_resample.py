"""Resampling against all resamples there are, and against scipy."""

import itertools

import numpy as np
import pytest
import scipy.stats

from isogloss.stats import resample
from isogloss.stats.resample import (
    bootstrap_scores,
    n_units,
    scores,
    swap_differences,
    two_sided_p,
)
from isogloss.stats.tallies import TALLY_METRICS

f1 = TALLY_METRICS["f1"]


def ratio(sums):
    """The mean of what [value, 1] holds of each unit."""
    return sums[..., 0] / sums[..., 1]


def with_count(values):
    return np.stack([values, np.ones_like(values)], axis=-1)


def random_tallies(rng, n_units, n_labels=2):
    hits = rng.integers(0, 3, size=(n_units, n_labels))
    predicted = hits + rng.integers(0, 2, size=hits.shape)
    return np.stack([hits, predicted, hits + rng.integers(0, 2, size=hits.shape)], axis=-1)


def test_the_bootstrap_is_that_of_all_resamples():
    """Four units have 256 equally likely resamples."""
    tallies = random_tallies(np.random.default_rng(0), 4)
    exact = [
        float(f1(tallies[list(one)].sum(axis=0))) for one in itertools.product(range(4), repeat=4)
    ]
    drawn = bootstrap_scores([tallies], f1, resamples=40_000, seed=0)[:, 0]
    assert set(np.unique(drawn.round(9))) == set(np.unique(np.round(exact, 9)))
    assert drawn.mean() == pytest.approx(np.mean(exact), abs=0.003)
    assert drawn.std() == pytest.approx(np.std(exact), rel=0.03)


def test_the_bootstrap_agrees_with_scipy():
    values = np.random.default_rng(1).normal(size=40)
    ours = bootstrap_scores([with_count(values)], ratio, resamples=20_000, seed=0)[:, 0]
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(0)
    )
    assert ours.std(ddof=1) == pytest.approx(theirs.standard_error, rel=0.03)
    bounds = tuple(theirs.confidence_interval)
    assert np.quantile(ours, [0.025, 0.975]) == pytest.approx(bounds, abs=0.02)


def test_all_arrays_meet_the_same_units_in_the_same_resample():
    one = random_tallies(np.random.default_rng(2), 30)
    drawn = bootstrap_scores([one, one, 2 * one], f1, resamples=50, seed=3)
    assert (drawn == drawn[:, :1]).all()
    assert drawn[:, 0].std() > 0


def test_swaps_are_all_swaps():
    """Six units have 64 equally likely swaps; two seeds of a unit change places together."""
    rng = np.random.default_rng(4)
    a, b = ([random_tallies(rng, 6) for _ in range(2)] for _ in range(2))

    def difference(coins):
        swap = np.array(coins, dtype=bool)[:, None, None]
        of_a = [f1(np.where(swap, y, x).sum(axis=0)) for x, y in zip(a, b, strict=True)]
        of_b = [f1(np.where(swap, x, y).sum(axis=0)) for x, y in zip(a, b, strict=True)]
        return float(np.mean(of_b) - np.mean(of_a))

    exact = np.array([difference(coins) for coins in itertools.product([0, 1], repeat=6)])
    drawn = swap_differences(a, b, f1, resamples=20_000, seed=0)
    assert set(np.unique(drawn.round(9))) == set(np.unique(exact.round(9)))
    observed = difference([0] * 6)
    share = np.mean(np.abs(exact) >= abs(observed) - 1e-12)
    assert two_sided_p(drawn, observed) == pytest.approx(share, abs=0.012)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_the_randomization_test_agrees_with_scipy(shift):
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=25), rng.normal(shift, size=25)
    ours = swap_differences([with_count(a)], [with_count(b)], ratio, resamples=20_000, seed=0)
    theirs = scipy.stats.permutation_test(
        (b, a),
        lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    )
    assert theirs.statistic == pytest.approx(b.mean() - a.mean())
    assert two_sided_p(ours, b.mean() - a.mean()) == pytest.approx(theirs.pvalue, abs=0.015)


def test_p_counts_the_observed_difference_itself_and_rounding_is_no_difference():
    drawn = np.array([0.1 + 0.2, -0.3, 0.299, 0.0])
    assert two_sided_p(drawn, 0.3) == pytest.approx(3 / 5)
    assert two_sided_p(drawn, -5.0) == pytest.approx(1 / 5)
    assert two_sided_p(drawn, 0.0) == 1.0


def test_blocks_and_what_is_kept_do_not_change_the_draws(monkeypatch):
    tallies = random_tallies(np.random.default_rng(6), 20)
    want = bootstrap_scores([tallies], f1, resamples=101, seed=0)
    swapped = swap_differences([tallies], [tallies[::-1]], f1, resamples=101, seed=0)
    monkeypatch.setattr(resample, "KEPT", 0)
    assert (bootstrap_scores([tallies], f1, resamples=101, seed=0) == want).all()
    monkeypatch.setattr(resample, "BLOCK", 300)
    assert (bootstrap_scores([tallies], f1, resamples=101, seed=0) == want).all()
    again = swap_differences([tallies], [tallies[::-1]], f1, resamples=101, seed=0)
    assert (again == swapped).all()


def test_weights_are_drawn_once_as_long_as_there_is_room(monkeypatch):
    drawn = []
    real = resample._draw

    def counted(units, resamples, seed):
        drawn.append(units)
        return real(units, resamples, seed)

    monkeypatch.setattr(resample, "_draw", counted)
    monkeypatch.setattr(resample, "KEPT", 10 * (20 + 30 + 40))
    kept = resample._Kept()
    wanted = {units: np.stack(list(real(units, 10, 0))) for units in (20, 30, 40, 50)}

    def ask(*asked):
        drawn.clear()
        for units in asked:
            assert (kept.weights(units, 10, 0) == wanted[units]).all()
        return list(drawn)

    assert ask(20, 30, 40, 30, 20, 40) == [20, 30, 40]
    assert ask(50, 40, 20) == [50, 20]  # what was used longest ago goes first
    assert (kept.weights(20, 10, 1) != wanted[20]).any()


def test_each_resample_draws_as_many_units_as_there_are():
    ones = np.ones((17, 1))
    drawn = bootstrap_scores([ones], lambda sums: sums[..., 0], resamples=200, seed=0)
    assert (drawn == 17).all()


@pytest.mark.parametrize("scale", [1, 2**22, 2**40, 0.1])
def test_large_counts_and_fractions_are_added_exactly(scale):
    values = np.random.default_rng(7).integers(0, 9, size=(50, 1)) * scale
    plain = bootstrap_scores([values / scale], lambda sums: sums[..., 0], resamples=40, seed=0)
    scaled = bootstrap_scores([values], lambda sums: sums[..., 0], resamples=40, seed=0)
    assert scaled == pytest.approx(plain * scale, rel=1e-13)


def test_an_array_is_scored_as_a_whole():
    tallies = random_tallies(np.random.default_rng(8), 9)
    assert scores([tallies, tallies[:4]], f1)[0] == f1(tallies.sum(axis=0))


@pytest.mark.parametrize(
    ("arrays", "resamples"),
    [
        ([], 10),
        ([np.zeros((0, 2))], 10),
        ([np.zeros((3, 2)), np.zeros((4, 2))], 10),
        ([np.array(3.0)], 10),
        ([np.zeros((3, 2))], 1),
    ],
)
def test_without_units_arrays_or_resamples_there_is_nothing_to_draw(arrays, resamples):
    with pytest.raises(ValueError, match="resampl"):
        bootstrap_scores(arrays, f1, resamples=resamples, seed=0)
    with pytest.raises(ValueError, match="resampl"):
        swap_differences(arrays, arrays, f1, resamples=resamples, seed=0)


@pytest.mark.parametrize("scale", [1, 0.1])
def test_test_sets_apart_are_as_one_array_with_zeros_around_them(scale):
    """Two sets with two and one columns: the mean over columns of what is right in each."""
    rng = np.random.default_rng(0)

    def mean_ratio(sums):
        return (sums[..., 0] / np.maximum(sums[..., 1], 1)).mean(axis=-1)

    def drawn():
        apart = tuple(
            rng.integers(1, 9, size=(n, columns, 2)) * scale for n, columns in ((20, 2), (35, 1))
        )
        whole = np.zeros((55, 3, 2), apart[0].dtype)
        whole[:20, :2], whole[20:, 2:] = apart
        return apart, whole

    (a, of_a), (b, of_b) = drawn(), drawn()
    assert n_units(a) == 55
    how = {"resamples": 40, "seed": 0}
    for one, other in (
        (scores([a, b], mean_ratio), scores([of_a, of_b], mean_ratio)),
        (
            bootstrap_scores([a, b], mean_ratio, **how),
            bootstrap_scores([of_a, of_b], mean_ratio, **how),
        ),
        (
            swap_differences([a], [b], mean_ratio, **how),
            swap_differences([of_a], [of_b], mean_ratio, **how),
        ),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)
        assert one.std() > 0
    with pytest.raises(ValueError, match="of one shape"):
        bootstrap_scores([a, of_a], mean_ratio, **how)


def test_two_resamples_are_the_fewest():
    assert bootstrap_scores([with_count(np.ones(3))], ratio, resamples=2, seed=0).shape == (2, 1)
