"""Digits: as many as the interval supports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.report.numbers import decimals, number, rounded_value


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.827, 0.119, "0.83 [0.71, 0.95]"),  # the three examples of the rule's source
        (0.827, 0.367, "0.8 [0.5, 1.2]"),
        (0.827, 0.0354, "0.827 [0.792, 0.862]"),
        (0.6, 0.0951, "0.60 [0.50, 0.70]"),
        (1234.0, 36.0, "1230 [1200, 1270]"),
        (0.5, 0.0, "0.500"),
        (-0.0004, 0.02, "0.000 [-0.020, 0.020]"),
    ],
)
def test_value_and_bounds_end_where_the_interval_says(value, half, text):
    assert number(value, value - half, value + half) == text


@given(st.floats(0.01, 500))
def test_rounding_moves_a_value_by_less_than_a_sixth_of_the_half_width(half):
    """Coarse enough to claim no more than is known, fine enough to change nothing that is."""
    step = 10.0 ** -decimals(half)
    assert step / 2 < half / 6
    assert step > half / 36


@pytest.mark.parametrize("value", [0.0, 0.5, 12.0, -3.25, 99999.0])
def test_without_an_interval_no_number_has_more_than_three_decimals(value):
    text = number(value)
    assert len(text.partition(".")[2]) <= 3
    assert float(text) == pytest.approx(value)


def test_a_number_that_is_not_there_is_a_dash():
    assert (number(None), rounded_value(None)) == ("–", "–")


def test_a_value_alone_keeps_the_digits_of_its_interval():
    assert rounded_value(0.65432, 0.59, 0.72) == "0.65"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.354, 0.0, 0.741, "0.35 [0.00, 0.74]"),
        (0.5, 0.0, 1.0, "0.50 [0.00, 1.00]"),
        (-0.2, -1.0, 0.6, "-0.20 [-1.00, 0.60]"),
        (0.4, -0.4, 1.2, "0.4 [-0.4, 1.2]"),
        (0.541, 0.535, 0.547, "0.541 [0.535, 0.547]"),
    ],
)
def test_scores_keep_whole_percents_however_wide_their_interval_is(value, low, high, text):
    assert number(value, low, high) == text


def test_an_end_that_was_cut_has_a_star():
    assert number(0.5, 0.0, 1.0, cut=(True, True)) == "0.50 [0.00*, 1.00*]"
    assert number(0.5, 0.2, 0.8, cut=(False, False)) == "0.50 [0.20, 0.80]"
    assert number(0.5, None, None, cut=(False, False)) == "0.500"
