"""Logs as JSON: an object a line, with the step's key, without secrets and control characters."""

import json
import logging
import warnings

import pytest

from isogloss.base import logs


@pytest.fixture
def lines(capfd):
    logs.write_json(logging.INFO)
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logs.write_text()
    logging.basicConfig(force=True, handlers=[])
    logging.getLogger("isogloss").setLevel(logging.NOTSET)


def test_what_a_room_logs_while_a_step_is_made_bears_the_steps_key(lines):
    room = logging.getLogger("isogloss.train.loop")
    room.warning("before")
    with logs.about_step("0a1b"):
        room.info("in %s", "it")
        room.debug("not shown")
    room.info("after")
    told = lines()
    assert [one["step"] for one in told] == [None, "0a1b", None]
    assert [one["message"] for one in told] == ["before", "in it", "after"]
    assert told[1]["logger"] == "isogloss.train.loop"
    assert told[1]["level"] == "info"
    assert told[1]["event"] == "log"
    assert told[1]["time"].endswith("+00:00")


def test_events_have_their_own_fields_and_are_told_whatever_the_level(lines):
    logs.write_json(logging.WARNING)
    logs.tell("step_ended", "done", step="0a", seconds=1.5)
    (told,) = lines()
    assert (told["event"], told["step"], told["seconds"]) == ("step_ended", "0a", 1.5)


def test_a_line_is_one_line_without_secrets_and_escapes(lines, monkeypatch, capfd):
    monkeypatch.setenv("HF_TOKEN", "a-token-of-mine")
    logs.tell("note", "two\nlines \x1b[2J\x9b\u202e a-token-of-mine", path="a-token-of-mine")
    raw = capfd.readouterr().err
    assert raw.count("\n") == 1
    assert raw.rstrip("\n").isprintable()
    assert "a-token-of-mine" not in raw
    assert json.loads(raw)["message"].startswith("two\nlines \x1b[2J\x9b\u202e")


def test_tracebacks_and_warnings_of_libraries_are_lines_too(lines):
    try:
        raise ValueError("so\nso")
    except ValueError:
        logging.getLogger("elsewhere").exception("failed")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    failed, old = lines()
    assert failed["traceback"].endswith("ValueError: so\nso")
    assert "old" in old["message"]


def test_a_worker_writes_as_its_parent_does_and_not_if_the_parent_writes_text(lines, monkeypatch):
    logs.in_worker()
    assert logs.is_json()
    logs.write_text()
    logs.in_worker()
    assert not logs.is_json()


@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO])
def test_a_worker_s_text_is_from_its_parent_s_level_without_secrets_and_escapes(
    lines, monkeypatch, capfd, level
):
    monkeypatch.setenv("HF_TOKEN", "a-token-of-mine")
    logs.write_text(level)
    logs.in_worker()
    room = logging.getLogger("isogloss.train.loop")
    room.info("further")
    room.warning("two\nlines \x1b[2J\x9b a-token-of-mine")
    logging.getLogger("elsewhere").info("of a library")
    said = capfd.readouterr().err
    warned = r"WARNING  two" + "\n" + r"lines \x1b[2J\x9b [secret]" + "\n"
    assert said == ("INFO     further\n" if level == logging.INFO else "") + warned


def test_an_event_can_be_a_line_without_any_logger():
    told = json.loads(logs.line("stopping", "Once more stops at once."))
    assert (told["event"], told["level"], told["step"]) == ("stopping", "info", None)
    assert told["message"] == "Once more stops at once."
