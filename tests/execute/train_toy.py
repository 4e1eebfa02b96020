"""Train the models of a toy study, in this process or, as a program, in one that can be killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.run import run_plan
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.store.store import Store
from isogloss.study.load import load_study


def train(path, store, *changes):
    """Do every step but the evaluations; return the plan."""
    study = load_study(path, changes)
    plan = build_plan(study, pin_study(study))
    steps = [step for step in plan if step.kind != "evaluate" and step.key not in store]
    for event in run_plan(steps, store, InlineExecutor()):
        if isinstance(event, Ended) and event.outcome.failure:
            raise RuntimeError(event.outcome.failure.message)
    return plan


def train_until_killed(path, store, checkpoint="*/step-*"):
    """Train in another process; a real SIGKILL ends it when a checkpoint is there."""
    running = subprocess.Popen(
        [sys.executable, __file__, str(path), str(store.root)],
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )
    while not list(store.root.glob(f"running/{checkpoint}")):
        assert running.poll() is None
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL


if __name__ == "__main__":
    train(Path(sys.argv[1]), Store(Path(sys.argv[2])))
