"""How models were trained stands in the page as it stands in the report for reading."""

from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Heading, Lines, Table, Words
from isogloss.report.html.evidence import Evidence, Provenance, Scores
from isogloss.report.html.page import Page, render
from isogloss.report.html.sections.provenance import provenance
from isogloss.report.html.trained import how_trained
from isogloss.report.understand import understand


def training(step, **more):
    return {"encoder": "tiny", "regime": "joint", "source_languages": ["deu-Latn"], "seed": 0,
            "n_per_language": 1000, "n_train": 990, "step": step, "precision": "bf16",
            "precision_reason": "native: AVX512-BF16", "attention": "sdpa", "device": "cpu",
            "threads": 3, "n_truncated": 99, "padding_share": 0.25, **more}  # fmt: skip


def test_device_precision_and_threads_are_in_the_page(toy):
    rows = toy.study(2)
    told = Scores(rows, understand(rows), [training("a"), training("b")])
    section = provenance(Evidence(Frame("toy", "macro_f1"), Provenance([], ""), scores=told))
    html = render(Page("toy", [section]))
    assert "How it was trained" in html
    (table,) = (b for b in section.blocks if isinstance(b, Table) and b.id == "trained")
    row = dict(zip(table.heads, (cell.text for cell in table.rows[0]), strict=True))
    assert row == {"precision": "bf16", "precision reason": "native: AVX512-BF16", "models": "2",
                   "attention": "sdpa", "device": "cpu", "threads": "3"}  # fmt: skip
    assert "Training rows cut at the longest input: 10.0 %" in html
    assert "Padding: 25.0 % of the computed positions" in html


def test_two_precisions_are_warned_of_and_told_by_encoder():
    mixed = [training("a"), training("b", encoder="other", precision="fp32")]
    blocks = list(how_trained(Scores([], {}, mixed)))
    (warning,) = (b.text for b in blocks if isinstance(b, Words))
    assert "differ in precision" in warning
    (table,) = (b for b in blocks if isinstance(b, Table))
    assert [row[0].text for row in table.rows] == ["tiny", "other"]


def test_a_shortage_is_a_table_and_else_a_line():
    sample = {"rows": 90, "requested": 1000, "n_missing": 910, "n_repeated": 0,
              "shortage": "take_all", "counts": {"bad": 50, "good": 40}}  # fmt: skip
    short = list(how_trained(Scores([], {}, [training("a", samples={"deu-Latn": sample})])))
    assert [b.id for b in short if isinstance(b, Table)] == ["trained", "shortage"]
    (lines,) = (b for b in how_trained(Scores([], {}, [training("a")])) if isinstance(b, Lines))
    assert "none is short" in lines.lines[-1]


def test_without_trainings_nothing_is_said():
    assert list(how_trained(Scores([], {}))) == []
    assert not any(isinstance(b, Heading) for b in how_trained(Scores([], {})))
