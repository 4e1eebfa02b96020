"""A plug-in's sampler: its shares are drawn as it gives them, or refused in one message."""

import numpy as np
import pytest

from isogloss.data.mixture import draw_steps
from isogloss.data.plugged_mixture import given_by
from isogloss.plugins.found import PluginError


def test_windows_are_drawn_by_the_shares_that_the_sampler_gives():
    asked = []

    def sampler(sizes, options):
        asked.append((sizes.tolist(), sizes.dtype, options))
        return [0.125, 0.0, 0.875]

    mixing = given_by(sampler, "odd", [3, 4, 5], {"root": 2})
    assert asked == [([3, 4, 5], np.int64, {"root": 2})]
    steps = draw_steps(mixing, [3, 4, 5], per_step=4, total_steps=6, seed=0)
    drawn = np.bincount(np.concatenate([step.languages for step in steps]), minlength=3)
    assert drawn.tolist() == [3, 0, 21]


@pytest.mark.parametrize(
    "bad",
    [
        [1.0],
        [[0.5, 0.5]],
        [0.5, 0.6],
        [0.5, 0.4],
        [1.5, -0.5],
        [float("nan"), 1.0],
        [float("inf"), -float("inf")],
        [0.5, 0.5 + 1e-8],
    ],
)
def test_what_are_no_shares_is_refused(bad):
    with pytest.raises(PluginError, match=r"'odd' gave .* for texts of \[3, 4\] windows, where 2"):
        given_by(lambda sizes, options: bad, "odd", [3, 4], {})


def test_a_sum_is_one_but_for_what_floats_lose():
    shares = [1 / 3, 1 / 3, 1 / 3 + 1e-10]
    assert given_by(lambda *_: shares, "even", [1, 1, 1], {}).shares == tuple(shares)
