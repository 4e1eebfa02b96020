"""The tables of a balance study: every average says over what, and nothing drops out in silence."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balance_report_toys import (
    ARMS,
    DESIGN,
    HIGH,
    LANGUAGES,
    LOW,
    PIVOT,
    masked,
    probe,
    row,
    training,
    with_controls,
)
from isogloss.base.errors import InputError, UnknownName
from isogloss.report.balance.averages import averages
from isogloss.report.balance.costs import costs
from isogloss.report.balance.design import Design
from isogloss.report.balance.scores import read_scores
from isogloss.report.balance.tables import balance_tables
from isogloss.stats.intervals import mean_interval

PUBLISHED = Path(__file__).parents[3] / "shared" / "published" / "balance_probes.csv"

# The published POS means of the shared script set, in percent, for where the file is not at hand.
POS_SHARED = {
    "low": (35.2, 33.4, 35.5, 34.3, 36.6, 34.5),
    "high": (83.3, 33.7, 81.2, 32.4, 84.3, 33.8),
    "de": (87.1, 32.3, 84.1, 32.2, 86.8, 33.0),
    "all": (55.8, 33.5, 55.1, 33.5, 57.0, 34.2),
}
COLUMNS = [f"{arm}_{setting}" for arm in ARMS for setting in ("in_language", "zero_shot")]


def rows_with_means(published):
    """Scores whose group means are these; German is one of the three high-resource languages."""
    rows = []
    for at, arm in enumerate(ARMS):
        own, shot = (
            {
                **dict.fromkeys(LOW, published["low"][place]),
                **dict.fromkeys(HIGH, (3 * published["high"][place] - published["de"][place]) / 2),
                "deu-Latn": published["de"][place],
            }
            for place in (2 * at, 2 * at + 1)
        )
        for target in LANGUAGES:
            for source in LANGUAGES:
                value = (own if source == target else shot)[target] / 100
                rows.append(probe(arm, source, target, value))
    return rows


def paper(rows, design=DESIGN):
    return {line["group"]: line for line in balance_tables(rows, design)["balance_probes"]}


def test_rows_with_the_published_means_give_the_published_table():
    found = paper(rows_with_means(POS_SHARED))
    assert list(found) == ["low-resource", "high-resource", "pivot (German)", "all"]
    for line, wanted in zip(found.values(), POS_SHARED.values(), strict=True):
        shown = [100 * line[column] for column in COLUMNS]
        assert shown == pytest.approx(wanted, abs=0.08)
    assert [line["n_languages"] for line in found.values()] == [4, 3, 1, 7]
    assert [line["n_pairs"] for line in found.values()] == [24, 18, 6, 42]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published figures are not at hand")
def test_every_published_mean_over_all_is_that_of_four_low_and_three_high_languages():
    with PUBLISHED.open() as stream:
        lines = list(csv.DictReader(stream))
    for task in ("pos", "ner"):
        for script in ("shared", "diverse"):
            mine = [li for li in lines if li["task"] == task and li["script_set"] == script]
            published = {li["group"]: tuple(float(v) for v in list(li.values())[3:]) for li in mine}
            found = paper(rows_with_means(published))
            got = [100 * found["all"][column] for column in COLUMNS]
            assert got == pytest.approx(published["all"], abs=0.11)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_averages_equal_a_loop_over_targets_sources_and_seeds(data):
    score = st.floats(0, 1)
    seeds = (0, 1, 2)
    values = {
        (arm, s, t, seed): data.draw(score)
        for arm in ARMS[:2] for s in LOW[:3] for t in LOW[:3] for seed in seeds
    }  # fmt: skip
    design = Design(groups={"low": LOW[:3]}, arms=ARMS[:2])
    rows = [probe(a, s, t, v, seed=seed) for (a, s, t, seed), v in values.items()]
    for record in averages(read_scores(rows), design):
        if record["scope"] != "group":
            continue
        by_seed = []
        for seed in seeds:
            of_targets = []
            for target in LOW[:3]:
                own = record["setting"] == "in_language"
                sources = [s for s in LOW[:3] if (s == target) == own]
                of_targets.append(
                    sum(values[record["arm"], s, target, seed] for s in sources) / len(sources)
                )
            by_seed.append(sum(of_targets) / 3)
        wanted = mean_interval(by_seed)
        assert record["value"] == pytest.approx(wanted.mean)
        assert record["value_low"] == pytest.approx(max(0.0, wanted.low))
        assert record["value_high"] == pytest.approx(min(1.0, wanted.high))
        assert record["n_seeds"] == 3


def test_a_language_without_data_is_named_beside_the_averages():
    rows = [r for r in rows_with_means(POS_SHARED)
            if "tur-Latn" not in (r["target_language"], *r["source_languages"])]  # fmt: skip
    found = paper(rows)
    assert found["low-resource"]["n_languages"] == 3
    # Without Turkish as a source, the zero-shot average of each other target lacks a pair.
    assert found["low-resource"]["without"] == "Turkish; 9 of 24 pairs"
    assert found["high-resource"]["without"] == "3 of 18 pairs"
    own = [
        record
        for record in averages(read_scores(rows), DESIGN)
        if (record["scope"], record["group"]) == ("group", "low")
        and record["setting"] == "in_language"
    ]
    assert {tuple(record["without"]) for record in own} == {("tur-Latn",)}
    assert [record["n_pairs_missing"] for record in own] == [1, 1, 1]


def test_a_language_that_one_arm_lacks_is_in_no_average_of_that_line():
    rows = [masked(arm, code, 0.2 + 0.1 * (code in HIGH)) for arm in ARMS for code in LANGUAGES]
    rows = [r for r in rows if (r["encoder"], r["target_language"]) != ("hard-all", "eus-Latn")]
    lines = {line["text"]: line for line in balance_tables(rows, DESIGN)["balance_masked"]}
    low = lines["mean: low-resource"]
    assert (low["n_languages"], low["without"]) == (3, "Basque")
    assert low["soft-balanced"] == pytest.approx(0.2)
    assert lines["Basque"]["hard-all"] is None
    assert lines["Basque"]["soft-balanced"] == pytest.approx(0.2)


def test_an_arm_that_is_not_run_is_an_empty_column_and_does_not_empty_the_others():
    rows = [masked(arm, code, 0.25) for arm in ARMS[:2] for code in LANGUAGES]
    line = balance_tables(rows, DESIGN)["balance_masked"][-1]
    assert (line["hard-all"], line["soft-balanced"], line["without"]) == (0.25, None, None)


def test_a_seed_that_lacks_a_language_is_left_out_for_its_arm_alone():
    rows = [masked(arm, code, 0.2 + seed / 10, seed=seed)
            for arm in ARMS for code in LANGUAGES for seed in (0, 1)
            if (arm, code, seed) != ("hard-all", "eus-Latn", 1)]  # fmt: skip
    found = {r["arm"]: r for r in averages(read_scores(rows), DESIGN) if r["group"] == "all"}
    assert found["hard-all"]["n_seeds"] == 1
    assert found["hard-all"]["value"] == pytest.approx(0.2)
    assert found["soft-balanced"]["n_seeds"] == 2
    assert found["soft-balanced"]["value"] == pytest.approx(0.25)
    line = balance_tables(rows, DESIGN)["balance_masked"][-1]
    assert line["n_seeds"] == "1 to 2"


def test_masked_words_stand_by_the_size_of_their_text_with_the_teachers_last():
    rows = [masked(arm, code, 0.3) for arm in ARMS for code in LANGUAGES]
    rows += [masked(f"teacher/{code}", code, 0.5) for code in LANGUAGES]
    rows += [masked("teacher/eus-Latn", "deu-Latn", 0.01)]  # elsewhere than its own language
    lines = balance_tables(rows[::-1], DESIGN)["balance_masked"]
    sizes = [line["characters"] for line in lines if line["characters"]]
    assert sizes == sorted(sizes)
    assert len(sizes) == len(LANGUAGES)
    assert [line["teacher"] for line in lines] == [0.5] * 11
    assert lines[-1]["text"] == "mean: all"


def test_bits_per_character_are_not_cut_at_one():
    rows = [masked("hard-all", code, 2.5 + seed, seed=seed, metric="bits_per_character")
            for code in LANGUAGES for seed in (0, 1)]  # fmt: skip
    (line,) = [r for r in averages(read_scores(rows), DESIGN)
               if r["group"] == "all" and r["arm"] == "hard-all"]  # fmt: skip
    assert line["value"] == 3.0
    assert line["value_high"] > 4


def test_rows_of_other_regimes_and_single_labels_are_left_alone():
    rows = [masked("hard-all", code, 0.3) for code in LANGUAGES]
    more = [
        row("macro_f1", 0.9, task="sentiment", regime="joint", target_language="deu-Latn"),
        probe("hard-all", "deu-Latn", "deu-Latn", 0.9, metric="f1/NOUN"),
    ]
    assert balance_tables([*rows, *more], DESIGN) == balance_tables(rows, DESIGN)


def test_two_values_for_one_seed_are_refused():
    rows = [masked("hard-all", "deu-Latn", value) for value in (0.3, 0.4)]
    with pytest.raises(InputError, match="two rows give different values for mrr of hard-all"):
        balance_tables(rows, DESIGN)


def test_nothing_to_report_is_said():
    with pytest.raises(InputError, match="Run the study"):
        balance_tables(training("hard-all", train_loss=1.0), DESIGN)


def test_groups_that_overlap_are_refused_but_a_pivot_may_lie_in_one():
    assert Design({"high": HIGH, "pivot": PIVOT}, ARMS).groups_of("deu-Latn") == "high, pivot"
    with pytest.raises(InputError, match="low and high share spa-Latn"):
        Design({"low": (*LOW, "spa-Latn"), "high": HIGH}, ARMS)
    with pytest.raises(InputError, match="'all' is the name"):
        Design({"all": LOW}, ARMS)
    with pytest.raises(InputError, match="'low' has no language"):
        Design({"low": ()}, ARMS)
    with pytest.raises(UnknownName, match="Did you mean 'smoothing'"):
        Design({"low": LOW}, ARMS, controls={"smooth": "a"})


def cost_rows():
    rows = []
    for seed in (0, 1):
        common = {"train_steps": 100, "tokens_seen": 6400, "flops": 3e12, "train_loss": 4.0}
        for arm in ARMS[:2]:
            rows += training(arm, seed=seed, train_runtime=10 + 2 * seed, teacher_flops=0,
                             teachers_runtime=0, n_windows=64, **common)  # fmt: skip
        rows += training(ARMS[2], seed=seed, train_runtime=14 + 2 * seed, teacher_flops=1e12,
                         teachers_runtime=70, n_windows=64, **common)  # fmt: skip
        for code in LANGUAGES:
            rows += training(f"teacher/{code}", seed=seed, sources=[code], flops=2e12,
                             train_runtime=10, train_steps=60, teacher_flops=0,
                             teachers_runtime=0)  # fmt: skip
    return rows


def test_costs_count_the_teachers_answers_and_their_training():
    found = {record["arm"]: record for record in costs(cost_rows(), DESIGN)}
    assert list(found) == [*ARMS, *(f"teacher/{code}" for code in LANGUAGES)]
    hard, soft = found["hard-balanced"], found["soft-balanced"]
    assert (hard["updates"], hard["tokens seen"], hard["total TFLOP"]) == (100, 6400, 3.0)
    assert soft["teachers forward TFLOP"] == 1.0
    assert soft["teachers training TFLOP"] == pytest.approx(14.0)
    assert soft["total TFLOP"] == pytest.approx(18.0)
    assert soft["TFLOP / hard-balanced"] == pytest.approx(6.0)
    assert soft["update / hard-balanced"] == pytest.approx(15 / 11)
    assert soft["teachers training (s)"] == 70
    assert hard["training (s)"] == 11
    assert hard["training (s)_low"] < 11 < hard["training (s)_high"]


def test_what_the_training_of_teachers_took_is_not_made_up():
    rows = [r for r in cost_rows() if r["encoder"] != "teacher/eus-Latn"]
    soft = next(r for r in costs(rows, DESIGN) if r["arm"] == "soft-balanced")
    assert soft["teachers training TFLOP"] is None
    assert soft["total TFLOP"] is None
    assert soft["TFLOP / hard-balanced"] is None
    assert soft["teachers training (s)"] is None


def test_an_arm_that_another_arm_taught_counts_the_training_of_that_one():
    design = replace(DESIGN, teachers={"soft-balanced": ("hard-all",)})
    soft = next(r for r in costs(cost_rows(), design) if r["arm"] == "soft-balanced")
    assert soft["teachers training TFLOP"] == 3.0


def test_a_teacher_that_was_taught_itself_took_its_own_teachers_too():
    design = replace(DESIGN, arms=(*ARMS, "taught"), teachers={"taught": ("soft-balanced",)})
    rows = [*cost_rows(), *training("taught", flops=3e12, teacher_flops=1e12, teachers_runtime=15)]
    found = {record["arm"]: record for record in costs(rows, design)}
    soft, taught = found["soft-balanced"], found["taught"]
    assert taught["teachers training TFLOP"] == soft["total TFLOP"] == pytest.approx(18.0)
    assert taught["total TFLOP"] == pytest.approx(3 + 1 + 18)
    assert taught["teachers training (s)"] == 15 + 70


def test_what_a_training_has_told_of_its_teachers_is_taken():
    """Self-teachers are no arm, and teachers that gave the first weights alone answer nothing."""
    design = replace(DESIGN, arms=("self-teachers",), teachers={"self-teachers": ("hard-all",)})
    rows = training(
        "self-teachers", flops=3e12, teacher_flops=1e12, train_runtime=14, train_steps=100,
        teachers_runtime=9, teachers_training_flops=5e12, teachers_training_runtime=12,
    )  # fmt: skip
    (found,) = costs(rows, design)
    assert found["teachers training TFLOP"] == 5.0
    assert found["total TFLOP"] == 9.0
    assert found["teachers training (s)"] == 12


def test_a_value_that_is_not_finite_is_not_averaged():
    rows = [*training("hard-all", seed=0, train_loss=math.nan, train_steps=5),
            *training("hard-all", seed=1, train_loss=2.0, train_steps=5)]  # fmt: skip
    (record,) = costs(rows, DESIGN)
    assert record["loss (nats)"] == 2.0
    assert record["n_seeds"] == 2


def test_controls_stand_after_the_baselines_and_other_arms_last_each_once():
    design = with_controls()
    opponents = list(replace(design, arms=(*design.arms, "soft-adaptive")).opponents)
    assert opponents == [
        ("hard-balanced", "baseline"),
        ("hard-all", "baseline"),
        ("hard-smoothed", "control"),
        ("hard-longer", "control"),
        ("soft-adaptive", "variant"),
    ]
