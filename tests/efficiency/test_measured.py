"""Figures: a headline that one slow lap does not move, and percentiles that were really seen."""

import json
from fractions import Fraction

import numpy as np
import pytest

from isogloss.base.errors import InputError
from isogloss.efficiency.cost import cost_per_million
from isogloss.efficiency.lengths import describe_lengths, lengths_of_samples
from isogloss.efficiency.measured import Measured, percentile


def test_the_headline_is_the_median_and_the_samples_are_kept():
    measured = Measured("latency_ms", "ms", (1.0, 100.0, 2.0))
    assert measured.typical == 2.0
    assert measured.samples == (1.0, 100.0, 2.0)


def test_a_figure_without_samples_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        Measured("latency_ms", "ms", ())


def test_a_figure_comes_back_from_json_as_it_was():
    measured = Measured("energy_wh_per_million_estimated", "Wh", (0.1, 0.25), estimated=True)
    assert Measured.from_json(json.loads(json.dumps(measured.to_json()))) == measured


@pytest.mark.parametrize("percent", [1, 50, 90, 95, 99, 100])
def test_percentiles_are_numpys_inverted_cdf(percent):
    rng = np.random.default_rng(percent)
    for n in range(1, 260):
        samples = rng.exponential(size=n).tolist()
        want = np.quantile(samples, percent / 100, method="inverted_cdf")
        assert percentile(samples, percent) == want


def test_percentiles_are_the_smallest_sample_that_reaches_the_share():
    for n in range(1, 40):
        for percent in range(1, 101):
            reached = [
                value for value in range(1, n + 1) if Fraction(value, n) >= Fraction(percent, 100)
            ]
            assert percentile([float(value) for value in range(1, n + 1)], percent) == reached[0]


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_is_refused(samples, percent):
    with pytest.raises(ValueError, match="no percentile"):
        percentile(samples, percent)


def test_a_million_sentences_cost_the_hours_they_take():
    seconds = 1e6 / 250
    assert cost_per_million(250.0, 0.9) == pytest.approx(seconds / 3600 * 0.9)
    assert cost_per_million(250.0, 0.0) == 0.0


def test_a_negative_price_and_no_speed_are_refused():
    with pytest.raises(InputError, match="negative"):
        cost_per_million(10.0, -1.0)
    with pytest.raises(ValueError, match="samples per second"):
        cost_per_million(0.0, 1.0)


def test_lengths_are_counted_once_each():
    lengths = np.random.default_rng(0).integers(0, 3000, size=500)
    described = describe_lengths(lengths.tolist(), "tokens")
    assert sum(described["histogram"].values()) == described["n"] == 500
    assert described["histogram"]["9-16"] == int(((lengths >= 9) & (lengths <= 16)).sum())
    assert described["mean"] == pytest.approx(lengths.mean())


def test_samples_are_counted_in_characters_or_words():
    assert lengths_of_samples(["abc", "abcde"])["unit"] == "characters"
    described = lengths_of_samples([["a", "b"], ["c"]])
    assert (described["unit"], described["mean"]) == ("words", 1.5)
