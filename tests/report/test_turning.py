"""What would turn a choice around, against asking `recommend` at many weights and limits."""

import math
import random

import pytest

from decision_toys import candidate
from isogloss.base.errors import InputError
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend
from isogloss.report.recommend.turning import alone, by_limit, by_weight


def random_candidates(rng):
    names = "abcdef"[: rng.randint(1, 6)]
    p = {(a, b): rng.choice((0.001, 0.2)) for a in names for b in names if a < b}
    return [
        candidate(
            name, rng.uniform(0.3, 0.95), cost=rng.choice((None, rng.uniform(0.1, 9))),
            fairness=rng.uniform(0.1, 0.6), latency_ms=rng.choice((None, rng.uniform(1, 90))),
            p={o: p[min(name, o), max(name, o)] for o in names if o != name},
        )
        for name in names
    ]  # fmt: skip


def test_of_two_the_weight_at_which_the_other_wins_is_that_of_equal_scores():
    both = [candidate("good", 0.9, cost=4.0), candidate("cheap", 0.8, cost=1.0)]
    first, second = by_weight(both, "cost")
    assert (first.choice, second.choice) == ("good", "cheap")
    at = first.end
    assert second.start == at
    assert (0.9 / 0.8) ** (1 - at) == pytest.approx((4.0 / 1.0) ** at)


@pytest.mark.parametrize("seed", range(12))
def test_stretches_of_weights_say_what_recommend_says_at_every_weight(seed):
    rng = random.Random(seed)
    candidates = random_candidates(rng)
    for name in ("cost", "fairness"):
        stretches = by_weight(candidates, name)
        if not stretches:
            assert all(one.cost is None for one in candidates)
            continue
        assert (stretches[0].start, stretches[-1].end) == (0.0, 1.0)
        for weight in (rng.random() for _ in range(40)):
            known = [one for one in candidates if getattr(one, name) is not None]
            want = recommend(known, Constraints(), {"quality": 1 - weight, name: weight}).choice
            said = [one.choice for one in stretches if one.start < weight < one.end]
            assert said == [want]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["max_latency_ms", "min_f1"])
def test_stretches_of_limits_say_what_recommend_says_at_every_limit(seed, name):
    rng = random.Random(seed)
    candidates = random_candidates(rng)
    stretches = by_limit(candidates, name)
    is_most = name.startswith("max_")
    for limit in (rng.uniform(0.2, 99 if is_most else 1) for _ in range(40)):
        try:
            want = recommend(candidates, Constraints(**{name: limit})).choice
        except InputError:
            want = None
        ends = [sorted((one.start, one.end)) for one in stretches]
        said = [
            one.choice
            for one, (low, high) in zip(stretches, ends, strict=True)
            if low < limit < high
        ]
        assert said == ([want] if stretches else [])


def test_a_limit_at_a_value_keeps_the_candidate_that_has_it():
    both = [candidate("slow", 0.9, latency_ms=40.0), candidate("fast", 0.8, latency_ms=10.0)]
    stretches = by_limit(both, "max_latency_ms")
    assert stretches == [("slow", math.inf, 40.0), ("fast", 40.0, 10.0), (None, 10.0, 0.0)]
    assert recommend(both, Constraints(max_latency_ms=40.0)).choice == "slow"


def test_each_criterion_alone_names_its_best():
    both = [
        candidate("a", 0.9, cost=4.0, fairness=0.1),
        candidate("b", 0.8, cost=1.0, fairness=0.2),
    ]
    assert alone(both) == {"quality": "a", "cost": "b", "fairness": "b"}


def test_nothing_is_asked_about_what_nobody_was_measured_on():
    both = [candidate("a", 0.9), candidate("b", 0.8)]
    assert by_weight(both, "expansion") == []
    assert by_limit(both, "max_memory_mb") == []
