"""Starts the process of each arm, one after the other, in turn."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.against_trainer.arms import KEPT, OURS, PLAIN
from benchmarks.against_trainer.job import Job
from benchmarks.against_trainer.scale import Scale
from isogloss.base.errors import RunError
from isogloss.base.threads import thread_variables
from isogloss.efficiency.busy import noise_of, read_used
from isogloss.execute.allocator import allocator_variables

ROOT = Path(__file__).parents[2]
QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
LAST_LINES = 25
"""Of what a process wrote that failed."""


def in_turn(
    task: str,
    arms: Sequence[str],
    *,
    rounds: int,
    threads: int,
    epochs: int,
    scale: Scale,
    folder: Path,
) -> Iterator[dict[str, Any]]:
    """Yield what each arm measured: all arms of the first round, then those of the second.

    Raises:
        RunError: if a process failed.
    """
    for number in range(rounds):
        for arm in arms:
            with TemporaryDirectory(prefix="against-trainer-") as scratch:
                job = Job(task, arm, number, threads, scale, folder, Path(scratch), epochs=epochs)
                yield run(job, f"{task}, round {number + 1} of {rounds}: {arm}")


def run(job: Job, title: str) -> dict[str, Any]:
    """Do a job in a process of its own; say on the way what it is.

    Raises:
        RunError: if the process failed.
    """
    print(title, end=" ", flush=True, file=sys.stderr)
    start, before = time.monotonic(), read_used((), clock=time.monotonic)
    answer = _answer(job, title)
    noise = noise_of(title, before, read_used((), clock=time.monotonic))
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    told = {"task": job.task, "arm": job.arm, "round": job.round, "seed": job.seed}
    return {**told, "others_share": noise.share, "busy": noise.busy, **answer}


def _environment(job: Job) -> dict[str, str]:
    """Isogloss has what its workers have; the Trainer what every process has, but for one arm."""
    keeps = job.arm == KEPT or (job.arm in OURS and job.arm != PLAIN)
    memory = allocator_variables(os.environ) if keeps else {}
    return {**os.environ, **QUIET, **thread_variables(job.threads), **memory}


def _answer(job: Job, title: str) -> dict[str, Any]:
    asked, answered, log = (job.scratch / name for name in ("job.json", "answer.json", "log"))
    asked.write_text(json.dumps(asdict(job), default=str), encoding="utf-8")
    with log.open("w") as written:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.against_trainer.child", asked, answered],
            cwd=ROOT,
            env=_environment(job),
            stdout=written,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise RunError("\n".join([f"{title} failed:", *lines[-LAST_LINES:]]))
    answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    return answer
