"""The time of a step adds up over interruptions, whatever the wall clock says."""

from typing import NamedTuple

import pytest

from isogloss.execute import spent as room
from isogloss.execute import telling
from isogloss.execute.bench import Made
from isogloss.execute.making import make_step
from isogloss.plan.plan import Step
from isogloss.store.live import Live
from isogloss.store.store import Store

STEP = Step("toy", 1, {"a": 1}, title="a toy")


class At(NamedTuple):
    done: int
    total: int


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    store.check_writable()
    return store


@pytest.fixture
def clock(monkeypatch):
    """Seconds as the tests will have them; both clocks, which need not agree."""

    class Clock:
        now, wall = 100.0, 1e9

        def __call__(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(room.time, "monotonic", clock)
    monkeypatch.setattr(telling.time, "time", lambda: clock.wall)
    monkeypatch.setattr(telling, "TELL_SECONDS", 0.0)
    return clock


def begin(store, clock, *, checkpoint=True):
    def making(bench):
        if checkpoint:
            (bench.store.running(STEP.key) / "checkpoint").touch()
        for done in range(1, 4):
            clock.now += 10
            yield At(done, 3)
        return Made({"value": 1}, lambda folder: None)

    return make_step(STEP, store.root, {"toy": making})


def seconds(store):
    return store.manifest(STEP.key)["made"]["seconds"]


def test_an_unbroken_step_took_what_it_took(store, clock):
    list(begin(store, clock))
    assert seconds(store) == 30


def test_a_step_that_is_stopped_goes_on_counting(store, clock):
    for _ in range(2):
        making = begin(store, clock)
        next(making)
        making.close()
    clock.now += 1000  # nobody was at it
    list(begin(store, clock))
    assert seconds(store) == 10 + 10 + 30


def test_a_step_that_is_killed_has_taken_what_it_last_told(store, clock, monkeypatch):
    making = begin(store, clock)
    next(making)
    next(making)
    with monkeypatch.context() as killed:
        killed.setattr(Live, "forget", lambda *_: None)
        killed.setattr(room.Spent, "keep", lambda *_: None)
        making.close()
    assert Live(store.root).progress(STEP.key)["seconds"] == 20
    list(begin(store, clock))
    assert seconds(store) == 20 + 30


def test_a_step_without_a_checkpoint_begins_anew_with_its_time(store, clock):
    making = begin(store, clock, checkpoint=False)
    next(making)
    making.close()
    list(begin(store, clock, checkpoint=False))
    assert seconds(store) == 30


@pytest.mark.parametrize("text", ["{", "[]", '{"seconds": "many"}', '{"seconds": null}', ""])
def test_a_damaged_note_costs_only_the_time_before(store, clock, text):
    (store.running(STEP.key) / "seconds.json").write_text(text)
    list(begin(store, clock))
    assert seconds(store) == 30


def test_a_clock_that_jumps_changes_nothing(store, clock):
    making = begin(store, clock)
    next(making)
    clock.wall -= 5e8
    next(making)
    clock.wall += 9e8
    assert list(making)
    assert seconds(store) == 30
