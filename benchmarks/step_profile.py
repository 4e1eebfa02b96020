"""Where the time of an optimizer step goes, on a CPU, at the sizes of `against_trainer`.

python -m benchmarks.step_profile --data ../shared/data

Each task trains in a process of its own with the settings of a study: one epoch unobserved, then
some steps under the profiler of PyTorch. What an operation itself took on the clock is added up by
kind; what no operation took is Python's: laying out batches, walking layers, launching.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.against_trainer.arms import ISOGLOSS
from benchmarks.against_trainer.child import read_job, terms_of
from benchmarks.against_trainer.inputs import prepare
from benchmarks.against_trainer.isogloss_arm import begin
from benchmarks.against_trainer.job import Job
from benchmarks.against_trainer.prepared import train_in
from benchmarks.against_trainer.scale import FULL
from benchmarks.against_trainer.turns import QUIET, ROOT
from isogloss.base.threads import available_cores, thread_variables
from isogloss.execute.allocator import allocator_variables

STEPS = 6
KINDS = {
    "matrix products": ("mm", "addmm", "bmm", "baddbmm", "mkldnn_linear", "addmv", "dot"),
    "optimizer, norm of the gradient": ("_fused_adamw_", "_foreach", "linalg_vector_norm"),
    "softmax, activation, normalization": (
        "_softmax", "_softmax_backward_data", "_log_softmax", "_log_softmax_backward_data", "gelu",
        "gelu_backward", "native_layer_norm", "native_layer_norm_backward", "nll_loss_forward",
        "nll_loss_backward",
    ),
    "drawing of dropout": (  # what it drops is a product, below
        "bernoulli_", "native_dropout", "native_dropout_backward", "_Dropout", "_DropoutBackward",
        "_ByProducts", "random_", "ge_",
    ),
    "copies, casts, gathers, zeros": (
        "copy_", "cat", "index", "_index_put_impl_", "index_put_", "index_select", "embedding",
        "embedding_dense_backward", "fill_", "index_fill_", "zero_", "clone",
    ),
    "sums and masks by element, dropout's too": (
        "add", "add_", "mul", "mul_", "div", "sum", "masked_fill_",
    ),
}  # fmt: skip


def main() -> None:
    """Print a table for each task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--tasks", nargs="+", choices=list(FULL), default=list(FULL))
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        observe(read_job(json.loads(asked.job.read_text(encoding="utf-8"))))
        return
    for task in asked.tasks:
        with TemporaryDirectory(prefix="step-profile-") as home:
            folder = Path(home)
            prepare(task, asked.data.resolve(), FULL[task], folder / task)
            job = Job(task, ISOGLOSS, 0, asked.threads, FULL[task], folder / task, folder)
            told = {**asdict(job), "folder": str(job.folder), "scratch": str(job.scratch)}
            file = folder / "job.json"
            file.write_text(json.dumps(told), encoding="utf-8")
            command = [sys.executable, "-m", "benchmarks.step_profile", "--job", str(file)]
            own = {**allocator_variables(os.environ), **thread_variables(asked.threads), **QUIET}
            subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **own})


def observe(job: Job) -> None:
    """Train an epoch, profile some steps, print where their time went."""
    torch.set_num_threads(job.threads)
    terms = terms_of(job)
    _, lesson, steps = begin(job, terms, train_in(job.folder, job.task))
    for _ in range(terms.recipe.steps_per_epoch(len(lesson))):
        next(steps)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        start = time.perf_counter()
        for _ in range(STEPS):
            next(steps)
        total = (time.perf_counter() - start) * 1e3 / STEPS
    took = defaultdict(float)
    for one in seen.key_averages():
        took[kind_of(one.key)] += one.self_cpu_time_total / 1e3 / STEPS
    took["Python, and what is not seen"] = total - sum(took.values())
    print(f"\n{job.task}: {total:.0f} ms a step under the profiler, {STEPS} steps\n")
    print("| kind | ms | share |\n|---|---:|---:|")
    for kind, own in sorted(took.items(), key=lambda item: -item[1]):
        print(f"| {kind} | {own:.0f} | {own / total:.0%} |", flush=True)


def kind_of(key: str) -> str:
    """The kind of an operation, by its name."""
    name = key.removeprefix("aten::")
    for kind, names in KINDS.items():
        if name in names or (name.startswith("_foreach") and "_foreach" in names):
            return kind
    return "other operations"


if __name__ == "__main__":
    main()
