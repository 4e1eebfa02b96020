"""The first glance of a balance study, how strong its teachers are, and units of its costs."""

import re
from dataclasses import replace

import pytest

from balance_report_toys import DESIGN, LANGUAGES, LOW, masked, training
from isogloss.base.languages import language_name
from isogloss.report.balance.averages import averages
from isogloss.report.balance.costs import costs
from isogloss.report.balance.glance import glance_lines, glance_table, verdict_text
from isogloss.report.balance.mixed import mixed_words
from isogloss.report.balance.scores import read_scores
from isogloss.report.balance.teachers import teachers_line


def difference(group, first, verdict, by=0.1, **more):
    return {
        "task": "mlm", "metric": "mrr", "split": "held_out", "form": None,
        "setting": "in_language", "scope": "group", "group": group, "role": "baseline",
        "first": first, "second": "soft-balanced", "difference": by, "difference_low": by - 0.05,
        "difference_high": by + 0.05, "verdict": verdict, "without": [], "n_pairs_missing": 0,
        "n_pairs_expected": 4, **more,
    }  # fmt: skip


def test_the_glance_has_a_line_a_group_and_question_and_a_column_a_baseline():
    probe = {"task": "pos", "metric": "accuracy", "setting": "zero_shot", "form": "layer -1"}
    records = [
        difference("high", "hard-all", "worse", -0.1),
        difference("low", "hard-balanced", "better"),
        difference("low", "hard-all", "tie", 0.01),
        difference("low", "hard-all", "tie", 0.02, **probe),
        difference("low", "soft-all", "better", role="control"),
        difference("pivot", "hard-all", "better"),
        difference("low", "hard-all", "better", scope="language", language=LOW[0]),
    ]
    table = glance_table(records, DESIGN)
    assert [(line["languages"], line["measure"]) for line in table] == [
        ("low-resource", "MRR of masked words"),
        ("low-resource", "accuracy of the POS probe, zero-shot"),
        ("high-resource", "MRR of masked words"),
    ]
    assert [line["against hard-balanced"] for line in table] == [
        "**better**, 0.10 [0.05, 0.15]", "", "",
    ]  # fmt: skip
    assert [line["against hard-all"] for line in table] == [
        "tie, 0.01 [-0.04, 0.06]", "tie, 0.02 [-0.03, 0.07]", "**worse**, -0.10 [-0.15, -0.05]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "own", "mixed"),
    [
        ("better", ("better", "tie"), False),
        ("better", ("better", "worse"), True),
        ("better", ("tie", "worse"), True),
        ("tie", ("better", "worse"), True),
        ("tie", ("better", "tie"), False),
        ("worse", ("not compared", "worse"), False),
    ],
)
def test_languages_that_do_not_agree_with_their_group_are_named(verdict, own, mixed):
    group = difference("low", "hard-all", verdict)
    alone = [
        difference("low", "hard-all", one, scope="language", language=code)
        for one, code in zip(own, LOW, strict=False)
    ]
    others = [
        difference("low", "hard-balanced", "worse", scope="language", language=LOW[0]),
        difference("low", "hard-all", "worse", scope="language", language=LOW[0], metric="top1"),
        difference("high", "hard-all", "worse", scope="language", language="deu-Latn"),
    ]
    said = mixed_words(group, [group, *alone, *others], DESIGN)
    told = [
        f"{language_name(code)} {one}"
        for one, code in zip(own, LOW, strict=False)
        if one in {"better", "worse"}
    ]
    assert said == (", ".join(told) if mixed else "")
    (line,) = glance_table([group, *alone], DESIGN)
    assert line["against hard-all"].endswith(f"; mixed: {said}" if mixed else "]")


def test_layers_are_named_where_a_probe_has_several():
    probe = {"task": "pos", "metric": "accuracy", "setting": "in_language"}
    records = [difference("low", "hard-all", "tie", **probe, form=f"layer {n}") for n in (-1, 0)]
    assert [line.measure for line in glance_lines(records, DESIGN)] == [
        "accuracy of the POS probe, in-language, layer -1",
        "accuracy of the POS probe, in-language, layer 0",
    ]


def test_what_was_not_compared_is_said():
    record = difference("low", "hard-all", "not compared") | {"difference": None}
    assert verdict_text(record) == "not compared"


TAUGHT = {code: at / 10 for at, code in enumerate(LANGUAGES)}  # 0.0 to 0.6; the student has 0.35


def averaged(student=0.35, *, without=(), metric="mrr"):
    rows = [masked("soft-balanced", code, student, metric=metric) for code in LANGUAGES]
    rows += [
        masked(f"teacher/{code}", code, value, metric=metric)
        for code, value in TAUGHT.items()
        if code not in without
    ]
    return averages(read_scores(rows), DESIGN)


def test_teachers_are_compared_with_the_student_language_by_language():
    said = teachers_line(averaged(), DESIGN)
    mean = sum(TAUGHT.values()) / len(TAUGHT)
    assert f"over 7 languages the teachers have {mean:.3f}, the student 0.350" in said
    assert "ahead of the student in 3 of 7 languages (Spanish, English, German)" in said
    assert "no test was made" in said


def test_teachers_of_some_languages_are_compared_there_and_no_mean_is_given():
    said = teachers_line(averaged(without=LOW), DESIGN)
    assert "over 7 languages" not in said
    assert "in 3 of 3 languages (Spanish, English, German)" in said


def test_of_a_loss_less_is_ahead():
    design = replace(DESIGN, headlines={"mlm": "bits_per_character"})
    said = teachers_line(averaged(metric="bits_per_character"), design)
    assert "in 4 of 7 languages (Basque, Turkish, Vietnamese, Hungarian)" in said


@pytest.mark.parametrize(
    ("records", "design"),
    [
        (averaged(without=LANGUAGES), DESIGN),
        (averaged(), replace(DESIGN, teachers={"soft-balanced": ["hard-all"]})),
        ([], DESIGN),
    ],
)
def test_without_teachers_of_the_student_nothing_is_said(records, design):
    assert teachers_line(records, design) == ""


@pytest.mark.parametrize(
    ("flops", "unit", "shown"),
    [(2e12, "TFLOP", 2.0), (999e9, "GFLOP", 999.0), (5e6, "MFLOP", 5.0), (3e21, "EFLOP", 3000.0),
     (12.0, "FLOP", 12.0)],
)  # fmt: skip
def test_operations_are_in_a_unit_that_shows_them(flops, unit, shown):
    (record,) = costs(training("hard-balanced", flops=flops, teacher_flops=0), DESIGN)
    assert record[f"student {unit}"] == pytest.approx(shown)
    assert record[f"total {unit}"] == pytest.approx(shown)
    assert record[f"{unit} / hard-balanced"] == 1.0


def test_the_unit_is_that_of_the_least_count_and_one_for_all():
    rows = [
        *training("hard-balanced", flops=7e12, teacher_flops=0),
        *training("soft-balanced", flops=7e12, teacher_flops=3e9, teachers_runtime=0.0),
    ]
    hard, soft = sorted(costs(rows, DESIGN), key=lambda record: record["arm"])
    assert (hard["student GFLOP"], soft["teachers forward GFLOP"]) == (7000.0, 3.0)
    assert soft["total GFLOP"] == pytest.approx(7003.0)
    assert repr(hard["teachers forward GFLOP"]) == "0"  # nothing, and not little
    units = {word for record in (hard, soft) for field in record
             for word in re.findall(r"\w*FLOP", field)}  # fmt: skip
    assert units == {"GFLOP"}
