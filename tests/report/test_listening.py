"""How far students listen: weights from one look to the next, by hand."""

import json

import pytest

from isogloss.report.balance.listening import (
    Heard,
    listening_figures,
    listening_records,
    listening_table,
)
from isogloss.report.frame import Frame
from vega_lite import check

CODES = ("deu-Latn", "spa-Latn")
FIRST = Heard("adaptive", 1, CODES, 10, 1.0, [(2, (1.0, 0.5)), (6, (0.8, 0.0)), (10, (0.1, 0.1))])
SECOND = Heard("adaptive", 2, CODES, 10, 1.0, [(2, (1.0, 0.3)), (6, (0.4, 0.2)), (10, (0.9, 0.9))])


def test_weights_hold_from_one_look_to_the_next_and_the_last_look_decides_nothing():
    records = listening_records([FIRST])
    spanish = [r for r in records if r["language"] == "spa-Latn"]
    assert [(r["update"], r["weight"], r["share"]) for r in spanish] == [
        (0, 1.0, 0.2), (2, 0.5, 0.4), (6, 0.0, 0.4),
    ]  # fmt: skip
    (german, spanish) = listening_table(records)
    assert german["mean weight"] == pytest.approx((2 * 1 + 4 * 1 + 4 * 0.8) / 10)
    assert spanish["mean weight"] == pytest.approx((2 * 1 + 4 * 0.5) / 10)
    assert (spanish["weight at first"], spanish["weight at last"]) == (1.0, 0.0)
    assert (spanish["looks"], spanish["n_seeds"]) == (2, 1)


def test_weights_are_means_over_seeds():
    (german, spanish) = listening_table(listening_records([FIRST, SECOND]))
    assert german["weight at last"] == pytest.approx(0.6)
    assert spanish["mean weight"] == pytest.approx((2 * 1 + 4 * 0.4 + 4 * 0.1) / 10)
    assert german["n_seeds"] == 2


def test_each_arm_has_a_figure_with_its_weights():
    other = FIRST._replace(arm="threshold", looks=[])
    made = list(listening_figures(listening_records([FIRST, other]), Frame("toy", "mrr")))
    assert [one.name for one in made] == ["balance-listening-adaptive",
                                          "balance-listening-threshold"]  # fmt: skip
    check(made[0].spec)
    drawn = json.dumps(made[0].spec)
    assert '"weight": 0.8' in drawn
    assert "German" in drawn
    assert "threshold" not in drawn
