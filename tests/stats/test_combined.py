"""Intervals and tests over seeds and test units: by hand, at their limits, without variance."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import scipy.stats

from isogloss.stats.combined import BOTH, ONE_UNIT, UNITS_ONLY, compare, score_interval
from isogloss.stats.tallies import TALLY_METRICS

f1, accuracy = TALLY_METRICS["f1"], TALLY_METRICS["accuracy"]


def mean(sums):
    return sums[..., 0] / sums[..., 1]


def with_count(values):
    return np.stack([values, np.ones_like(values)], axis=-1)


def crossed(rng, n_seeds, n_units, *, seed=0.0, unit=0.0, both=0.0):
    """Values of units by seed, as the sum of the three effects."""
    table = (
        seed * rng.normal(size=(n_seeds, 1))
        + unit * rng.normal(size=n_units)
        + both * rng.normal(size=(n_seeds, n_units))
    )
    return dict(enumerate(table)), {key: with_count(row) for key, row in enumerate(table)}


def words(right, asked=10):
    """Tallies of one label, from right words in each unit."""
    asked = np.full_like(right, asked)
    return np.stack([right, asked, asked], axis=-1)[:, np.newaxis]


def test_with_one_seed_it_is_the_t_interval_over_units():
    values, arrays = crossed(np.random.default_rng(0), 1, 60, unit=1.0)
    ours = score_interval(arrays, mean, resamples=40_000)
    error = scipy.stats.sem(values[0])
    low, high = scipy.stats.t.interval(0.95, 59, loc=values[0].mean(), scale=error)
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.01)
    assert (ours.se, ours.df, ours.se_seed) == (ours.se_test, 59, None)
    assert (ours.n_seeds, ours.n_units, ours.method) == (1, 60, UNITS_ONLY)


def test_where_units_are_alike_it_is_the_t_interval_over_seeds():
    values, arrays = crossed(np.random.default_rng(1), 4, 30, seed=1.0)
    ours = score_interval(arrays, mean)
    means = [row.mean() for row in values.values()]
    low, high = scipy.stats.t.interval(0.95, 3, loc=np.mean(means), scale=scipy.stats.sem(means))
    assert (ours.low, ours.high, ours.df) == pytest.approx((low, high, 3))
    assert (ours.se, ours.se_test, ours.method) == (pytest.approx(ours.se_seed), 0, BOTH)


def test_where_seeds_are_alike_it_is_the_interval_over_units():
    values, arrays = crossed(np.random.default_rng(2), 3, 50, unit=1.0)
    ours = score_interval(arrays, mean, resamples=20_000)
    assert ours.se == ours.se_test == pytest.approx(scipy.stats.sem(values[0]), rel=0.02)
    assert (ours.se_seed, ours.df) == (0, 49)


@pytest.mark.parametrize(("n_units", "seed"), [(80, 0.5), (4, 1.0)])
def test_the_variance_is_that_of_a_crossed_design(n_units, seed):
    """Against the two-way analysis of variance, in expected mean squares."""
    rng = np.random.default_rng(3)
    n_seeds = 5
    values, arrays = crossed(rng, n_seeds, n_units, seed=seed, unit=1.0, both=1.0)
    table = np.stack(list(values.values()))
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    rest = ((table - rows[:, None] - columns + grand) ** 2).sum()
    ms_both = rest / ((n_seeds - 1) * (n_units - 1))
    ms_seed, ms_unit = n_units * rows.var(ddof=1), n_seeds * columns.var(ddof=1)
    assert min(ms_seed, ms_unit) > ms_both
    want = (ms_seed + ms_unit - ms_both) / (n_seeds * n_units)
    ours = score_interval(arrays, mean, resamples=40_000)
    assert ours.se**2 == pytest.approx(want, rel=0.02)
    assert ours.se_seed**2 == pytest.approx(ms_seed / (n_seeds * n_units))
    assert ours.se_test**2 == pytest.approx(ms_unit / (n_seeds * n_units), rel=0.02)
    assert min(4, n_units - 1) < ours.df < max(4, n_units - 1)


def test_seeds_that_differ_by_no_more_than_their_answers_add_nothing():
    table = np.random.default_rng(4).normal(size=(3, 40))
    table -= table.mean(axis=1, keepdims=True)  # the seeds score alike and answer differently
    ours = score_interval({i: with_count(row) for i, row in enumerate(table)}, mean)
    assert ours.se == ours.se_test > 0
    assert ours.df == 39


def test_scores_come_from_the_whole_test_set_and_not_from_its_units():
    rng = np.random.default_rng(5)
    arrays = {key: rng.integers(0, 4, size=(20, 3, 3)) for key in (0, 1)}
    ours = score_interval(arrays, f1, resamples=50)
    assert ours.mean == pytest.approx(np.mean([f1(one.sum(axis=0)) for one in arrays.values()]))
    assert ours.low < ours.mean < ours.high


def test_a_difference_is_that_of_the_shared_seeds():
    rng = np.random.default_rng(6)
    a = {key: words(rng.integers(5, 9, size=30)) for key in (0, 1, 2)}
    b = {key: words(rng.integers(6, 10, size=30)) for key in (2, 1, 7)}
    ours = compare(a, b, accuracy, resamples=500)
    shared = compare({1: a[1], 2: a[2]}, {2: b[2], 1: b[1]}, accuracy, resamples=500)
    assert ours == shared
    want = np.mean([accuracy(b[s].sum(axis=0)) - accuracy(a[s].sum(axis=0)) for s in (1, 2)])
    assert ours.mean == pytest.approx(want)
    assert (ours.n_seeds, ours.n_units) == (2, 30)


def test_turned_round_a_difference_changes_its_sign_only():
    rng = np.random.default_rng(7)
    a = {key: words(rng.integers(5, 9, size=30)) for key in (0, 1, 2)}
    b = {key: words(rng.integers(6, 10, size=30)) for key in (0, 1, 2)}
    there, back = compare(a, b, accuracy, resamples=500), compare(b, a, accuracy, resamples=500)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))
    assert (back.p, back.p_randomization, back.p_bootstrap, back.smallest) == pytest.approx(
        (there.p, there.p_randomization, there.p_bootstrap, there.smallest)
    )


def test_p_is_below_5_percent_exactly_when_the_interval_leaves_out_zero():
    rng = np.random.default_rng(8)
    for shift in np.linspace(0, 0.6, 25):
        _, a = crossed(rng, 3, 40, seed=0.1, unit=1.0, both=0.3)
        b = {
            key: one + [shift, 0] + rng.normal(0, 0.3, one.shape) * [1, 0] for key, one in a.items()
        }
        found = compare(a, b, mean, resamples=200)
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)


def test_with_one_seed_p_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(9)
    a = rng.normal(size=200)
    b = a + rng.normal(0.1, 0.5, size=200)
    ours = compare({0: with_count(a)}, {0: with_count(b)}, mean, resamples=40_000)
    want = scipy.stats.ttest_rel(b, a).pvalue
    assert ours.p == pytest.approx(want, rel=0.1)
    assert ours.p_randomization == pytest.approx(want, rel=0.1)
    assert ours.p_bootstrap == pytest.approx(want, rel=0.15)


def test_pairing_takes_out_what_the_units_do_to_both():
    rng = np.random.default_rng(10)
    _, a = crossed(rng, 3, 100, unit=1.0, both=0.05)
    b = {key: one + np.array([0.1, 0]) for key, one in a.items()}
    b = {key: one + rng.normal(0, 0.05, one.shape) * [1, 0] for key, one in b.items()}
    difference = compare(a, b, mean, resamples=500)
    assert difference.se < 0.1 * score_interval(a, mean).se
    assert difference.p < 0.01


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_two_equal_models_have_no_difference_and_p_1(n_seeds):
    rng = np.random.default_rng(11)
    a = {key: words(rng.integers(0, 10, size=25)) for key in range(n_seeds)}
    same = compare(a, a, accuracy, resamples=100)
    assert (same.mean, same.low, same.high, same.se, same.df) == (0, 0, 0, 0, None)
    assert (same.p, same.p_randomization, same.p_bootstrap, same.smallest) == (1, 1, 1, None)


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_a_difference_without_variance_has_the_p_of_the_swaps(n_seeds):
    a = {key: words(np.full(40, 6)) for key in range(n_seeds)}
    b = {key: words(np.full(40, 8)) for key in range(n_seeds)}
    apart = compare(a, b, accuracy, resamples=1000)
    assert (apart.low, apart.high) == pytest.approx((0.2, 0.2))
    assert apart.p == apart.p_randomization == pytest.approx(1 / 1001)
    few = {key: one[:2] for key, one in a.items()}, {key: one[:2] for key, one in b.items()}
    assert compare(*few, accuracy, resamples=4000).p == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_one_unit_has_no_interval_and_proves_nothing(n_seeds):
    a = {key: words(np.array([3 + key])) for key in range(n_seeds)}
    b = {key: words(np.array([8])) for key in range(n_seeds)}
    score, apart = score_interval(a, accuracy), compare(a, b, accuracy, resamples=100)
    for one in (score, apart):
        assert (one.low, one.high, one.se, one.df, one.se_test) == (None,) * 5
        assert one.method == ONE_UNIT
    assert (apart.p, apart.p_randomization, apart.p_bootstrap, apart.smallest) == (1, 1, 1, None)


@pytest.mark.parametrize("n_units", [1, 2, 3, 30])
@pytest.mark.parametrize("n_seeds", [1, 2, 3])
@pytest.mark.parametrize("metric", ["f1", "macro_f1", "accuracy"])
def test_nothing_is_ever_nan(metric, n_seeds, n_units):
    """Empty units, labels without gold, all right and all wrong."""
    statistic = TALLY_METRICS[metric]
    rng = np.random.default_rng(12)
    draws = rng.integers(0, 2, size=(n_seeds, n_units, 2, 1)) * np.ones(3, dtype=int)
    for a in (draws, draws * 0, draws * [0, 0, 1], draws * [0, 1, 0]):
        for b in (draws, draws * 0, draws * [0, 1, 1]):
            sides = dict(enumerate(a)), dict(enumerate(b))
            found = compare(*sides, statistic, resamples=50)
            score = score_interval(sides[0], statistic, resamples=50)
            for value in (*asdict(found).values(), *asdict(score).values()):
                assert not isinstance(value, float) or math.isfinite(value)
            assert all(0 <= p <= 1 for p in (found.p, found.p_randomization, found.p_bootstrap))


def test_the_same_seed_gives_the_same_interval_and_only_then():
    rng = np.random.default_rng(13)
    a = {key: words(rng.integers(5, 9, size=30)) for key in (0, 1)}
    b = {key: words(rng.integers(5, 9, size=30)) for key in (0, 1)}
    assert compare(a, b, accuracy, resamples=200) == compare(a, b, accuracy, resamples=200)
    assert score_interval(a, accuracy).se != score_interval(a, accuracy, seed=1).se


def test_without_a_shared_seed_there_is_no_difference():
    a = words(np.array([1, 2]))
    with pytest.raises(ValueError, match=r"A has seeds \[0\], B has \[1\]: none is shared"):
        compare({0: a}, {1: a}, accuracy)
    with pytest.raises(ValueError, match="arrays of one shape"):
        score_interval({}, accuracy)


def test_units_must_be_the_same():
    few, many = words(np.array([1, 2])), words(np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="arrays of one shape"):
        compare({0: few}, {0: many}, accuracy)
    with pytest.raises(ValueError, match="arrays of one shape"):
        score_interval({0: few, 1: many}, accuracy)
    with pytest.raises(ValueError, match="needs units"):
        score_interval({0: few[:0]}, accuracy)
