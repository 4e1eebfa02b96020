"""The section of the map: its charts draw, its panel and tables hold the numbers of the records."""

import csv
import io
import json
import re
from importlib.resources import files

import pytest
import vl_convert

from balance_report_toys import ARMS, DESIGN, LANGUAGES, masked
from decision_toys import comparing
from isogloss.report.balance.page import Also
from isogloss.report.balance.tables import balance_tables
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Chart, Table, Widget, Words
from isogloss.report.html.evidence import Balancing, Evidence, Provenance
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.map import isogloss_map, layers_of
from isogloss.report.numbers import number
from map_toys import SCORES, evidence, rows


@pytest.fixture(scope="module")
def section():
    return isogloss_map(evidence())


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def points(tables):
    return {point["language"]: point for point in tables["curves"]}


def drawn(spec, **params):
    """The SVG of a chart with some parameters set."""
    set_ = [{**one, "value": params.get(one["name"], one["value"])} for one in spec["params"]]
    return vl_convert.vegalite_to_svg({**spec, "params": set_}, allowed_base_urls=[])


def lines(svg):
    """How many pieces of the line an SVG has, without their halo."""
    return len(re.findall(r'<path[^>]*d="M[^>]*stroke="#D55E00"', svg))


def test_the_panel_has_every_language_with_the_numbers_of_the_records(section):
    (panel,) = blocks(section, Widget)
    (group,) = panel.data["groups"]
    (layer,) = group["layers"]
    told = {one["name"]: (one["value"], one["low"], one["high"]) for one in layer["languages"]}
    found = points(evidence().scores.tables)
    assert sorted(told.values()) == sorted(
        (p["value"], p["value_low"], p["value_high"]) for p in found.values()
    )
    assert told["Serbian (Latin)"][0] == found["srp-Latn"]["value"]
    values = [one["value"] for one in layer["languages"]]
    assert values == sorted(values)


def test_charts_hold_the_numbers_of_the_records(section):
    found = points(evidence().scores.tables)
    for chart in blocks(section, Chart):
        params = {one["name"]: one["value"] for one in chart.spec["params"]}
        assert params["layer"] == "layer-0"
        assert params["scores"]["layer-0"] == {
            code: [p["value"], p["value_low"], p["value_high"]] for code, p in found.items()
        }
        assert params["texts"]["layer-0"]["deu-Latn"] == [
            number(*(found["deu-Latn"][f"value{end}"] for end in ("", "_low", "_high"))),
            "1,500 scored (3 not), 2 seeds, trained on",
        ]


def test_the_table_and_its_download_have_all_languages(section):
    (table,) = blocks(section, Table)
    found = points(evidence().scores.tables)
    at = list(table.heads).index("score")
    shown = {row[1].text: row[at] for row in table.rows}
    assert len(shown) == len(SCORES)
    assert shown["German"].value == found["deu-Latn"]["value"]
    assert shown["German"].text == number(
        *(found["deu-Latn"][f"value{end}"] for end in ("", "_low", "_high"))
    )
    kept = {row["language"]: row for row in csv.DictReader(io.StringIO(table.csv))}
    assert float(kept["deu-Latn"]["value"]) == pytest.approx(found["deu-Latn"]["value"], abs=1e-6)
    assert (kept["deu-Latn"]["latitude"], kept["deu-Latn"]["longitude"]) == ("48.65", "12.47")
    assert kept["epo-Latn"]["latitude"] == ""


def test_a_language_that_is_nowhere_is_named_below_the_map(section):
    said = [block.text for block in blocks(section, Words)]
    assert "Not on the map, for they have no place: Esperanto." in said
    assert not any("Not on the map" in block.text for block in blocks(
        isogloss_map(evidence(rows({"deu-Latn": 0.5, "fra-Latn": 0.6}))), Words
    ))  # fmt: skip


def test_the_map_draws_marks_by_side_of_the_threshold(section):
    spec = blocks(section, Chart)[0].spec
    for threshold in (0.3, 0.55, 0.72, 0.95):
        svg = drawn(spec, threshold=threshold)
        below = sum(
            value + 0.005 < threshold for code, value in SCORES.items() if "epo" not in code
        )
        assert svg.count(", below") == below
        assert svg.count(", at or above") == len(SCORES) - 1 - below
        assert (lines(svg) > 0) == (0 < below < len(SCORES) - 1)


def test_a_score_at_the_threshold_reaches_it():
    spec = (
        isogloss_map(evidence(rows({"deu-Latn": 0.5, "fra-Latn": 0.4}, seeds=(0,)))).blocks[1].spec
    )
    svg = drawn(spec, threshold=0.5)
    assert re.search(r"German: [^\"]*, at or above", svg)
    assert re.search(r"French: [^\"]*, below", svg)
    assert lines(svg) == 1


def test_the_whole_world_and_the_bars_draw_too(section):
    first, bars = blocks(section, Chart)
    assert "German" in drawn(first.spec, view="world")
    svg = drawn(bars.spec)
    assert all(name in svg for name in ("German", "Esperanto", "Serbian (Latin)"))
    order = re.findall(r">(English|German|French|Esperanto)<", svg)
    assert order == ["English", "German", "French", "Esperanto"]


def test_the_line_is_dotted_where_an_interval_holds_the_threshold():
    sure = isogloss_map(evidence(rows({"deu-Latn": 0.8, "fra-Latn": 0.4}, seeds=(0,))))
    unsure = isogloss_map(evidence(rows({"deu-Latn": 0.8, "fra-Latn": 0.4})))
    one, other = (drawn(s.blocks[1].spec, threshold=0.45) for s in (sure, unsure))
    assert lines(one) == lines(other) == 1
    assert 'stroke-dasharray="1,5"' not in one
    assert 'stroke-dasharray="1,5"' in other


def test_the_recommended_encoder_is_shown_first():
    compared = comparing(encoders=("big", "small"), forms=("torch",))
    codes = {"eng-Latn": 0.5, "por-Latn": 0.6, "deu-Latn": 0.4}
    trained = {"n_per_language": None, "source_languages": ["eng-Latn", "por-Latn"]}
    choice = compared.recommendation.choice
    (other,) = {"big", "small"} - {choice}
    made = [row for name in (other, choice) for row in rows(codes, encoder=name, **trained)]
    layers = layers_of(evidence(made, comparing=compared))
    assert [layer.title for layer in layers] == [
        f"{choice}, joint training", f"{other}, joint training", "small minus big, joint training",
    ]  # fmt: skip
    section = isogloss_map(evidence(made, comparing=compared))
    (panel,) = blocks(section, Widget)
    assert [group["name"] for group in panel.data["groups"]] == [choice, other, "Differences"]
    assert [table.id for table in blocks(section, Table)] == ["map-scores", "map-differences"]
    assert "purpleorange" in json.dumps(blocks(section, Chart)[0].spec)
    assert drawn(blocks(section, Chart)[0].spec, layer="layer-2", threshold=0.0)


def test_a_balance_study_has_its_arms():
    made = [
        masked(arm, target, 0.3 + at / 100) for arm in ARMS for at, target in enumerate(LANGUAGES)
    ]
    balancing = Balancing(balance_tables(made, DESIGN), DESIGN, Also(), [])
    told = Evidence(Frame("toy", "mrr"), Provenance((), ""), balancing=balancing)
    (panel,) = blocks(isogloss_map(told), Widget)
    (group,) = panel.data["groups"]
    assert group["name"] == "masked words"
    assert group["layers"][0]["words"] == "masked words, soft-balanced"


def test_a_study_without_scores_has_no_map():
    assert isogloss_map(Evidence(Frame("toy", "f1"), Provenance((), ""))) is None


def test_names_from_data_are_text():
    hostile = "</script><script>alert(1)</script>'\"\x00\u202e"
    section = isogloss_map(evidence(rows(encoder=hostile), frame=Frame(hostile, "accuracy")))
    page = render(Page("toy", [section]))
    assert "<script>alert(1)" not in page
    assert "\x00" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_sixty_languages_fit_a_page():
    text = (files("isogloss.report.map") / "languages.csv").read_text(encoding="utf-8")
    codes = [f"{line[:3]}-Latn" for line in text.splitlines()[1::120]]
    section = isogloss_map(evidence(rows({code: 0.3 + at / 200 for at, code in enumerate(codes)})))
    assert len(codes) > 60
    assert len(render(Page("toy", [section]))) < 2_000_000
