"""An audit becomes tables, a chart and a page; texts stay out of it."""

import io
import json
import re

import pytest
from rich.console import Console

from isogloss.data.audit import audit_splits
from isogloss.data.example import Split, TextExample
from isogloss.report.audit_tables import audit_console, audit_records, write_audit
from isogloss.report.charts.label_shares import label_shares
from isogloss.report.frame import Frame


def split(language, name, pairs):
    examples = (TextExample(f"{name}/{n}", text, label) for n, (text, label) in enumerate(pairs))
    return Split(language, name, tuple(examples))


@pytest.fixture(scope="module")
def audit():
    """A real audit of toys with known faults, and what a tokenizer's audit looks like."""
    german = [("sehr gut", "good"), ("sehr gut", "good"), ("ganz | schlecht", "bad"), ("", "bad")]
    hindi = [("बहुत अच्छा", "good"), ("खराब", "bad")]
    found = audit_splits({
        "deu-Latn": {"train": split("deu-Latn", "train", german),
                     "test": split("deu-Latn", "test", [("sehr gut", "good"), ("nein", "bad")])},
        "hin-Deva": {"train": split("hin-Deva", "train", hindi)},
    }, labels=["good", "bad"])  # fmt: skip
    numbers = {"texts": 4, "words": 6, "tokens": 9, "fertility": 1.5, "tokens_per_character": 0.4,
               "unknown_share": 0.0, "truncated_share": None, "vocabulary_share": 0.2}  # fmt: skip
    languages = {"deu-Latn": numbers, "hin-Deva": numbers}
    found["tokenizers"] = {
        "tiny": {"algorithm": "unigram", "vocab_size": 90, "languages": languages}
    }
    return found


def test_the_tables_hold_the_counts_of_the_audit(audit):
    tables = audit_records(audit)
    german = tables["audit_rows"][0]
    assert (german["language"], german["split"], german["rows"]) == ("deu-Latn", "train", 4)
    assert (german["repeated"], german["empty"]) == (1, 1)
    labels = [r for r in tables["audit_labels"] if r["language"] == "deu-Latn"]
    assert [(r["split"], r["label"], r["count"]) for r in labels] == [
        ("train", "good", 2), ("train", "bad", 2), ("test", "good", 1), ("test", "bad", 1),
    ]  # fmt: skip
    (leak,) = tables["audit_leakage"]
    assert (leak["stands_in"], leak["split"], leak["also_there"]) == ("train", "test", 1)
    assert leak["share"] == 0.5
    assert tables["audit_lengths"][0]["words_max"] == 3
    assert [r["fertility"] for r in tables["audit_tokenizers"]] == [1.5, 1.5]


def test_every_finding_is_in_the_table_with_its_remedy(audit):
    findings = audit_records(audit)["audit_findings"]
    assert len(findings) == len(audit["findings"]) >= 3
    assert all(finding["remedy"] for finding in findings)
    leak = next(finding for finding in findings if "also stand in" in finding["what"])
    assert leak["examples"] == "train/0 = test/0"


def test_the_page_has_tables_chart_and_findings(audit, tmp_path):
    paths = write_audit(audit, tmp_path, study="toy", sample=True)
    assert set(paths) == {path for path in tmp_path.rglob("*") if path.is_file()}
    text = (tmp_path / "audit.md").read_text()
    assert text.startswith("# Audit of the data: toy (sample data)")
    assert "figures/audit-labels.png" in text
    for word in ("German", "Hindi", "Remove", "fertility"):
        assert word in text
    drawing = (tmp_path / "figures" / "audit-labels.svg").read_text()
    assert "Labels by language and split (sample data)" in drawing


def test_no_text_of_the_data_is_in_any_file(audit, tmp_path):
    for path in write_audit(audit, tmp_path, study="toy"):
        if path.suffix != ".png":
            assert "sehr gut" not in path.read_text()


def test_the_console_ends_with_the_findings(audit):
    tables = audit_console(audit)
    assert str(tables[-1].title) == "What to look at before training"
    console = Console(width=200, file=io.StringIO())
    for table in tables:
        console.print(table)
    shown = console.file.getvalue()
    for word in ("Hindi", "50%", "1.500", "warning", "Remove"):
        assert word in shown
    assert "train/0" not in shown  # examples are in the files


def test_an_audit_without_tokenizers_or_findings_is_shown_too(tmp_path):
    pairs = [("gut", "good"), ("schlecht", "bad")]
    clean = audit_splits({"deu-Latn": {"train": split("deu-Latn", "train", pairs)}}, labels=[])
    write_audit(clean, tmp_path, study="toy")
    text = (tmp_path / "audit.md").read_text()
    assert "Nothing: no finding." in text
    assert "tokenizers" not in text


def test_eighty_columns_cut_nothing_off_and_hold_the_words_whole():
    labels = ["negative", "neutral", "positive"]
    codes = ("eng-Latn", "jpn-Jpan", "msa-Latn")
    audit = audit_splits(
        {
            code: {
                name: split(code, name, [(f"{name} {n}", labels[n % 3]) for n in range(n_rows)])
                for name, n_rows in (("train", 1839), ("validation", 324), ("test", 870))
            }
            for code in codes
        },
        labels=labels,
    )
    numbers = {"texts": 3033, "words": 41234, "tokens": 61234, "fertility": 1.485,
               "tokens_per_character": 0.302, "unknown_share": 0.0, "truncated_share": 0.012,
               "vocabulary_share": 0.11}  # fmt: skip
    audit["tokenizers"] = {"distilmbert": {"languages": dict.fromkeys(codes, numbers)}}
    console = Console(width=80, file=io.StringIO())
    for table in audit_console(audit):
        console.print(table)
    out = console.file.getvalue()
    assert "…" not in out
    words = set(out.split())
    assert {"language", "English", "Japanese", "validation", "negative", "positive", "repeated",
            "faults", "distilmbert", "fertility", "truncated", "1.485"} <= words  # fmt: skip
    assert "fertility" not in "".join(out.partition("What to look at")[2])


@pytest.mark.parametrize("n_labels", [3, 8, 9, 17])
def test_no_two_labels_of_the_chart_have_one_color(n_labels):
    labels = [f"label {n:02}" for n in range(n_labels)]
    pairs = [(f"text {n}", label) for n, label in enumerate(labels)]
    found = audit_splits({"deu-Latn": {"train": split("deu-Latn", "train", pairs)}}, labels=labels)
    spec, told = label_shares(found, Frame("toy", ""))
    stacked = "number of rows" in told
    assert stacked is (n_labels <= 8)
    if stacked:
        scales = re.findall(r'"domain": (\[[^]]*\]), "range": (\["#[^]]*\])', json.dumps(spec))
        assert scales
        for domain, colors in scales:
            assert len(set(json.loads(colors))) >= len(json.loads(domain)) == n_labels
