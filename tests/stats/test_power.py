"""The smallest detectable difference against the power of a t test."""

import pytest
import scipy.stats

from isogloss.stats.power import smallest_difference


@pytest.mark.parametrize("df", [2, 4, 20, 500])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_it_is_the_sum_of_two_quantiles(df, power):
    want = scipy.stats.t.ppf(0.975, df) + scipy.stats.t.ppf(power, df)
    assert smallest_difference(0.03, df, power=power) == pytest.approx(0.03 * want)


@pytest.mark.parametrize("df", [8, 30, 500])
def test_a_t_test_finds_it_as_often_as_it_says(df):
    """Exactly, by the noncentral t distribution."""
    bound = scipy.stats.t.ppf(0.975, df)
    shift = smallest_difference(1.0, df)
    found = scipy.stats.nct.sf(bound, df, shift) + scipy.stats.nct.cdf(-bound, df, shift)
    assert found == pytest.approx(0.8, abs=0.002)


@pytest.mark.parametrize("wrong", [{"se": -1.0}, {"df": 0.0}, {"confidence": 1.0}, {"power": 0.0}])
def test_what_is_no_test_has_no_power(wrong):
    with pytest.raises(ValueError, match="no power"):
        smallest_difference(**{"se": 1.0, "df": 5.0} | wrong)
