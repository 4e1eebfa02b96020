"""Data in memory: written once, under their digest, and read like any folder."""

import json

import pandas as pd
import pyarrow as pa
import pytest

import isogloss
from isogloss.base.errors import InputError
from isogloss.data.folder import FolderSource
from isogloss.notebook.data import keep_data
from toys import WORDS, toy_rows, write_toy

SPLITS = {"train": 24, "validation": 9, "test": 12}
ROWS = [{"text": "gut", "label": "positive"}, {"text": "übel", "label": "negative"}]


def toy_data(make):
    return {code: {s: make(toy_rows(code, s, n)) for s, n in SPLITS.items()} for code in WORDS}


def read(root, language, split):
    return [dict(row.fields) for row in FolderSource(root).rows(language, split)]


def as_dataset(rows):
    return pytest.importorskip("datasets").Dataset.from_list(rows)


@pytest.mark.parametrize(
    "make", [list, pd.DataFrame, pa.Table.from_pylist, as_dataset, iter],
    ids=["mappings", "pandas", "arrow", "datasets", "iterator"],
)  # fmt: skip
def test_the_same_data_are_the_same_folder_whatever_holds_them(make, tmp_path):
    root = keep_data({"German": {"train": make(ROWS), "dev": make(ROWS[:1])}}, tmp_path)
    assert root == keep_data({"de": {"validation": ROWS[:1], "train": ROWS}}, tmp_path)
    assert root.parent == tmp_path
    assert len(root.name) == 16
    assert list(tmp_path.iterdir()) == [root]
    assert read(root, "de", "train") == ROWS
    lines = (root / "deu-Latn" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines[1] == '{"label": "negative", "text": "übel"}'


def test_other_data_are_another_folder(tmp_path):
    one = keep_data({"de": {"train": ROWS}}, tmp_path)
    others = [
        {"de": {"train": ROWS[::-1]}},
        {"en": {"train": ROWS}},
        {"de": {"test": ROWS}},
        {"de": {"train": [{**ROWS[0], "more": 1}, ROWS[1]]}},
    ]
    found = {keep_data(other, tmp_path) for other in others}
    assert len({one, *found}) == 5


def test_what_is_kept_is_not_written_again(tmp_path):
    root = keep_data({"de": {"train": ROWS}}, tmp_path)
    (root / "deu-Latn" / "train.jsonl").chmod(0o444)
    before = (root / "deu-Latn" / "train.jsonl").stat()
    keep_data({"de": {"train": ROWS}}, tmp_path)
    after = (root / "deu-Latn" / "train.jsonl").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_data_set_is_dealt_by_its_column_of_languages(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [{**row, "lang": code} for code in ("de", "en") for row in ROWS]
    data = datasets.DatasetDict({"train": datasets.Dataset.from_list(rows)})
    root = keep_data(data, tmp_path, language="lang")
    assert root == keep_data({"de": {"train": ROWS}, "en": {"train": ROWS}}, tmp_path)


def test_labels_of_a_class_label_are_kept_by_name(tmp_path):
    datasets = pytest.importorskip("datasets")
    tags = datasets.ClassLabel(names=["O", "B-PER"])
    features = datasets.Features(
        tokens=datasets.List(datasets.Value("string")), ner_tags=datasets.List(tags), kind=tags
    )
    rows = [{"tokens": ["Ada", "laughs"], "ner_tags": [1, 0], "kind": -1}]
    data = datasets.Dataset.from_list(rows, features=features)
    root = keep_data({"en": {"train": data}}, tmp_path)
    (line,) = (root / "eng-Latn" / "train.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "tokens": ["Ada", "laughs"], "ner_tags": ["B-PER", "O"], "kind": None,
    }  # fmt: skip


def test_what_pandas_lacks_is_null_and_numbers_are_plain(tmp_path):
    frame = pd.DataFrame({"text": ["a", None], "label": [1, 0], "score": [0.5, float("nan")]})
    frame["known"] = pd.array([True, pd.NA], dtype="boolean")
    root = keep_data({"en": {"train": frame}}, tmp_path)
    lines = (root / "eng-Latn" / "train.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"text": "a", "label": 1, "score": 0.5, "known": True},
        {"text": None, "label": 0, "score": None, "known": None},
    ]


@pytest.mark.parametrize(
    ("data", "more", "words"),
    [
        ({}, {}, "no tables to keep"),
        ({"de": {"train": []}}, {}, "de train: the table has no rows"),
        ({"xx": {"train": ROWS}}, {}, "Unknown language 'xx'"),
        ({"de": {"train": ROWS}, "German": {"test": ROWS}}, {}, "are one language"),
        ({"train": ROWS}, {}, "give language="),
        ({"de": {"train": 3}}, {}, "de train: a DataFrame"),
        ({"de": {"train": ["text"]}}, {}, "row 1: a mapping is wanted, not 'text'"),
        ({"de": {"train": [ROWS[0], {"text": {1}}]}}, {}, "de train, row 2, text: {1} is no text"),
        ({"train": ROWS}, {"language": "lang"}, "row 1: the column 'lang' names no language"),
    ],
)
def test_what_cannot_be_kept_is_one_message_and_no_folder(data, more, words, tmp_path):
    with pytest.raises(InputError) as error:
        keep_data(data, tmp_path / "new", **more)
    assert words in str(error.value)
    assert not (tmp_path / "new").exists()


def test_results_are_given_as_a_data_set(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    results = isogloss.Study.load(write_toy(tmp_path), store=tmp_path / "store").results()
    table = pa.table({"metric": ["macro_f1"], "value": [0.5]})
    monkeypatch.setattr(type(results), "to_arrow", lambda self: table)
    assert results.to_datasets().to_list() == table.to_pylist()
    monkeypatch.setattr("isogloss.notebook.results.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install datasets"):
        results.to_datasets()


def test_a_study_takes_data_that_were_kept_and_says_how_to_do_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_toy(tmp_path)
    root = isogloss.keep_data(toy_data(pd.DataFrame))
    study = isogloss.Study.load(path, data=root)
    assert study._opened.study.data.source.root == root
    assert str(root) in study._opened.again("run")
    for code in WORDS:
        there = FolderSource(tmp_path / "data").rows(code, "test")
        assert read(root, code, "test") == [dict(row.fields) for row in there]
