"""Offline: all samples are there at once, and only the total time counts (MLPerf's word).

The samples keep their real lengths, sorted and cut by a budget of padded tokens, because a batch of
random ids of one length hides what padding costs. Which budget is best depends on model and
machine, so each is tried.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isogloss.data.batches import token_budget
from isogloss.efficiency.answering import Answering, Pieces, Sample
from isogloss.efficiency.warmup import Clock

MOST_PASSES = 20
"""In one turn: more would say the same again."""


class Lap(NamedTuple):
    """One pass over all samples in batches of one size."""

    budget: int
    """Padded tokens in a batch, at most."""

    n_batches: int
    padded_tokens: int
    forward_s: float
    """Sorting, padding, model, and the answers brought to main memory as numbers."""

    decode_s: float
    """Numbers turned into labels, in the order of the samples."""


class Pass(NamedTuple):
    """All budgets in turn."""

    n_samples: int
    n_tokens: int
    """Special tokens included, padding not."""

    encode_s: float
    """Tokenization, which does not depend on the budget."""

    laps: tuple[Lap, ...]


def offline(
    answering: Answering, samples: Sequence[Sample], budgets: Sequence[int], *, clock: Clock
) -> Pass:
    """Answer all samples once with each budget."""
    start = clock()
    pieces = answering.encode(samples)
    encode_s = clock() - start
    with answering.running():
        laps = tuple(_lap(answering, pieces, budget, clock) for budget in budgets)
    return Pass(len(samples), int(pieces.lengths.sum()), encode_s, laps)


def offline_for(
    answering: Answering,
    samples: Sequence[Sample],
    budgets: Sequence[int],
    *,
    seconds: float,
    clock: Clock,
) -> list[Pass]:
    """Repeat passes until some seconds have gone by, at least once and at most `MOST_PASSES` times.

    One pass of a small model is over before the machine's smallest hiccup.
    """
    passes: list[Pass] = []
    start = clock()
    while not passes or (clock() - start < seconds and len(passes) < MOST_PASSES):
        passes.append(offline(answering, samples, budgets, clock=clock))
    return passes


def best_budget(passes: Sequence[Pass]) -> int:
    """Return the budget whose median time over the passes is least; the smallest of equals."""
    seconds: dict[int, list[float]] = {}
    for one in passes:
        for lap in one.laps:
            seconds.setdefault(lap.budget, []).append(lap.forward_s + lap.decode_s)
    medians = {budget: float(np.median(taken)) for budget, taken in seconds.items()}
    return min(sorted(medians), key=medians.__getitem__)


def _lap(answering: Answering, pieces: Pieces, budget: int, clock: Clock) -> Lap:
    start = clock()
    parts = token_budget(pieces.lengths, budget)
    said = [answering.forward(pieces, part) for part in parts]
    middle = clock()
    answering.decode(pieces, parts, said)
    end = clock()
    padded = sum(len(part) * int(pieces.lengths[part].max()) for part in parts)
    return Lap(budget, len(parts), padded, middle - start, end - middle)
