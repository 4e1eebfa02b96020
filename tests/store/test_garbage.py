"""Only what no kept study needs is removed, and never what somebody is at."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from isogloss.base.errors import InputError, LeadsOutside, RunError
from isogloss.store.garbage import find_garbage, remove_garbage
from isogloss.store.inventory import bytes_by_kind, kept_steps, rooms_beside, shares
from isogloss.store.needs import needs_of
from isogloss.store.quarantine import set_aside
from isogloss.store.runs import SIGN, at_work, used_now
from isogloss.store.store import LATER, ROOMS, Store


def fill(draft):
    (draft / "weights.bin").write_bytes(bytes(1000))


@pytest.fixture
def store(tmp_path):
    """Study one needs aa and bb, study two bb and cc; nobody needs dd."""
    store = Store(tmp_path / "store")
    store.check_writable()
    for number, key in enumerate(("aa", "bb", "cc", "dd")):
        kind = "train" if key == "bb" else "toy"
        store.write(key, kind, {"n": number}, {"n": number}, fill, title=key, seconds=1.0)
    store.remember_study("one", {}, ["aa", "bb", "ee"], "one.yaml")
    store.remember_study("two", {}, ["bb", "cc"], "two.yaml")
    return store


def found(store, **asked):
    return sorted((one.what, one.key) for one in find_garbage(store, **asked).garbage)


def steps(store, **asked):
    return [key for what, key in found(store, **asked) if what == "step"]


def test_looking_changes_nothing(store):
    before = sorted(path for path in store.root.rglob("*"))
    assert steps(store) == ["dd"]
    assert sorted(path for path in store.root.rglob("*")) == before


def test_what_no_study_needs_is_removed_and_all_else_stays(store):
    collected = remove_garbage(store)
    assert [one.key for one in collected.garbage if one.what == "step"] == ["dd"]
    assert collected.bytes >= 1000
    assert store.keys() == ("aa", "bb", "cc")
    assert all(store.folder(key, bytes_too=True) for key in ("aa", "bb", "cc"))
    assert not (store.root / "drafts" / "dd").exists()
    assert found(store) == []


def test_a_step_goes_though_a_killed_process_left_a_draft_of_it(store):
    (store.root / "drafts" / "dd").mkdir()
    (store.root / "drafts" / "dd" / "half").touch()
    assert {one.what for one in remove_garbage(store).garbage if one.key == "dd"} >= {"step"}
    assert "dd" not in store
    assert not list((store.root / "drafts").iterdir())


def test_a_dropped_study_lets_go_what_it_alone_needs(store):
    assert steps(store, drop=["two"]) == ["cc", "dd"]
    assert [study["name"] for study in store.studies()] == ["one", "two"], "only a look"
    remove_garbage(store, drop=["two"])
    assert store.keys() == ("aa", "bb")
    assert [study["name"] for study in store.studies()] == ["one"]


def test_a_study_that_is_not_there_cannot_be_dropped(store):
    with pytest.raises(InputError, match=r"no study 'three'\. It has: one, two\."):
        remove_garbage(store, drop=["three"])
    assert store.keys() == ("aa", "bb", "cc", "dd")


def test_a_study_that_is_dropped_twice_over_is_dropped(store):
    remove_garbage(store, drop=["two", "two"])
    assert store.keys() == ("aa", "bb")
    assert [study["name"] for study in store.studies()] == ["one"]


def test_of_a_dropped_study_every_note_goes(store):
    """As where somebody has copied its file; its own may not even be there any more."""
    note = store.root / "studies" / "two.json"
    for name in ("a copy", "z copy"):
        note.with_name(f"{name}.json").write_text(note.read_text())
    note.unlink()
    remove_garbage(store, drop=["two"])
    assert store.keys() == ("aa", "bb")
    assert store.study_files() == ("one",)


DAMAGED = [
    *("{", "{}", "[]", '{"name": "one"}', '{"name": 1, "steps": ["aa"]}', '{"steps": ["aa"]}'),
    *(
        f'{{"name": "one", "steps": {steps}}}'
        for steps in ("{}", '""', '"aa"', "null", "1", '{"aa": 1}', "[1]", "[[]]", '["../aa"]')
    ),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_with_a_damaged_note_nothing_is_removed(store, text):
    (store.root / "studies" / "one.json").write_text(text)
    for ask in (find_garbage, remove_garbage, lambda store: list(kept_steps(store))):
        with pytest.raises(RunError, match=r"damaged.*writes it"):
            ask(store)
    assert store.keys() == ("aa", "bb", "cc", "dd")


@pytest.mark.parametrize("steps", ["{}", '""', "null", "1", "[1]"])
def test_with_a_damaged_note_of_a_living_run_nothing_is_removed(store, steps):
    with at_work(store, ["dd"]):
        (note,) = (store.root / "runs").iterdir()
        note.write_text(f'{{"steps": {steps}}}')
        with pytest.raises(RunError, match=r"damaged.*Wait for the end of all runs"):
            remove_garbage(store)
    assert "dd" in store


def test_a_study_that_is_noted_twice_needs_what_both_notes_say(store):
    """As where somebody has copied its file."""
    store.remember_study("one", {}, ["dd"], "one.yaml")
    note = store.root / "studies" / "one.json"
    for name in ("a copy", "z copy"):
        note.with_name(f"{name}.json").write_text(note.read_text())
    store.remember_study("one", {}, ["aa", "bb"], "one.yaml")
    assert needs_of(store) == {"one": {"aa", "bb", "dd"}, "two": {"bb", "cc"}}
    remove_garbage(store)
    assert store.keys() == ("aa", "bb", "cc", "dd")


def test_the_scratch_and_the_failure_of_a_needed_step_stay(store):
    (store.running("ee") / "checkpoint").touch()
    store.fail("ee", {"message": "no memory"})
    remove_garbage(store)
    assert (store.running("ee") / "checkpoint").exists()
    assert store.failure("ee") == {"message": "no memory"}


def test_litter_is_removed(store):
    (store.root / "drafts" / "ff").mkdir()
    (store.running("aa") / "checkpoint").touch()
    (store.running("99") / "checkpoint").touch()
    store.fail("99", {"message": "no memory"})
    (store.root / "progress").mkdir()
    (store.root / "progress" / "aa.json").write_text("{}")
    os.truncate(store.root / "steps" / "cc" / "weights.bin", 1)
    set_aside(store, "cc")
    store.note_run("abcd", ["dd"])
    sign = store.root / f"{SIGN}abcd"
    sign.touch()
    kinds = {what for what, _ in found(store)}
    assert kinds == {
        "step", "draft", "scratch", "failure", "progress", "lock", "run", "sign", "quarantine"
    }  # fmt: skip
    remove_garbage(store)
    assert found(store) == []
    assert store.keys() == ("aa", "bb")
    for room in ("drafts", "running", "failures", "progress", "quarantine", "runs"):
        assert not list((store.root / room).iterdir()), room
    assert not sign.exists()
    locks = {path.name for path in (store.root / "locks").iterdir()}
    assert locks == {"json.lock", "cc.lock"}, "cc is needed, and to be made anew"


def everything(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture
def linked(store, tmp_path):
    """Put a link in place of a folder of the store; where it leads looks like litter."""

    def link(room):
        outside = tmp_path / "outside"
        if (store.root / room).exists():
            (store.root / room).rename(outside)
        for name in ("99", "aa", "letters"):
            (outside / name).mkdir(parents=True, exist_ok=True)
            (outside / name / "mine.txt").write_text("precious")
        for name in ("99.json", "99.lock", "aa.json", "99.json.draft"):
            (outside / name).write_text("{}")
        (store.root / room).symlink_to(outside)
        return outside

    return link


@pytest.mark.parametrize("room", [*ROOMS, *LATER])
def test_nothing_is_removed_or_listed_behind_a_link_in_place_of_a_folder(store, linked, room):
    outside = linked(room)
    before, kept = everything(outside), everything(store.root)
    for ask in (find_garbage, remove_garbage):
        with pytest.raises(LeadsOutside, match=f"{room} .*link"):
            ask(store)
    assert everything(outside).items() >= before.items()
    assert everything(store.root).items() >= kept.items()


def test_a_link_to_another_part_of_the_store_makes_no_litter_of_results(store):
    (store.root / "quarantine").symlink_to(store.root / "steps")
    with pytest.raises(LeadsOutside, match="quarantine is a link"):
        remove_garbage(store)
    assert store.keys() == ("aa", "bb", "cc", "dd")


@pytest.mark.parametrize("room", ["drafts", "running", "failures", "studies", "progress", "runs"])
def test_a_run_sweeps_nothing_behind_a_link(store, linked, room):
    outside = linked(room)
    before = everything(outside)
    for ask in (Store.sweep, Store.check_writable):
        with pytest.raises(LeadsOutside):
            ask(store)
    assert everything(outside) == before


def test_a_lock_whose_file_was_removed_still_keeps_others_out(store):
    remove_garbage(store)
    with store.claim("aa") as mine:
        assert mine
        code = (
            "import sys; from pathlib import Path; from isogloss.store.store import Store\n"
            "with Store(Path(sys.argv[1])).claim('aa', wait=False) as mine: print(mine)"
        )
        words = [sys.executable, "-c", code, str(store.root)]
        said = subprocess.run(words, capture_output=True, text=True, check=True)
        assert said.stdout == "False\n"


# ---- others are at work


@pytest.fixture
def other(store):
    """Another process that claims a step, or runs with some."""
    with ExitStack() as stack:

        def begin(way, *keys):
            code = (
                "import sys; from pathlib import Path\n"
                "from isogloss.store.runs import at_work\n"
                "from isogloss.store.store import Store\n"
                "store, way, keys = Store(Path(sys.argv[1])), sys.argv[2], sys.argv[3:]\n"
                "with (at_work(store, keys) if way == 'runs' else store.claim(keys[0])):\n"
                "    print('ready', flush=True); sys.stdin.read()\n"
            )
            words = [sys.executable, "-c", code, str(store.root), way, *keys]
            pipe = subprocess.PIPE
            program = stack.enter_context(
                subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
            )
            assert program.stdout.readline() == "ready\n"
            return program

        yield begin


def test_what_a_running_command_is_going_to_use_stays_whatever_its_study_says_now(store, other):
    running = other("runs", "dd", "ab")
    (store.root / f"{SIGN}abcd").touch()
    assert "sign" not in {what for what, _ in found(store)}, "who knows whose it is"
    (store.running("ab") / "checkpoint").touch()
    assert steps(store) == []
    assert [one.key for one in remove_garbage(store).garbage if one.what == "step"] == []
    assert "dd" in store
    assert store.has_begun("ab")
    running.communicate("")
    assert steps(store) == ["dd"]


def test_a_killed_run_keeps_nothing(store, other):
    running = other("runs", "dd")
    running.kill()
    running.wait()
    assert ("step", "dd") in found(store)
    assert "run" in {what for what, _ in found(store)}


def test_a_claimed_step_stays(store, other):
    other("claims", "dd")
    collected = find_garbage(store)
    assert collected.in_use == ("dd",)
    assert not [one for one in collected.garbage if one.key == "dd"]
    remove_garbage(store)
    assert "dd" in store


def test_while_somebody_is_at_a_step_that_nobody_has_told_of_no_step_is_removed(store, other):
    """What its maker reads is not known: it may be dd."""
    program = other("claims", "abc")
    assert find_garbage(store).in_use == ("dd",)
    remove_garbage(store)
    assert "dd" in store
    program.communicate("")
    assert steps(store) == ["dd"]


def test_a_run_that_ends_while_we_look_uses_nothing_any_more(store, monkeypatch):
    store.note_run("abcd", ["dd"])

    def ends(root, note):
        note.unlink()
        return True

    monkeypatch.setattr("isogloss.store.runs.is_alive", ends)
    assert used_now(store.root) == set()


def test_the_note_of_a_run_goes_with_it(store):
    with at_work(store, ["dd"]):
        assert steps(store) == []
    assert not list((store.root / "runs").iterdir())
    assert not list((store.root / "locks").glob("run-*"))


# ---- what there is


def test_every_step_is_told_with_its_size_and_who_needs_it(store):
    kept = {step.key: step for step in kept_steps(store)}
    assert {key: step.studies for key, step in kept.items()} == {
        "aa": ("one",), "bb": ("one", "two"), "cc": ("two",), "dd": ()
    }  # fmt: skip
    for key, step in kept.items():
        on_disk = sum(path.stat().st_size for path in (store.root / "steps" / key).iterdir())
        assert step.bytes == on_disk
        assert (step.title, step.seconds) == (key, 1.0)
    assert [step.key for step in kept_steps(store, ["cc", "ee"])] == ["cc"]


def test_room_is_told_by_kind_and_by_study(store):
    kept = list(kept_steps(store))
    one = kept[0].bytes
    assert bytes_by_kind(kept) == {"toy": (3, 3 * one), "train": (1, kept[1].bytes)}
    both = kept[1].bytes
    assert [(s.study, s.steps, s.bytes, s.own_steps, s.own_bytes) for s in shares(
        kept, ["two", "one"]
    )] == [("one", 2, one + both, 1, one), ("two", 2, one + both, 1, one)]  # fmt: skip
    (store.running("ee") / "checkpoint").write_bytes(bytes(77))
    assert rooms_beside(store.root)["running"] == 77


def test_a_step_with_a_damaged_manifest_is_listed_as_such(store):
    (store.root / "steps" / "aa" / "manifest.json").write_text("{")
    first = next(iter(kept_steps(store)))
    assert (first.key, first.kind, first.damaged) == ("aa", "?", "manifest.json is no JSON object")
    assert first.bytes == 1001
