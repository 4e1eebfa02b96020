"""What a study does with plug-ins that misbehave: one message, or a note in the page."""

import numpy as np
import pyarrow as pa
import pytest

from isogloss.execute.kinds import score
from isogloss.execute.kinds.score import read_predictions
from isogloss.plugins import PluginError, SectionContent, SectionTable
from isogloss.report.html.sections.plugged import _drawn, plugged
from plugin_toys import install  # noqa: F401
from toys import STUDY, write_toy

SECTIONS = """
from isogloss.plugins import SectionContent, SectionTable

def good(findings):
    assert findings.study == "toy"
    return SectionContent("Good", ["said **so**"], [SectionTable("c", [dict(findings.rows[0])])])

def bad(findings):
    raise RuntimeError("no <b>way</b>")

def odd(findings):
    return "text"

def empty(findings):
    return None
"""


class Frame:
    study, metric = "toy", "macro_f1"


class Given:
    def __init__(self, *names):
        self.names, self.rows = names, [{"encoder": "tiny", "value": 0.5}]


class Evidence:
    frame = Frame()

    def __init__(self, *names):
        self.plugged = Given(*names)


def test_a_section_that_fails_is_a_note_and_the_rest_stays(install, caplog):  # noqa: F811
    names = ("good", "bad", "odd", "empty")
    install(
        "toy-sections",
        {"isogloss.sections": {name: f"toy_sections:{name}" for name in names}},
        toy_sections=SECTIONS,
    )
    good, bad, odd = plugged(Evidence(*names))
    assert good.title == "Good"
    assert [block.kind for block in good.blocks] == ["words", "table"]
    assert [block.tone for block in (*bad.blocks, *odd.blocks)] == ["warning", "warning"]
    assert "toy-sections 1.0" in bad.blocks[0].text
    assert "RuntimeError: no <b>way</b>" in bad.blocks[0].text  # escaped where it is drawn
    assert "gave str" in odd.blocks[0].text
    assert "toy-sections" in caplog.text


def test_records_of_one_table_have_the_same_fields():
    table = SectionTable("uneven", [{"a": 1}, {"b": 2}])
    with pytest.raises(ValueError, match="different fields"):
        _drawn("x", SectionContent("t", tables=[table]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("evaluation.metrics=[mine]", "mine is defined for ner, not for sentiment"),
        (
            "evaluation.metrics=[minee]",
            "'minee' is not known. Did you mean 'mine'? Known: broken, mine.",
        ),
        ("evaluation.metrics=[broken]", "metric 'broken' of toy-metrics 1.0 cannot be imported"),
        ("output.sections=[none]", "Known: none, as no plug-in is installed that has one."),
    ],
)
def test_a_study_that_names_what_cannot_be_used_is_refused(
    isogloss,
    tmp_path,
    install,  # noqa: F811
    changes,
    said,
):
    groups = {"isogloss.metrics": {"mine": "toy_metrics:MINE", "broken": "toy_missing:X"}}
    text = (
        "class Mine:\n    tasks = ('ner',)\n    def __call__(self, predictions): return 0.0\n"
        "MINE = Mine()\n"
    )
    install("toy-metrics", groups, toy_metrics=text)
    study = write_toy(tmp_path, STUDY)
    ended = isogloss("plan", str(study), "--set", changes)
    assert ended.code == 2
    assert said in " ".join(ended.err.split())


def test_an_executor_that_nobody_has_is_refused(isogloss, tmp_path):
    study = write_toy(tmp_path, STUDY)
    ended = isogloss("run", str(study), "--executor", "procesess")
    assert ended.code == 2
    assert "Did you mean 'processes'?" in ended.err


def test_predictions_of_words_have_their_sentences():
    table = pa.table(
        {
            "example": ["t/0", "t/0", "t/1"],
            "gold": ["A", "B", "B"],
            "predicted": ["B", "B", "A"],
            "probability/A": [0.2, 0.1, 0.9],
            "probability/B": [0.8, 0.9, 0.1],
        }
    )
    found = read_predictions(table, ["A", "B"], "pos")
    assert found.units.tolist() == [0, 0, 1]
    assert (found.gold.tolist(), found.predicted.tolist()) == ([0, 1, 1], [1, 1, 0])
    assert np.allclose(found.probabilities, [[0.2, 0.8], [0.1, 0.9], [0.9, 0.1]])


@pytest.mark.parametrize("given", [float("nan"), float("inf"), None, "much"])
def test_a_metric_that_gives_no_number_is_named(given):
    who = {"kind": "metric", "name": "m", "distribution": "d", "version": "1"}
    with pytest.raises(PluginError, match="metric 'm' of d 1 gave"):
        score._finite(given, who)
