"""Step `prepare`: the texts or sentences of one split as sub-token ids, what is lost counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.data.example import Split, TaggedSplit
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import read_examples, read_tagged_examples
from isogloss.execute.kinds.tokenizer import tokenizer_of
from isogloss.model.tokenizer import encode_texts
from isogloss.model.words import encode_words
from isogloss.store.step_files import ENCODED
from isogloss.study.tasks import tags_of

Prepared = Encoded | EncodedWords


def make_prepared(bench: Bench) -> Making:
    """Encode one split for one tokenizer."""
    yield from ()
    encoded, record = encode_split(bench.need(0), tokenizer_of(bench, 1), bench.payload)
    return Made(record, lambda folder: encoded.write(folder / ENCODED))


def encode_split(
    folder: Path, tokenizer: Any, payload: dict[str, Any]
) -> tuple[Prepared, dict[str, Any]]:
    """Encode what a data step has written; the record counts what was cut, unknown or empty."""
    if "task" in payload:
        tagged = read_tagged_examples(folder)
        tags = tags_of(payload["task"], payload["labels"])
        words = _encode_words(tokenizer, tagged, payload["max_length"], tags)
        return words, {**_tagged_record(words, tagged), "pad_id": tokenizer.pad_token_id}
    split = read_examples(folder)
    texts = _encode_texts(tokenizer, split, payload["max_length"], payload["labels"])
    return texts, {**_text_record(texts, split), "pad_id": tokenizer.pad_token_id}


def read_prepared(folder: Path, payload: dict[str, Any]) -> Prepared:
    """Read back what `prepare` has written, for a step of the same task."""
    kind = EncodedWords if "task" in payload else Encoded
    return kind.read(folder / ENCODED)


def _encode_texts(tokenizer: Any, split: Split, max_length: int, labels: list[str]) -> Encoded:
    found = encode_texts(tokenizer, [example.text for example in split.examples], max_length)
    number = {label: at for at, label in enumerate(labels)}
    return Encoded(
        ids=found.ids,
        offsets=found.offsets,
        labels=np.array([number[e.label] for e in split.examples], dtype=np.int64),
        examples=tuple(e.id for e in split.examples),
        truncated=found.truncated,
        unknown=found.unknown,
    )


def _text_record(encoded: Encoded, split: Split) -> dict[str, Any]:
    return {
        "language": split.language,
        "rows": len(encoded),
        "tokens": len(encoded.ids),
        "n_truncated": encoded.n_truncated,
        "n_unknown": encoded.n_unknown,
    }


def _encode_words(
    tokenizer: Any, split: TaggedSplit, max_length: int, tags: Sequence[str]
) -> EncodedWords:
    found = encode_words(tokenizer, [example.tokens for example in split.examples], max_length)
    number = {tag: at for at, tag in enumerate(tags)}
    return EncodedWords(
        **found._asdict(),
        examples=tuple(example.id for example in split.examples),
        tags=np.array(
            [number[tag] for example in split.examples for tag in example.tags], dtype=np.int64
        ),
    )


def _tagged_record(encoded: EncodedWords, split: TaggedSplit) -> dict[str, Any]:
    return {
        "language": split.language,
        "rows": len(encoded),
        "words": encoded.n_words,
        "tokens": len(encoded.ids),
        "n_truncated": sum(len(e.tokens) for e in split.examples) - encoded.n_words,
        "n_windowed": encoded.n_windowed,
        "n_empty": encoded.n_empty,
        "n_unknown": encoded.n_unknown,
    }
