"""Killed at any moment, the store has whole steps only, and the next run goes on from them."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from isogloss.base.fingerprint import file_digest
from isogloss.store.store import Store

PROGRAM = Path(__file__).parent / "killed_writer.py"
FILES = 4
BYTES = 5_000
CALLS = {"open": 12, "fsync": 20, "mkdir": 12, "unlink": 12, "replace": 3, "rename": 3, "rmdir": 3}


@pytest.fixture
def program(tmp_path):
    """Starts writers of steps."""
    command = [sys.executable, str(PROGRAM), str(tmp_path / "store")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as program:
        yield program
        program.stdin.close()


def begin(program, line: str) -> int:
    program.stdin.write(line + "\n")
    return int(program.stdout.readline())


def wait_for_its_end(program) -> None:
    assert program.stdout.readline() == "gone\n"


def check(root: Path) -> int:
    """Every step that looks finished is whole; returns how many there are."""
    store = Store(root)
    keys = store.keys()
    names = {f"{at}.bin" for at in range(FILES)}
    for key in keys:
        number = int(key, 16)
        assert store.record(key) == {"scores": [], "number": number}
        folder = store.folder(key, {"number": number})
        assert {path.name for path in folder.iterdir()} == {*names, "manifest.json"}
        for name, stated in store.manifest(key)["files"].items():
            assert stated == {"bytes": BYTES, "sha256": file_digest(folder / name)}
        assert store.failure(key) is None
    for path in (root / "failures").glob("*.json"):
        failure = store.failure(path.stem)
        assert failure is None or failure["message"].startswith("tried")
    return len(keys)


def check_that_the_next_run_clears_up(root: Path) -> None:
    store = Store(root)
    store.check_writable()
    assert not any((root / "drafts").iterdir())
    assert not any(path.name in store for path in (root / "running").iterdir())
    assert not list(root.rglob("*.draft"))


def test_killed_at_random_moments_nothing_half_done_looks_finished_or_is_lost(program, tmp_path):
    random_ = random.Random(0)
    begin(program, "rename 0 after")
    wait_for_its_end(program)
    finished = check(tmp_path / "store")
    assert finished == 1
    for _ in range(40):
        pid = begin(program, "free")
        time.sleep(random_.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        wait_for_its_end(program)
        now = check(tmp_path / "store")
        assert now >= finished
        finished = now
    check_that_the_next_run_clears_up(tmp_path / "store")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_each_change_of_the_disk_nothing_half_done_looks_finished(
    program, tmp_path, call, moment
):
    finished = 0
    for number in range(CALLS[call]):
        begin(program, f"{call} {number} {moment}")
        wait_for_its_end(program)
        now = check(tmp_path / "store")
        assert now >= finished
        finished = now
    begin(program, "rename 3 after")
    wait_for_its_end(program)
    assert check(tmp_path / "store") >= finished + 3
    check_that_the_next_run_clears_up(tmp_path / "store")
