"""Several processes at one training: the weights of one process at the same examples a step."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from toy_work import toy_step

from balance_toys import SMALL, write_small
from command import fresh
from isogloss.base.errors import InputError, RunError
from isogloss.data.shares import Share
from isogloss.desk.opened import open_study
from isogloss.execute.chosen import Chosen
from isogloss.execute.executor import Ended
from isogloss.execute.ranks import _Led
from isogloss.plan.plan import Step
from isogloss.store.store import Store
from isogloss.train.loop import Diverged
from isogloss.train.ranks import Ranks
from toys import STUDY, write_toy

SMOOTH = "adam_epsilon: 1.0e-3"
"""With a tiny one, Adam makes a whole step of a gradient that is nothing but rounding."""

NO_DROPOUT = STUDY.replace(
    "intermediate_size: 32", "intermediate_size: 32\n      dropout: 0"
).replace("precision: fp32", f"precision: fp32, {SMOOTH}")
NO_DROPOUT = NO_DROPOUT.replace(
    "[{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]",
    "[{regime: joint, sizes: [12]}]",
)
PRETRAINING = SMALL.replace("precision: fp32", f"precision: fp32, {SMOOTH}")


def launch(folder, *words, processes=2, wait=True):
    """Run the command under torchrun, its processes talking over loopback."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes),
        "--master-addr", "127.0.0.1", "--master-port", "0", "--rdzv-backend", "c10d",
        "--rdzv-endpoint", "127.0.0.1:0", "-m", "isogloss", *words,
    ]  # fmt: skip
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    running = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if not wait:
        return running
    with running:
        said = running.communicate(timeout=400)[0]
    return subprocess.CompletedProcess(command, running.returncode, said, said)


def children(pid):
    """The processes that a launcher has started."""
    return map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def trained(folder, study, store):
    """Weights and record of each training, by title."""
    opened = open_study(folder / study, folder / store, None)
    assert not opened.missing
    kinds = ("train", "pretrain", "distill")
    steps = [step for kind in kinds for step in opened.plan.of_kind(kind)]
    return {
        step.title: (
            load_file(opened.store.folder(step.key) / "model.safetensors"),
            opened.store.record(step.key),
        )
        for step in steps
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for title, (weights, record) in one.items():
        others, told = other[title]
        assert weights.keys() == others.keys()
        for name, tensor in weights.items():
            torch.testing.assert_close(tensor, others[name], atol=2e-5, rtol=1e-4, msg=title)
        for counted in ("n_steps", "real_tokens", "n_scored", "taught_tokens", "epochs"):
            assert record.get(counted) == told.get(counted), counted


@pytest.mark.slow
def test_two_processes_fine_tune_to_the_weights_of_one(tmp_path):
    study = write_toy(tmp_path, NO_DROPOUT).name
    alone = fresh(tmp_path, "run", study, "--store", "one")
    assert alone.returncode == 0, alone.stderr
    both = launch(tmp_path, "run", study, "--store", "two")
    assert both.returncode == 0, both.stdout
    assert both.stdout.count("Next: ") == 1
    one, two = (trained(tmp_path, study, store) for store in ("one", "two"))
    assert_same(one, two)
    assert {record["processes"] for _, record in two.values()} == {2}


@pytest.mark.slow
def test_two_processes_pre_train_and_distill_to_the_weights_of_one(tmp_path):
    study = write_small(tmp_path, PRETRAINING).name
    alone = fresh(tmp_path, "run", study, "--store", "one")
    assert alone.returncode == 0, alone.stderr
    both = launch(tmp_path, "run", study, "--store", "two")
    assert both.returncode == 0, both.stdout
    one, two = (trained(tmp_path, study, store) for store in ("one", "two"))
    assert_same(one, two)
    assert any("soft" in title for title in two)


@pytest.mark.slow
def test_one_process_goes_on_from_what_two_have_left(tmp_path):
    """Killed with all its processes after a checkpoint; the end is that of one unbroken process."""
    long = NO_DROPOUT.replace("num_train_epochs: 2", "num_train_epochs: 60, save_seconds: 0")
    study = write_toy(tmp_path, long).name
    alone = fresh(tmp_path, "run", study, "--store", "one")
    assert alone.returncode == 0, alone.stderr
    running = launch(tmp_path, "run", study, "--store", "two", wait=False)
    with running:
        end = time.monotonic() + 120
        while not list(tmp_path.glob("two/running/*/step-*")):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        for pid in (*children(running.pid), running.pid):
            os.kill(pid, signal.SIGKILL)
    again = fresh(tmp_path, "run", study, "--store", "two")
    assert again.returncode == 0, again.stderr
    one, two = (trained(tmp_path, study, store) for store in ("one", "two"))
    ((_, record),) = two.values()
    assert record["n_resumed"] == 1
    assert record["processes"] == 1
    assert_same(one, two)


@pytest.mark.slow
def test_a_loss_that_is_no_number_fails_for_all_alike(tmp_path):
    hot = NO_DROPOUT.replace("learning_rate: 1.0e-2", "learning_rate: 1.0e+30")
    study = write_toy(tmp_path, hot).name
    both = launch(tmp_path, "run", study)
    assert "failed" in both.stdout
    assert "Lower learning_rate" in both.stdout
    assert "by all processes together" not in both.stdout


def is_rank(pid, rank):
    return f"RANK={rank}\0".encode() in b"\0" + Path(f"/proc/{pid}/environ").read_bytes()


@pytest.fixture
def in_training(tmp_path):
    """Two processes that have trained for a step, and write no checkpoint for an hour."""
    long = NO_DROPOUT.replace("num_train_epochs: 2", "num_train_epochs: 20000, save_seconds: 3600")
    running = launch(
        tmp_path, "run", write_toy(tmp_path, long).name, "--log-format", "json", wait=False
    )
    said = ""
    try:
        while '"step_progress"' not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        yield running, sorted(children(running.pid), key=lambda pid: is_rank(pid, 1))
    finally:
        running.kill()
        running.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_leaves_rank_0_s_checkpoint_and_no_failure(in_training, tmp_path, number):
    running, pids = in_training
    for pid in pids:
        os.kill(pid, number)
    said = running.communicate(timeout=120)[0]
    assert not any(map(alive, pids))
    assert "Finished steps are kept" in said
    assert '"bug"' not in said
    assert len(list(tmp_path.glob(".isogloss/running/*/step-*"))) == 1
    assert not list(tmp_path.glob(".isogloss/failures/*"))


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_is_killed_ends_the_others_with_a_word(in_training, rank):
    running, pids = in_training
    os.kill(pids[rank], signal.SIGKILL)
    said = running.communicate(timeout=120)[0]
    assert running.returncode
    assert not any(map(alive, pids))
    assert "Another process of this training has ended" in said
    assert '"bug"' not in said


def alive(pid):
    return Path(f"/proc/{pid}").exists()


# ---- dealing out


@pytest.mark.parametrize("n_ranks", [1, 2, 3, 8])
def test_every_example_is_one_process_s_and_tokens_are_shared_evenly(n_ranks):
    rng = np.random.default_rng(n_ranks)
    for n in (0, 1, 5, 64):
        lengths = rng.integers(3, 129, size=n)
        shares = [Share(rank, n_ranks).of(lengths) for rank in range(n_ranks)]
        assert sorted(np.concatenate(shares).tolist()) == list(range(n))
        assert all((np.diff(share) > 0).all() for share in shares)
        if n == 64:
            tokens = [lengths[share].sum() for share in shares]
            assert max(tokens) - min(tokens) <= 128


def test_one_process_alone_has_nothing_to_exchange():
    ranks, weight = Ranks(), torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.full((2,), 3.0)
    ranks.add_up_gradients([weight])
    assert weight.grad.tolist() == [3, 3]
    assert ranks.tell("a word") == "a word"
    assert ranks.leads
    ranks.wait()


# ---- out of step


def led(tmp_path, ends):
    """What rank 0 does with a training that ends so; and whom it told."""
    told = []

    def work(step):
        yield from ()
        if isinstance(ends, Exception):
            raise ends
        return ends

    led = _Led(Store(tmp_path), work, told.append)
    step = Step("train", 1, {"name": "a"})
    try:
        for _ in led.do(step):
            pass
    except (InputError, RunError, OSError):
        pass
    return led, told, step


@pytest.mark.parametrize(
    ("ends", "out_of_step"),
    [
        (True, False),
        (False, True),  # another command had made it meanwhile: no training took place here
        (Diverged(3, "loss", float("nan")), False),
        (InputError("told"), False),
        (RunError("the disk is full"), True),
        (OSError("the disk is full"), True),
    ],
)
def test_the_others_are_left_waiting_only_by_what_rank_0_meets_alone(tmp_path, ends, out_of_step):
    found, told, step = led(tmp_path, ends)
    assert told == [step]
    assert found.out_of_step is out_of_step


def test_what_is_done_alone_is_not_told(tmp_path):
    told = []

    def work(step):
        yield from ()
        return True

    assert list(_Led(Store(tmp_path), work, told.append).do(toy_step("a"))) == []
    assert told == []


@pytest.mark.parametrize("said", ["", "abc", "1.5"])
def test_a_number_of_processes_that_is_none_is_one_message(isogloss, tmp_path, monkeypatch, said):
    monkeypatch.setenv("WORLD_SIZE", said)
    found = isogloss("run", str(write_toy(tmp_path)))
    assert (found.code, found.out) == (2, "")
    assert f"WORLD_SIZE is {said!r} in the environment" in found.err


def test_a_launcher_and_workers_of_its_own_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="Leave --executor out"):
        Chosen("processes").executor(tmp_path)
    assert not isinstance(Chosen().executor(tmp_path), Ended)
