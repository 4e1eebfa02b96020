"""Step `tokenizer`: sub-tokens learned from the study's own training text, languages in balance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isogloss.data.text import RawText
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import read_texts
from isogloss.model.tokenizer import load_tokenizer, train_tokenizer
from isogloss.store.step_files import TRAIN

SEED = 0


def make_tokenizer(bench: Bench) -> Making:
    """Train the tokenizer of a scratch encoder."""
    yield from ()
    payload = bench.payload
    texts = {code: _texts(bench, at) for at, code in enumerate(payload["languages"])}
    declared = payload["tokenizer"]
    tokenizer = train_tokenizer(
        texts,
        algorithm=declared["algorithm"],
        vocab_size=declared["vocab_size"],
        family=payload["family"],
        seed=SEED,
    )
    record = {"algorithm": declared["algorithm"], "vocab_size": len(tokenizer)}
    return Made(record, lambda folder: _save(tokenizer, folder))


def _texts(bench: Bench, at: int) -> Sequence[str]:
    """The texts of a language: labeled ones, or the lines of raw text."""
    if "raw" in bench.payload:
        return RawText.read(bench.need(at) / TRAIN).lines
    return read_texts(bench.need(at), tagged="task" in bench.payload)


def open_tokenizer(payload_pin: Any, model: str | None, trained: Path | None) -> Any:
    """The tokenizer of an encoder: the one trained for it, or the one it brings."""
    if trained is not None:
        return load_tokenizer(trained)
    revision = payload_pin.get("commit", "main")
    return load_tokenizer(model or "", revision=revision)


def tokenizer_of(bench: Bench, at: int) -> Any:
    """The tokenizer that a step needs: trained in its need `at`, or the one that a model brings."""
    pin = bench.payload["tokenizer"]
    trained = bench.need(at) if pin == "trained" else None
    return open_tokenizer(pin, bench.step.settings["model"], trained)


def _save(tokenizer: Any, folder: Path) -> None:
    tokenizer.save_pretrained(folder)
