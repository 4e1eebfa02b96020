"""Intervals as fields: no bound leaves what is possible, and no other number is touched."""

import pytest

from isogloss.report.comparison.fields import difference_of, percent_of, score_of
from isogloss.stats.intervals import Interval

WIDE = Interval(0.4, -2.4, 3.2, 0.3, 2, 0.95, "Student t over seeds")
NARROW = Interval(0.4, 0.3, 0.5, 0.1, 2, 0.95, "Student t over seeds")


def ends(fields, name):
    return [fields[f"{name}{end}"] for end in ("", "_low", "_high")]


def test_a_difference_of_scores_is_between_minus_1_and_1():
    assert ends(difference_of("difference", WIDE, "f1"), "difference") == [0.4, -1.0, 1.0]
    assert ends(difference_of("difference", NARROW, "f1"), "difference") == [0.4, 0.3, 0.5]
    assert ends(difference_of("difference", None, "f1"), "difference") == [None] * 3


@pytest.mark.parametrize("metric", ["eval_loss", "bits_per_character"])
def test_a_difference_of_losses_has_no_bounds_and_a_loss_no_top(metric):
    assert ends(difference_of("difference", WIDE, metric), "difference") == [0.4, -2.4, 3.2]
    assert ends(score_of("score", WIDE, metric), "score") == [0.4, 0.0, 3.2]


def test_a_score_loses_all_it_is_at_most_and_gains_what_is_left():
    assert ends(percent_of(WIDE, 0.5, "f1"), "percent") == [80.0, -100.0, 100.0]
    assert ends(percent_of(NARROW, 0.5, "f1"), "percent") == [80.0, 60.0, 100.0]
    assert ends(percent_of(WIDE, 0.5), "percent") == [80.0, -480.0, 640.0], "seconds have no top"
    assert ends(percent_of(WIDE, 0.0, "f1"), "percent") == [None] * 3


def test_a_score_is_between_0_and_1():
    assert ends(score_of("score", WIDE, "mrr"), "score") == [0.4, 0.0, 1.0]
