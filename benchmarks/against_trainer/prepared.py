"""The folder that a task's arms read: tokenizer, rows to learn from, test sets, windows."""

from pathlib import Path
from typing import Any

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.data.packing import Packed
from isogloss.model.tokenizer import load_tokenizer

TOKENIZER, TRAIN, TAUGHT = "tokenizer", "train.parquet", "taught"
TEST, WINDOWS = "test-", "windows-"
"""Beginnings of file names; the language follows."""


def tokenizer_in(folder: Path) -> Any:
    """The tokenizer that all of it was cut with."""
    return load_tokenizer(folder / TOKENIZER)


def train_in(folder: Path, task: str) -> Any:
    """What is learned from: texts, sentences, or the windows of each language."""
    if task == "mlm":
        return [Packed.read(path) for path in sorted(folder.glob(f"{WINDOWS}*"))]
    return _kind(task).read(folder / TRAIN)


def tests_in(folder: Path, task: str) -> dict[str, Any]:
    """The test set of each language, in the order of their codes; none of windows."""
    paths = sorted(folder.glob(f"{TEST}*"))
    return {path.stem.removeprefix(TEST): _kind(task).read(path) for path in paths}


def _kind(task: str) -> type[Encoded] | type[EncodedWords]:
    return EncodedWords if task == "ner" else Encoded
