"""Tokenizers beside scores: each number is that of the audit and of the rows."""

from statistics import fmean

import pytest

from isogloss.report.charts.fertility import fertility_chart
from isogloss.report.comparison.results import Setting
from isogloss.report.figures import svg
from isogloss.report.frame import Frame
from isogloss.report.why.fertility import fertility_records

CODES = ("eng-Latn", "fra-Latn", "jpn-Jpan")
MAIN = Setting("joint", CODES, 100, "test")
RATES = {
    "texts": 900, "words": 10_000, "tokens": 15_000, "fertility": 1.5, "tokens_per_character": 0.3,
    "unknown_share": 0.02, "truncated_share": 0.0, "n_left_out": 0,
}  # fmt: skip
TOKENIZERS = {"tiny": {"languages": {**dict.fromkeys(CODES, RATES), "hin-Deva": RATES}}}


@pytest.fixture
def records(toy):
    rows = [
        row
        for seed, value in enumerate((0.5, 0.6, 0.7))
        for code in CODES
        for row in toy.cell(value, target=code, seed=seed, sources=CODES)
    ]
    rows += toy.cell(0.1, target="eng-Latn", sources=("eng-Latn",), regime="single")
    rows += toy.cell(0.2, target="eng-Latn", sources=CODES, form="onnx", seed=9)
    found = fertility_records(TOKENIZERS, rows, MAIN, "accuracy")
    return {one["language"]: one for one in found}


def test_the_score_is_the_mean_over_seeds_in_the_main_setting_alone(records):
    assert records["eng-Latn"]["value"] == pytest.approx(fmean((0.5, 0.6, 0.7)))
    assert records["eng-Latn"]["n_seeds"] == 3
    assert records["eng-Latn"]["value_low"] < 0.6 < records["eng-Latn"]["value_high"]


def test_rates_are_those_of_the_audit_but_words_of_unspaced_scripts_count_for_nothing(records):
    for code in ("eng-Latn", "fra-Latn"):
        assert {name: records[code][name] for name in RATES} == RATES
    assert records["jpn-Jpan"]["fertility"] is None
    assert records["jpn-Jpan"]["tokens_per_character"] == 0.3


def test_a_language_that_was_not_tested_has_rates_and_no_score(records):
    assert records["hin-Deva"]["fertility"] == 1.5
    assert records["hin-Deva"].get("value") is None


def test_the_chart_names_every_language_and_tells_what_is_unknown(records):
    scored = [one for one in records.values() if one.get("value") is not None]
    names = {code: code for code in records}
    spec = fertility_chart(scored, Frame("toy", "accuracy"), names)
    (values,) = spec["datasets"].values()
    assert [one["unknown"] for one in values] == ["2.00%"] * 3
    drawing = svg(spec)
    for tag, times in (("en", 2), ("fr", 2), ("ja", 1)):  # Japanese has no words to count
        assert drawing.count(f">{tag}</text>") == times
