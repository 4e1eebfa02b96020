"""Where a checkpoint comes from: checked before it is read, so that each fault has one clear word.

The libraries below print warnings, draw bars and raise a dozen kinds of errors; here they are made
quiet, and their errors become ours. Pickles are refused, and a checkpoint's own code is never run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import CONFIG_MAPPING
from transformers.utils import logging

from isogloss.base.errors import InputError

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the model library's log and progress bars inside the context."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextmanager
def loading(path_or_id: str | Path, what: str) -> Iterator[None]:
    """Load a `what` quietly, and say in one sentence why it cannot be loaded.

    Raises:
        InputError: if the checkpoint is missing or broken.
    """
    try:
        with quiet():
            yield
    except SafetensorError as error:
        raise InputError(
            f"The weights of {path_or_id} are broken ({error}); copy or download them again."
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise InputError(f"Cannot load the {what} of {path_or_id}: {first_line}") from error


def check_origin(folder: Path, name: str | Path) -> None:
    """Refuse a folder that holds no model we can load.

    Args:
        folder: where it lies.
        name: what the person calls it.

    Raises:
        InputError: if its config.json or its safetensors are missing, the config is not JSON, or
            the model is made of code of its own.
    """
    config = _read_config(folder / "config.json", name)
    refuse_own_code(config, name)
    if any((folder / weights).is_file() for weights in WEIGHTS):
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles:
        raise InputError(
            f"{name} has weights only as a pickle ({', '.join(pickles)}), which can run code "
            "when it is read. Convert it: load it where you trust it and call "
            "model.save_pretrained(folder), which writes model.safetensors."
        )
    raise InputError(f"{name} has no weights: model.safetensors is missing. Pickles are refused.")


def refuse_own_code(config: dict[str, Any], path_or_id: str | Path) -> None:
    """Refuse a model whose type only its own code knows.

    A checkpoint that brings code of its own but whose type the library knows is loaded with the
    library's class; whether its weights fit is checked when they are loaded.

    Raises:
        InputError: if it cannot be loaded without running its code.
    """
    model_type = config.get("model_type")
    if model_type in CONFIG_MAPPING:
        return
    if "auto_map" in config:
        raise InputError(
            f"{path_or_id} needs its own code (auto_map in config.json), which we never run. "
            "Choose a checkpoint that transformers loads by itself."
        )
    raise InputError(
        f"{path_or_id} is of type {model_type!r}, which this version of transformers does not know."
    )


def _read_config(path: Path, name: str | Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{name} is not a model: config.json is missing.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} is not a JSON object.")
    return config
