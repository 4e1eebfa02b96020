"""One signal asks a run to stop at a point to go on from; a second one stops it at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from isogloss.execute import stopping
from isogloss.execute.stopping import heard_elsewhere, is_asked, listening, may_finish

PATIENCE = 120.0
PROGRAM = """
import sys, time
from functools import partial
from pathlib import Path
from toy_work import note, toy_step
from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.processes import ProcessesExecutor
from isogloss.execute.stopping import listening, until_asked
from isogloss.store.store import Store
from stopping_work import do

if __name__ == "__main__":
    root, executor = Path(sys.argv[1]), sys.argv[2]
    store = Store(root)
    store.check_writable()
    steps = [toy_step(name, seconds=float(sys.argv[3])) for name in "ab"]
    with listening():
        for event in until_asked(eval(executor).run(steps, partial(do, root=root))):
            pass
"""
SLOW_START = f"""{PROGRAM}
if __name__ == "__mp_main__":
    import os, time
    root = Path(sys.argv[1])
    note(root, f"starting {os.getpid()}")
    while not (root / "go").exists():
        time.sleep(0.02)
"""
"""Its workers take their time before they come to what we have written for them."""


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path):
    programs = []

    def start(executor, seconds, source=PROGRAM):
        script = tmp_path / "program.py"
        script.write_text(source)
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        program = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path / "store"), executor, str(seconds)],
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.kill()
        program.communicate()


def notes(tmp_path, word):
    return [path for path in tmp_path.glob("store/notes/*") if path.name.startswith(word)]


def at_work(tmp_path):
    """How many steps have come further."""
    return len({path.name.split()[1] for path in notes(tmp_path, "at")})


EXECUTORS = {"InlineExecutor()": 1, "ProcessesExecutor(2, 1)": 2}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_asked_once_what_runs_leaves_a_checkpoint(start, tmp_path, executor, number):
    program = start(executor, 0.05)
    until(lambda: at_work(tmp_path) == EXECUTORS[executor])
    program.send_signal(number)
    _, said = program.communicate(timeout=PATIENCE)
    assert "Stopping: what runs now leaves a checkpoint first" in said
    assert "KeyboardInterrupt" in said
    assert len(notes(tmp_path, "checkpoint")) == EXECUTORS[executor]
    assert not notes(tmp_path, "cut")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_is_the_command_s_alone(start, tmp_path, number):
    """As Ctrl-C in a terminal, `timeout` and schedulers send it."""
    program = start("ProcessesExecutor(2, 1)", 0.05)
    until(lambda: at_work(tmp_path) == 2)
    os.killpg(program.pid, number)
    _, said = program.communicate(timeout=PATIENCE)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert "tried again" not in said
    assert len(notes(tmp_path, "checkpoint")) == 2
    assert not notes(tmp_path, "cut")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_while_workers_start_is_the_command_s_alone(
    start, tmp_path, number
):
    program = start("ProcessesExecutor(2, 1)", 0.05, SLOW_START)
    until(lambda: len(list(tmp_path.glob("store/starting *"))) == 2)
    os.killpg(program.pid, number)
    (tmp_path / "store" / "go").touch()
    _, said = program.communicate(timeout=PATIENCE)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert said.count("Traceback") == 1
    assert "tried again" not in said
    assert len(notes(tmp_path, "checkpoint")) == at_work(tmp_path), "some may have begun meanwhile"
    assert not notes(tmp_path, "cut")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_asked_twice_it_stops_at_once(start, tmp_path, executor):
    """A step says nothing for minutes; the second signal does not wait for it."""
    program = start(executor, 600)
    until(lambda: at_work(tmp_path) == EXECUTORS[executor])
    time.sleep(0.5)  # it has said that it came further; now it is in its minutes
    program.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert program.poll() is None
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=PATIENCE)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not notes(tmp_path, "checkpoint")


def test_nobody_asked_and_afterwards_all_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with listening():
        assert not is_asked()
        os.kill(os.getpid(), signal.SIGINT)
        until(is_asked)
    assert not is_asked()
    assert signal.getsignal(signal.SIGINT) == before


@pytest.fixture
def usual_sigterm():
    """Whatever a library of another test has made of it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("usual_sigterm")
def test_a_sigterm_that_is_sent_twice_for_one_wish_is_one(monkeypatch):
    monkeypatch.setattr(stopping, "_ECHO_SECONDS", PATIENCE)
    with listening():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
            until(is_asked)
        assert may_finish()
        monkeypatch.setattr(stopping, "_ECHO_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert not may_finish()


def test_a_handler_of_somebody_else_stays():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    try:
        with listening():
            os.kill(os.getpid(), signal.SIGTERM)
            until(lambda: heard)
            assert not is_asked()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_signals_are_left_alone():
    before = signal.getsignal(signal.SIGINT)
    found = []

    def listen():
        with listening():
            found.append(signal.getsignal(signal.SIGINT))

    other = threading.Thread(target=listen)
    other.start()
    other.join()
    assert found == [before]


def test_words_that_nobody_reads_break_nothing():
    """Standard error is a pipe whose reader is gone, as after `2>&1 | tee` when tee has died."""
    reader, writer = os.pipe()
    os.close(reader)
    kept = os.dup(2)
    os.dup2(writer, 2)
    try:
        with listening():
            os.kill(os.getpid(), signal.SIGINT)
            until(is_asked)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(writer)


def test_signals_that_another_process_hears_are_ignored_here_until_the_end():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with heard_elsewhere():
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
