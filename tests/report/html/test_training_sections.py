"""Learning curves, transfer and regimes on a page: each cell is its record, what lacks is said."""

import csv
import io
import itertools

import pytest

from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Chart, Fold, Words
from isogloss.report.html.evidence import Evidence, Provenance, Scores
from isogloss.report.html.page import render
from isogloss.report.html.sections.curves import curves
from isogloss.report.html.sections.regimes import regimes
from isogloss.report.html.sections.transfer import transfer
from isogloss.report.html.study_page import study_page
from isogloss.report.numbers import number
from isogloss.report.understand import understand
from isogloss.stats.clustering import clustered_order

SECTIONS = (curves, transfer, regimes)


def evidence(rows):
    return Evidence(Frame("toy", "macro_f1"), Provenance([], ""), Scores(rows, understand(rows)))


def blocks_of(section, kind=None, *, folded=True):
    found = []
    for block in section.blocks:
        found += block.blocks if isinstance(block, Fold) and folded else [block]
    return [block for block in found if kind is None or isinstance(block, kind)]


def named(section, part):
    (block,) = [b for b in blocks_of(section) if part in getattr(b, "id", "")]
    return block


@pytest.fixture(scope="module")
def study(toy):
    return evidence(toy.study(5))


def test_every_cell_of_the_curves_is_its_record(study):
    tables = study.scores.tables
    table = named(curves(study), "joint-numbers")
    assert table.heads == ["Language", "100", "500", "2,000", "gain", "per doubling"]
    assert len(table.rows) == 5
    joint = [record for record in tables["curves"] if record["regime"] == "joint"]
    by_language = itertools.groupby(joint, lambda record: record["language"])
    for row, (code, group), gain in zip(table.rows, by_language, tables["gains"], strict=True):
        points = list(group)
        assert [cell.value for cell in row[1:4]] == [point["value"] for point in points]
        assert [cell.text for cell in row[1:4]] == [
            number(point["value"], point["value_low"], point["value_high"]) for point in points
        ]
        assert gain["language"] == code
        assert [cell.value for cell in row[4:]] == [gain["gain"], gain["gain_per_doubling"]]
    assert table.common.startswith("intervals: Student t over seeds · gain: largest minus smallest")


def test_the_download_of_a_matrix_has_every_record_and_field(study):
    for section, part, name in (
        (curves, "joint-numbers", "curves"), (transfer, "2000-numbers", "transfer"),
    ):  # fmt: skip
        records = [r for r in study.scores.tables[name] if r.get("regime", "joint") == "joint"]
        lines = list(csv.DictReader(io.StringIO(named(section(study), part).csv)))
        assert len(lines) == len(records)
        for line, record in zip(lines, records, strict=True):
            assert set(line) == set(record)
            assert float(line["value"]) == pytest.approx(record["value"], abs=1e-6)


def test_every_cell_of_the_matrix_is_its_record(study):
    records = {(r["source"], r["target"]): r["value"] for r in study.scores.tables["transfer"]}
    codes = list(dict.fromkeys(source for source, _ in records))
    table = named(transfer(study), "2000-numbers")
    for row, source in zip(table.rows, codes, strict=True):
        assert [cell.value for cell in row[1:]] == [records[source, target] for target in codes]


def test_every_cell_of_margins_regimes_and_gaps_is_its_record(study):
    tables = study.scores.tables
    for table, records, field in (
        (named(transfer(study), "margins"), tables["donors"], "donor"),
        (named(regimes(study), "regimes-tiny-test-2000-numbers"),
         sorted(tables["regimes"], key=lambda r: -r["joint"]), "joint_minus_single"),
        (named(regimes(study), "gaps"), tables["gaps"], "gap"),
    ):  # fmt: skip
        at = table.heads.index(field.replace("_", " "))
        assert [row[at].value for row in table.rows] == [record[field] for record in records]
        assert [row[at].text for row in table.rows] == [
            number(r[field], r[f"{field}_low"], r[f"{field}_high"]) for r in records
        ]


def test_languages_stand_from_the_best_joint_score_on(study):
    scores = {r["language"]: r["joint"] for r in study.scores.tables["regimes"]}
    wanted = sorted(scores.values(), reverse=True)
    table = named(regimes(study), "regimes-tiny-test-2000-numbers")
    assert [row[table.heads.index("joint")].value for row in table.rows] == wanted


def test_a_chart_can_be_highlighted_by_name_and_by_pointing(study):
    (chart,) = blocks_of(curves(study), Chart)
    (control,) = chart.controls
    names = ["Arabic", "English", "French", "Hindi", "Japanese"]
    assert [value for value, _ in control.options] == ["", *names]
    assert (control.param, control.hover, chart.scales) == ("highlight", "language", True)
    assert {p["name"] for p in chart.spec["params"]} == {"highlight"}
    assert chart.facts.startswith("macro F1 on test · encoder tiny · 3 seeds")


def test_each_encoder_and_size_has_a_figure_and_the_first_alone_is_open(toy):
    rows = [*toy.study(3, seeds=(0,)), *toy.study(3, seeds=(0,), encoder="org/Other")]
    rows += [
        row
        for source in toy.codes[:3]
        for target in toy.codes[:3]
        for row in toy.cell(0.5, target=target, regime="single", sources=[source], n=9000)
    ]
    found = evidence(rows)
    for section in SECTIONS[:2]:
        made = section(found)
        opened = [b for b in made.blocks if isinstance(b, Chart)]
        assert len(opened) == 1
        folds = [b for b in made.blocks if isinstance(b, Fold)]
        assert [sum(isinstance(b, Chart) for b in fold.blocks) for fold in folds] == [1] * len(
            folds
        )
        assert len(folds) == 2
    assert transfer(found).blocks[0].id == "transfer-tiny-test-9000"  # the largest first
    ids = [b.id for s in SECTIONS for b in blocks_of(s(found)) if hasattr(b, "id")]
    assert len(ids) == len(set(ids))


def test_cells_that_were_not_run_are_counted_and_empty(toy):
    gone = {("fra-Latn", "eng-Latn"), ("eng-Latn", "ara-Arab")}
    rows = [
        row
        for row in toy.study(3)
        if row["regime"] != "single"
        or (row["source_languages"][0], row["target_language"]) not in gone
    ]
    section = transfer(evidence(rows))
    (said,) = blocks_of(section, Words)
    assert "**2 of 9 cells were not run**" in said.text
    table = named(section, "2000-numbers")
    assert [(row[0].text, cell.text) for row in table.rows for cell in row if cell.text == "–"] == [
        ("English", "–"), ("French", "–"),
    ]  # fmt: skip
    (chart,) = blocks_of(section, Chart)
    assert "dashed: 2 of 9 cells not run" in chart.facts


def test_two_languages_have_one_order_and_a_chart_of_one_language_no_highlight(toy):
    rows = toy.study(2, seeds=(0,))
    (chart,) = blocks_of(transfer(evidence(rows)), Chart)
    assert chart.controls == []
    alone = [row for row in toy.study(1, seeds=(0,)) if row["regime"] == "joint"]
    (chart,) = blocks_of(curves(evidence(alone)), Chart)
    assert chart.controls == []


def test_a_study_without_them_has_none_of_the_sections(toy):
    rows = [row for row in toy.study(3, sizes=(100,)) if row["regime"] == "joint"]
    assert curves(evidence(rows)) is None
    assert transfer(evidence(rows)) is None
    bare = Evidence(Frame("toy", "mrr"), Provenance([], ""))
    assert [section(bare) for section in SECTIONS] == [None] * 3


def test_a_thousand_cells_of_twenty_languages_make_a_page_below_five_megabytes(toy):
    codes = [*toy.codes, "tur-Latn", "rus-Cyrl", "ell-Grek", "tha-Thai", "vie-Latn", "fin-Latn",
             "kor-Kore"]  # fmt: skip
    rows = [
        row
        for encoder in ("a", "b")
        for at, source in enumerate(codes)
        for by, target in enumerate(codes)
        for row in (
            *toy.cell(0.3 + at / 100 + by / 90, target=target, regime="single", sources=[source],
                      encoder=encoder, n=900),
            *(r for n in (100, 300, 900) if at == 0
              for r in toy.cell(0.4 + by / 90 + n / 5000, target=target, sources=codes,
                                encoder=encoder, n=n)),
        )
    ]  # fmt: skip
    rows = [row for row in rows if not row["metric"].startswith(("confusion", "support"))]
    found = evidence(rows)
    assert sum(record["value"] is not None for record in found.scores.tables["transfer"]) == 800
    page = render(study_page(found))
    assert len(page.encode()) < 5e6
    assert page.count('data-chart="transfer-') == 2


def test_the_clustered_order_is_that_of_the_statistics(study):
    (chart,) = blocks_of(transfer(study), Chart)
    params = {p["name"]: p["value"] for p in chart.spec["params"]}
    records = study.scores.tables["transfer"]
    codes = list(dict.fromkeys(r["source"] for r in records))
    order = clustered_order({(r["source"], r["target"]): r["value"] for r in records}, codes)
    names = {"eng": "English", "fra": "French", "ara": "Arabic", "jpn": "Japanese", "hin": "Hindi"}
    assert params["order"] == "clustered"
    assert params["labels"]["clustered"]["rows"] == [
        *(names[code[:3]] for code in order), "recipient mean",
    ]  # fmt: skip
    assert params["labels"]["given"]["columns"] == [*names.values(), "donor mean"]
    values = chart.spec["data"]["values"]
    for value in values:
        for name in ("clustered", "given"):
            rows, columns = (params["labels"][name][end] for end in ("rows", "columns"))
            assert rows[value[f"row_{name}"]] == value["row"]
            assert columns[value[f"column_{name}"]] == value["column"]


def test_encoders_whose_names_share_their_letters_have_parts_of_their_own(toy):
    names = ("Tiny", "tiny", "t.iny", "TINY")
    rows = [{**row, "encoder": name} for name in names for row in toy.study(3)]
    page = study_page(evidence(rows))
    ids = [
        block.id
        for section in page.sections
        for block in blocks_of(section)
        if hasattr(block, "id")
    ]
    assert len(set(ids)) == len(ids)
    html = render(page)
    for place in ("curves-tiny-test-joint", "curves-tiny-test-joint-2", "curves-tiny-test-joint-3"):
        assert html.count(f'id="{place}"') == html.count(f'data-chart="{place}"') == 1
