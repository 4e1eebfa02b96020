"""Layers of the map: the numbers of the tables, each under the right name."""

import pytest

from balance_report_toys import ARMS, DESIGN, LANGUAGES, masked, probe
from decision_toys import comparing
from isogloss.report.balance.tables import balance_tables
from isogloss.report.map.layers import (
    MOST_SOURCES,
    balance_layers,
    difference_layers,
    score_layers,
)
from isogloss.report.understand import understand


@pytest.fixture(scope="module")
def tables(toy):
    return understand(toy.study(4, seeds=(0, 1)), metric="macro_f1")


def named(layers):
    return {layer.title: layer for layer in layers}


def test_joint_training_has_the_scores_of_the_largest_size(tables):
    layer = score_layers(tables, "macro F1")[0]
    largest = [point for point in tables["curves"]
               if point["regime"] == "joint" and point["n_per_language"] == 2000]  # fmt: skip
    assert layer.title == "tiny, joint training"
    assert layer.facts == "N = 2,000 per language · test"
    assert {code: mark[:6] for code, mark in layer.marks.items()} == {
        point["language"]: (
            point["value"], point["value_low"], point["value_high"],
            point["n_scored"], point["n_unscored"], point["n_seeds"],
        )
        for point in largest
    }  # fmt: skip
    assert {mark.setting for mark in layer.marks.values()} == {"trained on"}


def test_single_and_each_source_alone_follow(tables):
    layers = named(score_layers(tables, "macro F1"))
    assert list(layers) == [
        "tiny, joint training", "tiny, each language trained alone",
        "tiny, trained on English alone", "tiny, trained on French alone",
        "tiny, trained on Arabic alone", "tiny, trained on Japanese alone",
    ]  # fmt: skip
    cells = {(c["source"], c["target"]): c["value"] for c in tables["transfer"]}
    alone = layers["tiny, each language trained alone"].marks
    assert {code: mark.value for code, mark in alone.items()} == {
        source: value for (source, target), value in cells.items() if source == target
    }
    arabic = layers["tiny, trained on Arabic alone"].marks
    assert {code: (mark.value, mark.setting) for code, mark in arabic.items()} == {
        target: (value, "trained on" if target == source else "zero-shot")
        for (source, target), value in cells.items() if source == "ara-Arab"
    }  # fmt: skip


def test_targets_that_joint_training_did_not_see_are_on_its_map(toy):
    rows = [
        row for at, code in enumerate(toy.codes[:5])
        for row in toy.cell(0.5 + at / 10, target=code, sources=toy.codes[:3])
    ]  # fmt: skip
    (layer,) = score_layers(understand(rows, metric="macro_f1"), "macro F1")
    assert [mark.setting for mark in layer.marks.values()] == ["trained on"] * 3 + ["zero-shot"] * 2
    assert layer.marks[toy.codes[4]].value == 0.9


def test_a_size_that_few_languages_have_finished_waits(toy):
    rows = [row for code in toy.codes[:3] for row in toy.cell(0.5, target=code, n=100)]
    rows += toy.cell(0.9, target=toy.codes[0], n=500)
    (layer,) = score_layers(understand(rows, metric="macro_f1"), "macro F1")
    assert {mark.value for mark in layer.marks.values()} == {0.5}
    assert layer.facts.startswith("N = 100 per language")


def test_the_test_split_is_shown_where_there_is_one(toy):
    rows = [*toy.cell(0.4, target=toy.codes[0], split="validation"),
            *toy.cell(0.6, target=toy.codes[0])]  # fmt: skip
    (layer,) = score_layers(understand(rows, metric="macro_f1"), "macro F1")
    assert layer.marks[toy.codes[0]].value == 0.6


def test_the_chosen_encoder_is_first(toy):
    rows = [
        row for encoder in ("a", "b", "c") for code in toy.codes[:2]
        for row in toy.cell(0.5, target=code, encoder=encoder)
    ]  # fmt: skip
    found = score_layers(understand(rows, metric="macro_f1"), "macro F1", chosen="b")
    assert [layer.group for layer in found] == ["b", "a", "c"]


def test_of_many_models_of_one_language_the_best_donor_is_shown(toy):
    codes = [f"x{at:02}-Latn" for at in range(MOST_SOURCES + 1)]
    own = {codes[0]: 0.99}  # what a language gives itself does not count
    rows = [
        row for source in codes for target in codes[:3]
        for row in toy.cell(
            own.get(source, 0.3) if source == target else 0.5 if source == "x07-Latn" else 0.3,
            target=target, regime="single", sources=[source],
        )
    ]  # fmt: skip
    tables = understand(rows, metric="macro_f1")
    found = [one for one in score_layers(tables, "macro F1") if one.key[3]]
    assert [layer.key[3] for layer in found] == [("x07-Latn",)]


def test_differences_are_the_tested_ones_of_the_same_way(toy):
    compared = comparing(encoders=("small", "big"), forms=("torch",)).comparison
    rows = [
        row for encoder in ("small", "big") for target in ("eng-Latn", "por-Latn", "deu-Latn")
        for row in toy.cell(0.5, target=target, encoder=encoder, n=None,
                            sources=("eng-Latn", "por-Latn"))
    ]  # fmt: skip
    layers = score_layers(understand(rows, metric="macro_f1"), "F1")
    (layer,) = difference_layers(compared.differences, layers, "f1")
    assert (layer.title, layer.kind) == ("big minus small, joint training", "difference")
    assert {code: mark[:4] for code, mark in layer.marks.items()} == {
        r["language"]: (r["difference"], r["difference_low"], r["difference_high"], r["n_units"])
        for r in compared.differences
        if r["scope"] == "language" and r["metric"] == "f1"
    }
    assert {code: mark.setting for code, mark in layer.marks.items()} == {
        "eng-Latn": "trained on", "por-Latn": "trained on", "deu-Latn": "zero-shot",
    }  # fmt: skip


def test_no_layer_of_differences_without_differences(tables):
    assert list(difference_layers([], score_layers(tables, "macro F1"), "macro_f1")) == []


@pytest.fixture(scope="module")
def balance():
    rows = []
    for at, arm in enumerate(ARMS):
        for place, target in enumerate(LANGUAGES):
            rows += [masked(arm, target, 0.2 + at / 10 + place / 100, seed=s) for s in (0, 1)]
            rows += [probe(arm, source, target, 0.5) for source in LANGUAGES[:2]]
    return balance_tables(rows, DESIGN)


def test_a_balance_study_shows_the_candidate_first(balance):
    layers = list(balance_layers(balance, DESIGN))
    assert [layer.title for layer in layers[:3]] == [
        "masked words, soft-balanced", "masked words, hard-all", "masked words, hard-balanced",
    ]  # fmt: skip
    assert layers[0].measure == "MRR"
    averages = {
        r["language"]: (r["value"], r["value_low"], r["value_high"])
        for r in balance["balance_averages"]
        if r["scope"] == "language" and r["arm"] == "soft-balanced" and r["metric"] == "mrr"
    }
    assert {code: mark[:3] for code, mark in layers[0].marks.items()} == averages
    assert len(averages) == len(LANGUAGES)


def test_probes_are_told_apart_by_setting(balance):
    titles = {layer.group for layer in balance_layers(balance, DESIGN)}
    assert any("in-language" in title for title in titles)
    assert any("zero-shot" in title for title in titles)


def test_settings_of_a_probe_have_scales_of_their_own(balance):
    scales = {layer.group: layer.scale for layer in balance_layers(balance, DESIGN)}
    assert len(set(scales.values())) == len(scales) == 3


def test_differences_of_a_balance_study_are_candidate_minus_baseline(balance):
    record = {
        "task": "mlm", "metric": "mrr", "split": "held_out", "form": None,
        "setting": "in_language", "scope": "language", "language": "eus-Latn",
        "first": "hard-all", "second": "soft-balanced", "difference": 0.1,
        "difference_low": 0.05, "difference_high": 0.15, "n_units": 30, "n_seeds": 2,
    }  # fmt: skip
    group = {**record, "scope": "group", "language": None}
    found = list(balance_layers({**balance, "balance_tests": [record, group]}, DESIGN))
    (layer,) = [one for one in found if one.kind == "difference"]
    assert layer.title == "masked words, soft-balanced minus hard-all"
    assert layer.marks == {"eus-Latn": (0.1, 0.05, 0.15, 30, 0, 2, "")}
