"""A large study: 1,000 cells in 20 languages."""

import json
import re

import numpy as np
import pytest

from isogloss.report.charts.label_grid import label_grid
from isogloss.report.comparison.results import Setting
from isogloss.report.figures import svg
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Section, table_of
from isogloss.report.html.evidence import Errors, Evidence, Provenance
from isogloss.report.html.page import Page, render
from isogloss.report.html.study_page import study_page
from isogloss.report.html.why.errors import MOST_COUNTS, confusion_blocks
from isogloss.report.why.confusion import Confusion, Place
from vega_lite import charts_of, check
from why_toys import CODES, audit, evidence

FRAME = Frame("toy", "macro_f1")
MOST_BYTES = 5_000_000


@pytest.fixture(scope="module")
def large():
    return evidence(
        ("one", "other"), CODES, sizes=(100, 250, 500, 1000, 2000), seeds=(1, 2, 3, 4, 5),
        n_steps=1400,
    )  # fmt: skip


def test_the_page_of_1000_cells_in_20_languages_is_below_5_mb(large):
    page = render(study_page(large))
    assert sum(row["metric"] == "macro_f1" for row in large.scores.rows) == 1000
    assert len(CODES) == 20
    assert len(page.encode()) < MOST_BYTES
    steps = re.search(r'<figure class="table" id="from-steps">.*?</figure>', page, re.DOTALL)[0]
    assert steps.count("<tr>") == 1400 + 1
    assert "<details><summary>1400 rows" in steps


def test_a_short_cell_is_never_broken_and_a_long_one_is():
    table = table_of(
        "t", "T", [{"a": "bert-wordpiece", "b": "x" * 25, "c": "twenty characters or so"}]
    )
    page = render(Page("t", [Section("s", "S", [table])]))
    shapes = re.findall(r'<t[dh][^>]*class="([a-z ]*)"', page.partition("<tbody>")[2])
    assert [shape.strip() for shape in shapes][:2] == ["short", "long"]


def test_every_chart_of_the_page_is_valid(large):
    charts = [one for section in study_page(large).sections for one in charts_of(section.blocks)]
    assert len({one.id for one in charts}) == len(charts) > 5
    for chart in charts:
        check(chart.spec)


def matrices(n_labels, n_targets, settings):
    """Full matrices of made-up counts."""
    rng = np.random.default_rng(0)
    labels = tuple(f"intent_{at}" for at in range(n_labels))
    return [
        Confusion(Place("one", setting, code), labels, rng.integers(1, 9, (n_labels, n_labels)), 1)
        for setting in settings
        for code in CODES[:n_targets]
    ]


def test_as_many_matrices_are_kept_as_fit_and_the_page_says_how_many_are_not():
    settings = [Setting("joint", CODES, size, "test") for size in (1, 2, 3, 4, 5, 6)]
    made = matrices(60, 5, settings)
    assert len(made) * 3600 > MOST_COUNTS
    errors = Errors(settings[-1], made, entities=[], worst=[], texts=True)
    _, widget, words = confusion_blocks(Evidence(FRAME, Provenance([], ""), errors=errors))
    kept = widget.data["matrices"]
    assert sum(len(one["counts"]) // 2 for one in kept) <= MOST_COUNTS
    assert words.text.startswith(f"{len(made) - len(kept)} matrices of other ways")
    main = [one for one in made if one.place.setting == settings[-1]]
    for one, drawn in zip(main, kept, strict=False):
        flat = np.zeros(3600, dtype=int)
        flat[drawn["counts"][::2]] = drawn["counts"][1::2]
        assert flat.tolist() == one.counts.ravel().tolist()


def test_a_grid_of_many_labels_holds_its_data_once():
    labels = [f"intent_{at}" for at in range(60)]
    spec = label_grid(audit(CODES, labels), FRAME, dict(zip(CODES, CODES, strict=True)))
    (values,) = spec["datasets"].values()
    assert len(values) == 20 * 2 * 60
    assert len(json.dumps(spec)) < 500_000
    assert svg(spec).count("<text") > 60
