"""How much processor time it takes to compare two taggers in many cells.

python benchmarks/stats_speed.py

Set OMP_NUM_THREADS=1 for the figure of one core that stands in docs/statistics.md.
"""

import argparse
import time

import numpy as np

from isogloss.stats.combined import compare, score_interval
from isogloss.stats.spans import span_tallies
from isogloss.stats.tallies import TALLY_METRICS

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")


def main() -> None:
    """Print seconds of the processor by part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=50)
    parser.add_argument("--sentences", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--resamples", type=int, default=10_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    offsets = np.arange(chosen.sentences + 1) * 13
    gold = rng.integers(0, len(TAGS), size=offsets[-1])

    def tagged() -> np.ndarray:
        wrong = rng.random(len(gold)) < 0.1
        said = np.where(wrong, rng.integers(0, len(TAGS), size=len(gold)), gold)
        return span_tallies(gold, said, offsets, TAGS)

    started = time.process_time()
    cells = [
        tuple({seed: tagged() for seed in range(chosen.seeds)} for _ in "AB")
        for _ in range(chosen.cells)
    ]
    n = chosen.cells * chosen.seeds * 2
    seconds = time.process_time() - started
    print(f"{n} tallies of {len(gold)} words: {seconds:.1f} s, {1000 * seconds / n:.0f} ms each")
    for name in ("f1", "macro_f1"):
        started = time.process_time()
        for a, b in cells:
            compare(a, b, TALLY_METRICS[name], resamples=chosen.resamples)
        print(f"compare, {name}, {chosen.cells} cells: {time.process_time() - started:.1f} s")
    started = time.process_time()
    for a, _ in cells:
        score_interval(a, TALLY_METRICS["f1"])
    print(f"score_interval, f1, {chosen.cells} cells: {time.process_time() - started:.1f} s")


if __name__ == "__main__":
    main()
