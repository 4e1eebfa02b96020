"""Tagged sentences as sub-token ids: flat, unpadded, each word answered once.

A sentence that is longer than the encoder has several windows; every word belongs to one of them,
the one that answers for it, and is found there at its first sub-token. Windows of a sentence stand
side by side, and so do the words that a window answers for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.base.errors import RunError

Indices = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

SCHEMA = pa.schema(
    [
        ("example", pa.large_string()),
        ("windows", pa.large_list(pa.large_list(pa.int32()))),
        ("tags", pa.large_list(pa.int64())),
        ("word_window", pa.large_list(pa.int64())),
        ("word_position", pa.large_list(pa.int64())),
    ]
)
COUNTS = (b"isogloss.n_unknown", b"isogloss.n_empty")


@final
@dataclass(frozen=True, eq=False)
class EncodedWords:
    """`n` tagged sentences as windows of sub-token ids, special tokens included."""

    ids: NDArray[np.int32]
    """[sub-tokens] Ids of all windows, one after the other."""

    offsets: Indices
    """[windows + 1] Window `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    window_sentence: Indices
    """[windows] The sentence of each window, ascending."""

    examples: tuple[str, ...]
    """[sentences] Id of each sentence."""

    word_offsets: Indices
    """[sentences + 1] The words of sentence `i` are `word_offsets[i]` to `word_offsets[i + 1]`."""

    tags: Indices
    """[words] Position of each gold tag among the tags."""

    word_window: Indices
    """[words] The window that answers for the word, ascending."""

    word_position: Indices
    """[words] Place of its first sub-token inside that window."""

    n_unknown: int
    """Sub-tokens that are the unknown token."""

    n_empty: int
    """Words that gave no sub-token and got the unknown token."""

    def __post_init__(self) -> None:
        words = {len(self.tags), len(self.word_window), len(self.word_position)}
        if words != {int(self.word_offsets[-1])} or len(self.word_offsets) != len(self) + 1:
            raise ValueError(f"arrays of {sorted(words)} words do not fit {len(self)} sentences")
        if self.offsets[-1] != len(self.ids) or len(self.offsets) != len(self.window_sentence) + 1:
            raise ValueError("windows and sub-tokens do not fit together")

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def n_words(self) -> int:
        """Words of all sentences."""
        return len(self.tags)

    @property
    def lengths(self) -> Indices:
        """[windows] Sub-tokens of each window."""
        return np.diff(self.offsets)

    @property
    def sentence_windows(self) -> Indices:
        """[sentences + 1] The windows of sentence `i` are `[i]` to `[i + 1]`."""
        return np.searchsorted(self.window_sentence, np.arange(len(self) + 1))

    @property
    def n_windowed(self) -> int:
        """Sentences of more than one window."""
        return int((np.diff(self.sentence_windows) > 1).sum())

    def select(self, sentences: Sequence[int] | Indices) -> "EncodedWords":
        """Take these sentences, in this order; one may be taken more than once.

        `n_unknown` and `n_empty` stay those of the whole, since they are not kept by sentence.
        """
        chosen = np.asarray(sentences, dtype=np.int64)
        windows, windows_each = _runs(self.sentence_windows, chosen)
        words, words_each = _runs(self.word_offsets, chosen)
        places, lengths = _runs(self.offsets, windows)
        moved = _starts(windows_each) - self.sentence_windows[chosen]
        return EncodedWords(
            ids=self.ids[places],
            offsets=_offsets(lengths),
            window_sentence=np.repeat(np.arange(len(chosen)), windows_each),
            examples=tuple(self.examples[at] for at in chosen),
            word_offsets=_offsets(words_each),
            tags=self.tags[words],
            word_window=self.word_window[words] + np.repeat(moved, words_each),
            word_position=self.word_position[words],
            n_unknown=self.n_unknown,
            n_empty=self.n_empty,
        )

    @classmethod
    def concatenate(cls, parts: Sequence["EncodedWords"]) -> "EncodedWords":
        """Join splits into one, in order; no parts make an empty split."""
        windows = _starts(np.array([len(p.lengths) for p in parts], dtype=np.int64))
        sentences = _starts(np.array([len(p) for p in parts], dtype=np.int64))
        return cls(
            ids=_join([p.ids for p in parts], np.int32),
            offsets=_offsets(_join([p.lengths for p in parts], np.int64)),
            window_sentence=_join(
                [p.window_sentence + at for p, at in zip(parts, sentences, strict=True)], np.int64
            ),
            examples=tuple(example for p in parts for example in p.examples),
            word_offsets=_offsets(_join([np.diff(p.word_offsets) for p in parts], np.int64)),
            tags=_join([p.tags for p in parts], np.int64),
            word_window=_join(
                [p.word_window + at for p, at in zip(parts, windows, strict=True)], np.int64
            ),
            word_position=_join([p.word_position for p in parts], np.int64),
            n_unknown=sum(p.n_unknown for p in parts),
            n_empty=sum(p.n_empty for p in parts),
        )

    def write(self, path: Path) -> None:
        """Write to one parquet file that any tool reads: a sentence a row."""
        windows = _lists(self.offsets, pa.array(self.ids))
        first = self.sentence_windows
        within = self.word_window - np.repeat(first[:-1], np.diff(self.word_offsets))
        columns = [
            pa.array(self.examples, pa.large_string()),
            _lists(first, windows),
            *(
                _lists(self.word_offsets, pa.array(one))
                for one in (self.tags, within, self.word_position)
            ),
        ]
        counts = dict(zip(COUNTS, (str(self.n_unknown), str(self.n_empty)), strict=True))
        table = pa.Table.from_arrays(columns, schema=SCHEMA.with_metadata(counts))
        pq.write_table(table, path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "EncodedWords":
        """Read what `write` wrote.

        Raises:
            RunError: if the file is missing, broken or something else.
        """
        try:
            table = pq.read_table(path).combine_chunks()
            counts = [int(table.schema.metadata[name]) for name in COUNTS]
            columns = {name: table[name].combine_chunks() for name in SCHEMA.names}
        except (OSError, pa.ArrowException, KeyError, TypeError) as error:
            raise RunError(
                f"{path} holds no encoded split ({error}); delete it and run again."
            ) from error
        windows = columns["windows"].flatten()
        windows_each = _numpy(columns["windows"].value_lengths(), np.int64)
        words_each = _numpy(columns["tags"].value_lengths(), np.int64)
        within = _numpy(columns["word_window"].flatten(), np.int64)
        return cls(
            ids=_numpy(windows.flatten(), np.int32),
            offsets=_offsets(_numpy(windows.value_lengths(), np.int64)),
            window_sentence=np.repeat(np.arange(len(table)), windows_each),
            examples=tuple(columns["example"].to_pylist()),
            word_offsets=_offsets(words_each),
            tags=_numpy(columns["tags"].flatten(), np.int64),
            word_window=within + np.repeat(_starts(windows_each), words_each),
            word_position=_numpy(columns["word_position"].flatten(), np.int64),
            n_unknown=counts[0],
            n_empty=counts[1],
        )


def pad_windows(
    encoded: EncodedWords, windows: Indices, pad_id: int
) -> tuple[Indices, Indices | None]:
    """Lay windows side by side, as long as the longest of them.

    Returns:
        Ids [batch, longest], and a mask [batch, longest] of 1 for sub-tokens and 0 for padding, or
        None when all are of one length.
    """
    places, lengths = _runs(encoded.offsets, windows)
    mask = np.arange(int(lengths.max())) < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = encoded.ids[places]
    return ids, None if mask.all() else mask.astype(np.int64)


def _runs(offsets: Indices, chosen: Indices) -> tuple[Indices, Indices]:
    """The places of chosen stretches, one stretch after the other, and how long each is."""
    lengths = np.diff(offsets)[chosen]
    within = np.arange(lengths.sum()) - np.repeat(_starts(lengths), lengths)
    return np.repeat(offsets[:-1][chosen], lengths) + within, lengths


def _offsets(lengths: Indices) -> Indices:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _starts(lengths: Indices) -> Indices:
    return _offsets(lengths)[:-1]


def _join(arrays: Sequence[NDArray[Any]], dtype: type[Scalar]) -> NDArray[Scalar]:
    return np.concatenate([np.empty(0, dtype), *arrays])


def _lists(offsets: Indices, values: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)


def _numpy(column: Any, dtype: type[Scalar]) -> NDArray[Scalar]:
    """Copy an Arrow column, since what Arrow lends cannot be written to."""
    return np.array(column.to_numpy(zero_copy_only=False), dtype=dtype)
