"""Step `text`: the raw text of one language, each line once, with a part held out."""

from pathlib import Path
from typing import Any

from isogloss.data.text import RawText, TextSplits, read_text
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import open_source
from isogloss.store.step_files import HELD_OUT, TRAIN
from isogloss.study.layout import TEXT_ENDINGS


def make_text(bench: Bench) -> Making:
    """Read the text to train on and the text to test on."""
    yield from ()
    payload = bench.payload
    declared = bench.step.settings["source"]
    source = open_source(declared, payload["source"], payload["language"], TEXT_ENDINGS)
    splits = read_text(
        source,
        payload["language"],
        train_splits=tuple(payload["train_splits"]),
        held_out=payload["held_out"],
        column=payload["column"],
    )
    return Made(_record(payload["language"], splits), lambda folder: _fill(splits, folder))


def _record(language: str, splits: TextSplits) -> dict[str, Any]:
    return {
        "language": language,
        **_size(splits.train),
        "held_out": _size(splits.held_out),
        "n_duplicates": splits.n_duplicates,
        "n_leaked": splits.n_leaked,
        "n_blank": splits.n_blank,
    }


def _size(text: RawText) -> dict[str, int]:
    return {
        "lines": len(text),
        "documents": text.n_documents,
        "characters": text.characters,
        "bytes": text.n_bytes,
    }


def _fill(splits: TextSplits, folder: Path) -> None:
    splits.train.write(folder / TRAIN)
    splits.held_out.write(folder / HELD_OUT)
