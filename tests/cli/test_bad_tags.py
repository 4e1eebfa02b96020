"""Wrong tagged data and encoders: one message with its place before training, or counted."""

import json
from pathlib import Path

import pytest

from isogloss.store.store import Store
from tag_study import ENCODERS, LONG, write_rows, write_tagged
from tag_toys import make_model

GOOD = {"tokens": ["Ada", "is", "in", "Paris"], "ner_tags": ["B-PER", "O", "O", "B-LOC"]}
ONE = LONG.replace(ENCODERS, ENCODERS[: ENCODERS.index("  - name: other")])
"""The same study with one encoder."""


@pytest.fixture
def study(isogloss, tmp_path):
    """A study of a few short sentences, and the command in its folder."""
    write_tagged(tmp_path, ONE, lengths=(3, 9))
    return isogloss


def with_row(folder: Path, row: dict, *, language: str = "pt", split: str = "train") -> str:
    """Put a row between two good ones; return its place."""
    path = write_rows(folder, language, split, [GOOD, GOOD, row, GOOD])
    return f"{path.relative_to(folder)}:3: "


def refused(said, *words: str) -> None:
    """One message, no traceback, exit code 2, nothing trained."""
    assert said.code == 2, said.out
    assert said.err.startswith("Error: ")
    assert said.err.count("Error") == 1
    for word in words:
        assert word in said.err.replace("\n", " "), said.err
    assert not list(Path().glob(".isogloss/steps/*/model.safetensors"))


@pytest.mark.parametrize("command", ["run", "validate"])
@pytest.mark.parametrize(
    ("tokens", "tags", "said"),
    [
        ("Ada is", "S-PER O", "word 1: the tag 'S-PER' is of scheme iobes, not of iob2"),
        ("Ada is", "U-PER O", "scheme bilou"),
        ("in Porto", "O I-LOC", "word 2: I-LOC goes on with an entity that did not begin"),
        ("Ada Porto", "B-PER I-LOC", "data.repair: true"),
        ("Ada", "B-ORG", "word 1: 'ORG' is none of the study's labels PER, LOC"),
        ("Ada is in", "B-PER O", "3 words in 'tokens' but 2 tags in 'ner_tags'"),
        ("Ada", "B-PER O", "1 words in 'tokens' but 2 tags"),
        ("", "", "a sentence without words. Fill it or remove the row"),
        ("", "O", "0 words in 'tokens' but 1 tags"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(study, tmp_path, command, tokens, tags, said):
    place = with_row(tmp_path, {"tokens": tokens.split(), "ner_tags": tags.split()})
    refused(study(command, "tagged.yaml"), place, said)


def test_every_broken_file_is_named_at_once(study, tmp_path):
    row = {"tokens": ["a"], "ner_tags": ["I-PER"]}
    places = [with_row(tmp_path, row, language=code) for code in ("en", "pt")]
    refused(study("run", "tagged.yaml"), *places)


def test_a_broken_row_of_a_file_in_columns_has_a_line_too(study, tmp_path):
    (tmp_path / "data" / "en" / "train.jsonl").unlink()
    path = tmp_path / "data" / "en" / "train.conll"
    path.write_text("Ada\tB-PER\nis\tO\n\nin\tO\nParis\tE-LOC\n")
    refused(study("run", "tagged.yaml"), "train.conll:4: word 2: the tag 'E-LOC' is of scheme")


def test_a_part_of_speech_that_is_none_is_named_with_the_nearest(isogloss, tmp_path):
    text = ONE.replace("task: ner", "task: pos").replace(", labels: [PER, LOC]", "")
    write_tagged(tmp_path, text, lengths=(3,))
    for language in ("en", "pt"):
        for split in ("train", "test"):
            row = {"tokens": ["a", "b"], "upos": ["NOUN", "VERB"]}
            write_rows(tmp_path, language, split, [row])
    bad = {"tokens": ["a", "b"], "upos": ["NOUN", "VREB"]}
    path = write_rows(tmp_path, "pt", "test", [bad])
    place = f"{path.relative_to(tmp_path)}:1: "
    refused(isogloss("run", "tagged.yaml"), place, "word 2: 'VREB'", "Did you mean 'VERB'?")


def test_repaired_tags_are_counted_said_and_recorded(study, tmp_path):
    with_row(tmp_path, {"tokens": ["in", "Porto", "is"], "ner_tags": ["I-PER", "I-LOC", "O"]})
    said = study("run", "tagged.yaml", "--set", "data.repair=true")
    assert said.code == 0
    assert (
        "Portuguese train: 2 tags went on with an entity that never began, and now begin one."
        in said.err
    )
    store = Store(tmp_path / ".isogloss")
    plan = study("plan", "tagged.yaml", "--set", "data.repair=true", "--json").json
    repaired = {
        (record["language"], record["split"]): record["n_repaired"]
        for step in plan["steps"]
        if step["kind"] == "data" and (record := store.record(step["key"]))
    }
    assert repaired == {
        ("eng-Latn", "train"): 0,
        ("eng-Latn", "test"): 0,
        ("por-Latn", "train"): 2,
        ("por-Latn", "test"): 0,
    }


def test_a_scheme_that_is_declared_is_read(study, tmp_path):
    with_row(tmp_path, {"tokens": ["in", "Porto"], "ner_tags": ["O", "I-LOC"]})
    refused(study("run", "tagged.yaml"), "data.scheme: iob1")
    for language in ("en", "pt"):
        for split in ("train", "test"):
            row = {"tokens": ["Ada", "Grace", "in", "Porto"], "ner_tags": ["I-PER", "B-PER"]}
            row["ner_tags"] += ["O", "I-LOC"]
            write_rows(tmp_path, language, split, [row])
    said = study("run", "tagged.yaml", "--set", "data.scheme=iob1")
    assert said.code == 0, said.err
    rows = study("results", "tagged.yaml", "--set", "data.scheme=iob1", "--json").json
    support = {row["metric"]: row["value"] for row in rows if row["target_language"] == "por-Latn"}
    assert (support["support/PER"], support["support/LOC"]) == (2, 1)


def test_a_type_that_one_language_lacks_is_refused_unless_allowed(study, tmp_path):
    for split in ("train", "test"):
        write_rows(tmp_path, "pt", split, [{"tokens": ["Porto"], "ner_tags": ["B-LOC"]}])
    refused(study("run", "tagged.yaml"), "Portuguese (por-Latn) has no row labeled PER")
    assert study("run", "tagged.yaml", "--set", "data.allow_missing_labels=true").code == 0


def test_a_sentence_of_100_000_words_is_trained_on_and_tested(study, tmp_path):
    """Every word of it has a tag predicted; nothing is cut off, and memory stays that of a part."""
    words = ["Ada", "is", "in", "Paris"] * 25_000
    row = {"tokens": words, "ner_tags": ["B-PER", "O", "O", "B-LOC"] * 25_000}
    for split in ("train", "test"):
        write_rows(tmp_path, "pt", split, [row])
    changes = ("--set", "training.max_length=64")
    said = study("run", "tagged.yaml", *changes)
    assert said.code == 0, said.err
    rows = study("results", "tagged.yaml", *changes, "--json").json
    values = {row["metric"]: row["value"] for row in rows if row["target_language"] == "por-Latn"}
    assert values["n_gold"] == 100_000
    assert (values["support/PER"], values["support/LOC"]) == (25_000, 25_000)


@pytest.mark.parametrize("name", ["ByT5Tokenizer", "CanineTokenizer"])
def test_a_tokenizer_without_offsets_is_refused_before_training(study, tmp_path, name):
    """One of bytes or characters keeps no word of its pieces."""
    make_model().save_pretrained(tmp_path / "bytes")
    config = {"tokenizer_class": name, "model_max_length": 12}
    (tmp_path / "bytes" / "tokenizer_config.json").write_text(json.dumps(config))
    text = (tmp_path / "tagged.yaml").read_text().replace("seeds:", "# seeds:")
    text = text[: text.index("encoders:")] + "encoders: [./bytes]\ntraining: {max_length: 12}\n"
    (tmp_path / "tagged.yaml").write_text(text)
    refused(study("run", "tagged.yaml"), "bytes", "fast")
