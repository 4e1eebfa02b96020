"""What twice the languages, or twice the rows of each, cost a whole study.

python benchmarks/doubling.py studies/local/cross_language_sentiment.yaml

One encoder is trained jointly and tested on all its languages: with three languages, with six, and
with three and twice the rows. Seconds are those of all steps (reading, tokenizing, training,
evaluating), without the start of the process; memory is the peak of the one process that does all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from isogloss.store.store import Store

BASE = "three languages"
TARGET = 2.1


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument(
        "--languages",
        nargs=6,
        default=["english", "arabic", "hindi", "french", "japanese", "malay"],
    )
    parser.add_argument("--rows", type=int, default=900, help="of each language")
    asked = parser.parse_args()
    three, rows = asked.languages[:3], asked.rows
    arms = {
        BASE: (three, rows),
        "six languages": (asked.languages, rows),
        "three, twice the rows": (three, 2 * rows),
    }
    base = None
    heads = f"study | s | x {BASE} (goal: at most {TARGET}) | tokens | peak memory, MiB"
    print(f"| {heads} |\n|---|---:|---:|---:|---:|")
    for name, (languages, n) in arms.items():
        seconds, tokens, peak = run(asked.study, languages, n)
        base = base or (seconds, tokens)
        times, as_much = seconds / base[0], tokens / base[1]
        print(f"| {name} | {seconds:.1f} | {times:.2f} | {as_much:.2f} | {peak} |", flush=True)


def run(study: Path, languages: list[str], rows: int) -> tuple[float, int, int]:
    """Of a run from an empty store: seconds of all steps, tokens trained on, peak memory in MiB."""
    changes = {
        "languages": f"[{', '.join(languages)}]",
        "regimes": f"[{{regime: joint, sizes: [{rows}]}}]",
        "seeds": "[1]",
    }
    words = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
    with tempfile.TemporaryDirectory(prefix="doubling-") as folder:
        command = [sys.executable, "-m", "isogloss", "run", str(study), "--store", folder, *words]
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
        if status:
            sys.exit(Path(folder, "log").read_text(encoding="utf-8"))
        store = Store(Path(folder))
        steps = [store.manifest(key) for key in store.keys()]  # noqa: SIM118
    seconds = sum(step["made"]["seconds"] for step in steps)
    tokens = sum(step["record"]["real_tokens"] for step in steps if step["kind"] == "train")
    return seconds, tokens, used.ru_maxrss // 1024


if __name__ == "__main__":
    main()
