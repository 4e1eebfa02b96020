"""A model's folder for others: all its files at once, or none."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from isogloss.base.errors import InputError
from isogloss.base.unwritable import unwritable

OWN = {".json", ".jinja", ".md", ".model", ".onnx", ".safetensors", ".txt"}
"""Endings of what an exported model consists of."""

ADAPTER = "adapter"
"""A folder that it may hold: what LoRA has learned, apart from the encoder."""

CONFIG, WEIGHTS = "config.json", {".onnx", ".safetensors"}
"""A file that every model has, and the endings of its weights."""

BESIDE = "model.onnx.data"
"""Weights that are too many for the file of an ONNX model."""


def check_place(folder: Path, *, force: bool) -> None:
    """Refuse a place for a model where something is, before the work.

    Args:
        folder: where the model shall go.
        force: whether a model that lies there may be replaced. Any other folder may not.

    Raises:
        InputError: saying what is in the way.
    """
    place = folder.resolve()
    if place in [Path.cwd(), *Path.cwd().parents]:
        raise InputError(f"{folder} is the folder we are in, or around it. Name a new one.")
    if not place.exists():
        return
    if not place.is_dir():
        raise InputError(f"{folder} is a file. Name a new folder.")
    there = sorted(place.iterdir())
    strange = [path for path in there if not _is_own(path)]
    if there and not strange and not _is_model(there):
        strange = there
    if strange:
        told = ", ".join(path.name for path in strange[:3])
        more = f" and {len(strange) - 3} more" if strange[3:] else ""
        raise InputError(
            f"{folder} holds what is no part of a model ({told}{more}). Name a new folder; --force"
            " replaces models only."
        )
    if there and not force:
        raise InputError(f"{folder} is not empty. Name a new folder, or replace it with --force.")


def write_model(
    folder: Path, files: Mapping[str, Path], texts: Mapping[str, str], *, force: bool = False
) -> list[Path]:
    """Copy the files of a model and write its texts; the folder is whole, or as it was.

    Args:
        folder: made with the folders above it.
        files: name in the folder -> the file to copy.
        texts: name in the folder -> its content.
        force: as in `check_place`.

    Returns:
        The files written.

    Raises:
        InputError: if something is in the way, or the folder cannot be written to.
        RunError: if the disk is full, or fails.
    """
    check_place(folder, force=force)
    place = folder.resolve()
    draft = place.with_name(f".draft-{os.getpid()}-{place.name}")
    try:
        draft.mkdir(parents=True)
        for name, source in files.items():
            (draft / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, draft / name)
        for name, text in texts.items():
            (draft / name).write_text(text, encoding="utf-8")
        _put(draft, place)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sorted(folder / name for name in (*files, *texts))


def _put(draft: Path, place: Path) -> None:
    """Move a folder into its place; what lay there goes last."""
    before = place.with_name(f".before-{os.getpid()}-{place.name}")
    if place.exists():
        place.rename(before)
    try:
        draft.rename(place)
    except OSError:
        if before.exists():
            before.rename(place)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _is_model(files: Sequence[Path]) -> bool:
    """Whether files of the right endings are those of a model, not somebody's notes."""
    return any(path.name == CONFIG for path in files) and any(
        path.suffix in WEIGHTS for path in files
    )


def _is_own(path: Path) -> bool:
    if path.name == ADAPTER and path.is_dir() and not path.is_symlink():
        return all(_is_own_file(inside) for inside in path.iterdir())
    return _is_own_file(path)


def _is_own_file(path: Path) -> bool:
    own = path.suffix in OWN or path.name == BESIDE
    return own and path.is_file() and not path.is_symlink()
