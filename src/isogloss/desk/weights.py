"""What the files of a model say of its size; of the weights only the headers are read."""

import json
import math
import struct
from pathlib import Path
from typing import Any

from isogloss.base.lengths import NO_LIMIT
from isogloss.report.export.facts import Weights
from isogloss.store.damage import Damaged

ENDINGS = {".safetensors", ".onnx", ".data"}
"""Of files that hold weights."""


def read_weights(folder: Path) -> Weights:
    """Read the sizes of a model off its folder.

    Raises:
        Damaged: if its weights are.
    """
    config = _object(folder / "config.json")
    longest = _object(folder / "tokenizer_config.json").get("model_max_length")
    files = sorted(folder.glob("*.safetensors"))
    widths = [config[name] for name in ("hidden_size", "dim") if config.get(name)]
    return Weights(
        n_parameters=sum(map(_n_parameters, files)) if files else None,
        n_bytes=sum(p.stat().st_size for p in folder.iterdir() if p.suffix in ENDINGS),
        width=widths[0] if widths else None,
        max_tokens=longest if isinstance(longest, int) and longest < NO_LIMIT else None,
    )


def _n_parameters(path: Path) -> int:
    """The numbers in a safetensors file: its header says the shape of each tensor."""
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(min(length, path.stat().st_size)))
        tensors = (tensor for name, tensor in header.items() if name != "__metadata__")
        return sum(math.prod(tensor["shape"]) for tensor in tensors)
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(path.parent, f"{path.name} does not say what weights it holds") from error


def _object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
