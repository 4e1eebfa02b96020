"""Unfinished training on disk: safetensors and JSON, never a pickle; whole or not there.

A checkpoint is written into a draft folder, brought to the disk and renamed, and the one before is
deleted only after that, so a kill at any moment, or a power cut, leaves a whole checkpoint, or none
if it was the first. It tells the digest of each of its files: one that does not hold what was
written is passed over.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from isogloss.base.errors import RunError
from isogloss.base.fingerprint import file_digest
from isogloss.base.modes import share_as_folder
from isogloss.store.atomic import read_object, sync_file, sync_folder, write_text

PREFIX = "step-"
KEPT = "kept-"
DRAFT = ".draft-"
STATE = "state.json"
SEPARATOR = "|"

Tensors = Mapping[str, Tensor]

_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class Checkpoint:
    """All that a training needs to go on as if it had never stopped."""

    step: int
    model: Tensors
    optimizer: Tensors
    best: Tensors | None
    """Weights with the best dev score, if they are to be kept."""
    journal: Mapping[str, Any]
    """What was seen so far, JSON-able."""
    kept: Mapping[int, Tensors] = field(default_factory=dict)
    """Weights after earlier steps that are to be kept, by step."""


def save_checkpoint(folder: Path, checkpoint: Checkpoint, *, identity: str) -> None:
    """Write a checkpoint and then delete the ones before.

    Raises:
        RunError: if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=DRAFT))
        try:
            share_as_folder(draft)
            _write(draft, checkpoint, identity)
            target = folder / f"{PREFIX}{checkpoint.step:09d}"
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
            sync_folder(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        for other in _standing(folder):
            if other != target:
                shutil.rmtree(other, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"Cannot write a checkpoint to {folder}: {error}. See to the disk (free some space) and"
            " run the same command again: it goes on from the last checkpoint."
        ) from error


def load_checkpoint(
    folder: Path, *, identity: str, elsewhere: Collection[str]
) -> Checkpoint | None:
    """Read the newest whole checkpoint; drafts of a killed process are cleared away.

    A checkpoint that the disk has damaged is passed over: training then begins further back, with
    the same result. So is one that the same training left on a machine that computes otherwise,
    with a warning: to go on from it would mix two ways of computing in one result.

    Args:
        folder: of the checkpoints.
        identity: of this training, here.
        elsewhere: of this training, on machines that compute otherwise.

    Raises:
        RunError: if the checkpoint belongs to another training.
        OverLimit: if what it says of itself is larger than any such file.
    """
    for draft in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)
    for path in reversed(_standing(folder)):
        try:
            state = _state(path)
            if state["identity"] not in elsewhere:
                _check_identity(path, state, identity)
                _check_digests(path, state)
                return _read(path, state)
            _log.warning(
                "%s is of a machine that computes in another precision; training begins anew.", path
            )
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            _log.warning("The checkpoint %s is damaged (%s): it is passed over.", path, error)
    return None


def _digest(state: Mapping[str, Any]) -> str:
    """Of all that a checkpoint says but this."""
    rest = {name: value for name, value in state.items() if name != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _check_identity(folder: Path, state: Mapping[str, Any], identity: str) -> None:
    """Refuse the checkpoint of another training, before any of its files is looked at.

    Raises:
        RunError: if it is one.
    """
    if state["identity"] != identity:
        raise RunError(
            f"{folder} is a checkpoint of another training (other recipe or data). "
            "Delete it to start anew."
        )


def _check_digests(folder: Path, state: Mapping[str, Any]) -> None:
    """Refuse files that do not hold what was written; checkpoints of before told no digests.

    Raises:
        OSError: if one cannot be read.
        ValueError: if one holds something else, or is none of the checkpoint's own.
    """
    for name, digest in state.get("files", {}).items():
        if file_digest(_own(folder, name)) != digest:
            raise ValueError(f"{name} does not hold the bytes that were written")


def _own(folder: Path, name: str) -> Path:
    """A file of a checkpoint: neither a name nor a link leads elsewhere, to a device or a pipe.

    Raises:
        ValueError: if it is anything but a plain file there.
    """
    path = folder / name
    if Path(name).name != name or path.is_symlink() or not path.is_file():
        raise ValueError(f"{name!r} is no plain file in it")
    return path


def model_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights that learn and the buffers that belong to the state, by name; not copied.

    Frozen weights are where they came from, and the same there.
    """
    kept = model.state_dict().keys()
    buffers = {name: tensor for name, tensor in model.named_buffers() if name in kept}
    learning = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    return {**learning, **buffers}


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the weights that learn, in main memory."""
    return {name: tensor.to("cpu", copy=True) for name, tensor in model_tensors(model).items()}


def restore_model(model: nn.Module, tensors: Tensors) -> None:
    """Put weights back.

    Raises:
        RunError: if they belong to another model.
    """
    own = model_tensors(model)
    if own.keys() != tensors.keys():
        raise RunError("The checkpoint holds the weights of another model; delete it.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])


def optimizer_tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the optimizer's state, each tensor by the name of its weight and its own."""
    return {
        f"{name}{SEPARATOR}{key}": value
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def restore_optimizer(model: nn.Module, optimizer: Optimizer, tensors: Tensors) -> None:
    """Put the optimizer's state back, on the device of each weight."""
    parameters = dict(model.named_parameters())
    for name, tensor in tensors.items():
        owner, _, key = name.rpartition(SEPARATOR)
        parameter = parameters[owner]
        optimizer.state[parameter][key] = tensor.to(parameter.device)


def _standing(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the oldest first."""
    return sorted(path for path in folder.glob(f"{PREFIX}*") if path.is_dir())


def _write(draft: Path, checkpoint: Checkpoint, identity: str) -> None:
    parts = {
        "model": checkpoint.model,
        "optimizer": checkpoint.optimizer,
        "best": checkpoint.best,
        **{f"{KEPT}{step:09d}": tensors for step, tensors in checkpoint.kept.items()},
    }
    for name, tensors in parts.items():
        if tensors is not None:
            contiguous = {key: tensor.contiguous() for key, tensor in tensors.items()}
            save_file(contiguous, draft / f"{name}.safetensors")
    files = {}
    for path in sorted(draft.iterdir()):
        share_as_folder(path)
        sync_file(path)
        files[path.name] = file_digest(path)
    state = {
        "identity": identity,
        "step": checkpoint.step,
        "journal": dict(checkpoint.journal),
        "files": files,
    }
    write_text(draft / STATE, json.dumps({**state, "digest": _digest(state)}))
    sync_folder(draft)


def _state(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not what `save_checkpoint` wrote.
        OverLimit: if it is larger than any such file.
    """
    try:
        state = read_object(_own(path, STATE), "")
    except RunError as error:
        raise ValueError(f"{STATE} is no JSON object") from error
    kinds = {"identity": str, "step": int, "journal": dict}
    if not all(isinstance(state.get(name), kind) for name, kind in kinds.items()):
        raise ValueError(f"{STATE} is not that of a checkpoint")
    if not isinstance(state.get("files", {}), dict):
        raise ValueError(f"{STATE} says of its files what cannot be")
    if "digest" in state and state["digest"] != _digest(state):
        raise ValueError(f"{STATE} does not hold the bytes that were written")
    return state


def _read(path: Path, state: Mapping[str, Any]) -> Checkpoint:
    best = "best.safetensors"
    return Checkpoint(
        step=state["step"],
        model=load_file(_own(path, "model.safetensors")),
        optimizer=load_file(_own(path, "optimizer.safetensors")),
        best=load_file(_own(path, best)) if (path / best).exists() else None,
        journal=state["journal"],
        kept={
            int(kept.stem.removeprefix(KEPT)): load_file(_own(path, kept.name))
            for kept in sorted(path.glob(f"{KEPT}*.safetensors"))
        },
    )
