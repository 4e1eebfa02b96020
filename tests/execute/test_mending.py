"""What turns out to be damaged while others are made from it is moved aside and made anew."""

import os
import shutil
from pathlib import Path

import pytest
from mending_work import do, make

from holding import held
from isogloss.execute import mending
from isogloss.execute import run as room
from isogloss.execute.bench import Made
from isogloss.execute.executor import Ended, Redone
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.making import make_step
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.run import run_plan
from isogloss.plan.plan import Step
from isogloss.store.store import Store

DATA = Step("toy", 1, {"word": "a"}, title="data", group="data")
OTHER = Step("toy", 1, {"word": "z"}, title="other", group="data")
LEFT = Step("toy", 1, {"word": "b"}, (DATA.key,), title="left", group="left")
RIGHT = Step("toy", 1, {"word": "c"}, (DATA.key, OTHER.key), title="right", group="right")
END = Step("toy", 1, {"word": "d"}, (LEFT.key, RIGHT.key), title="end", group="end")
PLAN = {step.key: step for step in (DATA, OTHER, LEFT, RIGHT, END)}
MEASURE = Step("measure", 1, {"word": "e"}, (LEFT.key,), title="measure")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """All but END is finished."""
    monkeypatch.setattr(room, "do", do)
    store = Store(tmp_path / "store")
    store.check_writable()
    run(store, [DATA, OTHER, LEFT, RIGHT])
    return store


def run(store, steps, executor=None, plan=PLAN):
    return list(run_plan(steps, store, executor or InlineExecutor(), plan))


def flip(store, step):
    path = store.root / "steps" / step.key / "words"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def ended(events):
    outcomes = [event.outcome for event in events if isinstance(event, Ended)]
    assert len({one.step.key for one in outcomes}) == len(outcomes), "each step ends once"
    return {one.step.title: one.status for one in outcomes}


@pytest.mark.parametrize("executor", [InlineExecutor(), ProcessesExecutor(2, 1)], ids=type)
def test_a_damaged_need_is_made_anew_and_the_rest_is_as_if_nothing_had_been(store, executor):
    flip(store, LEFT)
    events = run(store, [END], executor)
    (redone,) = (event for event in events if isinstance(event, Redone))
    assert redone.step == LEFT
    assert redone.why == "words does not hold the bytes that were written"
    assert (Path(redone.folder) / "step" / "words").read_text() == "`b"
    assert ended(events) == {"left": "done", "end": "done"}
    assert store.record(END.key) == {"text": "abazcd"}
    assert store.failure(END.key) is None


def test_what_is_made_from_damaged_steps_may_itself_be_damaged(store):
    """LEFT is redone, and meets DATA, which it needs; that is redone in a third round."""
    flip(store, LEFT)
    flip(store, DATA)
    events = run(store, [END])
    assert [event.step.title for event in events if isinstance(event, Redone)] == ["left", "data"]
    assert ended(events) == {"data": "done", "left": "done", "end": "done"}
    assert store.record(END.key) == {"text": "abazcd"}


def test_a_step_that_is_gone_is_made_anew(store):
    shutil.rmtree(store.root / "steps" / RIGHT.key)
    events = run(store, [END])
    assert ended(events) == {"right": "done", "end": "done"}
    assert not (store.root / "quarantine").exists()


def test_a_disk_that_breaks_it_again_is_a_failure(store, monkeypatch):
    def make_and_break(bench):
        made = yield from make(bench)

        def fill(folder):
            made.fill(folder)
            spoiled.append(folder)

        return Made(made.record, fill)

    def do(step, root):
        done = yield from make_step(step, root, {"toy": make_and_break})
        if step == LEFT:
            flip(store, LEFT)
        return done

    spoiled = []
    monkeypatch.setattr(room, "do", do)
    flip(store, LEFT)
    events = run(store, [END])
    assert ended(events) == {"left": "done", "end": "failed"}
    assert len([event for event in events if isinstance(event, Redone)]) == 1
    assert "does not hold the bytes" in store.failure(END.key)["message"]


def test_without_a_plan_it_is_told_and_left(store):
    flip(store, LEFT)
    events = run(store, [END], plan=None)
    assert ended(events) == {"end": "failed"}
    assert "Run its study with --verify" in store.failure(END.key)["message"]
    assert LEFT.key in store


def test_what_is_measured_may_be_damaged_too(store):
    flip(store, LEFT)
    events = run(store, [MEASURE], plan={**PLAN, MEASURE.key: MEASURE})
    assert ended(events) == {"left": "done", "measure": "done"}
    assert store.record(MEASURE.key) == {"text": "abe"}


def test_what_waits_for_the_step_that_failed_waits_for_it_to_be_made(store):
    """END is blocked in the first round, and done in the second; nothing is told as failed."""
    for step in (LEFT, RIGHT):
        shutil.rmtree(store.root / "steps" / step.key)
    flip(store, DATA)
    events = run(store, [LEFT, RIGHT, END])
    assert ended(events) == {"data": "done", "left": "done", "right": "done", "end": "done"}
    assert not list((store.root / "failures").glob("*.json"))


def test_a_step_found_with_a_file_cut_is_made_anew(store):
    os.truncate(store.root / "steps" / LEFT.key / "words", 0)
    events = run(store, [LEFT])
    assert ended(events) == {"left": "done"}
    assert store.record(LEFT.key) == {"text": "ab"}


def test_workers_are_told_where_the_store_is_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "do", do)
    monkeypatch.chdir(tmp_path)
    works = []

    class Noting:
        def run(self, steps, work):
            works.append(work)
            return iter(())

    store = Store(Path("here"))
    store.check_writable()
    run(store, [DATA], Noting())
    assert works[0].keywords["root"] == tmp_path / "here"


def test_who_waits_for_a_damaged_step_that_another_is_at_can_be_stopped(store, monkeypatch):
    flip(store, LEFT)
    monkeypatch.setattr(mending, "is_asked", lambda: True)
    with held(store, LEFT.key), pytest.raises(KeyboardInterrupt):
        run(store, [END])
    assert LEFT.key in store
