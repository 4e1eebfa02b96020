"""Weights by kind and bytes on disk."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM

from isogloss.base.errors import InputError
from isogloss.efficiency.memory import peak_rss_mb, peak_vram_mb
from isogloss.efficiency.size import count_parameters, disk_mb, parameters_of_folder
from isogloss.model.encoder import load_classifier


def test_tables_and_body_are_counted_apart(candidates):
    model = load_classifier(
        candidates[0].folder, labels=candidates[0].labels, seed=0, attention="eager"
    ).model
    got = count_parameters(model)
    state = {name: weights.numel() for name, weights in model.named_parameters()}
    tables = ("word_embeddings.weight", "position_embeddings.weight", "type_embeddings.weight")
    assert got.total == sum(state.values())
    assert got.embedding == sum(n for name, n in state.items() if name.endswith(tables))
    assert got.body == got.total - got.embedding


def test_tied_weights_count_once():
    config = BertConfig(
        vocab_size=100,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        tie_word_embeddings=True,
    )
    model = BertForMaskedLM(config)
    got = count_parameters(model)
    unique = {id(weights): weights.numel() for weights in model.parameters()}
    assert got.total == sum(unique.values())
    assert got.embedding == 8 * (100 + config.max_position_embeddings + config.type_vocab_size)


def test_one_table_used_twice_counts_once():
    table = nn.Embedding(10, 4)
    other = nn.Embedding(10, 4)
    other.weight = table.weight
    assert count_parameters(nn.ModuleList([table, other])).embedding == 40


def test_a_folder_is_counted_without_reading_its_weights(candidates):
    for candidate in candidates:
        model = load_classifier(
            candidate.folder, labels=candidate.labels, seed=0, attention="eager"
        ).model
        assert parameters_of_folder(Path(candidate.folder), "text") == count_parameters(model)


def test_only_what_serving_needs_is_on_the_scales(tmp_path):
    for name, size in (
        ("model.safetensors", 4000),
        ("config.json", 30),
        ("tokenizer.json", 700),
        ("tokenizer_config.json", 7),
        ("optimizer.pt", 9000),
        ("model.onnx", 2500),
        ("model.onnx.data", 1500),
    ):
        (tmp_path / name).write_bytes(b"x" * size)
    assert disk_mb(tmp_path, form="torch") == pytest.approx((4000 + 30 + 700 + 7) / 1e6)
    assert disk_mb(tmp_path, form="onnx") == pytest.approx((4000 + 30 + 700 + 7) / 1e6)


def test_a_folder_without_weights_in_this_form_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(InputError, match="form 'onnx-int8'"):
        disk_mb(tmp_path, form="onnx-int8")


def test_peak_memory_is_read_from_the_system_and_never_falls(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t 1000 kB\n")
    assert peak_rss_mb(status) == pytest.approx(2.048)
    before = peak_rss_mb()
    held = torch.ones(8_000_000)
    assert peak_rss_mb() >= before > 1
    del held
    assert peak_rss_mb(tmp_path / "missing") > 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_there_is_no_gpu_memory():
    assert peak_vram_mb() is None
