"""What a balance study says of itself: its seeds, its compute, what answering one tag scores."""

import pytest

from balance_report_toys import DESIGN, LANGUAGES, LOW, masked, probe, training
from isogloss.report.balance.certainty import certainty_of
from isogloss.report.balance.compute import compute_line, compute_of
from isogloss.report.balance.costs import costs
from isogloss.report.balance.reading import reading
from isogloss.report.balance.tables import balance_tables
from isogloss.report.charts.balance import MAJORITY_SAID, sizes_chart
from isogloss.report.frame import Frame
from vega_lite import check


def tables_of(seeds, *, more=()):
    rows = [masked("soft-balanced", code, 0.4, seed=seed) for code in LANGUAGES for seed in seeds]
    return balance_tables([*rows, *more], DESIGN)


def test_with_one_seed_nothing_is_said_of_intervals_over_seeds():
    said = reading(tables_of([1]))
    assert "There is one seed" in said
    assert "of these trained models only" in " ".join(said.split())
    assert "Student's t" not in said
    assert "two seeds" not in said


@pytest.mark.parametrize(("seeds", "narrow"), [([1, 2], True), ([1, 2, 3], False)])
def test_with_more_they_are_over_seeds_and_two_are_warned_of(seeds, narrow):
    said = reading(tables_of(seeds))
    assert "There is one seed" not in said
    assert "95 % intervals over seeds" in said
    assert ("Take three" in said) is narrow
    assert "An arm of one seed" not in said


def test_where_some_arm_has_one_seed_that_is_said():
    more = [masked("hard-all", code, 0.4, seed=1) for code in LANGUAGES]
    assert "An arm of one seed has none" in reading(tables_of([1, 2, 3], more=more))


def test_only_what_the_study_has_is_explained():
    said = reading(tables_of([1]))
    assert "Zero-shot" not in said
    assert "Majority class" not in said
    assert "**MRR**" in said
    assert "**Costs**" not in said
    probed = [probe("soft-balanced", "eus-Latn", "eus-Latn", 0.5)]
    assert "Majority class" in reading(tables_of([1], more=probed))


def answer(n_seeds, **more):
    return {"scope": "group", "group": "low", "role": "baseline", "n_seeds": n_seeds, **more}


def test_how_sure_it_is_depends_on_the_seeds_of_the_answers_alone():
    assert certainty_of([answer(1)]).answer == "1 seed: of these trained models only"
    three = certainty_of([answer(3), answer(1, scope="language"), answer(2, role="control")])
    assert three.answer == "3 seeds"
    assert not any("narrow" in line for line in three.more)
    mixed = certainty_of([answer(1), answer(2)])
    assert mixed.answer == "1 to 2 seeds"
    assert any("of these trained models only" in line for line in mixed.more)
    assert any("narrow" in line for line in mixed.more)
    assert certainty_of([answer(0)]) is None
    assert certainty_of([]) is None


def spent(soft=3e12):
    return costs(
        [
            *training("hard-all", flops=4e12, teacher_flops=0, teachers_runtime=0.0),
            *training("hard-balanced", flops=2e12, teacher_flops=0, teachers_runtime=0.0),
            *training("soft-balanced", flops=2e12, teacher_flops=soft,
                      teachers_training_flops=3e12),
        ],
        DESIGN,
    )  # fmt: skip


def test_compute_is_the_ratio_of_all_operations_to_each_baseline():
    found = compute_of(spent(), DESIGN)
    assert found.answer == (
        "4.0 times the compute of hard-balanced and 2.0 times the compute of hard-all"
    )
    assert found.parts == (
        "8.000 TFLOP: the student 2.000, its teachers' answers 3.000, their training 3.000"
    )
    assert found.baselines == "hard-balanced 2.000, hard-all 4.000 TFLOP"
    assert compute_line(spent(), DESIGN).startswith("**Compute**: soft-balanced took 4.0 times")


def test_compute_of_which_a_part_is_not_known_is_not_given():
    rows = [*training("hard-balanced", flops=2e12, teacher_flops=0, teachers_runtime=0.0),
            *training("soft-balanced", flops=2e12)]  # fmt: skip
    assert compute_of(costs(rows, DESIGN), DESIGN) is None
    assert compute_line([], DESIGN) == ""


def counted(target, **counts):
    return [
        probe("soft-balanced", target, target, count, metric=f"support/{tag}")
        for tag, count in counts.items()
    ]


GOLD = {"eus-Latn": {"NOUN": 6, "VERB": 4}, "tur-Latn": {"NOUN": 1, "VERB": 3}}


def probed():
    codes = list(GOLD)
    rows = [probe("soft-balanced", s, t, 0.8) for s in codes for t in codes]
    rows += [probe("soft-balanced", s, s, 0.3, task="ner", metric="f1") for s in codes]
    return [*rows, *(one for code, gold in GOLD.items() for one in counted(code, **gold))]


def test_the_most_frequent_tag_stands_beside_the_probes_of_a_language_and_of_a_group():
    tables = tables_of([0], more=probed())
    by_language = {r["language"]: r for r in tables["balance_probe_languages"]
                   if r["metric"] == "accuracy"}  # fmt: skip
    assert by_language["eus-Latn"]["majority_class"] == pytest.approx(0.6)
    assert by_language["tur-Latn"]["majority_class"] == pytest.approx(0.75)
    assert by_language["hun-Latn"]["majority_class"] is None
    groups = {(r["task"], r["group"]): r for r in tables["balance_probes"]}
    low = groups["pos", "low-resource"]
    assert set(LOW) > set(GOLD), "the others are not probed, and in no average"
    assert low["majority_class"] == pytest.approx((0.6 + 0.75) / 2)
    assert groups["ner", "low-resource"]["majority_class"] is None
    assert all(r["majority_class"] is None for r in tables["balance_averages"]
               if r["task"] == "mlm")  # fmt: skip


def test_the_most_frequent_tag_is_drawn_beside_the_scores():
    points = [
        r for r in tables_of([0], more=probed())["balance_averages"]
        if (r["task"], r["scope"], r["setting"]) == ("pos", "language", "in_language")
        and r["value"] is not None
    ]  # fmt: skip
    arms = list(dict.fromkeys(point["arm"] for point in points))
    spec = sizes_chart(points, Frame("toy", "accuracy"), study_arms=arms)
    check(spec)
    (bars,) = [
        layer for layer in layers(spec) if layer.get("mark", {}).get("type") == "tick"
    ]  # fmt: skip
    values = bars["data"]["values"]
    assert {v["language"]: v["value"] for v in values} == pytest.approx(
        {"Basque": 0.6, "Turkish": 0.75}
    )
    assert MAJORITY_SAID in str(spec["title"])
    plain = sizes_chart(
        [{**p, "majority_class": None} for p in points],
        Frame("toy", "accuracy"),
        study_arms=arms,
    )
    assert "tick" not in str([layer.get("mark") for layer in layers(plain)])
    assert MAJORITY_SAID not in str(plain["title"])


def layers(spec):
    yield spec
    for one in spec.get("layer", ()):
        yield from layers(one)
