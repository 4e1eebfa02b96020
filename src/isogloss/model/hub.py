"""A checkpoint of the Hub, brought into the client's cache and then loaded like any folder.

Only what a safetensors checkpoint is made of is brought: no pickles, no code. At a commit whose
files are there, nothing is asked: the model library, left to itself, asks the Hub several times for
each load, and a training that begins after hours must not hang on the network.
"""

import re
from pathlib import Path

from huggingface_hub import snapshot_download

from isogloss.base.errors import InputError
from isogloss.base.hub_errors import explained

COMMIT = re.compile(r"[0-9a-f]{40}")

TEXTS = ("*.json", "*.txt", "*.model")
"""Configuration and tokenizer."""

WEIGHTS = ("model.safetensors", "model-*.safetensors")
"""Whole, or in shards that the index names."""

SUBFOLDERS = "*/*"
"""Other forms of the model (ONNX, quantized), which can be many times its size."""


def local_copy(path_or_id: str | Path, revision: str, *, weights: bool) -> Path:
    """The folder of a checkpoint; one of the Hub is downloaded as far as it is not there.

    Args:
        path_or_id: a folder, or an id on the Hub. With a commit it is an id, whatever folders
            there are where we stand.
        revision: branch, tag or commit on the Hub.
        weights: whether the weights are wanted, or only configuration and tokenizer.

    Raises:
        InputError: if there is no such folder, repository or revision, or it is not open to us.
        RunError: if it has to be downloaded, and cannot be.
    """
    folder = Path(path_or_id)
    named = isinstance(path_or_id, Path) or folder.is_absolute() or path_or_id.startswith(".")
    if folder.is_dir() and (named or not COMMIT.fullmatch(revision)):
        return folder
    if isinstance(path_or_id, Path) or named:
        raise InputError(f"There is no model folder {path_or_id}.")
    wanted = [*TEXTS, *WEIGHTS] if weights else [*TEXTS]
    with explained("model", path_or_id, revision):
        return Path(
            snapshot_download(
                path_or_id, revision=revision, allow_patterns=wanted, ignore_patterns=SUBFOLDERS
            )
        )
