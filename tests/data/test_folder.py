"""A folder of data: which languages and splits are there, and what is said when one is not."""

import json

import pytest

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import file_digest
from isogloss.data.folder import FolderSource
from isogloss.data.readers.registry import READERS
from isogloss.data.source import Rows
from isogloss.study.layout import ENDINGS, TEXT_ENDINGS

ROW = json.dumps({"text": "a", "label": "good"}) + "\n"


def make(root, *paths):
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"text,label\n{path},good\n" if ".csv" in path else ROW)
    return FolderSource(root)


@pytest.mark.parametrize("spelling", ["de", "deu", "German", "deutsch", "deu-Latn", "GERMAN"])
def test_any_spelling_of_a_language_names_its_folder(tmp_path, spelling):
    source = make(tmp_path, f"{spelling}/train.jsonl")
    assert source.languages() == ("deu-Latn",)
    for asked in ("de", "German", "deu-Latn"):
        assert source.splits(asked) == ("train",)
        assert [row.fields["text"] for row in source.rows(asked, "train")] == ["a"]


def test_a_folder_is_a_source(tmp_path):
    assert isinstance(FolderSource(tmp_path), Rows)


@pytest.mark.parametrize("spelling", ["validation", "valid", "val", "dev", "Dev"])
def test_validation_has_many_names_and_is_one_split(tmp_path, spelling):
    source = make(tmp_path, f"de/{spelling}.jsonl", "de/train.csv", "de/test_ood.jsonl")
    assert source.splits("de") == ("train", "validation", "test_ood")
    for asked in ("validation", "dev"):
        assert len(list(source.rows("de", asked))) == 1


def test_what_is_hidden_or_no_language_is_ignored(tmp_path):
    make(tmp_path, "de/train.jsonl", "de/.test.jsonl", ".fr/train.jsonl", "notes/train.jsonl")
    source = make(tmp_path, "README.csv", "de/notes.txt")
    assert source.languages() == ("deu-Latn",)
    assert source.splits("de") == ("train",)


def test_a_root_without_any_language_lists_what_is_there(tmp_path):
    with pytest.raises(InputError, match=r"names a language \(its folders are my stuff, notes\)"):
        make(tmp_path, "notes/train.jsonl", "my stuff/train.jsonl").languages()


@pytest.mark.parametrize(
    ("root", "message"),
    [("nothing", "does not exist"), ("a.txt", "is a file, not a folder")],
)
def test_a_root_that_is_no_folder_is_said(tmp_path, root, message):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=message):
        FolderSource(tmp_path / root).languages()


def test_two_folders_for_one_language_are_refused_by_both_names(tmp_path):
    source = make(tmp_path, "de/train.jsonl", "german/train.jsonl", "fr/train.jsonl")
    with pytest.raises(InputError, match=r"de and .*german are both German"):
        source.languages()


@pytest.mark.parametrize(
    ("first", "second"),
    [("train.jsonl", "train.csv"), ("dev.jsonl", "validation.jsonl"), ("a.csv", "a.csv.gz")],
)
def test_two_files_for_one_split_are_refused_by_both_names(tmp_path, first, second):
    source = make(tmp_path, f"de/{first}", f"de/{second}")
    for ask in (lambda: source.splits("de"), lambda: source.path("de", "train")):
        with pytest.raises(InputError) as caught:
            ask()
        assert first in str(caught.value)
        assert second in str(caught.value)


def test_a_missing_language_or_split_is_answered_with_what_is_there(tmp_path):
    source = make(tmp_path, "german/train.jsonl", "german/dev.csv", "fr/train.jsonl")
    (tmp_path / "german" / "test.xlsx").write_text("x")
    with pytest.raises(
        InputError, match=r"no folder for hin-Deva. There are: fra-Latn \(fr\), deu"
    ):
        source.splits("hi")
    with pytest.raises(InputError, match="Unknown language 'Klingonisch'"):
        source.splits("Klingonisch")
    with pytest.raises(InputError, match=r"no split 'tran'. Did you mean 'train'"):
        list(source.rows("de", "tran"))
    with pytest.raises(InputError, match=r"There is: validation, train. Not readable: test.xlsx"):
        list(source.rows("de", "test"))


@pytest.mark.parametrize("split", ["../secret", "../../secret", "/etc/passwd", "..", ""])
def test_no_name_leads_out_of_the_folder(tmp_path, split):
    make(tmp_path, "secret.jsonl", "root/secret.jsonl", "root/de/train.jsonl")
    with pytest.raises(InputError, match="no split"):
        list(FolderSource(tmp_path / "root").rows("de", split))
    with pytest.raises(InputError, match="Unknown language"):
        list(FolderSource(tmp_path / "root").rows("..", "secret"))


def test_a_folder_with_the_name_of_a_file_is_no_split_but_is_named(tmp_path):
    source = make(tmp_path, "de/train.jsonl/part.txt")
    with pytest.raises(InputError, match=r"no split 'train'.* Not readable: train.jsonl"):
        list(source.rows("de", "train"))


def test_a_folder_without_permission_says_so(tmp_path, monkeypatch):
    def refuse(_folder):
        raise PermissionError(13, "Permission denied")

    source = make(tmp_path, "de/train.jsonl")
    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(InputError, match="no permission to read it"):
        source.languages()


def test_every_file_that_the_plan_finds_has_a_reader_and_the_other_way_round():
    assert set(READERS) == {f".{end}" for end in (*ENDINGS, *TEXT_ENDINGS)}


def test_plain_text_is_raw_text_and_never_labeled_data(tmp_path):
    source = make(tmp_path, "de/train.txt", "de/dev.jsonl", "de/test.conll")
    assert source.splits("de") == ("validation", "test")
    with pytest.raises(InputError, match=r"no split 'train'.* Not readable: train.txt; known"):
        list(source.rows("de", "train"))
    raw = FolderSource(tmp_path, endings=TEXT_ENDINGS)
    assert raw.splits("de") == ("train", "validation")
    assert [row.fields for row in raw.rows("de", "train")] == [{"text": ROW.rstrip()}]
    with pytest.raises(InputError, match=r"Not readable: test.conll; known endings: .txt, .txt.gz"):
        raw.path("de", "test")
    with pytest.raises(InputError, match=r"<txt\|txt.gz\|jsonl"):
        FolderSource(tmp_path / "de", endings=TEXT_ENDINGS).languages()


def test_two_files_for_one_split_of_raw_text_are_refused(tmp_path):
    make(tmp_path, "de/train.txt", "de/train.jsonl")
    assert FolderSource(tmp_path).splits("de") == ("train",)
    with pytest.raises(InputError, match=r"train.jsonl and .*train.txt are both split train"):
        FolderSource(tmp_path, endings=TEXT_ENDINGS).splits("de")


def test_a_file_that_changed_or_appeared_since_the_plan_is_refused(tmp_path):
    make(tmp_path, "de/train.jsonl")
    expected = {"de/train.jsonl": file_digest(tmp_path / "de" / "train.jsonl")}
    source = FolderSource(tmp_path, expected)
    assert len(list(source.rows("de", "train"))) == 1
    make(tmp_path, "de/test.jsonl")
    with pytest.raises(InputError, match=r"test.jsonl: appeared since the plan was made"):
        list(source.rows("de", "test"))
    (tmp_path / "de" / "train.jsonl").write_text(ROW + ROW)
    with pytest.raises(InputError, match=r"train.jsonl: changed since the plan was made"):
        list(source.rows("de", "train"))
    assert len(list(FolderSource(tmp_path).rows("de", "train"))) == 2
