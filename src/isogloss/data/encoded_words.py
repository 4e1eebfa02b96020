"""Tagged sentences as sub-token ids: flat, unpadded, each word answered once.

A sentence that is longer than the encoder has several windows; every word belongs to one of them,
the one that answers for it, and is found there at its first sub-token. Windows of a sentence stand
side by side, and so do the words that a window answers for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.base.errors import RunError
from isogloss.data.ragged import Indices, copied, join, offsets_of, pad_runs, runs, starts_of
from isogloss.data.stored import check_whole

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

    @cached_property
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
        windows, windows_each = runs(self.sentence_windows, chosen)
        words, words_each = runs(self.word_offsets, chosen)
        places, lengths = runs(self.offsets, windows)
        moved = starts_of(windows_each) - self.sentence_windows[chosen]
        return EncodedWords(
            ids=self.ids[places],
            offsets=offsets_of(lengths),
            window_sentence=np.repeat(np.arange(len(chosen)), windows_each),
            examples=tuple(self.examples[at] for at in chosen),
            word_offsets=offsets_of(words_each),
            tags=self.tags[words],
            word_window=self.word_window[words] + np.repeat(moved, words_each),
            word_position=self.word_position[words],
            n_unknown=self.n_unknown,
            n_empty=self.n_empty,
        )

    @classmethod
    def concatenate(cls, parts: Sequence["EncodedWords"]) -> "EncodedWords":
        """Join splits into one, in order; no parts make an empty split."""
        windows = starts_of(np.array([len(p.lengths) for p in parts], dtype=np.int64))
        sentences = starts_of(np.array([len(p) for p in parts], dtype=np.int64))
        return cls(
            ids=join([p.ids for p in parts], np.int32),
            offsets=offsets_of(join([p.lengths for p in parts], np.int64)),
            window_sentence=join(
                [p.window_sentence + at for p, at in zip(parts, sentences, strict=True)], np.int64
            ),
            examples=tuple(example for p in parts for example in p.examples),
            word_offsets=offsets_of(join([np.diff(p.word_offsets) for p in parts], np.int64)),
            tags=join([p.tags for p in parts], np.int64),
            word_window=join(
                [p.word_window + at for p, at in zip(parts, windows, strict=True)], np.int64
            ),
            word_position=join([p.word_position for p in parts], np.int64),
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
            check_whole(table)
            counts = [int(table.schema.metadata[name]) for name in COUNTS]
            columns = {name: table[name].combine_chunks() for name in SCHEMA.names}
        except (OSError, ValueError, pa.ArrowException, KeyError, TypeError) as error:
            raise RunError(
                f"{path} holds no encoded split ({error}); delete it and run again."
            ) from error
        windows = columns["windows"].flatten()
        windows_each = copied(columns["windows"].value_lengths(), np.int64)
        words_each = copied(columns["tags"].value_lengths(), np.int64)
        within = copied(columns["word_window"].flatten(), np.int64)
        return cls(
            ids=copied(windows.flatten(), np.int32),
            offsets=offsets_of(copied(windows.value_lengths(), np.int64)),
            window_sentence=np.repeat(np.arange(len(table)), windows_each),
            examples=tuple(columns["example"].to_pylist()),
            word_offsets=offsets_of(words_each),
            tags=copied(columns["tags"].flatten(), np.int64),
            word_window=within + np.repeat(starts_of(windows_each), words_each),
            word_position=copied(columns["word_position"].flatten(), np.int64),
            n_unknown=counts[0],
            n_empty=counts[1],
        )


def pad_windows(
    encoded: EncodedWords, windows: Indices, pad_id: int, widths: Sequence[int] = ()
) -> tuple[Indices, Indices | None]:
    """Lay windows side by side, as `pad_runs` does."""
    return pad_runs(encoded.ids, encoded.offsets, windows, pad_id, widths)


def _lists(offsets: Indices, values: pa.Array) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)
