"""Balance on a page: the claim first, each cell its record, nothing where nothing was asked."""

import csv
import io
from dataclasses import replace

import pytest

from balance_report_toys import DESIGN, LANGUAGES, balancing, masked, with_controls
from isogloss.report.balance.averages import lacking_words
from isogloss.report.balance.page import Also
from isogloss.report.balance.tables import balance_tables
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Chart, Fold, Lines, Table, Widget, Words
from isogloss.report.html.evidence import Balancing, Evidence, Provenance
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.balance import balance
from isogloss.report.html.sections.verdict import verdict
from isogloss.report.numbers import number
from vega_lite import charts_of, check

MIXING = [
    {"arm": "hard-all", "language": code, "characters": 90_000, "n_windows": 1234, "share": 0.5,
     "passes": 1.5}
    for code in ("deu-Latn", "eus-Latn")
]  # fmt: skip


def evidence(found):
    return Evidence(Frame("toy", "mrr"), Provenance([], ""), balancing=found)


def all_blocks(blocks):
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from all_blocks(block.blocks)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    also = Also(data=["German: 3 repeated lines were dropped."], mixing=MIXING)
    return balancing(tmp_path_factory.mktemp("store"), with_controls(), also)


@pytest.fixture(scope="module")
def section(found):
    return balance(evidence(found))


@pytest.fixture(scope="module")
def tables(section):
    made = [block for block in all_blocks(section.blocks) if isinstance(block, Table)]
    assert len({table.id for table in made}) == len(made)
    return {table.id: table for table in made}


def test_the_teachers_stand_first_as_the_answers_are_in_the_verdict(section):
    teachers = section.blocks[0]
    assert isinstance(teachers, Words)
    assert teachers.text.startswith("**Teachers against soft-balanced**")


@pytest.fixture(scope="module")
def told(found):
    return verdict(evidence(found)).blocks


def test_the_verdict_has_its_sentence_its_caveat_its_glance_and_then_the_words(found, told):
    lead, caveat, glance, facts, fold = told
    assert lead.text.startswith("Low-resource, MRR of masked words: soft-balanced is better than")
    assert caveat.text == "Is it the teachers? Yes, as far as the controls go."
    assert glance.id == "balance-glance"
    assert [fact.question for fact in facts.facts] == [
        "At what cost", "Is it the teachers?", "How sure",
    ]  # fmt: skip
    assert isinstance(fold, Fold)
    assert list(fold.blocks[0].lines) == list(found.claim)


def test_the_glance_tells_verdict_and_difference_of_each_record(found, told):
    glance = next(block for block in told if isinstance(block, Widget))
    records = {
        (r["group"], r["task"], r["setting"], r["first"]): r
        for r in found.tables["balance_tests"]
        if r["scope"] == "group" and r["role"] == "baseline" and r["group"] in ("low", "high")
    }
    assert glance.parts["heads"] == ["against hard-balanced", "against hard-all"]
    groups = glance.parts["groups"]
    assert [one["name"] for one in groups] == [
        "Low-resource: Basque, Turkish, Vietnamese, Hungarian",
        "High-resource: Spanish, English, German",
    ]  # fmt: skip
    questions = {
        "MRR of masked words": ("mlm", "in_language"),
        "Accuracy of the POS probe, in-language": ("pos", "in_language"),
        "Accuracy of the POS probe, zero-shot": ("pos", "zero_shot"),
    }
    seen = []
    for name, group in zip(("low", "high"), groups, strict=True):
        for row in group["rows"]:
            for arm, cell in zip(DESIGN.baselines, row["cells"], strict=True):
                record = records.pop((name, *questions[row["measure"]], arm))
                low, high = record["difference_low"], record["difference_high"]
                assert f"{cell['by']} {cell['interval']}" == number(record["difference"], low, high)
                assert cell["verdict"] == cell["mark"] == record["verdict"]
                assert cell["sign"] == {"better": "▲", "worse": "▼", "tie": "="}[cell["verdict"]]
                told_once = row["lacking"].removeprefix("without ")
                assert told_once == lacking_words(record), "of both baselines the same"
                assert not any(words.startswith("without") for words in cell["more"])
                seen.append(cell["verdict"])
    assert not records, "every tested difference has its cell"
    assert set(seen) >= {"better", "tie"}
    lines = list(csv.DictReader(io.StringIO(glance.parts["csv"])))
    assert len(lines) == len(seen)


def test_probes_that_had_little_to_learn_from_are_a_doubt(found):
    also = Also(doubts=["Hungarian: its pos probe had 910 of 2,000 sentences to learn from."])
    doubts = verdict(evidence(replace(found, also=also))).blocks[-1]
    assert (doubts.tone, doubts.lines) == ("warning", list(also.doubts))


def test_the_glance_is_a_table_of_words_signs_and_colors(found):
    drawn = render(Page("toy", [verdict(evidence(found))]))
    assert drawn.count('<td class="better"><span class="said"><span aria-hidden="true">▲</span>')
    assert 'scope="rowgroup" colspan="3"><bdi>Low-resource: Basque' in drawn
    assert 'id="balance-glance-csv"' in drawn


def test_probes_are_printed_low_high_pivot_all_as_the_records_have_them(found, tables):
    table = tables["balance-probes-pos-accuracy-test-layer-1-0"]
    records = found.tables["balance_probes"]
    assert [row[0].text for row in table.rows] == [
        "low-resource", "high-resource", "pivot (German)", "all",
    ]  # fmt: skip
    for arm in ("hard-all", "hard-balanced", "soft-balanced"):
        for setting, words in (("in_language", "in-language"), ("zero_shot", "zero-shot")):
            at = table.heads.index(f"{arm}, {words}")
            assert [row[at].value for row in table.rows] == [r[f"{arm}_{setting}"] for r in records]
    assert not any("hard-longer" in head for head in table.heads)
    rest = tables["balance-probes-pos-accuracy-test-layer-1-1"]
    assert "hard-longer, zero-shot" in rest.heads


def test_differences_and_costs_are_their_records(found, tables):
    made = [table for id, table in tables.items() if id.startswith("balance-tests-")]
    assert len(made) == 3
    shown = [row for table in made for row in table.rows]
    assert len(shown) == len(found.tables["balance_tests"])
    for name, field in (("difference", "difference"), ("p (Holm)", "p_holm")):
        values = [row[made[0].heads.index(name)].value for row in shown]
        assert values == [record[field] for record in found.tables["balance_tests"]]
    costs = tables["balance-costs"]
    arms = [r for r in found.tables["balance_costs"] if not r["arm"].startswith("teacher/")]
    at = costs.heads.index("student TFLOP")
    assert [row[at].value for row in costs.rows] == [record["student TFLOP"] for record in arms]
    lines = list(csv.DictReader(io.StringIO(costs.csv)))
    assert [line["arm"] for line in lines] == [record["arm"] for record in arms]


def test_masked_words_have_a_row_a_language_and_group_with_counts_in_thousands(found, tables):
    table = tables["balance-masked-mrr-held_out"]
    records = [r for r in found.tables["balance_masked"] if r["metric"] == "mrr"]
    at, by = table.heads.index("soft-balanced"), table.heads.index("characters")
    assert [row[at].value for row in table.rows] == [r["soft-balanced"] for r in records]
    assert (table.rows[0][by].text, table.rows[0][by].value) == ("500,000", 500_000)


def test_every_figure_is_on_the_page_and_arms_can_be_brought_out(section):
    charts = {block.id: block for block in all_blocks(section.blocks) if isinstance(block, Chart)}
    assert {id for id in charts if "mlm" in id} == {
        "balance-size-mlm-mrr-in_language", "balance-difference-mlm-mrr-in_language",
    }  # fmt: skip
    assert len(charts) == 6
    (control,) = charts["balance-size-mlm-mrr-in_language"].controls
    assert [value for value, _ in control.options] == [
        "", "hard-all", "hard-balanced", "soft-balanced", "hard-smoothed", "hard-longer",
        "teacher of the language",
    ]  # fmt: skip
    assert control.hover == "arm"


def test_what_is_drawn_how_often_and_what_was_dropped_is_told(section, tables):
    table = tables["balance-mixing"]
    at = table.heads.index("share")
    assert [row[at].value for row in table.rows] == [0.5, 0.5]
    said = [line for b in all_blocks(section.blocks) if isinstance(b, Lines) for line in b.lines]
    assert "German: 3 repeated lines were dropped." in said
    assert any(line.startswith("**MRR** is the mean of 1 / rank") for line in said)
    assert all(line.replace("**", "").count("*") == 0 for line in said)


def test_every_chart_of_the_section_is_valid(section):
    charts = list(charts_of(section.blocks))
    assert charts
    for chart in charts:
        check(chart.spec)


def test_without_a_claim_the_section_says_why_and_shows_what_is_there():
    design = replace(DESIGN, groups={"mine": LANGUAGES})
    rows = [masked("soft-balanced", code, 0.4) for code in LANGUAGES]
    found = Balancing(balance_tables(rows, design), design, Also(), [])
    said = verdict(evidence(found)).blocks[0].text
    assert said.startswith("Not asked: the answer is about the groups low and high")
    blocks = balance(evidence(found)).blocks
    assert not any("Not asked" in str(block) for block in blocks), "said once"
    ids = [getattr(block, "id", "") for block in blocks]
    assert not any(isinstance(block, Widget) for block in verdict(evidence(found)).blocks)
    assert "balance-masked-mrr-held_out" in ids


def test_a_study_without_pre_training_has_no_such_section():
    assert balance(Evidence(Frame("toy", "mrr"), Provenance([], ""))) is None
