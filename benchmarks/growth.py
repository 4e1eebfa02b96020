"""How the commands that train nothing grow with the number of cells of a study.

python benchmarks/growth.py --cells 1000 10000 100000

A study of nine languages, with as many seeds as the cells ask for, is planned for real; its steps
are laid into a store as finished ones would be, with made-up scores. Then each command runs in a
process of its own; its seconds (the best of the rounds) and its peak memory are printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from isogloss.desk.opened import open_study
from isogloss.store import manifest
from isogloss.store.atomic import json_text
from isogloss.store.store import Store

STUDY = """
name: growth
data: {{source: {{kind: sample}}, labels: [negative, neutral, positive]}}
languages: [en, de, fr, es, pt, ru, tr, hi, ar]
encoders:
  - name: tiny
    scratch: {{architecture: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2,
              intermediate_size: 32, tokenizer: {{algorithm: wordpiece, vocab_size: 500}}}}
regimes: [{{regime: joint, sizes: [12]}}, {{regime: single, sizes: [12]}}]
seeds: {seeds}
"""
CELLS_OF_A_SEED = 90
METRICS = ("accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "loss")
COMMANDS = (
    ("--help",),
    ("plan", "growth.yaml"),
    ("status", "growth.yaml"),
    ("run", "growth.yaml"),
    ("results", "growth.yaml", "--format", "csv", "-o", "results.csv"),
    ("store", "ls"),
)


def main() -> None:
    """Print a table for each number of cells."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for cells in asked.cells:
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            measure(Path(folder), max(1, round(cells / CELLS_OF_A_SEED)), asked.rounds)


def measure(folder: Path, n_seeds: int, rounds: int) -> None:
    """Lay out a study of so many seeds and measure each command."""
    with get_context("spawn").Pool(1) as laying:  # a child has its parent's size for an instant
        print(laying.apply(lay_out, (folder, n_seeds)))
    print("| command | s | peak MiB |")
    print("|---|---:|---:|")
    for words in COMMANDS:
        seconds, peaks = zip(*(timed(folder, words) for _ in range(rounds)), strict=True)
        print(f"| {' '.join(words)} | {min(seconds):.2f} | {max(peaks):.0f} |", flush=True)


def lay_out(folder: Path, n_seeds: int) -> str:
    """Plan the study and lay all its steps; says how large it is."""
    study = folder / "growth.yaml"
    study.write_text(STUDY.format(seeds=list(range(1, n_seeds + 1))), encoding="utf-8")
    began = time.perf_counter()
    opened = open_study(study, folder / ".isogloss", None)
    planned = time.perf_counter() - began
    for step in opened.plan:
        lay(opened.store, step)
    opened.remember()
    sizes = f"{len(opened.plan.cells):,} cells, {len(opened.plan):,} steps"
    return f"\n{sizes}, opened and planned in {planned:.2f} s"


def lay(store: Store, step) -> None:
    """A finished step as the store has it, without files, and without waiting for the disk."""
    scores = [{"metric": name, "value": 0.5, "n_scored": 99, "n_unscored": 0} for name in METRICS]
    told = {
        "key": step.key,
        "kind": step.kind,
        "identity": step.identity,
        "record": {"scores": scores, "n_train": 12, "train_samples_per_second": 50.0},
        "files": {},
        "made": manifest.made(1.0, step.title),
    }
    home = store.root / "steps" / step.key
    home.mkdir(parents=True)
    (home / manifest.NAME).write_text(json_text(manifest.with_digest(told)), encoding="utf-8")


def timed(folder: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one command in a process of its own."""
    began = time.perf_counter()
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "isogloss", *words], cwd=folder, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(json.dumps({"failed": words}), (folder / "said").read_text()[-2000:])
    return time.perf_counter() - began, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
