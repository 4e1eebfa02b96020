"""Gaps between languages and between ways of training."""

import pytest

from isogloss.stats.gaps import compare_regimes, language_gap, mean_over_sources


def test_the_gap_is_between_the_best_and_the_worst_mean_over_seeds():
    gap = language_gap({"a": {0: 0.9, 1: 0.5}, "b": {0: 0.4, 1: 0.6}, "c": {0: 0.6, 1: 0.6}})
    assert (gap.best, gap.worst) == ("a", "b")  # of the means 0.7, 0.5, 0.6
    assert gap.gap.mean == pytest.approx(0.2)
    assert gap.mean == pytest.approx(0.6)
    assert gap.sd == pytest.approx(0.1)
    assert gap.gap.mean == pytest.approx(gap.best_score.mean - gap.worst_score.mean)


def test_languages_without_a_score_are_counted_not_worst():
    gap = language_gap({"a": {0: 0.9}, "b": {}, "c": {0: 0.8}})
    assert (gap.worst, gap.n, gap.n_missing) == ("c", 2, 1)
    assert gap.gap.low is None  # one seed


def test_one_language_has_no_deviation_and_no_gap():
    gap = language_gap({"a": {0: 0.9}})
    assert (gap.sd, gap.gap.mean, gap.worst, gap.best) == (None, 0.0, "a", "a")


def test_no_score_at_all_is_no_gap():
    assert language_gap({"a": {}}) is None


def test_joint_single_and_zero_shot_are_compared_by_seed():
    found = compare_regimes(
        {0: 0.70, 1: 0.80},
        {0: 0.65, 1: 0.75},
        {"x": {0: 0.5, 1: 0.6}, "y": {0: 0.3, 1: 0.4}, "z": {}},
    )
    assert found.joint_minus_single.mean == pytest.approx(0.05)
    assert found.joint_minus_single.low == pytest.approx(0.05)
    assert (found.best_source, found.zero_shot_best.mean) == ("x", pytest.approx(0.55))
    assert found.zero_shot_mean.mean == pytest.approx(0.45)
    assert found.joint_minus_zero_shot.mean == pytest.approx(0.2)
    assert found.single_minus_zero_shot.mean == pytest.approx(0.15)
    assert (found.n_sources, found.n_missing) == (2, 1)


def test_what_was_not_run_is_none():
    found = compare_regimes({0: 0.7}, {}, {})
    assert (found.single, found.zero_shot_mean, found.zero_shot_best) == (None, None, None)
    assert (found.joint_minus_single, found.best_source, found.n_sources) == (None, None, 0)


def test_the_mean_over_sources_runs_over_seeds_that_all_have():
    assert mean_over_sources({"x": {0: 0.2, 1: 0.4}, "y": {1: 0.6}}) == {1: pytest.approx(0.5)}
    assert mean_over_sources({}) == {}
