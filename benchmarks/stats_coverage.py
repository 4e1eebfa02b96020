"""How often the intervals of `isogloss.stats.combined` hold the truth, and the tests see it.

Made-up models answer made-up sentences: each sentence has a difficulty, each training its luck,
each training its own luck with each sentence. The true score, that of endless trainings on endless
sentences, is known by quadrature, so one can count.

    python benchmarks/stats_coverage.py > coverage.md

prints the tables of docs/statistics.md. One core, little memory.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from isogloss.stats.combined import Combined, Difference, compare, score_interval
from isogloss.stats.tallies import TALLY_METRICS

Numbers = npt.NDArray[np.float64]
Tallies = dict[int, npt.NDArray[np.int64]]

LENGTHS = np.arange(5, 26)
"""Words of a sentence, each length as likely; the long ones are harder."""

SLOPE = -0.03
"""What a further word does to the log-odds of each word of the sentence."""

SEED_EFFECTS = {"none": 0.0, "small": 0.07, "large": 0.2}
"""Standard deviation, between trainings of one model, of the log-odds of a right answer."""

RESAMPLES = 300
"""Enough for a variance within 8 %; users have 2,000 and more."""


@final
@dataclass(frozen=True)
class World:
    """Where a right answer comes from: standard deviations of its log-odds."""

    metric: str
    """accuracy (words with a label) or f1 (spans of two types)."""

    seed: float
    """Between trainings: the luck of a seed, half of its variance shared by A and B."""

    unit: float = 0.8
    """Between sentences, the same for every model."""

    model: float = 0.3
    """Between sentences, for one model and all its trainings."""

    both: float = 0.6
    """Between trainings, in one sentence."""

    mean: float = 2.3
    """Log-odds in a sentence of the shortest length."""

    advantage: float = 0.0
    """What B has over A."""

    def true_score(self, *, of_b: bool = False) -> float:
        """Score of endless trainings on endless sentences."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        weights = weights / weights.sum()
        middle = self.mean + (self.advantage if of_b else 0.0)
        within = np.sqrt(self.unit**2 + self.model**2 + self.both**2)
        # [seed, length, within a seed and length]
        logits = (
            middle
            + self.seed * nodes[:, None, None]
            + SLOPE * (LENGTHS - LENGTHS[0])[None, :, None]
            + within * nodes[None, None, :]
        )
        right = expit(logits) @ weights
        asked = LENGTHS if self.metric == "accuracy" else LENGTHS // 5 + 1
        of_seed = (right * asked).sum(axis=1) / asked.sum()
        if self.metric == "f1":  # 2 hits / (predicted + gold); half of the misses are predicted
            of_seed = 2 * of_seed / (of_seed + 0.5 * (1 - of_seed) + 1)
        return float(of_seed @ weights)

    def draw(self, rng: np.random.Generator, n_units: int, n_seeds: int) -> tuple[Tallies, Tallies]:
        """Train A and B with some seeds and test them on the same sentences."""
        lengths = rng.choice(LENGTHS, size=n_units)
        base = SLOPE * (lengths - LENGTHS[0]) + self.unit * rng.normal(size=n_units) + self.mean
        luck = rng.normal(size=n_seeds)
        sides = []
        for advantage in (0.0, self.advantage):
            own = np.sqrt(0.5) * (luck + rng.normal(size=n_seeds))
            logits = (
                base
                + advantage
                + self.model * rng.normal(size=n_units)
                + self.seed * own[:, None]
                + self.both * rng.normal(size=(n_seeds, n_units))
            )
            answered = _answer(rng, self.metric, expit(logits), lengths)
            sides.append(dict(enumerate(answered)))
        return sides[0], sides[1]


def _answer(
    rng: np.random.Generator, metric: str, chance: Numbers, lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Tallies [seeds, units, labels, 3] from the chance of a right answer, [seeds, units]."""
    if metric == "accuracy":
        hits = rng.binomial(lengths, chance)
        asked = np.broadcast_to(lengths, hits.shape)
        return np.stack([hits, asked, asked], axis=-1)[:, :, np.newaxis]
    gold = np.stack([lengths // 5, np.ones_like(lengths)], axis=-1)  # spans of two types
    gold = np.broadcast_to(gold, (*chance.shape, 2))
    hits = rng.binomial(gold, chance[..., np.newaxis])
    wrong = rng.binomial(gold - hits, 0.5)  # a miss leaves a wrong span behind, or none
    return np.stack([hits, hits + wrong, gold], axis=-1)


@final
@dataclass(frozen=True)
class Coverage:
    """Shares of studies in one setting."""

    world: World
    n_seeds: int
    n_units: int
    score: float
    """Intervals of the score of A that hold it."""

    difference: float
    """Intervals of the difference that hold it."""

    false_alarms: float
    """p_randomization at most 0.05 though A and B are equally good processes."""


def coverage(world: World, n_units: int, *, studies: int, seeds: Sequence[int]) -> list[Coverage]:
    """Run studies with the largest number of seeds, and read those with fewer off them."""
    metric, truth = TALLY_METRICS[world.metric], world.true_score()
    gap = world.true_score(of_b=True) - truth
    rng = np.random.default_rng([n_units, round(1000 * world.seed), len(world.metric)])
    held = {n: np.zeros(3) for n in seeds}
    for study in range(studies):
        a, b = world.draw(rng, n_units, max(seeds))
        for n in seeds:
            few_a, few_b = ({seed: side[seed] for seed in range(n)} for side in (a, b))
            score = score_interval(few_a, metric, resamples=RESAMPLES, seed=study)
            apart = compare(few_a, few_b, metric, resamples=RESAMPLES, seed=study)
            held[n] += (
                holds(score, truth),
                holds(apart, gap),
                apart.p_randomization <= 0.05,
            )
    return [Coverage(world, n, n_units, *(held[n] / studies).tolist()) for n in seeds]


def holds(found: Combined | Difference, truth: float) -> bool:
    """Tell whether an interval holds a value."""
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


@final
@dataclass(frozen=True)
class Power:
    """What `smallest` says in one setting, and how often such a difference is found."""

    world: World
    n_seeds: int
    n_units: int
    smallest: float
    """Median over studies of equal models."""

    found: float | None
    """Share of studies with p <= 0.05 where B is better by that much; None if it cannot be."""


def power(world: World, n_units: int, n_seeds: int, *, studies: int) -> Power:
    """Ask studies for their smallest difference, give B that advantage, and look for it."""
    metric = TALLY_METRICS[world.metric]
    rng = np.random.default_rng([n_units, n_seeds, round(1000 * world.seed), len(world.metric)])

    def study(one: World, number: int) -> Difference:
        return compare(*one.draw(rng, n_units, n_seeds), metric, resamples=RESAMPLES, seed=number)

    smallest = float(np.median([study(world, i).smallest for i in range(studies // 4)]))
    if smallest > 0.95 * (1 - world.true_score()):
        return Power(world, n_seeds, n_units, smallest, None)
    better = replace(world, advantage=advantage_for(world, smallest))
    found = float(np.mean([study(better, i).p <= 0.05 for i in range(studies)]))
    return Power(better, n_seeds, n_units, smallest, found)


def advantage_for(world: World, gap: float) -> float:
    """Find the log-odds that give B a true advantage of `gap`."""

    def miss(advantage: float) -> float:
        better = replace(world, advantage=advantage)
        return better.true_score(of_b=True) - better.true_score() - gap

    return float(brentq(miss, 0.0, 20.0))


def coverage_table(rows: Sequence[Coverage], value: Callable[[Coverage], float]) -> Iterator[str]:
    """Lay out one share, a column for each effect of the seed."""
    yield "| metric | seeds | sentences | " + " | ".join(SEED_EFFECTS) + " |"
    yield "|---|---|---|" + "---|" * len(SEED_EFFECTS)
    cells = {(r.world.metric, r.n_seeds, r.n_units, r.world.seed): value(r) for r in rows}
    for metric, n_seeds, n_units in sorted({key[:3] for key in cells}):
        shares = [cells[metric, n_seeds, n_units, sd] for sd in SEED_EFFECTS.values()]
        shown = " | ".join(f"{100 * share:.1f}" for share in shares)
        yield f"| {metric} | {n_seeds} | {n_units} | {shown} |"


def power_table(rows: Sequence[Power]) -> Iterator[str]:
    """Lay out the power, a line for each setting."""
    names = {sd: name for name, sd in SEED_EFFECTS.items()}
    yield "| metric | seeds | sentences | effect of the seed | smallest (points) | found (%) |"
    yield "|---|---|---|---|---|---|"
    for r in rows:
        found = "-" if r.found is None else f"{100 * r.found:.1f}"
        numbers = f"{100 * r.smallest:.2f} | {found}"
        effect = names[r.world.seed]
        yield f"| {r.world.metric} | {r.n_seeds} | {r.n_units} | {effect} | {numbers} |"


def worlds() -> Iterator[World]:
    """Every metric with every effect of the seed."""
    for metric in ("accuracy", "f1"):
        for sd in SEED_EFFECTS.values():
            yield World(metric, sd)


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1500, help="studies of each setting")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 5])
    parser.add_argument("--sentences", type=int, nargs="+", default=[100, 500])
    chosen = parser.parse_args()
    started = time.monotonic()
    rows = [
        row
        for world in worlds()
        for n in chosen.sentences
        for row in coverage(world, n, studies=chosen.studies, seeds=chosen.seeds)
    ]
    tables: dict[str, Callable[[Coverage], float]] = {
        "Intervals of a score that hold it (%)": lambda row: row.score,
        "Intervals of a difference that hold it (%)": lambda row: row.difference,
        "False alarms of p_randomization (%)": lambda row: row.false_alarms,
    }
    for title, value in tables.items():
        print(f"\n{title}\n", *coverage_table(rows, value), sep="\n")
    found = [
        power(world, max(chosen.sentences), n, studies=chosen.studies)
        for world in worlds()
        for n in chosen.seeds
    ]
    print("\nPower at the smallest difference\n", *power_table(found), sep="\n")
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
