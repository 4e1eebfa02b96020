"""The recommendation: constraints and what they exclude, weights, ties, and a choice in words."""

import dataclasses
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from isogloss.base.errors import InputError, UnknownName
from isogloss.report.comparison.quality import CandidateKey
from isogloss.report.comparison.results import Result, Setting
from isogloss.report.comparison.rounds import cost_per_million
from isogloss.report.recommend.candidate import Candidate, expansion
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend
from isogloss.report.recommend.tables import candidate_table, exclusion_table, expansion_line
from isogloss.report.recommend.weights import normalized, parse_weights, weigh

LIMITLESS = Constraints()


def candidate(name, quality, **more):
    low, high = more.pop("interval", (quality - 0.01, quality + 0.01))
    return Candidate(
        name=name, encoder=name, form="torch", metric="f1", quality=quality, quality_low=low,
        quality_high=high, **{"fairness": quality - 0.1, "worst_language": "por-Latn", **more},
    )  # fmt: skip


def three(**p):
    """A good and dear one, a cheap one, and one that nobody should take."""
    return [
        candidate(
            "big", 0.90, cost=4.0, latency_ms=40.0, memory_mb=2000.0, expansion=0.7,
            p={"small": p.get("big_small", 0.001), "bad": 0.001},
        ),
        candidate(
            "small", 0.85, cost=1.0, latency_ms=10.0, memory_mb=500.0, expansion=0.5,
            p={"big": p.get("big_small", 0.001), "bad": 0.001},
        ),
        candidate(
            "bad", 0.60, cost=2.0, latency_ms=20.0, memory_mb=900.0, expansion=0.4,
            p={"big": 0.001, "small": 0.001},
        ),
    ]  # fmt: skip


def test_without_weights_the_best_quality_is_chosen():
    found = recommend(three(), LIMITLESS)
    assert found.choice == "big"
    assert found.ties == ()
    assert found.lines == (
        "Choice: big.",
        "Reason: best f1 0.900 [0.890, 0.910].",
        "Ties: none; it differs from each other candidate on f1.",
    )


def test_among_statistical_ties_the_cheapest_is_chosen_and_the_tie_is_named():
    found = recommend(three(big_small=0.3), LIMITLESS, currency="EUR")
    assert (found.choice, found.ties) == ("small", ("big",))
    assert "not told apart from the best (big, 0.900 [0.890, 0.910])" in found.lines[1]
    assert "cheapest of these: 1.000 EUR per million sentences against 4.000 EUR" in found.lines[1]
    assert found.lines[2] == "Ties: big cannot be told from it on f1."


def test_ties_are_those_of_the_choice_and_not_of_the_best():
    one_by_one = [
        candidate("best", 0.90, cost=4.0, p={"cheap": 0.3, "good": 0.4}),
        candidate("good", 0.88, cost=3.0, p={"best": 0.4, "cheap": 0.001}),
        candidate("cheap", 0.86, cost=1.0, p={"best": 0.3, "good": 0.001}),
    ]
    found = recommend(one_by_one, LIMITLESS)
    assert (found.choice, found.ties) == ("cheap", ("best",))
    assert found.lines[2] == "Ties: best cannot be told from it on f1."


def test_a_small_price_keeps_its_digits():
    both = [candidate("A", 0.9, cost=0.000512), candidate("B", 0.9, cost=0.000311)]
    both = [dataclasses.replace(one, p={o.name: 0.5 for o in both if o is not one}) for one in both]
    found = recommend(both, LIMITLESS, currency="EUR")
    assert "0.0003110 EUR per million sentences against 0.0005120 EUR" in found.lines[1]


def test_where_no_cost_is_known_latency_decides_among_ties_and_nothing_if_nothing_is():
    def two(**more):
        return [
            candidate("A", 0.9, p={"B": 0.5}, **{k: v[0] for k, v in more.items()}),
            candidate("B", 0.8, p={"A": 0.5}, **{k: v[1] for k, v in more.items()}),
        ]

    assert recommend(two(latency_ms=(9.0, 5.0)), LIMITLESS).choice == "B"
    assert recommend(two(memory_mb=(9.0, 5.0)), LIMITLESS).choice == "B"
    found = recommend(two(), LIMITLESS)
    assert found.choice == "A"
    assert "none is known as cheaper" in found.lines[1]


def test_p_values_are_corrected_for_all_that_the_choice_is_compared_with():
    others = [candidate(f"c{at}", 0.8, p={"best": 0.02}) for at in range(3)]
    best = candidate("best", 0.9, p={one.name: 0.02 for one in others})
    assert recommend([best, others[0]], LIMITLESS).ties == ()
    assert len(recommend([best, *others], LIMITLESS).ties) == 3


def test_a_candidate_that_shares_no_seed_is_said_to_be_untested():
    found = recommend([candidate("A", 0.9), candidate("B", 0.8)], LIMITLESS)
    assert found.lines[2] == "Ties: unknown. Not tested against B: no seed is shared."


def test_the_front_holds_whom_nobody_dominates():
    found = recommend(three(), LIMITLESS)
    assert found.front == ("big", "small")
    assert found.respects == ("quality", "cost", "latency_ms", "memory_mb")


def test_each_constraint_says_whom_it_excludes_with_value_and_limit():
    found = recommend(three(), Constraints(max_latency_ms=30, min_f1=0.7))
    assert found.choice == "small"
    assert [tuple(gone) for gone in found.excluded] == [
        ("--max-latency-ms", "big", 40.0, 30),
        ("--min-f1", "bad", 0.6, 0.7),
    ]
    assert "the only candidate that meets the constraints" in found.lines[1]
    assert found.lines[2] == "Ties: nobody else is left to tie with it."
    assert [r["stands"] for r in candidate_table(found)] == ["excluded", "choice", "excluded"]
    assert [r["measured"] for r in exclusion_table(found)] == [40.0, 0.6]


def test_a_value_at_the_limit_is_kept():
    assert recommend(three(), Constraints(max_memory_mb=2000)).choice == "big"


def test_a_constraint_nobody_meets_names_who_comes_closest_and_by_how_much():
    said = (
        "No candidate meets --max-latency-ms 8. Closest: small, with a latency of 10.00 ms, "
        "2.000 ms (25%) too much."
    )
    with pytest.raises(InputError, match=re.escape(said)):
        recommend(three(), Constraints(max_latency_ms=8))


def test_constraints_that_exclude_each_other_name_all_that_the_closest_misses():
    said = "Closest: small, with a quality of 0.850, 0.030 (3%) too little."
    with pytest.raises(InputError, match=re.escape(said)):
        recommend(three(), Constraints(max_latency_ms=12, min_f1=0.88))


def test_a_constraint_on_what_nobody_measured_says_how_to_measure_it():
    with pytest.raises(InputError, match=r"--max-latency-ms needs .* Add `efficiency: \{\}`"):
        recommend([candidate("A", 0.9), candidate("B", 0.8)], Constraints(max_latency_ms=5))


def test_one_that_was_not_measured_is_excluded_as_such():
    both = [candidate("A", 0.9), candidate("B", 0.8, latency_ms=4.0)]
    found = recommend(both, Constraints(max_latency_ms=5))
    assert found.choice == "B"
    assert exclusion_table(found)[0]["measured"] == "not measured"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_latency_ms": 0}, "--max-latency-ms 0: a limit is a number above 0"),
        ({"max_memory_mb": -1}, "--max-memory-mb -1"),
        ({"min_f1": float("nan")}, "--min-f1 nan"),
        ({"min_f1": 90}, "90 % is written 0.9"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits, said):
    with pytest.raises(InputError, match=re.escape(said)):
        Constraints(**limits)


def test_weights_turn_the_choice_around():
    found = recommend(three(), LIMITLESS, {"quality": 0.6, "cost": 0.4})
    assert found.choice == "small"
    assert [one.name for one in found.weighed] == ["small", "bad", "big"]
    assert found.lines[1].startswith("Reason: highest weighted score, 0.966 of 1 (quality 0.850 at")
    assert recommend(three(), LIMITLESS, {"quality": 1, "cost": 0}).choice == "big"


def test_the_score_is_the_weighted_product_of_shares():
    weighed = weigh(three(), {"quality": 0.6, "cost": 0.4})
    want = {
        "small": (0.85 / 0.9) ** 0.6,
        "bad": (0.6 / 0.9) ** 0.6 * 0.5**0.4,
        "big": 0.25**0.4,
    }
    assert {one.name: one.score for one in weighed} == pytest.approx(want)


def test_a_third_candidate_does_not_turn_the_order_of_two():
    alone = weigh(three()[:2], {"quality": 0.9, "cost": 0.1})
    among = weigh(three(), {"quality": 0.9, "cost": 0.1})
    names = [one.name for one in among if one.name != "bad"]
    assert [one.name for one in alone] == names


def test_of_equal_scores_the_one_that_nobody_dominates_is_chosen():
    slow, fast = (candidate(n, 0.9, cost=1.0, latency_ms=ms) for n, ms in (("a", 9.0), ("b", 5.0)))
    assert recommend([slow, fast], LIMITLESS, {"quality": 1, "cost": 1}).choice == "b"


def test_what_is_free_or_worth_nothing_can_be_weighed():
    weighed = weigh([candidate("A", 0.0, cost=0.0), candidate("B", 0.5, cost=1.0)], {"cost": 1.0})
    assert [(one.name, one.score) for one in weighed] == [("A", 1.0), ("B", 0.0)]


def test_a_weight_on_what_one_lacks_excludes_it():
    both = [candidate("A", 0.9), candidate("B", 0.8, expansion=0.4)]
    found = recommend(both, LIMITLESS, {"quality": 1, "expansion": 1})
    assert found.choice == "B"
    assert [tuple(gone) for gone in found.excluded] == [("weight on expansion", "A", None, 0.0)]
    json.dumps(found.to_json())


@pytest.mark.parametrize(
    ("weights", "said"),
    [({"cost": 1}, "Give --price"), ({"expansion": 1}, "leave_one_out")],
)
def test_a_weight_on_what_all_lack_says_what_to_do(weights, said):
    with pytest.raises(InputError, match=said):
        recommend([candidate("A", 0.9), candidate("B", 0.8)], LIMITLESS, weights)


def test_nobody_measured_on_all_that_is_weighed_is_said():
    both = [candidate("A", 0.9, cost=1.0), candidate("B", 0.8, expansion=0.4)]
    with pytest.raises(InputError, match="measured on all of cost, expansion"):
        recommend(both, LIMITLESS, {"cost": 1, "expansion": 1})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("qualty=1", "Did you mean 'quality'?"),
        ("quality=-1,cost=2", "quality=-1.0 is not 0 or more"),
        ("quality=0,cost=0", "no weight is above 0"),
        ("", "no weight is above 0"),
        ("quality=much", "quality=much is no number"),
        ("quality", "quality= is no number"),
        ("quality=inf", "not 0 or more"),
        ("cost=1,cost=2", "cost is given twice"),
    ],
)
def test_weights_that_make_no_sense_are_refused(text, said):
    with pytest.raises(InputError, match=re.escape(said)):
        parse_weights(text)


def test_weights_are_normalized_and_those_of_zero_left_out():
    assert parse_weights("quality=6, cost=2,fairness=0") == {"quality": 0.75, "cost": 0.25}
    with pytest.raises(UnknownName):
        normalized({"speed": 1.0})


def test_no_candidate_is_no_recommendation():
    with pytest.raises(InputError, match="no candidate"):
        recommend([], LIMITLESS)


def test_a_recommendation_is_json():
    stored = json.loads(json.dumps(recommend(three(), LIMITLESS, {"cost": 1}).to_json()))
    assert stored["choice"] == "small"
    assert stored["pareto_front"] == ["big", "small"]
    assert stored["candidates"][0]["p"] == {"small": 0.001, "bad": 0.001}


def test_the_cost_is_that_of_a_machine_that_is_never_idle():
    assert cost_per_million(250.0, 1.8) == pytest.approx(1e6 / 250 * 1.8 / 3600)


SOURCES = ("eng-Latn", "por-Latn")


def result(encoder, regime, sources, target, right, form="torch"):
    """A model that says `right` of ten words rightly."""
    units = SimpleNamespace(right=np.array([right]), scored=np.array([10]), labels=())
    return Result(encoder, form, regime, sources, None, target, "test", 1, units)


def expansion_of(results):
    asked = SimpleNamespace(metric="accuracy")
    setting = Setting("joint", SOURCES, None, "test")
    return expansion(results, SimpleNamespace(asked=asked, setting=setting))


def test_expansion_is_the_mean_over_languages_that_were_left_out_or_never_trained_on():
    results = [
        result("A", "joint", SOURCES, "eng-Latn", 9),
        result("A", "joint", SOURCES, "deu-Latn", 6),
        result("A", "leave_one_out", ("por-Latn",), "eng-Latn", 4),
        result("A", "leave_one_out", ("por-Latn",), "por-Latn", 9),
        result("A", "leave_one_out", ("por-Latn",), "deu-Latn", 1),
        result("A", "single", ("por-Latn",), "eng-Latn", 1),
    ]
    found = expansion_of(results)
    assert found.scores == {CandidateKey("A", "torch"): pytest.approx(0.5)}
    assert found.tests == ("German", "English (left out of training)")


def test_served_forms_do_not_take_the_left_out_languages_from_expansion():
    results = [
        result("A", "joint", SOURCES, "deu-Latn", 6),
        result("A", "joint", SOURCES, "deu-Latn", 5, form="onnx"),
        result("A", "leave_one_out", ("por-Latn",), "eng-Latn", 4),
    ]
    found = expansion_of(results)
    assert found.scores == {CandidateKey("A", "torch"): pytest.approx(0.5)}
    assert found.tests == ("German", "English (left out of training)")
    of_form = expansion_of(results[:2]).scores
    assert of_form[CandidateKey("A", "onnx")] == pytest.approx(0.5)


def test_the_recommendation_says_which_tests_expansion_is_of():
    both = [candidate(n, 0.9, expansion=0.5, expansion_tests=("German",)) for n in "AB"]
    found = recommend(both, LIMITLESS)
    assert found.to_json()["expansion_tests"] == ["German"]
    assert expansion_line(found) == "Expansion is the mean zero-shot score on German."


def test_expansion_is_compared_on_the_tests_that_all_have_taken():
    results = [
        result("A", "joint", SOURCES, "deu-Latn", 6),
        result("A", "joint", SOURCES, "rus-Cyrl", 2),
        result("B", "joint", SOURCES, "deu-Latn", 5),
        result("C", "joint", SOURCES, "eng-Latn", 5),
    ]
    assert expansion_of(results).scores == {
        CandidateKey("A", "torch"): pytest.approx(0.6),
        CandidateKey("B", "torch"): pytest.approx(0.5),
    }
