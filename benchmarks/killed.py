"""A study killed at random moments, again and again, ends with the numbers of an unbroken run.

python benchmarks/killed.py studies/local/pos.yaml --kills 12

Runs the study to its end in one store. In another, the same command is killed (SIGKILL to it and
all its workers) so many times, each time after a random share of what the unbroken run took, and
then left to end. Every value of both results tables is compared, times apart.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

TIMES = ("_runtime", "_samples_per_second", "_steps_per_second")


def main() -> int:
    """0 if trainings were resumed and all values are equal, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--life", type=float, help="mean seconds of a life; else from what the unbroken run took"
    )
    parser.add_argument("--keep", type=Path, help="folder for both stores; else they go again")
    parser.add_argument(
        "--run", nargs=argparse.REMAINDER, default=[], help="last: more words for isogloss run"
    )
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="killed-"))
        Path(folder).mkdir(parents=True, exist_ok=True)
        whole, broken = Path(folder, "whole"), Path(folder, "broken")
        started = time.monotonic()
        finish(asked, whole)
        seconds = time.monotonic() - started
        print(f"unbroken: {seconds:.0f} s", flush=True)
        drawn = random.Random(asked.seed)
        life = asked.life or 0.6 * seconds / asked.kills
        for number in range(asked.kills):
            print(
                f"kill {number + 1}: {kill(asked, broken, 2 * life * drawn.random())}", flush=True
            )
        finish(asked, broken)
        return tell(asked, whole, broken)


def command(asked: argparse.Namespace, store: Path) -> list[str]:
    words = [sys.executable, "-m", "isogloss", "run", str(asked.study), "--store", str(store)]
    words += ["--set", "training.save_seconds=1"]
    return [*words, *asked.run]


def finish(asked: argparse.Namespace, store: Path) -> None:
    subprocess.run(command(asked, store), check=True, stdout=subprocess.DEVNULL)


def kill(asked: argparse.Namespace, store: Path, seconds: float) -> str:
    """Kill a run after so many seconds; say what it was at."""
    log = store.with_name("log")
    with log.open("w") as written:
        run = subprocess.Popen(
            command(asked, store), stdout=written, stderr=written, start_new_session=True
        )
        try:
            run.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        else:
            sys.exit(f"The run had ended with {run.returncode} before it could be killed.")
    steps = store / "steps"
    finished = len(list(steps.iterdir())) if steps.is_dir() else 0
    resting = [path.name for path in (store / "running").glob("*/*")]
    return f"after {seconds:.1f} s, {finished} steps finished, at {', '.join(resting) or 'none'}"


def tell(asked: argparse.Namespace, whole: Path, broken: Path) -> int:
    rows = [values(asked, store) for store in (whole, broken)]
    differing = {
        key for key in rows[0].keys() | rows[1].keys() if rows[0].get(key) != rows[1].get(key)
    }
    resumed = sum(
        json.loads(path.read_text(encoding="utf-8"))["record"].get("n_resumed", 0)
        for path in broken.glob("steps/*/manifest.json")
    )
    print(
        f"{asked.kills} kills; {resumed} times a training went on from a checkpoint;"
        f" {len(rows[0])} values, {len(differing)} differ"
    )
    for key in sorted(differing)[:10]:
        print(key, rows[0].get(key), rows[1].get(key))
    return int(bool(differing) or not rows[0] or not resumed)


def values(asked: argparse.Namespace, store: Path) -> dict[str, float]:
    """Every value but times, by all that names it."""
    told = subprocess.run(
        [sys.executable, "-m", "isogloss", "results", str(asked.study), "--store", str(store),
         "--format", "json"],
        check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    rows = [
        row
        for row in json.loads(told.stdout)
        if not row["metric"].endswith(TIMES) and row["split"] != "efficiency"
    ]
    return {json.dumps({**row, "value": None}, sort_keys=True): row["value"] for row in rows}


if __name__ == "__main__":
    sys.exit(main())
