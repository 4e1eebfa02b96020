"""The comparison on a page: its tables hold the records, its charts draw them."""

import csv
import io
import json
import math
from dataclasses import replace
from statistics import fmean

import pytest
from scipy import stats

from decision_toys import FRAME, RATES, comparing, evidence, offering
from isogloss.report.charts.fronts import fronts_chart
from isogloss.report.comparison.compare import of_main_setting
from isogloss.report.comparison.figures import comparison_figures
from isogloss.report.comparison.rounds import Price
from isogloss.report.faces import faces
from isogloss.report.figures import svg
from isogloss.report.html.blocks import Chart, Fold, Table, Widget
from isogloss.report.html.decision import decision_panel, rates, rules
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.comparison import comparison
from isogloss.report.recommend.fronts import fronts
from vega_lite import charts_of, check


@pytest.fixture(scope="module")
def compared():
    return comparing(measured=["Machine: toy"], data=["1 tag was repaired"])


@pytest.fixture(scope="module")
def section(compared):
    return comparison(evidence(comparing=compared))


def block(section, id):
    return next(one for one in section.blocks if getattr(one, "id", None) == id)


def cells(table):
    """Rows by their first cell, each by heading."""
    return {row[0].text: dict(zip(table.heads, row, strict=True)) for row in table.rows}


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_without_a_comparison_there_is_no_section():
    assert comparison(evidence()) is None


def test_the_overview_has_the_numbers_of_the_records_and_marks_the_best(section, compared):
    found = cells(block(section, "overview"))
    for record in compared.comparison.overview.records:
        for encoder in ("big", "small"):
            assert found[record["metric"]][encoder].value == record[encoder]
        assert found[record["metric"]]["difference"].value == record["difference_percent"]
    assert found["f1"]["big"].mark == "best"
    assert found["f1"]["small"].mark == ""
    assert found["f1"]["best"].text == "big"


def test_a_difference_says_in_a_word_what_the_tests_say_of_it(section, compared):
    found = cells(block(section, "overview"))["f1"]["difference"]
    (pooled,) = [
        r for r in of_main_setting(compared.comparison)
        if r["scope"] == "all" and r["metric"] == "f1"
    ]  # fmt: skip
    assert pooled["verdict"] == "worse"
    assert found.mark == "worse"
    half = (pooled["difference_high"] - pooled["difference_low"]) / 2 / pooled["first_score"] * 100
    assert 0.355 < half < 35.5  # so whole percents or tenths, by the rule for digits
    places = 1 if half < 3.55 else 0
    assert found.text == f"{pooled['percent']:+.{places}f}% worse"


def test_every_language_of_a_pair_has_its_verdict_and_its_p_value(section, compared):
    table = block(section, "pair-0")
    mine = [r for r in of_main_setting(compared.comparison) if r["metric"] == "f1"]
    wanted = {"better": ("small", "better"), "worse": ("big", "worse"), "tie": ("tie", "tie")}
    assert len(table.rows) == len(mine) == 6
    for row, record in zip(cells(table).values(), mine, strict=True):
        assert row["difference"].value == record["difference"]
        assert row["p (Holm)"].value == record["p_holm"]
        assert (row["better"].text, row["better"].mark) == wanted[record["verdict"]]
        assert row["could see"].value == record["smallest"]
    whole = read(table.csv)
    assert [float(one["difference"]) for one in whole] == pytest.approx(
        [r["difference"] for r in mine], abs=1e-6
    )
    assert "difference = small - big" in table.common


def test_forms_stand_with_their_difference_to_training_and_their_costs(section, compared):
    table = block(section, "forms")
    rows = [dict(zip(table.heads, row, strict=True)) for row in table.rows]
    found = {(row["encoder"].text, row["form"].text): row for row in rows}
    worse = found["small", "onnx"]
    (record,) = [
        r for r in compared.comparison.forms if (r["encoder"], r["form"]) == ("small", "onnx")
    ]
    assert record["verdict"] == "worse"
    assert worse["minus torch"].value == record["minus_torch"] < 0
    assert (worse["verdict"].text, worse["verdict"].mark) == ("worse", "worse")
    costs = [1e6 / rate / 3600 * 1.8 for rate in RATES["small", "onnx"]]
    assert worse["cost per million (EUR)"].value == pytest.approx(fmean(costs))
    assert worse["p99 (ms)"].value == 2.5


def test_a_small_cost_keeps_its_digits_among_the_candidates():
    section = comparison(evidence(comparing=comparing(price=0.0018)))
    found = cells(block(section, "candidates"))["small (onnx)"]["cost per million (EUR)"]
    costs = [1e6 / rate / 3600 * 0.0018 for rate in RATES["small", "onnx"]]
    assert found.value == pytest.approx(fmean(costs))
    half = stats.t.ppf(0.975, 2) * stats.tstd(costs) / math.sqrt(3)
    low, high = fmean(costs) - half, fmean(costs) + half
    assert found.text == f"{fmean(costs):.5f} [{low:.5f}, {high:.5f}]"


def test_every_chart_of_the_section_is_valid(section):
    charts = list(charts_of(section.blocks))
    assert len(charts) > 1
    for chart in charts:
        check(chart.spec)


def test_how_it_was_measured_is_there_and_tokenizers_are_left_to_the_section_why(section):
    assert "tokenizers" not in {getattr(one, "id", "") for one in section.blocks}
    folds = {one.summary: one.blocks[0] for one in section.blocks if isinstance(one, Fold)}
    assert folds["How costs were measured"].lines == ["Machine: toy"]
    assert folds["What was done to the data"].lines == ["1 tag was repaired"]
    reading = folds["How to read the comparison"].lines
    assert any(line.startswith("**A tie is not told apart.**") for line in reading)
    assert not any("*Could see*" in line for line in reading)


def test_scores_by_language_are_drawn_with_their_intervals(section, compared):
    chart = block(section, "by-language")
    drawn = {(one["language"], one["candidate"]): one for one in read(chart.csv)}
    for r in of_main_setting(compared.comparison):
        if r["scope"] == "language" and r["metric"] == "f1":
            name = {"eng-Latn": "English", "por-Latn": "Portuguese"}.get(
                r["language"], "German (zero-shot)"
            )
            for side in ("first", "second"):
                one = drawn[name, r[side]]
                for end in ("", "_low", "_high"):
                    want = r[f"{side}_score{end}"]
                    assert float(one[f"score{end}"]) == pytest.approx(want, abs=1e-6)
    assert "German (zero-shot)" in svg(chart.spec)


def test_who_is_on_the_front_of_a_cost_is_not_beaten_by_a_cheaper_one(section, compared):
    chart = block(section, "fronts")
    drawn = read(chart.csv)
    assert list(dict.fromkeys(one["cost"] for one in drawn)) == [
        "cost of a million sentences (EUR)", "p99 latency of one answer (ms)",
        "sentences per second, offline", "peak memory (MB)",
    ]  # fmt: skip
    for cost in {one["cost"] for one in drawn}:
        mine = [one for one in drawn if one["cost"] == cost]
        sign = -1 if "per second" in cost else 1
        for one in mine:
            beaten = any(
                float(o["quality"]) >= float(one["quality"])
                and sign * float(o["value"]) <= sign * float(one["value"])
                and (o["quality"], o["value"]) != (one["quality"], one["value"])
                for o in mine
            )
            assert one["front"] == str(not beaten)
    assert [value for value, _ in chart.controls[0].options] == ["0", "1", "2", "3"]


def test_the_front_is_drawn_by_a_line_and_by_its_shape(compared):
    found = fronts(compared.candidates, compared.comparison.rounds, Price(1.8, "EUR"))
    spec = fronts_chart(found, FRAME, order=compared.comparison.encoders)
    drawing = svg(spec)
    assert "on the front" in drawing
    assert "less is better" in drawing
    assert {one["standing"] for one in spec["data"]["values"]} == {"on the front", "beaten"}
    json.dumps(spec, allow_nan=False)


def test_whiskers_of_a_cost_are_over_rounds(compared):
    found = fronts(compared.candidates, compared.comparison.rounds, None)
    (rate,) = [records for cost, records in found.items() if cost.more_is_better]
    (one,) = [record for record in rate if record["candidate"] == "big"]
    half = stats.t.ppf(0.975, 2) * stats.tstd([50.0, 55.0, 45.0]) / math.sqrt(3)
    assert (one["value"], one["value_low"]) == (50.0, pytest.approx(50.0 - half))


def test_one_encoder_in_two_forms_has_its_forms_by_language_and_no_overview():
    section = comparison(evidence(comparing=comparing(encoders=("big",))))
    ids = [one.id for one in section.blocks if isinstance(one, Table | Chart | Widget)]
    assert "overview" not in ids
    assert {"fronts", "decision", "by-language", "forms"} <= set(ids)
    drawn = read(block(section, "by-language").csv)
    assert {one["candidate"] for one in drawn} == {"big", "big (onnx)"}


def test_without_measurements_there_is_no_front_and_only_quality_is_asked_for():
    found = comparing(forms=("torch",), price=None)
    bare = replace(found.comparison, rounds={})
    candidates = [replace(one, latency_ms=None, memory_mb=None) for one in found.candidates]
    found = offering(replace(found, comparison=bare), candidates)
    section = comparison(evidence(comparing=found))
    assert "fronts" not in [getattr(one, "id", "") for one in section.blocks]
    offered = block(section, "decision").data["offered"]
    assert [one["name"] for one in offered["weights"]] == ["quality", "fairness", "expansion"]
    assert [one["name"] for one in offered["limits"]] == ["min_f1"]
    assert offered["price"] is None


def test_a_price_can_be_asked_for_where_the_study_has_none():
    found = comparing(forms=("torch",), price=None)
    offered = decision_panel(found).data["offered"]
    assert "cost" in [one["name"] for one in offered["weights"]]
    assert offered["price"] == "the study has none"


def test_the_panel_has_every_rule_and_what_a_cost_is_computed_from(compared):
    data = rules(compared.candidates, "EUR")
    assert [one["flag"] for one in data["limits"]] == [
        "--max-latency-ms", "--max-memory-mb", "--min-f1",
    ]  # fmt: skip
    assert [one["name"] for one in data["limits"]] == ["max_latency_ms", "max_memory_mb", "min_f1"]
    found = dict(zip((one.name for one in compared.candidates), rates(
        compared.candidates, compared.comparison.rounds
    ), strict=True))  # fmt: skip
    assert found["small (onnx)"]["per_second"] == RATES["small", "onnx"]
    assert decision_panel(compared).data["command"] == "isogloss recommend toy.yaml"


def test_names_that_are_code_stay_text(compared):
    hostile = "<script>alert(1)</script>"
    candidates = [replace(one, name=hostile + one.name) for one in compared.candidates]
    panel = decision_panel(offering(replace(compared, command="x </script> y"), candidates))
    made = render(Page("toy", [replace(comparison(evidence(comparing=compared)), blocks=[panel])]))
    assert "<script>alert" not in made
    assert "</script> y" not in made


def test_a_comparison_has_figures_in_files_each_cost_in_one_of_its_own(compared, tmp_path):
    """In one color an encoder, whatever its place in a picture; linked in the page of Markdown."""
    files = {one.path: one.make for one in faces(evidence(comparing=compared))}
    names = [
        "comparison-languages", "comparison-front-cost_per_million-eur",
        "comparison-front-single_stream_p99_ms", "comparison-front-offline_samples_per_second",
        "comparison-front-peak_rss_mb",
    ]  # fmt: skip
    drawn = [path for path in files if path.startswith("figures/")]
    assert drawn == [f"figures/{name}.{end}" for name in names for end in ("png", "svg")]
    page = files["comparison.md"]()
    assert [name for name in names if f"](figures/{name}.png)" not in page] == []
    figures = list(comparison_figures(compared.comparison, compared.candidates, FRAME))
    scales = [_color_scale(figure.spec) for figure in figures]
    assert {tuple(scale["domain"]) for scale in scales} == {("big", "small")}
    assert len({tuple(scale["range"]) for scale in scales}) == 1
    assert "less is better" in files[f"figures/{names[2]}.svg"]()


def _color_scale(spec):
    colors = [layer["encoding"]["color"] for layer in spec["layer"] if "encoding" in layer
              and "scale" in layer["encoding"].get("color", {})]  # fmt: skip
    return colors[0]["scale"]
