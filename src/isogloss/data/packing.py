"""Lines as windows of one length: nothing padded, nothing cut off, nothing said twice.

The sub-tokens of all lines are one stream, and each window takes the next of them between its two
special tokens, so every step of pre-training does the same work. A sentence may begin in one window
and end in the next: at 64 tokens that costs its first words some context, while one line a window
would leave more than half of the work to padding or throw away what is too long. The token that
ends a window also stands between two documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.base.errors import InputError
from isogloss.data.ragged import Indices, copied, offsets_of, runs
from isogloss.data.stored import read_stored

SCHEMA = pa.schema(
    [
        ("input_ids", pa.large_list(pa.int32())),
        ("characters", pa.large_list(pa.int32())),
    ]
)
N_SPECIAL = 2
DEV_SHARE = 0.05


@final
@dataclass(frozen=True, eq=False)
class Packed:
    """Text as windows of sub-token ids, special tokens included."""

    ids: NDArray[np.int32]
    """[tokens] Ids of all windows, one after the other."""

    offsets: Indices
    """[windows + 1] Window `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    characters: NDArray[np.int32]
    """[tokens] How many characters of the text a token stands for; 0 for special tokens."""

    def __post_init__(self) -> None:
        sizes = {len(self.ids), len(self.characters), int(self.offsets[-1])}
        if len(sizes) > 1 or self.offsets[0] != 0:
            raise ValueError(f"windows and tokens do not fit together: sizes {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Indices:
        """[windows] Tokens of each window."""
        return np.diff(self.offsets)

    @property
    def n_characters(self) -> int:
        """Characters of the text that the windows hold."""
        return int(self.characters.sum(dtype=np.int64))

    @property
    def window_characters(self) -> Indices:
        """[windows] Characters of the text that each window holds."""
        before = offsets_of(self.characters.astype(np.int64))
        return np.diff(before[self.offsets])

    def select(self, indices: Sequence[int] | Indices) -> "Packed":
        """Take these windows, in this order; one may be taken more than once."""
        places, lengths = runs(self.offsets, np.asarray(indices, dtype=np.int64))
        return Packed(self.ids[places], offsets_of(lengths), self.characters[places])

    def write(self, path: Path) -> None:
        """Write to one parquet file that any tool reads: a window a row."""
        offsets = pa.array(self.offsets)
        columns = [
            pa.LargeListArray.from_arrays(offsets, pa.array(values))
            for values in (self.ids, self.characters)
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "Packed":
        """Read what `write` wrote.

        Raises:
            RunError: if the file is missing, broken or something else.
        """
        table = read_stored(path, SCHEMA, "windows of text")
        ids, characters = (table[name].combine_chunks() for name in SCHEMA.names)
        return cls(
            ids=copied(ids.flatten(), np.int32),
            offsets=offsets_of(copied(ids.value_lengths(), np.int64)),
            characters=copied(characters.flatten(), np.int32),
        )


class Lines(NamedTuple):
    """Lines as sub-tokens, no special tokens among them."""

    ids: NDArray[np.int32]
    """[tokens] Ids of all lines, one after the other."""

    offsets: Indices
    """[lines + 1] Line `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    characters: NDArray[np.int32]
    """[tokens] How many characters of its line a token stands for."""


class Frame(NamedTuple):
    """Ids of the special tokens that stand at the two ends of a window."""

    first: int
    last: int


def pack(lines: Lines, documents: Indices, frame: Frame, max_length: int) -> Packed:
    """Lay lines into windows of `max_length` tokens; only the last one may be shorter.

    Taking the special tokens away leaves the tokens of the lines, all of them, in their order.

    Args:
        lines: the sub-tokens of a text.
        documents: [lines] The document of each line, ascending.
        frame: what begins and ends a window; `last` stands between documents too.
        max_length: tokens of a window, special ones included.

    Raises:
        InputError: if a window has no place for text.

    >>> ids = np.arange(10, 15, dtype=np.int32)
    >>> lines = Lines(ids, np.array([0, 3, 5]), np.ones(5, np.int32))
    >>> packed = pack(lines, np.array([0, 1]), Frame(1, 2), 6)
    >>> [window.tolist() for window in np.split(packed.ids, packed.offsets[1:-1])]
    [[1, 10, 11, 12, 2, 2], [1, 13, 14, 2]]
    """
    room = max_length - N_SPECIAL
    if room < 1:
        raise InputError(
            f"A window of {max_length} tokens has no place for text beside its {N_SPECIAL} special "
            f"tokens. Give it at least {N_SPECIAL + 1}."
        )
    stream = _between_documents(lines, documents, frame.last)
    full, rest = divmod(len(stream.ids), room)
    lengths = np.array([room] * full + [rest] * (rest > 0), dtype=np.int64) + N_SPECIAL
    offsets = offsets_of(lengths)
    ids = np.empty(offsets[-1], np.int32)
    characters = np.zeros(offsets[-1], np.int32)
    is_text = np.ones(offsets[-1], np.bool_)
    is_text[offsets[:-1]] = is_text[offsets[1:] - 1] = False
    ids[offsets[:-1]], ids[offsets[1:] - 1] = frame.first, frame.last
    ids[is_text], characters[is_text] = stream
    return Packed(ids, offsets, characters)


class _Stream(NamedTuple):
    ids: NDArray[np.int32]
    characters: NDArray[np.int32]


def _between_documents(lines: Lines, documents: Indices, separator: int) -> _Stream:
    """Put the separator between two tokens of different documents."""
    document = np.repeat(documents, np.diff(lines.offsets))
    places = np.flatnonzero(np.diff(document)) + 1
    return _Stream(np.insert(lines.ids, places, separator), np.insert(lines.characters, places, 0))


class TrainAndDev(NamedTuple):
    """Windows to train on, and windows to choose by."""

    train: Packed
    dev: Packed


def split_dev(packed: Packed, n_windows: int) -> TrainAndDev:
    """Keep the last windows for choosing: `n_windows`, but no more than 5 % and never all of them.

    Five percent are rounded up; a single window is trained on.
    """
    n = len(packed)
    n_dev = max(0, min(n_windows, ceil(n * DEV_SHARE), n - 1))
    every = np.arange(n)
    return TrainAndDev(packed.select(every[: n - n_dev]), packed.select(every[n - n_dev :]))


def cut_to(packed: Packed, characters: int, *, seed: int) -> Indices:
    """Choose windows at random that hold a given amount of text.

    Windows are drawn one after the other, and each that still fits is taken, until none fits; where
    the budget is smaller than every window, the smallest one is taken.

    Args:
        packed: windows of a text.
        characters: how many characters the chosen windows may hold together.
        seed: which windows.

    Returns:
        [chosen] The windows, ascending; at least one where there is any.
    """
    sizes = packed.window_characters
    order = np.random.default_rng(seed).permutation(len(packed))
    left = characters
    taken: list[Indices] = []
    while len(order := order[sizes[order] <= left]):
        n_fitting = int(np.searchsorted(sizes[order].cumsum(), left, side="right"))
        taken.append(order[:n_fitting])
        left -= int(sizes[order[:n_fitting]].sum())
        order = order[n_fitting:]
    if not taken:
        return np.argsort(sizes, kind="stable")[:1]
    return np.sort(np.concatenate(taken))
