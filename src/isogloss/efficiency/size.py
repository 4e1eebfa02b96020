"""How big a model is: its weights by kind, and what it takes on disk.

Multilingual encoders keep most of their weights in the table of their vocabulary, which costs
memory and disk but no time; so the table and the body are counted apart.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from isogloss.base.errors import InputError
from isogloss.efficiency.candidate import Task
from isogloss.efficiency.memory import MB
from isogloss.model.origin import loading

TORCH_WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
ONNX_WEIGHTS = ("*.onnx", "*.onnx.data", "*.onnx_data")
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
)


class Parameters(NamedTuple):
    """Numbers of weights; tied ones count once."""

    total: int
    embedding: int
    """In tables that are looked up: vocabulary, positions, types."""

    @property
    def body(self) -> int:
        """All that is computed with: layers and head."""
        return self.total - self.embedding


def count_parameters(model: nn.Module) -> Parameters:
    """Count the weights of a model, buffers apart."""
    tables = {
        id(module.weight): module.weight.numel()
        for module in model.modules()
        if isinstance(module, nn.Embedding)
    }
    total = sum(parameter.numel() for parameter in model.parameters())
    return Parameters(total, sum(tables.values()))


def parameters_of_folder(folder: Path, task: Task) -> Parameters:
    """Count the weights that the configuration in a folder asks for, without reading them.

    A model in ONNX has no modules to count; the folder beside it describes the same encoder.

    Raises:
        InputError: if there is no configuration that we can read.
    """
    kind = AutoModelForTokenClassification if task == "tags" else AutoModelForSequenceClassification
    with loading(folder, "config"), torch.device("meta"):
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
        return count_parameters(kind.from_config(config, trust_remote_code=False))


def disk_mb(folder: Path, *, form: str) -> float:
    """MB of the files that serving needs: weights in this form, configuration and tokenizer.

    What training left in the folder (optimizer, states) and the weights of other forms are not
    counted.

    Raises:
        InputError: if the folder has no weights in this form.
    """
    weights = ONNX_WEIGHTS if form.startswith("onnx") else TORCH_WEIGHTS
    heavy = _found(folder, weights)
    if not heavy:
        raise InputError(f"{folder} has no weights ({', '.join(weights)}) for the form {form!r}.")
    files = heavy | _found(folder, ("config.json", *TOKENIZER))
    return sum(path.stat().st_size for path in files) / MB


def _found(folder: Path, patterns: tuple[str, ...]) -> set[Path]:
    return {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
