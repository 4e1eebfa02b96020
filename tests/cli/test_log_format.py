"""`--log-format json`: all of standard error is JSON, an object a line, of all processes."""

import json

import pytest

from command import fresh
from toys import STUDY, write_toy


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_mistake_is_an_event_with_its_code(isogloss, tmp_path):
    (tmp_path / "bad.yaml").write_text("name: [")
    said = isogloss("run", "bad.yaml", "--log-format", "json")
    assert said.code == 2
    (told,) = lines(said.err)
    assert (told["event"], told["level"], told["code"]) == ("error", "error", "ISO-110")
    assert told["step"] is None


def test_text_is_the_default_and_comes_back(isogloss, tmp_path):
    (tmp_path / "bad.yaml").write_text("name: [")
    isogloss("run", "bad.yaml", "--log-format", "json")
    assert isogloss("run", "bad.yaml").err.startswith("Error: ")


def test_with_json_a_mistake_stands_on_standard_output_too(isogloss, tmp_path):
    (tmp_path / "bad.yaml").write_text("name: [")
    said = isogloss("run", "bad.yaml", "--json")
    error = said.json["error"]
    assert (error["code"], error["exit_code"]) == ("ISO-110", 2)
    assert error["message"] in said.err


@pytest.mark.slow
@pytest.mark.parametrize("executor", [(), ("--executor", "processes", "--jobs", "2")])
def test_a_whole_run_says_nothing_else(tmp_path, executor):
    study = STUDY.replace("sizes: [6, 12]}, {regime: single, sizes: [12]}", "sizes: [6]}")
    write_toy(tmp_path, study.replace("num_train_epochs: 2", "num_train_epochs: 1"))
    done = fresh(tmp_path, "run", "toy.yaml", "--log-format", "json", "-vv", *executor)
    assert done.returncode == 0, done.stderr
    told = lines(done.stderr)
    started = [line["step"] for line in told if line["event"] == "step_started"]
    ended = [line["step"] for line in told if line["event"] == "step_ended"]
    assert sorted(started) == sorted(ended)
    assert len(set(ended)) == len(ended) > 3
    assert told[-1]["event"] == "run_ended"
    assert all({"time", "level", "event", "step", "message"} <= line.keys() for line in told)
