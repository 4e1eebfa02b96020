"""`isogloss status` tells the states that the site tells, and how long the rest takes."""

import re
import time

import pytest

from isogloss.desk.opened import open_study
from isogloss.store.live import Live
from toys import write_toy


@pytest.fixture
def toy(tmp_path):
    opened = open_study(write_toy(tmp_path), tmp_path / ".isogloss", None)
    opened.store.check_writable()
    return opened


def finish(opened, steps, seconds):
    for step in steps:
        opened.store.write(step.key, step.kind, step.identity, {}, lambda _: None, seconds=seconds)


def test_every_state_is_told_and_the_time_left(toy, isogloss):
    data, trains = toy.plan.of_kind("data"), toy.plan.of_kind("train")
    failed, running, begun = data[0], trains[0], trains[1]
    finish(toy, data[1:], 0.0)
    toy.store.fail(failed.key, {"message": "no such file", "code": "ISO-120", "kind": "input"})
    (toy.store.running(begun.key) / "step-1").mkdir()
    word = {"kind": "train", "title": "t", "done": 25, "total": 100, "loss": 0.5}
    with toy.store.claim(running.key):
        Live(toy.store.root).tell(running.key, {**word, "began": time.time() - 50})
        told = isogloss("status", "toy.yaml", "--json").json
        said = isogloss("status", "toy.yaml").out
    assert told["missing"] == len(toy.plan) - len(data) + 1
    for counts in told["kinds"].values():
        assert sum(n for state, n in counts.items() if state != "steps") == counts["steps"]
    assert (told["kinds"]["train"]["running"], told["kinds"]["data"]["failed"]) == (1, 1)
    (one,) = told["running"]
    assert (one["key"], one["done"], one["total"], one["loss"]) == (running.key, 25, 100, 0.5)
    assert one["left"] == pytest.approx(150, rel=0.1)
    (why,) = told["failures"]
    assert (why["key"], why["title"], why["code"]) == (failed.key, failed.title, "ISO-120")
    assert f"failed {failed.key} {failed.title}: no such file" in said
    assert re.search(rf"running {running.key} t: 25 of 100, loss 0.5, about 2 min \d+ s left", said)
    assert re.search(r"^data: \d+ of \d+ finished, 1 failed$", said, re.MULTILINE)
    assert re.search(r"^train: 0 of 5 finished, 1 running", said, re.MULTILINE)


def test_the_work_that_is_left_is_told_where_nobody_works(toy, isogloss):
    last = toy.plan.of_kind("evaluate")[-1]
    finish(toy, [step for step in toy.plan if step.key != last.key], 60.0)
    told = isogloss("status", "toy.yaml", "--json").json
    assert (told["seconds_left"], told["missing"]) == (None, 1)
    assert told["seconds_of_work_left"] == pytest.approx(60.0)
    said = isogloss("status", "toy.yaml")
    assert "Work left: about 1 min 0 s, one step after the other." in said.out
    assert "Go on with: isogloss run toy.yaml" in said.err
    finish(toy, [last], 60.0)
    said = isogloss("status", "toy.yaml")
    assert "left" not in said.out
    assert "Go on" not in said.err
