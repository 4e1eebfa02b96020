"""ONNX: the same logits as torch in every shape, and one clear word where it cannot be."""

import copy
import logging
import shutil
import sys

import pytest
import torch
from transformers import AutoModelForTokenClassification

from isogloss.base.errors import InputError
from isogloss.model import onnx
from isogloss.model.encoder import make_classifier
from isogloss.model.onnx import OnnxModel, export_onnx, quantize_int8
from isogloss.model.scratch import Size, scratch_config

SMALL = Size(32, 1, 2, 64, max_length=64, dropout=0.1)
SHAPES = ((1, 1), (1, 33), (3, 5), (2, 60))


def model_of(tokenizer, family, *, head, attention):
    config = scratch_config(family, tokenizer, SMALL)
    if family == "modernbert":
        config.num_hidden_layers, config.layer_types = 2, ["full_attention", "sliding_attention"]
        config.local_attention = 8
    torch.manual_seed(0)
    if head == "tags":
        load = AutoModelForTokenClassification.from_config
        model = load(config, attn_implementation=attention)
    else:
        model = make_classifier(config, ["a", "b", "c"], seed=0, attention=attention)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)  # logits that differ from text to text
    return model


def batch_of(model, rows, length, *, padded):
    ids = torch.randint(5, model.config.vocab_size, (rows, length))
    mask = torch.ones_like(ids)
    if padded:
        mask[-1, max(1, length // 2) :] = 0
        ids[mask == 0] = model.config.pad_token_id
    return ids, mask


@pytest.fixture(scope="module")
def exported(tokenizers, tmp_path_factory):
    """Export each model once: the exporter takes seconds, however small the model."""
    made = {}

    def get(family, head="text", attention="sdpa"):
        key = (family, head, attention)
        if key not in made:
            model = model_of(tokenizers[family], family, head=head, attention=attention).train()
            made[key] = model, export_onnx(model, tmp_path_factory.mktemp(family))
            assert model.training
        model, file = made[key]
        return model.eval(), file

    return get


@pytest.fixture
def silence(capfd, caplog):
    """Nothing may be said on a stream or in a log; what is logged for debugging apart."""
    yield
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]


@pytest.mark.parametrize(
    ("family", "head", "attention"),
    [
        ("bert", "text", "sdpa"),
        ("distilbert", "tags", "eager"),
        ("xlm-roberta", "tags", "sdpa"),
        ("modernbert", "text", "sdpa"),
        pytest.param("bert", "tags", "eager", marks=pytest.mark.slow),
        pytest.param("distilbert", "text", "sdpa", marks=pytest.mark.slow),
        pytest.param("xlm-roberta", "text", "eager", marks=pytest.mark.slow),
        pytest.param("modernbert", "tags", "eager", marks=pytest.mark.slow),
    ],
)
def test_an_export_says_what_the_model_says(family, head, attention, exported, silence):
    model, file = exported(family, head, attention)
    onnx_model = OnnxModel(file, model.config)
    for rows, length in SHAPES:
        for padded in (True, False):
            ids, mask = batch_of(model, rows, length, padded=padded)
            given = mask if padded else None
            with torch.inference_mode():
                want = model(input_ids=ids, attention_mask=given).logits
            said = onnx_model(input_ids=ids, attention_mask=given).logits
            real = mask.bool() if head == "tags" else slice(None)
            assert torch.allclose(said[real], want[real], atol=1e-4)
    assert [path.name for path in file.parent.iterdir()] == ["model.onnx"]
    assert b"site-packages" not in file.read_bytes()


def test_positions_of_xlm_r_begin_behind_its_padding(exported):
    """Padding in front must not move the positions; a table from 0 would move them."""
    model, file = exported("xlm-roberta", "tags")
    ids, _ = batch_of(model, 1, 9, padded=False)
    front = torch.cat([torch.full((1, 4), model.config.pad_token_id), ids], dim=1)
    mask = (front != model.config.pad_token_id).long()
    with torch.inference_mode():
        want = model(input_ids=front, attention_mask=mask).logits
        assert torch.allclose(model(input_ids=ids).logits, want[:, 4:], atol=1e-4)
    said = OnnxModel(file, model.config)(front, mask).logits
    assert torch.allclose(said[:, 4:], want[:, 4:], atol=1e-4)


def test_eight_bits_are_smaller_and_not_far_off(exported, tmp_path, silence):
    model, whole = exported("bert")
    small = tmp_path / "small.onnx"
    scheme = quantize_int8(whole, small)
    assert "int8" in scheme.weights
    assert [path.name for path in (*tmp_path.iterdir(), *whole.parent.iterdir())] == [
        "small.onnx",
        "model.onnx",
    ]
    graph = onnx._need("onnx").load(str(small)).graph
    assert not [i.name for i in graph.initializer if i.data_type == 1 and len(i.dims) == 2]
    assert small.stat().st_size < whole.stat().st_size
    ids, mask = batch_of(model, 4, 20, padded=True)
    with torch.inference_mode():
        want = model(input_ids=ids, attention_mask=mask).logits
    off = (OnnxModel(small, model.config)(ids, mask).logits - want).abs().max()
    assert 0 < off < 0.25 * want.abs().max()


def test_an_exported_model_is_a_drop_in(exported, monkeypatch):
    model, file = exported("bert")
    threads = []
    runtime = onnx._need("onnxruntime")
    session = runtime.InferenceSession

    def spy(path, options, **more):
        threads.append(options.intra_op_num_threads)
        return session(path, options, **more)

    monkeypatch.setattr(runtime, "InferenceSession", spy)
    onnx_model = OnnxModel(file, model.config)
    assert threads == [torch.get_num_threads()]
    assert onnx_model.device.type == "cpu"
    assert onnx_model.config.num_labels == 3
    assert onnx_model.eval() is onnx_model.train(False) is onnx_model
    assert onnx_model.training is False
    with pytest.raises(ValueError, match="trained"):
        onnx_model.train()


@pytest.mark.parametrize("name", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_extra_is_one_clear_error(name, tokenizers, tmp_path, monkeypatch):
    model = model_of(tokenizers["bert"], "bert", head="text", attention="eager")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=rf"{name}.*pip install 'isogloss\[onnx\]'"):
        export_onnx(model, tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_export_that_answers_otherwise_is_refused(exported, tmp_path, monkeypatch):
    model, file = exported("bert")
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.classifier.bias.add_(0.01)
    monkeypatch.setattr(onnx, "_write", lambda plain, into: shutil.copy(file, into))
    with pytest.raises(InputError, match=r"answers otherwise in ONNX: logits are off by 0\.01"):
        export_onnx(other, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_model_that_cannot_be_traced_is_refused(tokenizers, tmp_path, monkeypatch):
    model = model_of(tokenizers["bert"], "bert", head="text", attention="eager")

    def branch(self, input_ids, attention_mask):
        return input_ids if input_ids.sum() > 0 else attention_mask

    monkeypatch.setattr(onnx._Logits, "forward", branch)
    with pytest.raises(InputError, match="'bert' cannot be exported to ONNX"):
        export_onnx(model, tmp_path)


@pytest.mark.parametrize("broken", [None, b"", b"no model"])
def test_a_missing_or_broken_file_is_refused(broken, tokenizers, tmp_path):
    config = scratch_config("bert", tokenizers["bert"], SMALL)
    if broken is not None:
        (tmp_path / "model.onnx").write_bytes(broken)
    with pytest.raises(InputError, match="write the serving form again"):
        OnnxModel(tmp_path / "model.onnx", config)


@pytest.mark.slow
def test_weights_too_many_for_one_file_lie_beside_it(tokenizers, tmp_path, monkeypatch, silence):
    monkeypatch.setattr(onnx, "LARGEST", 0)
    model = model_of(tokenizers["bert"], "bert", head="text", attention="eager").eval()
    file = export_onnx(model, tmp_path)
    quantize_int8(file, tmp_path / "small.onnx")
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.onnx",
        "model.onnx.data",
        "small.onnx",
        "small.onnx.data",
    }
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    ids, mask = batch_of(model, 2, 9, padded=True)
    with torch.inference_mode():
        want = model(input_ids=ids, attention_mask=mask).logits
    for name, tolerance in (("model.onnx", 1e-4), ("small.onnx", 0.5)):
        said = OnnxModel(moved / name, model.config)(ids, mask).logits
        assert torch.allclose(said, want, atol=tolerance)
