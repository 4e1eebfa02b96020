"""A run told as events: each step begins and ends once, with its key, status and code."""

import io
import json
import logging

import pytest
from rich.console import Console

from isogloss.base import logs
from isogloss.desk import follow_log
from isogloss.desk.follow import follow
from isogloss.desk.follow_log import follow_as_log
from isogloss.execute.executor import (
    Ended,
    Failure,
    Outcome,
    Postponed,
    Progressed,
    Redone,
    Started,
)
from isogloss.plan.plan import Step

STEPS = [
    Step("train", 1, {}, title="joint de+en"),
    Step("evaluate", 1, {}, title="on de"),
]


@pytest.fixture
def told(capfd):
    logs.write_json(logging.WARNING)
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logs.write_text()
    logging.basicConfig(force=True, handlers=[])


def test_events_are_told_in_order_with_the_key_of_their_step(told, monkeypatch):
    monkeypatch.setattr(follow_log, "PROGRESS_SECONDS", 0.0)
    train, test = STEPS
    failure = Failure("run", "no memory", code="ISO-250")
    outcomes = [Outcome(train, "failed", 2.0, failure), Outcome(test, "blocked", 0.0, failure)]
    events = [
        Started(train, 1),
        Progressed(train, 3, 10, 1),
        Redone(train, "a file is gone", "quarantine/0a"),
        *map(Ended, outcomes),
    ]
    assert follow_as_log(events, STEPS) == outcomes
    lines = told()
    assert [line["event"] for line in lines] == [
        "run_started", "step_started", "step_progress", "step_redone", "step_ended", "step_ended",
        "run_ended",
    ]  # fmt: skip
    assert [line["step"] for line in lines] == [None, *[train.key] * 4, test.key, None]
    failed, blocked = lines[4:6]
    assert (failed["level"], failed["status"], failed["code"]) == ("error", "failed", "ISO-250")
    assert (blocked["level"], blocked["status"]) == ("warning", "blocked")
    assert (lines[2]["done"], lines[2]["total"]) == (3, 10)
    assert (lines[-1]["done"], lines[-1]["failed"], lines[-1]["blocked"]) == (0, 1, 1)
    assert failed["kind"] == "train"


def test_progress_is_told_now_and_then_only(told):
    train = STEPS[0]
    events = [Started(train, 0), *(Progressed(train, n, 100, 0) for n in range(100))]
    follow_as_log([*events, Ended(Outcome(train, "done", 1.0))], STEPS[:1])
    assert [line["event"] for line in told()].count("step_progress") == 0


def test_a_step_that_another_command_is_at_is_told_once(told):
    train = STEPS[0]
    tries = [Started(train, 0), Postponed(train, 0)] * 3
    follow_as_log([*tries, Started(train, 0), Ended(Outcome(train, "found", 1.0))], STEPS[:1])
    assert [line["event"] for line in told()] == [
        "run_started", "step_started", "step_postponed", "step_ended", "run_ended",
    ]  # fmt: skip


@pytest.mark.parametrize("is_terminal", [True, False])
def test_on_a_terminal_and_elsewhere_it_is_no_step_that_ended(is_terminal):
    train, test = steps = [Step("tokenizer", 1, {}, title="of en"), STEPS[1]]
    said = io.StringIO()
    console = Console(file=said, force_terminal=is_terminal, width=200)
    ends = [Ended(Outcome(step, "done", 1.0)) for step in (test, train)]
    events = [Started(train, 0), Postponed(train, 0), Started(test, 0), ends[0]]
    events += [Started(train, 0), Postponed(train, 0), Started(train, 0), ends[1]]
    assert follow(events, steps, console) == [end.outcome for end in ends]
    if not is_terminal:
        first, *rest = said.getvalue().splitlines()
        assert first == "tokenizer of en: another command is at it; it comes later."
        assert [line.split()[0] for line in rest] == ["[1/2]", "[2/2]"]


def test_on_a_terminal_damage_is_told_and_makes_the_run_longer():
    train, test = Step("tokenizer", 1, {}, title="of en"), STEPS[1]
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=200)
    ends = [Ended(Outcome(step, "done", 1.0)) for step in (train, test)]
    events = [
        Redone(train, "model.safetensors is gone", "quarantine/train"), Started(train, 0),
        Progressed(train, 3, 10, 0), ends[0], Started(test, 0), ends[1],
    ]  # fmt: skip
    assert follow(events, [test], console) == [end.outcome for end in ends]
    assert "damaged: tokenizer of en: model.safetensors is gone. It was moved to" in (
        said.getvalue()
    )
    assert "2/2" in said.getvalue()
