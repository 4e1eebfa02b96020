"""Step `pack`: the text of one language as windows: to train on, to look at, held out."""

from pathlib import Path
from typing import Any

from isogloss.base.errors import InputError
from isogloss.base.languages import language_name
from isogloss.data.packing import Frame, Lines, Packed, pack, split_dev
from isogloss.data.text import RawText
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.tokenizer import tokenizer_of
from isogloss.model.lines import encode_lines, frame_of
from isogloss.store.step_files import DEV, HELD_OUT, TRAIN


def make_packed(bench: Bench) -> Making:
    """Cut text into sub-tokens and lay them into windows."""
    yield from ()
    payload, folder = bench.payload, bench.need(0)
    tokenizer = tokenizer_of(bench, 1)
    whole, unknown = _packed(tokenizer, RawText.read(folder / TRAIN), payload)
    held_out, unknown_held_out = _packed(tokenizer, RawText.read(folder / HELD_OUT), payload)
    _check_size(whole, bench.record(0)["language"], payload)
    train, dev = split_dev(whole, payload["dev_windows"])
    record = {
        "language": bench.record(0)["language"],
        **_size(train),
        "n_unknown": unknown,
        "dev": _size(dev),
        "held_out": {**_size(held_out), "n_unknown": unknown_held_out},
    }
    parts = {TRAIN: train, DEV: dev, HELD_OUT: held_out}
    return Made(record, lambda to: _write(parts, to))


def _packed(tokenizer: Any, raw: RawText, payload: dict[str, Any]) -> tuple[Packed, int]:
    lines = encode_lines(tokenizer, raw.lines)
    laid = Lines(lines.ids, lines.offsets, lines.characters)
    frame = Frame(*frame_of(tokenizer))
    return pack(laid, raw.documents, frame, payload["max_length"]), lines.n_unknown


def _check_size(packed: Packed, language: str, payload: dict[str, Any]) -> None:
    if len(packed) < 2:
        raise InputError(
            f"The training text of {language_name(language)} ({language}) fills {len(packed)}"
            f" window of {payload['max_length']} sub-tokens; at least two are needed, one to train"
            " on and one to look at. Give it more text, or leave the language out."
        )


def _size(packed: Packed) -> dict[str, int]:
    return {
        "windows": len(packed),
        "tokens": len(packed.ids),
        "characters": packed.n_characters,
    }


def _write(parts: dict[str, Packed], folder: Path) -> None:
    for name, packed in parts.items():
        packed.write(folder / name)
