"""Holm's method by its definition and on a textbook example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.stats.correction import holm

P_VALUES = st.lists(st.floats(0, 1), max_size=8).map(
    lambda values: {f"l{i}": p for i, p in enumerate(values)}
)


def rejected(p_values, alpha):
    """Holm's procedure as published: step down, stop at the first that is too large."""
    found = set()
    for rank, name in enumerate(sorted(p_values, key=p_values.get)):
        if p_values[name] > alpha / (len(p_values) - rank):
            break
        found.add(name)
    return found


@given(P_VALUES, st.floats(0.001, 0.999))
def test_an_adjusted_p_rejects_what_the_procedure_rejects(p_values, alpha):
    ours = {name for name, p in holm(p_values).items() if p <= alpha}
    # alpha on the edge of a step may fall on either side by rounding
    assert (
        rejected(p_values, alpha * (1 - 1e-12)) <= ours <= rejected(p_values, alpha * (1 + 1e-12))
    )


@given(P_VALUES)
def test_adjusted_p_keep_names_order_and_rank_and_stay_below_one(p_values):
    adjusted = holm(p_values)
    assert list(adjusted) == list(p_values)
    ranked = sorted(p_values, key=p_values.get)
    values = [adjusted[name] for name in ranked]
    assert values == sorted(values)
    for name, p in p_values.items():
        assert p <= adjusted[name] <= 1


def test_the_textbook_example_rejects_two_of_four_at_5_percent():
    adjusted = holm({"H1": 0.01, "H2": 0.04, "H3": 0.03, "H4": 0.005})
    assert adjusted == pytest.approx({"H1": 0.03, "H2": 0.06, "H3": 0.06, "H4": 0.02})


def test_one_test_is_not_corrected_and_none_is_no_error():
    assert holm({"a": 0.04}) == {"a": 0.04}
    assert holm({}) == {}


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="'b' must be between 0 and 1"):
        holm({"a": 0.5, "b": p})
