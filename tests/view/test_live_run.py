"""A real run in a process of its own, seen through the site while it runs."""

import os
import signal
import subprocess
import sys
import time

import pytest

from toys import STUDY, write_toy

LONG = STUDY.replace("num_train_epochs: 2", "num_train_epochs: 50000").replace(
    "regimes: [{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]",
    "sizes: [12]",
)
PATIENCE = 120.0


@pytest.fixture
def run(tmp_path):
    """A run that would take an hour; stopped in the end."""
    write_toy(tmp_path, LONG)
    process = subprocess.Popen(
        [sys.executable, "-m", "isogloss", "run", "toy.yaml", "--store", "store"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    process.root = tmp_path / "store"
    yield process
    process.kill()
    process.communicate()


def until(ask, holds, process):
    """Look again and again until it holds, as the page does."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        assert process.poll() in {None, 1}, process.stderr.read()
        answer = ask("/study/toy/progress.json")
        if answer.status == 200 and holds(answer.json):
            return answer.json
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def done(told):
    return [one["done"] or 0 for one in told["running"]]


def test_a_run_is_seen_live_and_so_is_its_end(run, site):
    ask = site(run.root)
    first = until(ask, lambda told: any(done(told)), run)
    (one,) = first["running"]
    assert one["kind"] == "train"
    assert one["title"] == "tiny joint n=12 seed=1"
    assert 0 < one["loss"] < 5
    assert one["total"] == 100_000
    assert abs(one["heard"] - time.time()) < 60
    later = until(ask, lambda told: done(told) > done(first), run)
    assert later["running"][0]["left"] > 0
    assert later["left"] >= later["running"][0]["left"]
    assert later["states"]["running"] == 1
    assert later["changed"] >= one["heard"] - 2
    page = ask("/study/toy").text
    assert "1 running" in page
    assert "of 100,000" in page

    run.send_signal(signal.SIGINT)
    run.wait(timeout=60)
    ended = ask("/study/toy/progress.json").json
    assert (ended["running"], ended["left"], ended["states"]["begun"]) == ([], None, 1)
    assert "goes on from here" in ask("/study/toy").text


def test_who_is_killed_runs_no_more(run, site):
    ask = site(run.root)
    until(ask, lambda told: any(done(told)), run)
    run.kill()
    run.wait(timeout=60)
    ended = ask("/study/toy/progress.json").json
    assert ended["running"] == []
    assert ended["states"]["begun"] == 1
