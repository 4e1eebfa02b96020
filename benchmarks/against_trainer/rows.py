"""Examples as the Trainer takes them: a dictionary each, padded to one length if so wished."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.data.packing import Packed

IGNORED = -100
"""The label of a sub-token that no word begins with."""

Row = dict[str, Any]


def rows_of(data: Encoded | EncodedWords | Sequence[Packed]) -> list[Row]:
    """Texts, sentences of one window each, or the windows of each language."""
    if isinstance(data, Encoded):
        rows = _rows(data.ids, data.offsets)
        return [{**row, "labels": int(label)} for row, label in zip(rows, data.labels, strict=True)]
    if isinstance(data, EncodedWords):
        tags = np.split(_tags(data), data.offsets[1:-1])
        rows = _rows(data.ids, data.offsets)
        return [{**row, "labels": own.tolist()} for row, own in zip(rows, tags, strict=True)]
    return [_of_window(row) for packed in data for row in _rows(packed.ids, packed.offsets)]


def padded(rows: Sequence[Row], length: int, pad_id: int) -> list[Row]:
    """The same texts, each as long as the longest may be."""
    return [
        {
            "input_ids": row["input_ids"] + [pad_id] * (length - len(row["input_ids"])),
            "attention_mask": row["attention_mask"] + [0] * (length - len(row["input_ids"])),
            "labels": row["labels"],
        }
        for row in rows
    ]


def _rows(ids: Any, offsets: Any) -> Iterator[Row]:
    for own in np.split(ids, offsets[1:-1]):
        yield {"input_ids": own.tolist(), "attention_mask": [1] * len(own)}


def _tags(encoded: EncodedWords) -> Any:
    """[sub-tokens] The tag of the word that begins there."""
    tags = np.full(len(encoded.ids), IGNORED, dtype=np.int64)
    tags[encoded.offsets[encoded.word_window] + encoded.word_position] = encoded.tags
    return tags


def _of_window(row: Row) -> Row:
    """With what the collator would else work out for each batch."""
    inside = len(row["input_ids"]) - 2
    return {**row, "special_tokens_mask": [1, *[0] * inside, 1]}
