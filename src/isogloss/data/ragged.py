"""Sequences of unequal length in one flat array: where each begins, which to take, how to pad.

Texts as sub-tokens, sentences as windows, windows as sub-tokens, sentences as words: each is one
array of values and the offsets between them.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


def offsets_of(lengths: Indices) -> Indices:
    """[n + 1] Where each of `n` sequences begins, and where the last ends.

    >>> offsets_of(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def starts_of(lengths: Indices) -> Indices:
    """[n] Where each of `n` sequences begins."""
    return offsets_of(lengths)[:-1]


def stretches(first: Indices, lengths: Indices) -> Indices:
    """[sum of lengths] The places of stretches that begin at `first`, one after the other.

    >>> stretches(np.array([7, 1]), np.array([2, 3])).tolist()
    [7, 8, 1, 2, 3]
    """
    within = np.arange(lengths.sum()) - np.repeat(starts_of(lengths), lengths)
    return np.asarray(np.repeat(first, lengths) + within)


def runs(offsets: Indices, chosen: Indices) -> tuple[Indices, Indices]:
    """The places of chosen sequences, one sequence after the other, and how long each is."""
    lengths = offsets[chosen + 1] - offsets[chosen]
    return stretches(offsets[chosen], lengths), lengths


def pad_runs(
    ids: NDArray[Any],
    offsets: Indices,
    chosen: Indices,
    pad_id: int,
    widths: Sequence[int] = (),
) -> tuple[Indices, Indices | None]:
    """Lay chosen sequences side by side, as long as the longest of them.

    Args:
        ids: [tokens] sequence after sequence.
        offsets: [n + 1] where each begins.
        chosen: [batch] which ones.
        pad_id: stands where a sequence has ended.
        widths: ascending; if there are any, all is as wide as the first that holds the longest, so
            that few shapes occur.

    Returns:
        Ids [batch, longest], and a mask [batch, longest] of 1 for tokens and 0 for padding, or None
        when all are of one length: without a mask the model has less to do. With `widths` there is
        always one, since its being there is part of the shape.
    """
    places, lengths = runs(offsets, chosen)
    longest = int(lengths.max(initial=0))
    width = next((one for one in widths if one >= longest), longest)
    mask = np.arange(width) < lengths[:, None]
    laid = np.full(mask.shape, pad_id, dtype=np.int64)
    laid[mask] = ids[places]
    return laid, None if mask.all() and not widths else mask.astype(np.int64)


def join(arrays: Sequence[NDArray[Any]], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Join arrays, also none at all."""
    return np.concatenate([np.empty(0, dtype), *arrays])


def copied(column: Any, dtype: type[Scalar]) -> NDArray[Scalar]:
    """Copy an Arrow column, since what Arrow lends cannot be written to."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.array(flat.to_numpy(zero_copy_only=False), dtype=dtype)
