"""What the outside world is right now: digests of data files, commits of Hub repositories.

A study says `main` or `./data`; a key must say which bytes. Everything that can be missing or
mistyped outside the study file (a folder, a model, a revision) is asked for here, all at once,
before any work is done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import file_digest
from isogloss.plan.hub import Hub
from isogloss.study.data import SAMPLE_VERSION, FolderSource, HubSource
from isogloss.study.encoders import Encoder
from isogloss.study.layout import language_folder, split_file
from isogloss.study.spec import identity
from isogloss.study.study import Study

_PICKLES = ("pytorch_model.bin", "*.pt", "*.pth", "*.ckpt", "pytorch_model-*.bin")


@final
@dataclass(frozen=True)
class Pins:
    """The bytes behind the names of a study."""

    data: Mapping[str, Any]
    """Language -> identity of its data: digests, or repository and commit, or the sample's seed."""

    encoders: Mapping[str, Any]
    """Name of an encoder -> identity of its weights and tokenizer."""

    notes: tuple[str, ...] = ()
    """What could not be pinned, for the reader of the plan."""

    remarks: tuple[str, ...] = ()
    """What the reader should know besides: what has moved, whether the Hub was silent."""


def pin_study(study: Study) -> Pins:
    """Look at everything a study names outside itself.

    Raises:
        InputError: naming all that is missing or wrong.
    """
    mistakes: list[str] = []
    hub = Hub()

    def attempt(pin: Callable[..., Any], *of: Any) -> Any:
        try:
            return pin(*of)
        except InputError as error:
            if str(error) not in mistakes:
                mistakes.append(str(error))
            return None

    commit = attempt(_data_commit, study, hub)
    data = {code: attempt(_pin_data, study, code, commit) for code in study.all_languages}
    encoders = {encoder.display: attempt(pin_encoder, encoder, hub) for encoder in study.encoders}
    if mistakes:
        raise InputError("\n".join(mistakes))
    return Pins(data, encoders, tuple(dict.fromkeys(hub.notes)), tuple(dict.fromkeys(hub.remarks)))


def wanted_splits(study: Study, language: str) -> tuple[str, ...]:
    """The splits that a study reads of one language."""
    splits: list[str] = []
    if language in study.languages:
        splits += study.data.train_splits
        if study.data.dev_split:
            splits.append(study.data.dev_split)
    if language in study.target_languages:
        splits += study.evaluation.splits
    return tuple(dict.fromkeys(splits))


def pin_encoder(encoder: Encoder, hub: Hub) -> Any:
    """Identity of an encoder: its declaration, its files' digests, or its commit."""
    if encoder.scratch is not None:
        return {"scratch": identity(encoder.scratch)}
    model = encoder.model or ""
    if Path(model).is_absolute():
        return {"files": _checkpoint_digests(Path(model))}
    return {"model": model, "commit": hub.commit(model, encoder.revision, "model")}


def _data_commit(study: Study, hub: Hub) -> str | None:
    source = study.data.source
    if not isinstance(source, HubSource):
        return None
    return hub.commit(source.repo, source.revision, "dataset")


def _pin_data(study: Study, language: str, commit: str | None) -> Any:
    source = study.data.source
    if isinstance(source, HubSource):
        return {"kind": "hub", "repo": source.repo, "commit": commit}
    if isinstance(source, FolderSource):
        folder = language_folder(source.root, language, source.folders)
        files = {split: split_file(folder, split) for split in wanted_splits(study, language)}
        return {
            "kind": "folder",
            "files": {split: [path.name, _digest(path)] for split, path in files.items()},
        }
    return {"kind": "sample", "seed": source.seed, "version": SAMPLE_VERSION}


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None


def _checkpoint_digests(folder: Path) -> dict[str, str]:
    """Digest what `AutoModel` and `AutoTokenizer` may read of a folder."""
    if not folder.is_dir():
        raise InputError(f"The encoder folder {folder} does not exist.")
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} is no checkpoint: it has no config.json.")
    if not any(folder.glob("*.safetensors")):
        raise InputError(_without_weights(folder))
    kept = (".json", ".txt", ".model", ".safetensors", ".jinja")
    files = sorted(p for p in folder.iterdir() if p.suffix in kept and p.is_file())
    return {path.name: _digest(path) for path in files}


def _without_weights(folder: Path) -> str:
    pickles = sorted({p.name for pattern in _PICKLES for p in folder.glob(pattern)})
    if pickles:
        return (
            f"{folder} has its weights only as a pickle ({', '.join(pickles)}), which can run code"
            " when it is read and is refused. Save it again with safetensors."
        )
    return f"{folder} has no weights: no *.safetensors file. Point to a saved checkpoint."
