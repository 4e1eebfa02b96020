"""The audit: each number on toys with the fault in it, and the known faults of real data."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.data.audit import audit_splits
from isogloss.data.duplicates import normalized
from isogloss.data.example import Split, TextExample
from isogloss.data.folder import FolderSource
from isogloss.data.mapping import Columns, read_split
from isogloss.data.scripts import SCRIPTS, script_share

GOOD = ("gut und schön", "schlecht und alt", "so lala heute")


def split_of(*texts, labels=None, name="train", language="deu-Latn"):
    labels = labels or ["a"] * len(texts)
    pairs = zip(texts, labels, strict=True)
    examples = (TextExample(f"{name}/{n}", *pair) for n, pair in enumerate(pairs))
    return Split(language, name, tuple(examples))


def audit(*splits):
    return audit_splits({splits[0].language: {split.name: split for split in splits}}, labels=[])


def described(*texts, labels=None, language="deu-Latn"):
    report = audit(split_of(*texts, labels=labels, language=language))
    return report["languages"][language]["splits"]["train"]


def found(report):
    return [(f["severity"], f["split"], f["count"], f["examples"]) for f in report["findings"]]


def test_clean_data_have_no_findings_and_the_report_is_json():
    report = audit(
        split_of(*GOOD, labels=["a", "b", "c"]),
        split_of("neu", "fein, aber neu", "fein", name="test", labels=["a", "b", "c"]),
    )
    assert report["findings"] == []
    assert json.loads(json.dumps(report)) == report


def test_labels_stand_in_the_order_of_the_study_and_one_that_never_occurs_is_0():
    data = {"deu-Latn": {"train": split_of(*GOOD, labels=["so-so", "bad", "bad"])}}
    report = audit_splits(data, labels=["good", "so-so", "bad"])
    labels = report["languages"]["deu-Latn"]["splits"]["train"]["labels"]
    assert report["labels"] == list(labels) == ["good", "so-so", "bad"]
    assert labels["good"] == {"count": 0, "share": 0.0}
    assert "labels that never occur: good" in {finding["what"] for finding in report["findings"]}


def test_rows_labels_and_shares_are_counted_with_the_labels_of_all_languages():
    report = audit_splits(
        {
            "deu-Latn": {"train": split_of(*GOOD, "noch", labels=["b", "a", "b", "b"])},
            "fra-Latn": {"train": split_of("bon", labels=["c"], language="fra-Latn")},
        },
        labels=[],
    )
    assert report["labels"] == ["a", "b", "c"]
    german = report["languages"]["deu-Latn"]
    assert german["name"] == "German"
    assert german["splits"]["train"]["rows"] == 4
    assert german["splits"]["train"]["labels"] == {
        "a": {"count": 1, "share": 0.25},
        "b": {"count": 3, "share": 0.75},
        "c": {"count": 0, "share": 0.0},
    }
    errors = [f for f in report["findings"] if f["severity"] == "error"]
    assert {(f["language"], f["what"]) for f in errors} == {
        ("deu-Latn", "labels that never occur: c"),
        ("fra-Latn", "labels that never occur: a, b"),
    }


@pytest.mark.parametrize(("counts", "is_found"), [((3, 2), False), ((4, 2), True)])
def test_unbalanced_labels_are_found_beyond_one_and_a_half(counts, is_found):
    labels = ["a"] * counts[0] + ["b"] * counts[1]
    report = audit(split_of(*(f"satz nummer {n}" for n in range(len(labels))), labels=labels))
    assert [f["what"] for f in report["findings"]] == (
        [f"unbalanced labels: a {counts[0]}, b {counts[1]}"] if is_found else []
    )


def test_duplicates_are_counted_beyond_the_first_exactly_and_normalized():
    seen = described("gut", "gut", "GUT ", "schlecht", "ｇｕｔ", "gut")["duplicates"]
    assert (seen["exact"], seen["normalized"], seen["conflicting"]) == (2, 4, 0)
    assert seen["examples"] == [["train/0", "train/1"]]


def test_one_text_with_two_labels_is_a_conflict_also_when_typed_differently():
    report = audit(split_of("gut", "Gut", "gut", "alt", labels=["a", "a", "b", "b"]))
    assert ("warning", "train", 1, [["train/0", "train/2"]]) in found(report)


def test_leakage_is_counted_per_pair_in_the_rows_of_the_later_split():
    report = audit(
        split_of("eins", "zwei", "drei"),
        split_of("vier", "Zwei", name="validation"),
        split_of("eins", "eins", "DREI", "vier", "neu", name="test"),
    )
    assert report["languages"]["deu-Latn"]["leakage"] == [
        {
            "splits": ["train", "validation"],
            "exact": 0,
            "normalized": 1,
            "rows": 2,
            "examples": [["train/1", "validation/1"]],
        },
        {
            "splits": ["train", "test"],
            "exact": 2,
            "normalized": 3,
            "rows": 5,
            "examples": [["train/0", "test/0"], ["train/0", "test/1"], ["train/2", "test/2"]],
        },
        {
            "splits": ["validation", "test"],
            "exact": 1,
            "normalized": 1,
            "rows": 5,
            "examples": [["validation/0", "test/3"]],
        },
    ]


def test_a_pool_is_trained_on_so_the_test_rows_in_it_are_the_leak():
    report = audit(split_of("neu", "da", name="test"), split_of("da", "x", name="train+validation"))
    (pair,) = report["languages"]["deu-Latn"]["leakage"]
    assert pair["splits"] == ["train+validation", "test"]
    assert found(report) == [("error", "test", 1, [["train+validation/0", "test/1"]])]


@pytest.mark.parametrize(("size", "severity"), [(100, "error"), (101, "warning")])
def test_leakage_of_one_percent_is_an_error_and_less_a_warning(size, severity):
    test = split_of("da", *(f"neu {n}" for n in range(size - 1)), name="test")
    report = audit(split_of("da"), test)
    assert found(report) == [(severity, "test", 1, [["train/0", "test/0"]])]


def test_examples_are_at_most_five():
    texts = [f"satz {n}" for n in range(9)]
    report = audit(split_of(*texts, *texts), split_of(*texts, name="test"))
    assert all(len(f["examples"]) == 5 for f in report["findings"])
    assert len(report["findings"]) == 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        (" \n\u3000", "empty"),
        ("sch\ufffdn", "replacement_character"),
        (r"don\u2019t", "literal_escape"),
        (r"\U0001f600 ha", "literal_escape"),
        ("a\x07b", "control_character"),
        ("a\x85b", "control_character"),
        ("Q&amp;A", "markup"),
        ("a&#39;s", "markup"),
        ("a&#x27;s", "markup"),
        ("na\tgut\nja", None),
        (r"C:\users\us", None),
        ("R&Dep; a & b", None),
        ("don’t 😀", None),
    ],
)
def test_each_fault_of_a_text_is_counted_by_itself(text, fault):
    faults = described("gut", text)["faults"]
    assert {name for name, seen in faults.items() if seen["count"]} == ({fault} - {None})
    if fault:
        assert faults[fault] == {"count": 1, "examples": ["train/1"]}
        report = audit(split_of("gut", text))
        assert [f["examples"] for f in report["findings"]] == [["train/1"]]


def test_empty_texts_are_not_counted_again_as_duplicates_or_leaks():
    report = audit(split_of("", " ", "gut"), split_of("", "neu", name="test"))
    assert [(f["what"], f["split"], f["count"]) for f in report["findings"]] == [
        ("empty texts", "train", 2),
        ("empty texts", "test", 1),
    ]


@given(st.lists(st.text("ab \n", max_size=30), min_size=1, max_size=40))
def test_lengths_agree_with_numpy(texts):
    seen = described(*texts)
    for kind, lengths in [
        ("characters", [len(text) for text in texts]),
        ("words", [len(text.split()) for text in texts]),
    ]:
        spread = seen[kind]
        assert (spread["min"], spread["max"]) == (min(lengths), max(lengths))
        assert spread["median"] == np.median(lengths)
        below = sum(length <= spread["p95"] for length in lengths)
        assert below >= 0.95 * len(lengths)
        assert sum(length < spread["p95"] for length in lengths) < 0.95 * len(lengths)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("Latn", "Straße Ａ"),
        ("Cyrl", "Привет"),
        ("Arab", "مرحبا"),
        ("Deva", "नमस्ते"),
        ("Jpan", "日本のカタカナ ｶﾅ"),
        ("Kore", "한국어"),
        ("Hans", "汉字"),
        ("Grek", "Γειά"),
        ("Telu", "తెలుగు"),
        ("Thai", "ไทย"),
        ("Hebr", "שלום"),
    ],
)
def test_letters_are_in_their_own_script_and_in_no_other(script, text):
    counts = dict.fromkeys(text + " 12!😀", 1)
    assert script_share(counts, script) == 1.0
    shared = {"Jpan", "Hans", "Hant", "Kore"}
    for other in SCRIPTS:
        if other != script and not {script, other} <= shared:
            assert script_share(counts, other) == 0.0


@pytest.mark.parametrize(("characters", "script"), [({"1": 3}, "Latn"), ({"a": 1}, "Xxxx")])
def test_without_letters_or_a_known_script_there_is_no_share(characters, script):
    assert script_share(characters, script) is None


def test_a_language_in_another_script_is_found():
    report = audit(split_of("yeh accha hai", "नहीं", language="hin-Deva"))
    (finding,) = report["findings"]
    assert finding["what"].endswith("of the letters are in the language's script")
    assert finding["severity"] == "warning"


@given(st.text(max_size=40))
def test_normalizing_twice_is_normalizing_once_for_white_space_and_case(text):
    once = normalized(text)
    assert normalized(f"  {once}\n") == normalized(once)
    assert once == once.strip()


REAL = Path(
    os.environ.get("ISOGLOSS_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data")
)


@pytest.fixture(scope="module")
def real():
    root = REAL / "sentiment"
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; set ISOGLOSS_TEST_DATA to a folder that has them")
    source = FolderSource(root)
    columns = Columns(
        labels=("negative", "neutral", "positive"),
        label_names={"0": "negative", "1": "neutral", "2": "positive"},
    )
    return audit_splits(
        {
            language: {
                split: read_split(source, language, split, columns)
                for split in source.splits(language)
            }
            for language in source.languages()
        },
        labels=[],
    )


def counts(real, what):
    return {
        (f["language"], f["split"]): f["count"]
        for f in real["findings"]
        if f["what"].startswith(what)
    }


def test_the_escapes_in_the_real_english_rows_are_found(real):
    escapes = counts(real, "texts with literal")
    assert set(escapes) == {("eng-Latn", "train"), ("eng-Latn", "validation")}
    assert sum(escapes.values()) == 255


def test_the_leaks_of_the_real_data_are_found(real):
    exact = {
        language: pair["exact"]
        for language, report in real["languages"].items()
        for pair in report["leakage"]
        if pair["splits"] == ["train", "test"] and pair["exact"]
    }
    assert exact == {"fra-Latn": 2, "msa-Latn": 5, "jpn-Jpan": 1}


def test_malay_is_the_unbalanced_language_of_the_real_data(real):
    assert {language for language, _ in counts(real, "unbalanced labels")} == {"msa-Latn"}
    malay = real["languages"]["msa-Latn"]["splits"]["train"]
    assert [seen["count"] for seen in malay["labels"].values()] == [1817, 714, 2156]
    assert malay["duplicates"]["exact"] == 4


def test_the_real_hindi_is_written_in_latin_letters(real):
    assert {language for language, _ in counts(real, "only 0%")} == {"hin-Deva"}
