"""Single-stream: one query at a time, the next when the last is answered (MLPerf's word)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isogloss.efficiency.answering import Answering, Indices, Sample
from isogloss.efficiency.warmup import Clock


class Streamed(NamedTuple):
    """Latencies of the queries in the order they were asked."""

    total_ms: tuple[float, ...]
    """From text to labels."""

    forward_ms: tuple[float, ...]
    """Padding and model only; part of `total_ms`."""


def draw(n_samples: int, n_queries: int, *, seed: int) -> Indices:
    """[n_queries] Draw samples to ask about: each once before any comes again."""
    rng = np.random.default_rng(seed)
    rounds = -(-n_queries // n_samples)
    return np.concatenate([rng.permutation(n_samples) for _ in range(rounds)])[:n_queries]


def single_stream(
    answering: Answering, samples: Sequence[Sample], queries: Indices, *, clock: Clock
) -> Streamed:
    """Ask one query after the other.

    Args:
        answering: the model.
        samples: what may be asked about.
        queries: [n] positions in `samples`; the same for every candidate and round, so that no
            one is asked harder questions.
        clock: seconds.
    """
    total: list[float] = []
    forward: list[float] = []
    with answering.running():
        for query in queries:
            start = clock()
            pieces = answering.encode([samples[query]])
            every = np.arange(len(pieces.lengths))
            encoded = clock()
            said = answering.forward(pieces, every)
            computed = clock()
            answering.decode(pieces, [every], [said])
            total.append(1000 * (clock() - start))
            forward.append(1000 * (computed - encoded))
    return Streamed(tuple(total), tuple(forward))
