"""Who looks on sees who is at a step and how far, and disturbs nobody."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from holding import held
from isogloss.base.errors import InputError, RunError
from isogloss.store.ground import Ground
from isogloss.store.live import Live
from isogloss.store.names import lock_path
from isogloss.store.store import Store

KEY = "0123456789abcdef"
HOLDER = """
import sys, pathlib
from isogloss.store.store import Store
with Store(pathlib.Path(sys.argv[1])).claim(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def live(store):
    with store.claim(KEY):
        pass
    return Live(store.root)


def write(store):
    store.write(KEY, "train", {"kind": "train"}, {}, lambda folder: None)


def test_a_step_is_claimed_while_its_maker_holds_it_and_free_when_they_die(store, live):
    assert not live.is_claimed(KEY)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store.root), KEY],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert live.is_claimed(KEY)
        assert live.is_claimed(KEY)
        holder.kill()
    assert not live.is_claimed(KEY)


def test_this_process_may_be_the_maker(store, live):
    with store.claim(KEY):
        assert live.is_claimed(KEY)
        with store.claim(KEY, wait=False) as mine:
            assert mine
    assert not live.is_claimed(KEY)


def test_looking_leaves_the_lock_free_and_makes_no_file(store, live):
    before = sorted(store.root.rglob("*"))
    assert not live.is_claimed("aa")
    assert not live.is_claimed(KEY)
    assert sorted(store.root.rglob("*")) == before
    with store.claim(KEY, wait=False) as mine:
        assert mine


@contextmanager
def glancing(store):
    """What somebody does for an instant who looks whether the step is being made."""
    with lock_path(store.root, KEY).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


def test_those_who_look_on_do_not_take_each_other_for_the_maker(store, live):
    with glancing(store):
        assert not live.is_claimed(KEY)


def test_what_another_holds_is_refused_without_waiting(store, live, monkeypatch):
    """A thousand commands at one store would else wait at each other's steps for minutes."""
    waited, acquire = [], Ground._acquire

    def noting(ground, lock, *, timeout):
        waited.append(timeout)
        return acquire(ground, lock, timeout=timeout)

    with held(store, KEY):
        monkeypatch.setattr(Ground, "_acquire", noting)
        with store.claim(KEY, wait=False) as mine:
            assert not mine
        assert waited == [0]


def test_a_glance_does_not_keep_anybody_from_a_step(store, live, monkeypatch):
    monkeypatch.setattr("isogloss.store.ground.GLANCE_SECONDS", 30.0)
    looked = threading.Event()

    def look():
        with glancing(store):
            looked.set()
            time.sleep(0.05)

    other = threading.Thread(target=look)
    other.start()
    looked.wait(10)
    with store.claim(KEY, wait=False) as mine:
        assert mine
        assert live.is_claimed(KEY)
    other.join()


def test_what_is_told_is_read_until_it_is_taken_back(live):
    assert live.progress(KEY) is None
    live.tell(KEY, {"done": 1, "loss": 0.1 + 0.2})
    live.tell(KEY, {"done": 2, "loss": None})
    assert live.progress(KEY) == {"done": 2, "loss": None}
    assert [path.name for path in (live.root / "progress").iterdir()] == [f"{KEY}.json"]
    live.forget(KEY)
    live.forget(KEY)
    assert live.progress(KEY) is None


def test_a_damaged_word_names_its_file(live):
    live.tell(KEY, {})
    (live.root / "progress" / f"{KEY}.json").write_text("{")
    with pytest.raises(RunError, match=r"\.json is damaged"):
        live.progress(KEY)


def test_the_last_change_is_that_of_the_finished_step_or_of_the_last_word(store, live):
    assert live.last_change(KEY) is None
    store.fail(KEY, {"message": "no"})
    os.utime(store.root / "failures" / f"{KEY}.json", (1000, 1000))
    assert live.last_change(KEY) == 1000
    live.tell(KEY, {})
    os.utime(store.root / "progress" / f"{KEY}.json", (2000, 2000))
    assert live.last_change(KEY) == 2000
    write(store)
    assert abs(live.last_change(KEY) - time.time()) < 60


@pytest.mark.parametrize("key", ["", "..", "../x", "a/b", "g", "a\n", "a\x00"])
@pytest.mark.parametrize("ask", ["is_claimed", "progress", "last_change", "forget"])
def test_no_key_leaves_the_store(live, key, ask):
    with pytest.raises(InputError, match="hexadecimal"):
        getattr(live, ask)(key)


def test_a_link_that_leads_out_is_not_followed(live, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"secret": 1}))
    (live.root / "progress").mkdir()
    (live.root / "progress" / f"{KEY}.json").symlink_to(outside)
    with pytest.raises(InputError, match="leads out of the store"):
        live.progress(KEY)


def test_nothing_is_written_through_a_link(live, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (live.root / "progress").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out of the store"):
        live.tell(KEY, {"done": 1})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_nothing_is_written_through_a_link_in_place_of_a_draft(live, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (live.root / "progress").mkdir()
    (live.root / "progress" / f"{KEY}.json.draft").symlink_to(mine)
    with pytest.raises(OSError, match="symbolic"):
        live.tell(KEY, {"done": 1})
    assert mine.read_text() == "precious"


@pytest.mark.parametrize("damage", [b"\xff\xfe{", b"{", b""])
def test_a_damaged_note_of_a_study_is_written_anew_by_its_next_run(store, damage):
    store.remember_study("reviews", {}, [KEY], "reviews.yaml")
    (store.root / "studies" / "reviews.json").write_bytes(damage)
    store.remember_study("reviews", {}, [KEY], "reviews.yaml")
    assert store.study("reviews")["steps"] == [KEY]


def test_a_study_is_found_by_its_name_and_by_that_of_its_file(store):
    store.remember_study("reviews", {}, [KEY], "reviews.yaml", changes=["a=1"])
    store.remember_study("ქართული", {}, [], "k.yaml")
    assert store.study("reviews")["changes"] == ["a=1"]
    names = store.study_files()
    assert len(names) == 2
    assert {store.study(name)["name"] for name in names} == {"reviews", "ქართული"}
    assert store.study("ქართული")["source"] == "k.yaml"


@pytest.mark.parametrize(
    "name", ["..", "../studies/a", "/etc/passwd", "a/b", "", "a\x00", "x" * 99]
)
def test_what_is_no_study_is_none(store, name):
    store.remember_study("a", {}, [], "a.yaml")
    assert store.study(name) is None
    assert Store(store.root / "nowhere").study_files() == ()
