"""What the files of a model say of its size."""

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from isogloss.base.errors import RunError
from isogloss.desk.weights import read_weights


def test_numbers_of_all_tensors_are_counted(tmp_path):
    tensors = {"a": torch.zeros(3, 4), "b": torch.zeros(()), "c": torch.zeros(0, 5)}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 8}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))
    found = read_weights(tmp_path)
    assert (found.n_parameters, found.width, found.max_tokens) == (13, 8, None)
    assert found.n_bytes == (tmp_path / "model.safetensors").stat().st_size


@pytest.mark.parametrize(
    "content",
    [b"", b"1234", struct.pack("<Q", 2**63), struct.pack("<Q", 2) + b"[]",
     struct.pack("<Q", 10**9) + b'{"a": 1}', struct.pack("<Q", 8) + b'{"a": 1}',
     struct.pack("<Q", 7) + b'{"a": {', struct.pack("<Q", 4) + b"\xff\xff\xff\xff"],
)  # fmt: skip
def test_damaged_weights_are_one_message(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(RunError, match=r"is damaged: model.safetensors does not say"):
        read_weights(tmp_path)
