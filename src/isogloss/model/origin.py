"""Where a checkpoint comes from: checked before it is read, so that each fault has one clear word.

The libraries below print warnings, draw bars and raise a dozen kinds of errors; here they are made
quiet, and their errors become ours. Pickles are refused, and a checkpoint's own code is never run.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from safetensors import SafetensorError
from transformers import CONFIG_MAPPING
from transformers.utils import logging

from isogloss.base.errors import InputError, IsoglossError, LeadsOutside, Untrusted
from isogloss.base.hub_names import INDEX, PICKLES, WEIGHTS
from isogloss.base.limits import Limit, check_limit

LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
WIDTHS = (
    "hidden_size", "dim", "d_model", "embedding_size", "intermediate_size", "hidden_dim",
    "vocab_size", "max_position_embeddings", "type_vocab_size", "num_attention_heads", "n_heads",
)  # fmt: skip
"""What configurations call the sizes by which a model takes memory."""


class BrokenModel(InputError):
    """The files of a model are missing, broken, or do not fit each other."""

    code = "ISO-142"
    remedy = "Copy or download the model again; point to a folder that save_pretrained wrote."


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
    except (IsoglossError, MemoryError):
        raise
    except SafetensorError as error:
        raise BrokenModel(
            f"The weights of {path_or_id} are broken ({error}); copy or download them again."
        ) from error
    except Exception as error:  # of any kind: the files are a stranger's, the readers many
        raise _unreadable(path_or_id, what, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the tokenizer library's Rust gives up
            raise
        raise _unreadable(path_or_id, what, error) from error


def _unreadable(path_or_id: str | Path, what: str, error: BaseException) -> InputError:
    said = " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__
    if "trust_remote_code" in said:
        return _own_code(path_or_id, f"its {what} is not one that transformers knows")
    return BrokenModel(f"Cannot load the {what} of {path_or_id}: {said}")


def _own_code(path_or_id: str | Path, why: str) -> Untrusted:
    return Untrusted(
        f"{path_or_id} needs its own code ({why}), which we never run. "
        "Choose a checkpoint that transformers loads by itself."
    )


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
    check_sizes(config, folder / "config.json")
    _check_index(folder, name)
    if any((folder / weights).is_file() for weights in (WEIGHTS, INDEX)):
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles:
        raise Untrusted(
            f"{name} has weights only as a pickle ({', '.join(pickles)}), which can run code "
            "when it is read. Convert it: load it where you trust it and call "
            "model.save_pretrained(folder), which writes model.safetensors."
        )
    raise BrokenModel(f"{name} has no weights: model.safetensors is missing. Pickles are refused.")


def refuse_own_code(config: dict[str, Any], path_or_id: str | Path) -> None:
    """Refuse a model whose type only its own code knows.

    A checkpoint that brings code of its own but whose type the library knows is loaded with the
    library's class; whether its weights fit is checked when they are loaded.

    Raises:
        InputError: if it cannot be loaded without running its code.
    """
    model_type = config.get("model_type")
    if isinstance(model_type, str) and model_type in CONFIG_MAPPING:
        return
    if "auto_map" in config:
        raise _own_code(path_or_id, "auto_map in config.json")
    if model_type is None:
        raise InputError(
            f"{path_or_id}: config.json names no model_type, so nobody knows what model it is. Save"
            " it again with model.save_pretrained(folder), or add its type, as bert."
        )
    raise InputError(
        f"{path_or_id} is of type {model_type!r}, which this version of transformers does not know."
    )


def check_sizes(config: Mapping[str, Any], where: Path) -> None:
    """Refuse a model that would not fit any memory, before it is made.

    Raises:
        OverLimit: naming the size.
    """
    for names, limit in ((LAYERS, Limit.MODEL_LAYERS), (WIDTHS, Limit.MODEL_WIDTH)):
        for name in names:
            value = config.get(name)
            if isinstance(value, int | float):
                check_limit(limit, value, where, f"{name} is {value:,}")


def _check_index(folder: Path, name: str | Path) -> None:
    """Refuse shards that do not lie beside their index.

    Raises:
        InputError: if the index is no JSON, or names a file elsewhere, or one that is no
            safetensors.
    """
    if not (folder / INDEX).is_file() or (folder / WEIGHTS).is_file():
        return
    shards = read_object(folder / INDEX, name).get("weight_map")
    if not isinstance(shards, dict):
        raise BrokenModel(f"{folder / INDEX} has no weight_map. Copy or download {name} again.")
    for shard in dict.fromkeys(map(str, shards.values())):
        if PurePath(shard).name != shard or "\\" in shard:
            raise LeadsOutside(
                f"{folder / INDEX} names weights outside of the model's folder ({shard}), so they"
                " are not read."
            )
        if not shard.endswith(".safetensors"):
            raise Untrusted(f"{folder / INDEX} names {shard}, which is no safetensors file.")


def _read_config(path: Path, name: str | Path) -> dict[str, Any]:
    if not path.is_file():
        raise BrokenModel(f"{name} is not a model: config.json is missing.")
    return read_object(path, name)


def read_object(path: Path, name: str | Path) -> dict[str, Any]:
    """Read a JSON object of a model's folder.

    Raises:
        InputError: if it is too large, not UTF-8, or no JSON object.
    """
    try:
        size = path.stat().st_size
        check_limit(Limit.JSON_BYTES, size, path, f"{size:,} bytes")
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenModel(f"{path} of {name} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise BrokenModel(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise BrokenModel(f"{path} is not a JSON object.")
    return config
