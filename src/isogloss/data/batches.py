"""Which examples meet in one step, and how a step is cut and padded.

An optimizer batch keeps its number of *examples*, so a fast run is the same experiment as the slow
one; only how the batch is cut into parts and padded changes. Padding to a fixed length wastes most
of the work on short texts (128 / mean length); one part per batch wastes what the longest text asks
for; one part per example pays the fixed price of a pass each time. `cut` finds the cheapest cut.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.data.encoded import Encoded
from isogloss.data.ragged import Indices, pad_runs


def epoch_order(n: int, *, seed: int, epoch: int) -> Indices:
    """[n] Shuffle `n` examples; the order is a function of the seed and the epoch only.

    >>> sorted(epoch_order(4, seed=0, epoch=1).tolist())
    [0, 1, 2, 3]
    """
    return np.random.default_rng([seed, epoch]).permutation(n)


def batches_of(order: Indices, batch_size: int) -> Iterator[Indices]:
    """Deal out `batch_size` examples at a time; the last batch takes what is left.

    >>> [batch.tolist() for batch in batches_of(np.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def cut(lengths: Indices, *, fixed_cost: float, max_tokens: int) -> list[Indices]:
    """Cut one optimizer batch into parts of similar length at the least modeled cost.

    A part of `n` examples, the longest of `t` tokens, costs `fixed_cost + n * t`; the cheapest cut
    into runs of the sorted lengths is found exactly by dynamic programming in O(batch^2).

    Args:
        lengths: [batch] tokens of each example.
        fixed_cost: price of one more pass, in tokens of forward and backward work.
        max_tokens: the padded tokens that fit the device. An example longer than this makes a part
            of its own, since an example cannot be cut.

    Returns:
        Positions in the batch, a part each, the shortest texts first.

    >>> [part.tolist() for part in cut(np.array([9, 2, 9, 3]), fixed_cost=4, max_tokens=100)]
    [[1, 3], [0, 2]]
    """
    if not len(lengths):
        return []
    order = np.argsort(lengths, kind="stable")
    ends = _cheapest_ends(lengths[order], fixed_cost, max_tokens)
    starts = [0, *ends[:-1]]
    return [order[start:end] for start, end in zip(starts, ends, strict=True)]


def _cheapest_ends(ascending: Indices, fixed_cost: float, max_tokens: int) -> list[int]:
    """Return where each part ends; `cost[j]` is the least cost of the first `j` examples."""
    n = len(ascending)
    cost, start_of = np.zeros(n + 1), np.zeros(n + 1, dtype=np.int64)
    for end in range(1, n + 1):
        starts = np.arange(end)
        padded = (end - starts) * ascending[end - 1]
        total = cost[:end] + fixed_cost + padded
        total[(padded > max_tokens) & (starts < end - 1)] = np.inf
        start_of[end] = int(np.argmin(total))
        cost[end] = total[start_of[end]]
    ends, end = [], n
    while end > 0:
        ends.append(end)
        end = int(start_of[end])
    return ends[::-1]


def token_budget(lengths: Indices, max_tokens: int) -> list[Indices]:
    """Cut a whole split for evaluation: sorted by length, each part as full as `max_tokens` allows.

    The longest come first, so a device that is too small says so at once. The caller restores the
    order. An example longer than the budget makes a part of its own.

    >>> [part.tolist() for part in token_budget(np.array([2, 5, 3]), max_tokens=8)]
    [[1], [2, 0]]
    """
    order = np.argsort(-lengths, kind="stable")
    parts, start = [], 0
    while start < len(order):
        size = max(1, max_tokens // max(1, int(lengths[order[start]])))
        parts.append(order[start : start + size])
        start += size
    return parts


def pad(
    encoded: Encoded, indices: Indices, pad_id: int, widths: Sequence[int] = ()
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Lay examples side by side, as `pad_runs` does."""
    return pad_runs(encoded.ids, encoded.offsets, indices, pad_id, widths)
