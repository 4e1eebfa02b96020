"""Where a checkpoint comes from: checked before it is read, so that each fault has one clear word.

The libraries below print warnings, draw bars and raise a dozen kinds of errors; here they are made
quiet, and their errors become ours. Pickles are refused, and a checkpoint's own code is never run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled
from safetensors import SafetensorError
from transformers import CONFIG_MAPPING
from transformers.utils import logging

from isogloss.base.errors import InputError, RunError

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
        RunError: if the Hub cannot be reached.
    """
    try:
        with quiet():
            yield
    except SafetensorError as error:
        raise InputError(
            f"The weights of {path_or_id} are broken ({error}); copy or download them again."
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if _is_unreachable(error):
            raise RunError(
                f"Cannot reach the Hub for {path_or_id}, and it is not in the cache. Check the "
                "network, or give a local folder."
            ) from error
        first_line = str(error).strip().partition("\n")[0]
        raise InputError(f"Cannot load the {what} of {path_or_id}: {first_line}") from error


def check_origin(path_or_id: str | Path) -> None:
    """Refuse a folder that holds no model we can load; a Hub id is left to the Hub.

    Raises:
        InputError: if the folder, its config.json or its safetensors are missing, the config is
            not JSON, or the model is made of code of its own.
    """
    folder = Path(path_or_id)
    if not folder.is_dir():
        if isinstance(path_or_id, Path) or folder.is_absolute() or str(path_or_id).startswith("."):
            raise InputError(f"There is no model folder {path_or_id}.")
        return
    config = _read_config(folder / "config.json")
    refuse_own_code(config, path_or_id)
    if any((folder / name).is_file() for name in WEIGHTS):
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles:
        raise InputError(
            f"{folder} has weights only as a pickle ({', '.join(pickles)}), which can run code "
            "when it is read. Convert it: load it where you trust it and call "
            "model.save_pretrained(folder), which writes model.safetensors."
        )
    raise InputError(f"{folder} has no weights: model.safetensors is missing.")


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


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path.parent} is not a model folder: config.json is missing.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} is not a JSON object.")
    return config


def _is_unreachable(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, LocalEntryNotFoundError | OfflineModeIsEnabled | ConnectionError):
            return True
        error = error.__cause__ or error.__context__
    return False
