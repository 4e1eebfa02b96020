"""A checkpoint of the Hub, brought into the client's cache and then loaded like any folder.

Only what a safetensors checkpoint is made of is brought: no pickles, no code. At a commit whose
files are there, nothing is asked: the model library, left to itself, asks the Hub several times for
each load, and a training that begins after hours must not hang on the network.
"""

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from isogloss.base.errors import InputError
from isogloss.base.hub_errors import explained
from isogloss.base.hub_names import COMMIT

TEXTS = ("*.json", "*.txt", "*.model")
"""Configuration and tokenizer."""

WEIGHTS = ("model.safetensors", "model-*.safetensors")
"""Whole, or in shards that the index names."""

ESSENTIAL = (("config.json",), ("tokenizer.json", "vocab.*", "*.model"))
"""One of each is in any checkpoint; where one is lacking in the cache, the Hub is asked."""

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
        cached = _cached(path_or_id, revision, wanted)
        if cached and _is_whole(cached, weights=weights):
            return cached
        return _brought(path_or_id, revision, wanted, cached_only=False)


def _cached(repo: str, revision: str, wanted: list[str]) -> Path | None:
    """The folder of a commit, unless the client knows that something is lacking there."""
    if not COMMIT.fullmatch(revision):
        return None
    try:
        return _brought(repo, revision, wanted, cached_only=True)
    except LocalEntryNotFoundError:
        return None


def _is_whole(folder: Path, *, weights: bool) -> bool:
    """Say what the client cannot where another version of it has filled the cache."""
    groups = (*ESSENTIAL, WEIGHTS) if weights else ESSENTIAL
    return all(any(any(folder.glob(name)) for name in group) for group in groups)


def _brought(repo: str, revision: str, wanted: list[str], *, cached_only: bool) -> Path:
    return Path(
        snapshot_download(
            repo,
            revision=revision,
            allow_patterns=wanted,
            ignore_patterns=SUBFOLDERS,
            local_files_only=cached_only,
        )
    )
