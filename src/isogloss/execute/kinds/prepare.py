"""Step `prepare`: the texts of one split as token ids, cut at a length, what is lost counted."""

import numpy as np

from isogloss.data.encoded import Encoded
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import read_examples
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.model.tokenizer import encode_texts

FILE = "encoded.parquet"


def make_prepared(bench: Bench) -> Making:
    """Encode one split for one tokenizer."""
    yield from ()
    payload = bench.payload
    split = read_examples(bench.need(0))
    trained = bench.need(1) if payload["tokenizer"] == "trained" else None
    tokenizer = open_tokenizer(payload["tokenizer"], bench.step.settings["model"], trained)
    texts = [example.text for example in split.examples]
    found = encode_texts(tokenizer, texts, payload["max_length"])
    number = {label: at for at, label in enumerate(payload["labels"])}
    encoded = Encoded(
        ids=found.ids,
        offsets=found.offsets,
        labels=np.array([number[e.label] for e in split.examples], dtype=np.int64),
        examples=tuple(e.id for e in split.examples),
        truncated=found.truncated,
        unknown=found.unknown,
    )
    record = {
        "language": split.language,
        "rows": len(encoded),
        "tokens": len(encoded.ids),
        "n_truncated": encoded.n_truncated,
        "n_unknown": encoded.n_unknown,
        "pad_id": tokenizer.pad_token_id,
    }
    return Made(record, lambda folder: encoded.write(folder / FILE))
