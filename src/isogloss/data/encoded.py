"""Texts as token ids: flat, unpadded, and exactly the same after a trip to disk.

One array of ids and the offsets between examples, because padding belongs to a batch and not to a
split: a split is encoded once per tokenizer and then cut, selected and joined without touching its
text. It costs 4 bytes a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.data.ragged import copied, join, offsets_of, runs
from isogloss.data.stored import read_stored

SCHEMA = pa.schema(
    [
        ("example", pa.large_string()),
        ("label", pa.int64()),
        ("input_ids", pa.large_list(pa.int32())),
        ("truncated", pa.bool_()),
        ("unknown", pa.int64()),
    ]
)


@final
@dataclass(frozen=True, eq=False)
class Encoded:
    """`n` labeled examples as token ids, special tokens included."""

    ids: NDArray[np.int32]
    """[tokens] Token ids of all examples, one after the other."""

    offsets: NDArray[np.int64]
    """[n + 1] Example `i` is `ids[offsets[i]:offsets[i + 1]]`."""

    labels: NDArray[np.int64]
    """[n] Position of each label among the study's labels."""

    examples: tuple[str, ...]
    """[n] Id of each example."""

    truncated: NDArray[np.bool_]
    """[n] Whether the text was longer than the limit and lost its end."""

    unknown: NDArray[np.int64]
    """[n] Unknown tokens in each example."""

    def __post_init__(self) -> None:
        n = len(self.examples)
        sizes = {len(self.offsets) - 1, len(self.labels), len(self.truncated), len(self.unknown)}
        if sizes != {n} or self.offsets[0] != 0 or self.offsets[-1] != len(self.ids):
            raise ValueError(f"arrays of {n} examples do not fit together: sizes {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[n] Tokens of each example."""
        return np.diff(self.offsets)

    @property
    def n_truncated(self) -> int:
        """How many examples lost their end."""
        return int(self.truncated.sum())

    @property
    def n_unknown(self) -> int:
        """How many tokens are the unknown token."""
        return int(self.unknown.sum())

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> "Encoded":
        """Take these examples, in this order; one may be taken more than once."""
        chosen = np.asarray(indices, dtype=np.int64)
        places, lengths = runs(self.offsets, chosen)
        return Encoded(
            ids=self.ids[places],
            offsets=offsets_of(lengths),
            labels=self.labels[chosen],
            examples=tuple(self.examples[index] for index in chosen),
            truncated=self.truncated[chosen],
            unknown=self.unknown[chosen],
        )

    def write(self, path: Path) -> None:
        """Write to one parquet file that any tool reads."""
        ids = pa.LargeListArray.from_arrays(pa.array(self.offsets), pa.array(self.ids))
        columns = [pa.array(self.examples, pa.large_string()), pa.array(self.labels), ids]
        columns += [pa.array(self.truncated), pa.array(self.unknown)]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "Encoded":
        """Read what `write` wrote.

        Raises:
            RunError: if the file is missing, broken or something else.
        """
        table = read_stored(path, SCHEMA, "encoded split")
        lists = table["input_ids"].combine_chunks()
        return cls(
            ids=copied(lists.flatten(), np.int32),
            offsets=offsets_of(copied(lists.value_lengths(), np.int64)),
            labels=copied(table["label"], np.int64),
            examples=tuple(table["example"].to_pylist()),
            truncated=copied(table["truncated"], np.bool_),
            unknown=copied(table["unknown"], np.int64),
        )

    @classmethod
    def concatenate(cls, parts: Sequence["Encoded"]) -> "Encoded":
        """Join splits into one, in order; no parts make an empty split."""
        return cls(
            ids=join([part.ids for part in parts], np.int32),
            offsets=offsets_of(join([part.lengths for part in parts], np.int64)),
            labels=join([part.labels for part in parts], np.int64),
            examples=tuple(example for part in parts for example in part.examples),
            truncated=join([part.truncated for part in parts], np.bool_),
            unknown=join([part.unknown for part in parts], np.int64),
        )
