"""`isogloss store`: what is there, whether it is whole, what may go; each in one clear answer."""

import json
from pathlib import Path

import pytest

from command import fresh
from isogloss.cli.commands.store import size
from isogloss.store.store import Store
from toys import STUDY, write_toy


def fill(draft: Path) -> None:
    (draft / "weights.bin").write_bytes(b"\x00\x01" * 1000)


@pytest.fixture
def store(tmp_path):
    """Three steps that study one needs, and one that nobody does."""
    store = Store(tmp_path / ".isogloss")
    store.check_writable()
    for number, key in enumerate(("aa", "bb", "cc", "dd")):
        identity = {"n": number}
        store.write(key, "toy", identity, {"n": number}, fill, title=f"the {key}", seconds=2.0)
    store.remember_study("one", {}, ["aa", "bb", "cc"], "one.yaml")
    return store


def flip(store: Store, key: str) -> None:
    path = store.root / "steps" / key / "weights.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\x03")


def test_steps_are_listed_for_people_and_for_scripts(isogloss, store):
    said = isogloss("store", "ls")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0] == ["step", "kind", "size", "age", "studies", "title"]
    assert [line[0] for line in lines[1:]] == ["aa", "bb", "cc", "dd"]
    assert [line[-2:] for line in lines[1:]] == [["the", key] for key in ("aa", "bb", "cc", "dd")]
    found = isogloss("store", "ls", str(store.root), "--json").json
    assert [step["studies"] for step in found] == [["one"], ["one"], ["one"], []]


def test_a_whole_store_is_verified(isogloss, store):
    said = isogloss("store", "verify")
    assert (said.code, said.out) == (0, "4 finished steps checked: all are as they were written.\n")


def test_a_damaged_step_is_named_and_moved_aside_only_if_asked(isogloss, store):
    flip(store, "bb")
    said = isogloss("store", "verify")
    assert said.code == 1
    assert "damaged bb: weights.bin does not hold the bytes that were written." in said.out
    assert "--quarantine" in said.out
    assert "bb" in store
    found = isogloss("store", "verify", "--quarantine", "--json")
    assert found.code == 1
    (one,) = found.json["damaged"]
    assert (one["key"], found.json["checked"], found.json["format"]) == ("bb", 4, 2)
    assert (Path(one["folder"]) / "step" / "weights.bin").is_file()
    assert "bb" not in store
    again = isogloss("store", "verify", "--json")
    assert (again.code, again.json["damaged"]) == (0, [])
    assert [one["key"] for one in again.json["quarantined"]] == ["bb"]


def test_room_is_told_by_kind_and_by_study(isogloss, store):
    found = isogloss("store", "du", "--json").json
    assert found["kinds"]["toy"]["steps"] == 4
    (one,) = found["studies"]
    assert (one["study"], one["steps"], found["no_study"]["steps"]) == ("one", 3, 1)
    assert one["bytes"] + found["no_study"]["bytes"] == found["kinds"]["toy"]["bytes"]
    whole = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    assert found["bytes"] == whole - (store.root / "format.json").stat().st_size
    assert "no study" in isogloss("store", "du").out


def test_garbage_is_listed_and_only_removed_if_asked(isogloss, store):
    said = isogloss("store", "gc")
    assert "the dd" in said.out
    assert "Nothing was removed" in said.err
    assert "dd" in store
    assert [one["key"] for one in isogloss("store", "gc", "--json").json["garbage"]
            if one["what"] == "step"] == ["dd"]  # fmt: skip
    done = isogloss("store", "gc", "--yes")
    assert "Removed" in done.out
    assert store.keys() == ("aa", "bb", "cc")
    assert "Nothing to remove" in isogloss("store", "gc", "--yes").out


def test_a_study_can_be_dropped_by_its_name(isogloss, store):
    assert isogloss("store", "gc", "--drop", "tow", "--yes").code == 2
    assert isogloss("store", "gc", "--drop", "one", "--drop", "one", "--yes").code == 0
    assert store.keys() == ()


@pytest.mark.parametrize("words", [["ls"], ["verify"], ["du"], ["gc"], ["gc", "--yes"]])
@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("nowhere", "there is nothing of that name"),
        ("empty", "it is an empty folder"),
        ("other", "it holds something else"),
        ("file", "it is a file"),
    ],
)
def test_what_is_no_store_is_told_in_one_message(isogloss, tmp_path, words, place, why):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    said = isogloss("store", *words, place)
    assert said.code == 2
    assert f"{place} is no store: {why}" in said.err
    assert (tmp_path / "other" / "letter.txt").read_text() == "mine"


@pytest.mark.parametrize("words", [["gc"], ["gc", "--yes"]])
def test_a_link_in_place_of_a_folder_is_one_message_and_nothing_goes(
    isogloss, store, tmp_path, words
):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("precious")
    (store.root / "quarantine").symlink_to(tmp_path / "letters")
    said = isogloss("store", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("quarantine is a link") == 1
    assert "Traceback" not in said.err
    assert (tmp_path / "letters" / "mine.txt").read_text() == "precious"
    assert "dd" in store


@pytest.mark.parametrize(
    "words", [["store", "ls"], ["store", "du"], ["store", "gc", "--yes"], ["ls", "studies"]]
)
@pytest.mark.parametrize("steps", ["[[]]", "{}", '""', "1"])
def test_a_damaged_note_of_a_study_is_one_message(isogloss, store, words, steps):
    (store.root / "studies" / "one.json").write_text(f'{{"name": "one", "steps": {steps}}}')
    said = isogloss(*words)
    assert said.code == 1
    assert "The note of study 'one'" in said.err
    assert "Traceback" not in said.err
    assert store.keys() == ("aa", "bb", "cc", "dd")


def test_nonsense_is_refused(isogloss, store):
    assert isogloss("store", "gc", "study.yaml").code == 2
    assert isogloss("store", "ls", "--set", "seeds=[2]").code == 2
    assert isogloss("store", "frobnicate").code == 2
    (store.root / "format.json").write_text('{"format": 99}')
    said = isogloss("store", "verify")
    assert said.code == 2
    assert "Upgrade Isogloss" in said.err


def test_sizes_are_words_of_a_person():
    assert [size(n) for n in (0, 999, 1000, 999_499, 999_600, 2.34e12, 5e15)] == [
        "0 B", "999 B", "1 kB", "999 kB", "1 MB", "2.34 TB", "5e+03 TB"
    ]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    write_toy(folder, STUDY.replace("languages: [en, de, hi]", "languages: [en]"))
    done = fresh(folder, "run", "toy.yaml")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_study_is_asked_for_by_its_file_and_nothing_of_it_is_garbage(
    isogloss, finished, monkeypatch
):
    monkeypatch.chdir(finished)
    plan = isogloss("plan", "toy.yaml", "--json").json["steps"]
    steps = isogloss("store", "ls", "toy.yaml", "--json").json
    assert [step["key"] for step in steps] == [step["key"] for step in plan]
    assert {step["title"] for step in steps} == {step["title"] for step in plan}
    assert all(step["studies"] == ["toy"] for step in steps)
    assert isogloss("store", "verify", "toy.yaml").code == 0
    garbage = isogloss("store", "gc", "--json").json["garbage"]
    assert [one for one in garbage if one["what"] not in {"lock", "run"}] == []


def test_steps_without_titles_are_called_as_their_study_calls_them(isogloss, finished, monkeypatch):
    monkeypatch.chdir(finished)
    steps = isogloss("store", "ls", "--json").json
    from isogloss.store import manifest

    for step in steps:
        path = finished / ".isogloss" / "steps" / step["key"] / "manifest.json"
        told = json.loads(path.read_text())
        del told["made"]["title"]
        path.write_text(json.dumps(manifest.with_digest(told)))
    assert isogloss("store", "ls", "--json").json != []
    again = isogloss("store", "ls", "--json").json
    titles = {
        step["key"]: step["title"] for step in isogloss("plan", "toy.yaml", "--json").json["steps"]
    }
    assert {step["key"]: step["title"] for step in again} == titles
