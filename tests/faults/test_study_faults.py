"""Real studies whose command dies, or whose disk fails, again and again until they are done."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lives import ERRORS, KILLS, check_whole, files_of, lives

from isogloss.store.store import Store
from toys import STUDY, write_toy

SMALL = STUDY.replace("languages: [en, de, hi]", "languages: [en, de]").replace(
    "regimes: [{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]",
    "regimes: [{regime: joint, sizes: [6]}, {regime: single, sizes: [6]}]",
)
OFTEN = SMALL.replace("precision: fp32", "precision: fp32, save_seconds: 0")
"""A checkpoint after every step of a training."""
UNLIKE = {"n_resumed"}
"""Of a record: what tells of the breaks themselves."""
FAULTS = {**KILLS, **ERRORS}
PATIENCE = 300


def numbers(value):
    """A record without what tells of the breaks themselves."""
    if isinstance(value, dict):
        return {name: numbers(item) for name, item in value.items() if name not in UNLIKE}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return value


def leaves(value, place=""):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{place}/{name}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from leaves(item, f"{place}/{at}")
    else:
        yield place, value


def told(store):
    """`key/place in the record` -> value."""
    return {
        f"{key}{place}": value
        for key in store.keys()  # noqa: SIM118 not a mapping
        for place, value in leaves(numbers(store.record(key)))
    }


class Wanted:
    """What two unbroken runs have in common, to the last bit."""

    def __init__(self, one, other):
        self.keys = set(one.keys())
        assert set(other.keys()) == self.keys
        self.told = common(told(one), told(other))
        self.files = common(files_of(one), files_of(other))

    def check(self, store):
        assert check_whole(store) == self.keys
        assert all(store.failure(key) is None for key in self.keys)
        now, files = told(store), files_of(store)
        assert {place: now.get(place) for place in self.told} == self.told
        assert {name: files[name] for name in self.files} == self.files


def common(one, other):
    return {name: value for name, value in one.items() if other.get(name) == value}


@pytest.fixture(scope="module")
def wanted(tmp_path_factory, faulty):
    stores = []
    for name in ("one", "other"):
        folder = tmp_path_factory.mktemp(name)
        write_toy(folder, SMALL)
        with lives("study", folder, faulty) as program:
            ended = program.live()
        assert ended.status == 0, (folder / "said").read_text()
        stores.append(Store(folder / ".isogloss"))
    found = Wanted(*stores)
    scores = [place for place in found.told if place.endswith("/value")]
    assert len(scores) > 20, "there is something to compare"
    assert any(name.endswith("model.safetensors") for name in found.files)
    return found


def break_until_done(folder, program, wanted, draw, count, enough):
    """Live with faults, each at a random call, until `enough` have happened; return how many."""
    faults = 0
    while faults < enough:
        shutil.rmtree(folder / ".isogloss", ignore_errors=True)
        finished, done = set(), False
        while not done:
            what = draw.choice(list(FAULTS))
            how, stays = FAULTS[what], FAULTS[what] > 0 and draw.random() < 0.5
            (folder / "said").write_text("")
            ended = program.live(draw.randint(1, 120), how, stays=stays)
            said = (folder / "said").read_text()
            place = f"{what}, for good: {stays}, exit status {ended.status}\n{said}"
            assert "Traceback" not in said, place
            assert ended.status in ({-9, 0} if how < 0 else {0, 1, 2, 3}), place
            done = ended.status == 0
            store = Store(folder / ".isogloss")
            now = check_whole(store)
            assert now >= finished, place
            finished = now
            if not done:
                faults += 1
                count(f"{what}{' for good' if stays else ''}, in a study")
        again = program.live()
        assert again.status == 0, (folder / "said").read_text()
        wanted.check(Store(folder / ".isogloss"))
    return faults


def test_a_study_whose_command_dies_and_whose_disk_fails_ends_the_same(
    tmp_path, wanted, faulty, count
):
    write_toy(tmp_path, OFTEN)
    with lives("study", tmp_path, faulty) as program:
        break_until_done(tmp_path, program, wanted, random.Random(1), count, enough=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_study_that_is_broken_often_ends_the_same(tmp_path, wanted, faulty, count, seed):
    write_toy(tmp_path, OFTEN)
    with lives("study", tmp_path, faulty) as program:
        draw = random.Random(100 + seed)
        assert break_until_done(tmp_path, program, wanted, draw, count, enough=40) >= 40


# ---- worker processes


def run(folder, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "isogloss", "run", "toy.yaml", "--json", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers_of(pid):
    """Process ids of the workers, which are children that spawn has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes()
            except OSError:
                continue
            if b"spawn_main" in words:
                found.append(int(child))
    return found


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing(tmp_path, wanted, count):
    """At random moments; the command goes on by itself, or says how to."""
    write_toy(tmp_path, OFTEN)
    draw, kills, ends = random.Random(5), 0, []
    for _ in range(20):
        program = run(tmp_path, "--executor", "processes", "--jobs", "2")
        deadline = time.monotonic() + PATIENCE
        while program.poll() is None:
            assert time.monotonic() < deadline, "it hangs"
            time.sleep(draw.uniform(0.5, 4))
            workers = workers_of(program.pid)
            if workers and kills < 10:
                try:
                    os.kill(draw.choice(workers), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                kills += 1
                count("worker killed, in a study")
            check_whole(Store(tmp_path / ".isogloss"))
        out, err = program.communicate()
        assert "Traceback" not in err, err
        ends.append(program.returncode)
        failures = [one["message"] for one in json.loads(out)["failed"]]
        assert all("killed by signal 9" in message for message in failures)
        if program.returncode == 0:
            break
    assert ends[-1] == 0, ends
    wanted.check(Store(tmp_path / ".isogloss"))


@pytest.mark.slow
def test_a_command_with_workers_that_is_killed_ten_times_ends_the_same(tmp_path, wanted, count):
    write_toy(tmp_path, OFTEN)
    draw, kills = random.Random(6), 0
    while kills < 10:
        program = run(tmp_path, "--executor", "processes", "--jobs", "2")
        try:
            program.wait(draw.uniform(2, 14))
        except subprocess.TimeoutExpired:
            program.kill()
            kills += 1
            count("command with workers killed, in a study")
        program.communicate()
        if (tmp_path / ".isogloss").is_dir():
            check_whole(Store(tmp_path / ".isogloss"))
        if program.returncode == 0:
            wanted.check(Store(tmp_path / ".isogloss"))
            shutil.rmtree(tmp_path / ".isogloss")
    last = run(tmp_path)
    _, err = last.communicate()
    assert last.returncode == 0, err
    wanted.check(Store(tmp_path / ".isogloss"))
