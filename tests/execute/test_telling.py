"""The store is told how far a step is, while it is made and no longer."""

import time
from typing import NamedTuple

import pytest

from isogloss.execute import telling as room
from isogloss.execute.bench import Made
from isogloss.execute.making import make_step
from isogloss.plan.plan import Step
from isogloss.store.live import Live
from isogloss.store.store import Store

STEP = Step("toy", 1, {"a": 1}, title="a toy")


class At(NamedTuple):
    done: int
    total: int
    loss: float | None = None


def making(bench):
    for done in (4, 5, 6):
        yield At(done, 6, 1 / done)
    return Made({}, lambda folder: None)


@pytest.fixture
def live(tmp_path):
    return Live(tmp_path / "store")


def make(live, made=making):
    return make_step(STEP, live.root, {"toy": made})


def test_each_word_says_what_was_yielded_and_where_it_went_on_from(live, monkeypatch):
    monkeypatch.setattr(room, "TELL_SECONDS", 0)
    began = time.time()
    seen = []
    for at in make(live):
        word = live.progress(STEP.key)
        assert (word["kind"], word["title"], word["first"]) == ("toy", "a toy", 3)
        assert (word["done"], word["total"], word["loss"]) == tuple(at)
        assert began <= word["began"] <= word["time"] <= time.time()
        assert live.is_claimed(STEP.key)
        seen.append(word["done"])
    assert seen == [4, 5, 6]
    assert live.progress(STEP.key) is None
    assert STEP.key in Store(live.root)


def test_it_is_told_once_in_a_second(live):
    words = [live.progress(STEP.key)["done"] for _ in make(live)]
    assert words == [4, 4, 4]


def test_a_step_that_says_nothing_is_told_of_when_it_begins(live):
    def silent(bench):
        yield from ()
        word = live.progress(STEP.key)
        assert (word["title"], word["done"], word["loss"]) == ("a toy", None, None)
        return Made({}, lambda folder: None)

    assert list(make(live, silent)) == []
    assert STEP.key in Store(live.root)


def test_a_step_that_fails_or_is_stopped_is_told_of_no_more(live):
    def failing(bench):
        yield At(1, 2)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(make(live, failing))
    assert live.progress(STEP.key) is None

    closed = []

    def stopped(bench):
        try:
            yield At(1, 2)
        finally:
            closed.append(True)

    doing = make(live, stopped)
    next(doing)
    doing.close()
    assert closed == [True]
    assert live.progress(STEP.key) is None
    assert not live.is_claimed(STEP.key)


def test_a_store_that_cannot_be_told_stops_nothing(live, monkeypatch):
    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Live, "tell", refuse)
    monkeypatch.setattr(Live, "forget", refuse)
    assert len(list(make(live))) == 3
    assert STEP.key in Store(live.root)
