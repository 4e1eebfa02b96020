"""How far a study is, looked up in the store: states, what runs, what failed, time left."""

import json
import shutil
import time
from dataclasses import asdict
from threading import Event, Thread

import pytest

from isogloss.desk.progress.progress import UNKNOWN
from isogloss.plan.estimate import weight
from isogloss.store.live import Live
from isogloss.store.manifest import with_digest
from isogloss.store.store import Store
from isogloss.view.noted import NotThere, Unread, all_noted, read_noted
from isogloss.view.pages import about, ago
from isogloss.view.progress import progress_of_noted
from isogloss.view.shelf import Shelf


def finish(opened, steps, seconds=1.0):
    for step in steps:
        opened.store.write(step.key, step.kind, step.identity, {}, lambda _: None, seconds=seconds)


def look(opened, shelf=None):
    store = Store(opened.store.root)
    return progress_of_noted(read_noted(store, "toy"), store, shelf or Shelf(store.root))


def told(**more):
    now = time.time()
    word = {"kind": "train", "title": "t", "done": 25, "total": 100, "first": 0, "loss": 0.5}
    return {**word, "began": now - 50, "time": now, **more}


def test_every_step_is_in_one_state_and_kinds_come_in_the_order_of_the_plan(toy):
    plan, store = toy.plan, toy.store
    data, trains = plan.of_kind("data"), plan.of_kind("train")
    finish(toy, data[:2])
    store.fail(data[2].key, {"message": "no such file", "traceback": "T"})
    (store.running(trains[0].key) / "step-1").mkdir()
    found = look(toy)
    assert found.steps == len(plan) == sum(found.states.values())
    assert [one.kind for one in found.kinds] == list(dict.fromkeys(step.kind for step in plan))
    assert sum(one.steps for one in found.kinds) == len(plan)
    kinds = {one.kind: one.states for one in found.kinds}
    assert (kinds["data"]["finished"], kinds["data"]["failed"]) == (2, 1)
    assert [one.message for one in found.failures] == ["no such file"]
    assert found.failures[0].title == data[2].title
    json.dumps(asdict(found), allow_nan=False)


def test_cells_are_those_of_the_results(toy):
    finish(toy, toy.plan.of_kind("data"))
    assert (look(toy).cells, look(toy).cells_finished) == (20, 0)
    finish(toy, toy.plan.of_kind("train")[:1])
    finish(toy, toy.plan.of_kind("evaluate")[:3])
    assert (look(toy).cells, look(toy).cells_finished) == (20, 4)


def test_what_needs_a_failed_step_is_blocked_however_far_behind(toy):
    tokenizer = toy.plan.of_kind("tokenizer")[0]
    toy.store.fail(tokenizer.key, {"message": "no"})
    kinds = {one.kind: one.states for one in look(toy).kinds}
    for kind in ("prepare", "train", "evaluate"):
        assert kinds[kind]["blocked"] == len(toy.plan.of_kind(kind))
    assert kinds["data"]["blocked"] == 0


def test_a_step_runs_while_its_lock_is_held_and_a_word_of_the_dead_is_not_believed(toy):
    train = toy.plan.of_kind("train")[0]
    live = Live(toy.store.root)
    live.tell(train.key, told())
    assert look(toy).running == []
    with toy.store.claim(train.key):
        (one,) = look(toy).running
        assert (one.key, one.title, one.done, one.total, one.loss) == (train.key, "t", 25, 100, 0.5)
        assert one.left == pytest.approx(150, rel=0.05)
    assert look(toy).running == []


def test_a_running_step_that_failed_before_or_tells_nothing_is_running(toy):
    train = toy.plan.of_kind("train")[0]
    toy.store.fail(train.key, {"message": "no"})
    with toy.store.claim(train.key):
        found = look(toy)
        assert found.failures == []
        assert [(one.title, one.done, one.left) for one in found.running] == [
            (train.title, None, None)
        ]


@pytest.mark.parametrize(
    "word",
    ["{", "[]", '{"done": "x", "loss": NaN, "began": "y"}', '{"done": true, "total": 1e999}'],
)
def test_a_damaged_word_says_nothing(toy, word):
    train = toy.plan.of_kind("train")[0]
    with toy.store.claim(train.key):
        (toy.store.root / "progress").mkdir()
        (toy.store.root / "progress" / f"{train.key}.json").write_text(word)
        (one,) = look(toy).running
        assert (one.done, one.total, one.loss, one.began) == (None, None, None, None)


def test_the_time_left_is_that_of_finished_steps_by_kind_and_weight(toy):
    """Twice the weight takes twice as long; two at a time take half."""
    plan = toy.plan
    trains, tests = plan.of_kind("train"), plan.of_kind("evaluate")
    finish(toy, [s for s in plan if s.kind in {"data", "tokenizer", "prepare"}], seconds=0.0)
    assert look(toy).work is None  # what reading data takes says nothing of training
    finish(toy, trains[:1], seconds=12.0)
    finish(toy, tests[:1], seconds=3.0)
    left = sum(12.0 * weight(step) / weight(trains[0]) for step in trains[1:])
    left += 3.0 * (len(tests) - 1)
    found = look(toy)
    assert found.left is None
    assert found.work == pytest.approx(left)


def test_what_running_steps_have_done_counts_as_done(toy):
    plan = toy.plan
    first, second, *rest = trains = plan.of_kind("train")
    finish(toy, [s for s in plan if s.kind not in {"train"}], seconds=0.0)
    assert look(toy).work is None
    live = Live(toy.store.root)
    with toy.store.claim(first.key), toy.store.claim(second.key):
        live.tell(first.key, told(done=50, began=time.time() - 7))
        live.tell(second.key, told(done=75, first=50, began=time.time() - 5))
        found = look(toy)
    pace = (7 + 5) / (weight(first) / 2 + weight(second) / 4)
    left = 7 + 5 + sum(pace * weight(step) for step in rest)
    assert len(trains) == 5
    assert found.work == pytest.approx(left, rel=0.02)
    assert found.left == pytest.approx(left / 2, rel=0.02)


def test_no_study_is_done_before_its_longest_step(toy):
    first, second = toy.plan.of_kind("train")[:2]
    finish(toy, [s for s in toy.plan if s.key not in {first.key, second.key}], seconds=0.0)
    with toy.store.claim(first.key), toy.store.claim(second.key):
        Live(toy.store.root).tell(first.key, told(done=10, began=time.time() - 10))
        Live(toy.store.root).tell(second.key, told(done=99, began=time.time() - 10))
        assert look(toy).left == pytest.approx(90, rel=0.02)


def test_a_step_that_went_on_from_a_checkpoint_is_timed_from_there(toy):
    train = toy.plan.of_kind("train")[0]
    with toy.store.claim(train.key):
        Live(toy.store.root).tell(train.key, told(done=90, first=80, began=time.time() - 20))
        assert look(toy).running[0].left == pytest.approx(20, rel=0.05)


def test_without_a_finished_step_the_time_left_is_not_known(toy):
    found = look(toy)
    assert (found.left, found.work, found.changed) == (None, None, None)


def test_the_last_change_is_that_of_the_making_not_of_a_copy(toy, tmp_path):
    finish(toy, toy.plan.of_kind("data")[:1])
    manifest = toy.store.manifest(toy.plan.of_kind("data")[0].key)
    path = toy.store.root / "steps" / manifest["key"] / "manifest.json"
    made = {"time": "2020-01-02T03:04:05+00:00"}
    path.write_text(json.dumps(with_digest({**manifest, "made": made})))
    assert look(toy).changed == 1577934245.0


def test_a_study_that_cannot_be_opened_is_told_as_far_as_its_store_goes(toy, tmp_path):
    finish(toy, toy.plan.of_kind("data"))
    path = toy.store.root / "studies" / "toy.json"
    note = json.loads(path.read_text())
    del note["pins"]
    path.write_text(json.dumps(note))
    shutil.rmtree(tmp_path / "data")
    found = look(toy)
    assert {one.kind: one.steps for one in found.kinds} == {
        "data": len(toy.plan.of_kind("data")),
        UNKNOWN: len(toy.plan) - len(toy.plan.of_kind("data")),
    }
    assert "does not exist" in found.remark
    assert "isogloss run" in found.remark
    assert (found.left, found.work) == (None, None)


def test_a_study_is_opened_once_for_as_long_as_its_note_stays(toy, monkeypatch):
    from isogloss.view import shelf as room

    opened, real = [], room.reopen_study
    monkeypatch.setattr(room, "reopen_study", lambda *a: opened.append(1) or real(*a))
    shelf = Shelf(toy.store.root)
    for _ in range(3):
        look(toy, shelf)
    assert opened == [1]
    toy.store.remember_study("toy", {"name": "other"}, [], "x.yaml")
    assert "notes it again" in look(toy, shelf).remark
    assert opened == [1, 1]


def test_while_one_study_is_opened_others_are_answered(toy, monkeypatch):
    from isogloss.view import shelf as room

    began, go_on, real = Event(), Event(), room.reopen_study

    def slow(noted, root):
        if noted["name"] == "slow":
            began.set()
            go_on.wait(30)
        return real(noted, root)

    monkeypatch.setattr(room, "reopen_study", slow)
    note = dict(toy.store.study("toy"))
    toy.store.remember_study("slow", note["study"], note["steps"], "toy.yaml", pins=note["pins"])
    shelf = Shelf(toy.store.root)
    other = Thread(target=lambda: shelf.opened(read_noted(toy.store, "slow")))
    other.start()
    try:
        assert began.wait(30)
        answered = Thread(target=lambda: look(toy, shelf), daemon=True)
        answered.start()
        answered.join(30)
        assert not answered.is_alive(), "it waits for the other study"
    finally:
        go_on.set()
        other.join(30)


def test_steps_of_another_version_are_counted_and_said(toy):
    store, keys = toy.store, [step.key for step in toy.plan]
    note = dict(store.study("toy"))
    store.remember_study("toy", note["study"], [*keys[:-1], "abc"], "toy.yaml", pins=note["pins"],
                         changes=[])  # fmt: skip
    found = look(toy)
    assert found.steps == len(keys)
    assert "1 of 33 steps have other keys" in found.remark


# ---- notes


@pytest.mark.parametrize(
    "note",
    ["{", "[]", "{}", '{"name": 1, "source": "x", "steps": []}',
     '{"name": "x", "source": "x", "steps": ["../../etc"]}',
     '{"name": "x", "source": "x", "steps": "abc"}', '{"name": "x", "source": "x", "steps": [1]}'],
)  # fmt: skip
def test_a_damaged_note_hides_no_other(toy, note):
    (toy.store.root / "studies" / "bad.json").write_text(note)
    bad, good = all_noted(toy.store)
    assert isinstance(bad, Unread)
    assert "bad.json" in bad.why
    assert good.name == "toy"


@pytest.mark.parametrize("id", ["", "..", "../format", "/etc/passwd", "a/b", "toy.json", "t\x00y"])
def test_what_is_no_study_is_not_there(toy, id):
    with pytest.raises(NotThere):
        read_noted(toy.store, id)


def test_a_stamp_changes_with_anything_in_the_note(toy):
    before = read_noted(toy.store, "toy").stamp
    assert read_noted(toy.store, "toy").stamp == before
    note = dict(toy.store.study("toy"))
    note["changes"] = ["seeds=[2]"]
    (toy.store.root / "studies" / "toy.json").write_text(json.dumps(note))
    assert read_noted(toy.store, "toy").stamp != before


def test_times_in_words():
    assert about(3600) == "about 1 h 0 min"
    assert ago(time.time()) == "just now"
