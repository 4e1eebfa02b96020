"""One study by several executors, each from an empty store: seconds, and how they compare.

python benchmarks/executors.py studies/local/pos.yaml --run --set training.num_train_epochs=2

`processes` has two workers of one thread each, `ray` two workers on a cluster of its own, and
`inline` takes one step after the other with all cores. What a user waits for is measured: the whole
command, its start and that of its workers included.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ARMS = {
    "processes": ["--executor", "processes", "--jobs", "2"],
    "ray": ["--executor", "ray", "--jobs", "2"],
    "inline": ["--executor", "inline"],
}
TARGET = 1.15


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument(
        "--run", nargs=argparse.REMAINDER, default=[], help="last: more words for isogloss run"
    )
    asked = parser.parse_args()
    seconds = {arm: [] for arm in asked.arms}
    for number in range(asked.rounds):
        for arm in asked.arms:
            seconds[arm].append(run(asked.study, [*ARMS[arm], *asked.run]))
            print(f"round {number + 1}, {arm}: {seconds[arm][-1]:.1f} s", flush=True)
    print(
        f"\n| executor | s | x {asked.arms[0]} (goal of ray: at most {TARGET}) |\n|---|---:|---:|"
    )
    for arm, own in seconds.items():
        ratios = [one / other for one, other in zip(own, seconds[asked.arms[0]], strict=True)]
        print(f"| {arm} | {spread(own, 1)} | {spread(ratios, 2)} |")


def run(study: Path, words: list[str]) -> float:
    """Seconds of a run from an empty store."""
    free = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    with tempfile.TemporaryDirectory(prefix="executors-") as folder:
        command = [sys.executable, "-m", "isogloss", "run", str(study), "--store", folder, *words]
        with Path(folder, "log").open("w") as log:
            started = time.monotonic()
            done = subprocess.run(command, env=free, stdout=log, stderr=log, check=False)
            took = time.monotonic() - started
        if done.returncode:
            sys.exit(Path(folder, "log").read_text(encoding="utf-8"))
    return took


def spread(values: list[float], digits: int) -> str:
    """The median, and the range where there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
