"""Sequences end to end, with nothing between them, and the groups in which attention takes them.

All of an encoder but its attention looks at one token at a time, so it can read all sequences as
one long row. Attention looks at a sequence as a whole: for it alone, sequences of similar length
are laid side by side, which costs a hundredth of what padding the whole work costs.
"""

from typing import NamedTuple

import numpy as np

from isogloss.data.batches import cut
from isogloss.data.ragged import Indices, runs

PRICE_OF_A_GROUP = 250.0
"""Price of one more group in attention, in tokens; the optimum is flat between 30 and 300, and on a
processor that is quick at products near 300 to 1,000."""

WIDTHS_TO_AN_OCTAVE = 16
"""Widths of rows between a power of two and the next: from 1,024 to 2,048, multiples of 64."""


class Row(NamedTuple):
    """Sequences end to end, the shortest first."""

    order: Indices
    """[n] Which of the given sequences stands where."""

    places: Indices
    """[tokens] Where each token stands among all of the split."""

    lengths: Indices
    """[n] Tokens of each sequence."""

    groups: tuple[int, ...]
    """Sequences in each group that attention takes at once."""


def rows_of(lengths: Indices, max_tokens: int) -> list[Indices]:
    """Deal out sequences to rows of at most `max_tokens`, similar lengths together, longest first.

    A sequence longer than that makes a row of its own.

    >>> [row.tolist() for row in rows_of(np.array([2, 5, 3, 3]), max_tokens=8)]
    [[1, 2], [3, 0]]
    """
    order = np.argsort(-lengths, kind="stable")
    ends, room = [], max_tokens
    for at, length in enumerate(lengths[order].tolist()):
        if length > room and at:
            ends.append(at)
            room = max_tokens
        room -= length
    return np.split(order, ends) if len(order) else []


def rounded(n_tokens: int) -> int:
    """Round up to a width that comes again, at most 6 % more, 2 % on average.

    The library of products makes code for each new width, and keeps it: for a row of a thousand
    tokens that costs a twelfth of a step, and tens of megabytes.

    >>> [rounded(n) for n in (31, 65, 1000, 1024, 1025)]
    [31, 68, 1024, 1024, 1088]
    """
    octave = 1 << max(0, n_tokens.bit_length() - 1)
    step = max(1, octave // WIDTHS_TO_AN_OCTAVE)
    return -(-n_tokens // step) * step


def lay_row(offsets: Indices, chosen: Indices) -> Row:
    """Lay chosen sequences end to end.

    Args:
        offsets: [all + 1] where each sequence of a split begins among its tokens.
        chosen: [n] which ones.

    >>> row = lay_row(np.array([0, 3, 5]), np.array([0, 1]))
    >>> row.places.tolist(), row.lengths.tolist(), row.order.tolist()
    ([3, 4, 0, 1, 2], [2, 3], [1, 0])
    """
    given = offsets[chosen + 1] - offsets[chosen]
    parts = cut(given, fixed_cost=PRICE_OF_A_GROUP, max_tokens=np.iinfo(np.int64).max)
    order = np.concatenate([np.empty(0, np.int64), *parts])
    places, lengths = runs(offsets, chosen[order])
    return Row(order, places, lengths, tuple(len(part) for part in parts))
