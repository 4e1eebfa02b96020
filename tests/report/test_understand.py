"""Rows become tables; what was not run stays visible."""

import json
import random

import pytest

from isogloss.base.errors import InputError, UnknownName
from isogloss.report.charts.transfer import transfer_chart
from isogloss.report.frame import Frame
from isogloss.report.tables import markdown
from isogloss.report.training import training
from isogloss.report.understand import understand


@pytest.fixture(scope="module")
def rows(toy):
    return toy.study(4)


@pytest.fixture(scope="module")
def tables(rows):
    return understand(rows)


def find(records, **wanted):
    return [r for r in records if all(r[key] == value for key, value in wanted.items())]


def mean_of(rows, metric="macro_f1", **wanted):
    found = [r["value"] for r in find(rows, metric=metric, **wanted)]
    return sum(found) / len(found)


def test_a_curve_has_a_point_for_each_language_and_size(rows, tables, toy):
    joint = find(tables["curves"], regime="joint")
    assert len(joint) == 4 * 3
    for point in joint:
        where = {"target_language": point["language"], "n_per_language": point["n_per_language"]}
        assert point["value"] == pytest.approx(mean_of(rows, regime="joint", **where))
        assert point["value_low"] < point["value"] < point["value_high"]
        assert (point["n_seeds"], point["n_scored"], point["n_unscored"]) == (3, 300, 0)
        assert point["method"] == "Student t over seeds"
        assert point["n_train"] == 4 * point["n_per_language"]
        assert point["setting"] == "seen"


def test_the_single_regime_has_a_curve_on_its_own_language_only(tables):
    single = find(tables["curves"], regime="single")
    assert len(single) == 4
    assert {point["setting"] for point in single} == {"seen"}


def test_the_gain_is_that_of_the_largest_over_the_smallest_size(tables):
    points = find(tables["curves"], regime="joint", language="eng-Latn")
    (gain,) = find(tables["gains"], language="eng-Latn")
    assert gain["gain"] == pytest.approx(points[-1]["value"] - points[0]["value"])
    assert (gain["n_from"], gain["n_to"], gain["n_sizes"]) == (100, 2000, 3)


def test_the_transfer_table_has_every_source_and_target(rows, tables):
    assert len(tables["transfer"]) == 16
    for cell in tables["transfer"]:
        where = {"source_languages": [cell["source"]], "target_language": cell["target"]}
        own = {"source_languages": [cell["target"]], "target_language": cell["target"]}
        assert cell["value"] == pytest.approx(mean_of(rows, regime="single", **where))
        gap = mean_of(rows, regime="single", **own) - cell["value"]
        assert cell["gap"] == pytest.approx(gap, abs=1e-12)


def test_donors_and_recipients_leave_out_the_diagonal(tables):
    for record in tables["donors"]:
        code = record["language"]
        given = [c["value"] for c in find(tables["transfer"], source=code) if c["target"] != code]
        got = [c["value"] for c in find(tables["transfer"], target=code) if c["source"] != code]
        assert record["donor"] == pytest.approx(sum(given) / 3)
        assert record["recipient"] == pytest.approx(sum(got) / 3)
        assert record["donor_low"] < record["donor"] < record["donor_high"]


def test_regimes_are_compared_at_the_size_that_they_share(tables):
    assert {record["n_per_language"] for record in tables["regimes"]} == {2000}
    for record in tables["regimes"]:
        (joint,) = find(
            tables["curves"], regime="joint", language=record["language"], n_per_language=2000
        )
        (own,) = find(tables["transfer"], source=record["language"], target=record["language"])
        assert record["joint"] == joint["value"]
        assert record["single"] == own["value"]
        assert record["joint_minus_single"] == pytest.approx(joint["value"] - own["value"])
        foreign = [
            c for c in find(tables["transfer"], target=record["language"])
            if c["source"] != record["language"]
        ]  # fmt: skip
        best = max(foreign, key=lambda cell: cell["value"])
        assert (record["best_source"], record["n_sources"]) == (best["source"], 3)
        assert record["zero_shot_best"] == pytest.approx(best["value"])


def test_the_worst_language_is_that_of_the_lowest_score(tables):
    for record in find(tables["gaps"], regime="joint"):
        points = find(tables["curves"], regime="joint", n_per_language=record["n_per_language"])
        by_score = sorted(points, key=lambda point: point["value"])
        assert (record["worst"], record["best"]) == (by_score[0]["language"],
                                                     by_score[-1]["language"])  # fmt: skip
        assert record["gap"] == pytest.approx(by_score[-1]["value"] - by_score[0]["value"])


def test_training_says_what_each_model_cost(tables):
    assert len(tables["training"]) == 3 + 4
    (largest,) = find(tables["training"], regime="joint", n_per_language=2000)
    assert (largest["train_runtime"], largest["n_seeds"], largest["n_train"]) == (100, 3, 8000)


def test_the_order_of_the_rows_changes_no_number(rows, tables):
    shuffled = list(rows)
    random.Random(1).shuffle(shuffled)
    for name, records in understand(shuffled).items():
        ours = {frozenset(map(repr, _rounded(record).items())) for record in records}
        assert ours == {frozenset(map(repr, _rounded(record).items())) for record in tables[name]}


def _rounded(record):
    return {k: round(v, 9) if isinstance(v, float) else v for k, v in record.items()
            if k != "sources"}  # fmt: skip


def test_all_tables_are_plain_json(tables):
    assert json.loads(json.dumps(tables, allow_nan=False)) == tables


def test_one_seed_has_an_interval_over_examples_and_says_so(toy):
    tables = understand(toy.study(3, seeds=(0,)))
    point = tables["curves"][0]
    assert point["method"] == "bootstrap over examples"
    assert point["value_low"] < point["value"] < point["value_high"]
    assert point["value_sd"] is None
    assert tables["regimes"][0]["joint_minus_single_low"] is None


def test_one_seed_of_accuracy_has_the_interval_of_a_share(toy):
    point = understand(toy.study(3, seeds=(0,)), metric="accuracy")["curves"][0]
    assert point["method"] == "Wilson over examples"


def test_a_study_without_single_models_has_curves_and_no_matrix(toy):
    rows = [row for row in toy.study(3) if row["regime"] == "joint"]
    tables = understand(rows)
    assert len(tables["curves"]) == 9
    assert tables["transfer"] == tables["donors"] == tables["regimes"] == []


def test_a_study_of_single_models_compares_them_with_zero_shot(toy):
    tables = understand([row for row in toy.study(3) if row["regime"] == "single"])
    assert {record["joint"] for record in tables["regimes"]} == {None}
    assert all(record["single_minus_zero_shot"] is not None for record in tables["regimes"])


def test_what_has_not_run_yet_is_none_and_counted(toy):
    gone = {("fra-Latn", "eng-Latn"), ("fra-Latn", "ara-Arab")}
    rows = [
        row for row in toy.study(3)
        if row["regime"] == "joint"
        or (row["source_languages"][0], row["target_language"]) not in gone
    ]  # fmt: skip
    tables = understand(rows)
    (cell,) = find(tables["transfer"], source="fra-Latn", target="eng-Latn")
    assert (cell["value"], cell["n_seeds"], cell["gap"]) == (None, 0, None)
    (donor,) = find(tables["donors"], language="fra-Latn")
    assert (donor["donor"], donor["n_donor"], donor["n_donor_missing"]) == (None, 0, 2)
    (target,) = find(tables["regimes"], language="eng-Latn")
    assert (target["n_sources"], target["n_missing"]) == (1, 1)
    (model,) = find(tables["gaps"], regime="single", sources=["fra-Latn"])
    assert (model["n_languages"], model["n_missing"]) == (1, 2)


def test_what_is_planned_and_not_begun_is_missing_too(toy):
    a, b, c = toy.codes[:3]
    planned = [row for row in toy.study(3) if row["metric"] == "macro_f1"]
    rows = [
        *(row for target in (a, b) for row in toy.cell(0.6, target=target, sources=(a, b, c))),
        *toy.cell(0.5, target=a, regime="single", sources=[a], n=2000),
    ]
    (joint,) = find(understand(rows)["gaps"], regime="joint")
    assert (joint["n_missing"], joint["missing"]) == (0, []), "the rows alone know of two"
    tables = understand(rows, planned=planned)
    (joint,) = find(tables["gaps"], regime="joint")
    assert (joint["n_languages"], joint["n_missing"], joint["missing"]) == (2, 1, [c])
    (single,) = find(tables["gaps"], regime="single")
    assert (single["n_languages"], single["missing"]) == (1, [b, c])
    assert [cell["value"] for cell in tables["transfer"]] == [0.5, *[None] * 8]
    (donor,) = find(tables["donors"], language=b)
    assert (donor["donor"], donor["n_donor_missing"]) == (None, 2)
    assert [point["value"] for point in tables["curves"]] == [0.6, 0.6, 0.5]
    spec = transfer_chart(tables["transfer"], tables["donors"], Frame("toy", "macro_f1"))
    assert "dashed: 8 of 9 cells not run" in json.dumps(spec)


def test_a_study_that_is_whole_has_the_same_tables_with_its_plan(rows, tables):
    assert understand(rows, planned=rows) == tables


def test_a_seed_that_lacks_a_cell_takes_the_interval_from_the_mean_of_donors(toy):
    rows = [
        row for row in toy.study(3)
        if not (row["seed"] == 1 and row["source_languages"] == ["fra-Latn"]
                and row["target_language"] == "eng-Latn")
    ]  # fmt: skip
    donors = understand(rows)["donors"]
    (french,), (arabic,) = (find(donors, language=code) for code in ("fra-Latn", "ara-Arab"))
    assert french["donor"] is not None
    assert french["donor_low"] is None
    assert arabic["donor_low"] is not None


def test_leave_one_out_is_the_zero_shot_of_the_language_left_out(toy):
    a, b, c = toy.codes[:3]
    rows = [
        *toy.cell(0.7, target=a, regime="joint", sources=(a, b, c)),
        *toy.cell(0.5, target=a, regime="leave_one_out", sources=(b, c)),
        *toy.cell(0.6, target=a, regime="leave_one_out", sources=(a, b)),
        *toy.cell(0.65, target=a, regime="leave_one_out", sources=(a, c)),
    ]
    tables = understand(rows)
    (curve,) = find(tables["curves"], regime="leave_one_out")
    assert (curve["setting"], curve["value"]) == ("zero-shot", 0.5)
    assert tables["regimes"][0]["leave_one_out"] == 0.5


def test_a_language_that_is_only_tested_on_was_left_out_by_nobody(toy):
    a, b, c, d = toy.codes[:4]
    rows = [
        row
        for sources, score in (((b, c), 0.5), ((a, c), 0.6), ((a, b), 0.7))
        for target in (a, b, c, d)
        for row in toy.cell(score, target=target, regime="leave_one_out", sources=sources)
    ]
    for source, score in ((a, 0.3), (b, 0.4), (c, 0.35)):
        rows += toy.cell(score, target=d, regime="single", sources=[source])
    rows += toy.cell(0.65, target=a, regime="single", sources=[a])
    tables = understand(rows)
    (only_tested,) = find(tables["regimes"], language=d)
    assert only_tested["leave_one_out"] is None
    assert (only_tested["zero_shot_best"], only_tested["best_source"]) == (0.4, b)
    assert only_tested["n_sources"] == 3
    left_out = {r["language"]: r["leave_one_out"] for r in tables["regimes"] if r["language"] != d}
    assert left_out == {a: 0.5, b: 0.6, c: 0.7}
    assert find(tables["curves"], regime="leave_one_out", language=d) == []


def test_a_joint_model_is_zero_shot_on_a_language_that_it_did_not_see(toy):
    a, b, d = (toy.codes[n] for n in (0, 1, 3))
    rows = [
        row
        for target, joint, single in ((a, 0.8, 0.7), (d, 0.6, 0.5))
        for row in (
            *toy.cell(joint, target=target, sources=(a, b)),
            *toy.cell(single, target=target, regime="single", sources=[a]),
        )
    ]
    seen, unseen = understand(rows)["regimes"]
    assert (seen["joint"], seen["joint_zero_shot"]) == (0.8, None)
    assert (unseen["joint"], unseen["joint_minus_zero_shot"]) == (None, None)
    assert (unseen["joint_zero_shot"], unseen["zero_shot_best"]) == (0.6, 0.5)


def test_all_rows_of_a_language_are_a_size_without_a_number(toy):
    a, b = toy.codes[:2]
    rows = [
        *toy.cell(0.5, target=a, sources=(a, b), n=100),
        *toy.cell(0.6, target=a, sources=(a, b), n=400),
        *toy.cell(0.7, target=a, sources=(a, b), n=None),
    ]
    tables = understand(rows)
    assert [point["n_per_language"] for point in tables["curves"]] == [100, 400, None]
    (gain,) = tables["gains"]
    assert gain["n_to"] == 400


def test_two_encoders_are_never_mixed(toy):
    rows = [*toy.study(3), *toy.study(3, encoder="other", sizes=(50, 60))]
    tables = understand(rows)
    for name, records in tables.items():
        if name == "baselines":  # of test sets, whoever is tested on them
            continue
        assert {record["encoder"] for record in records} == {"tiny", "other"}
    assert {p["n_per_language"] for p in find(tables["curves"], encoder="other")} == {50, 60}


def test_two_values_for_one_cell_are_refused_and_the_same_twice_is_not(toy):
    a = toy.codes[0]
    same = understand([*toy.cell(0.5, target=a), *toy.cell(0.5, target=a)])
    assert same["curves"][0]["n_seeds"] == 1
    with pytest.raises(InputError, match="two rows give different values for macro_f1"):
        understand([*toy.cell(0.5, target=a), *toy.cell(0.6, target=a)])


def test_an_unknown_metric_names_the_nearest(rows):
    with pytest.raises(UnknownName, match="Did you mean 'macro_f1'"):
        understand(rows, metric="macr_f1")


@pytest.mark.parametrize("metric", ["eval_loss", "support/neutral", "confusion/a/b"])
def test_what_is_no_score_is_refused(rows, metric):
    with pytest.raises(InputError, match="no score"):
        understand(rows, metric=metric)


def test_no_rows_make_empty_tables():
    assert set(map(len, understand([]).values())) == {0}


def test_no_time_or_rate_of_training_is_below_nothing(toy):
    (record,) = training([*toy.train(1.0, seed=0), *toy.train(100.0, seed=1)])
    for measure in ("train_runtime", "train_samples_per_second"):
        assert record[f"{measure}_low"] == 0.0
        assert record[f"{measure}_high"] > record[measure] > 1.0
    text = markdown([record])
    assert text.count(r"[0\*, ") == 2
    assert r"\* cut at what the number can be" in text
