"""Serving forms: what is written in a form is loaded in it, and says what it is expected to say."""

import json
import sys
from typing import get_args

import pytest
import torch
from transformers import AutoConfig, AutoTokenizer

from isogloss.base.errors import InputError, UnknownName
from isogloss.model import precision
from isogloss.model.encoder import make_classifier, make_tagger, save_classifier
from isogloss.model.onnx import OnnxModel
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.served import FORMS, load_served, write_served
from isogloss.study.efficiency import Form

LABELS = ("negative", "neutral", "positive")
TAGS = ("O", "B-PER", "I-PER")
SMALL = Size(32, 1, 2, 64, max_length=32, dropout=0.1)


@pytest.fixture
def classifier(tokenizers):
    tokenizer = tokenizers["xlm-roberta"]
    config = scratch_config("xlm-roberta", tokenizer, SMALL)
    model = make_classifier(config, LABELS, seed=0, attention="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)  # logits that differ from text to text
    return model, tokenizer


@pytest.fixture
def native_bf16(monkeypatch):
    """Pretend that the processor has bf16, or has it not."""

    def have(native):
        monkeypatch.setattr(precision, "native_bf16", lambda device: (native, "a test"))

    return have


def load(folder, form, *, task="text", labels=LABELS):
    return load_served(folder, form, task=task, labels=labels, attention="sdpa")


def logits(model, tokenizer, texts):
    batch = tokenizer(texts, padding=True, truncation=True, max_length=32, return_tensors="pt")
    with torch.inference_mode():
        return model(**batch).logits


def test_the_forms_are_those_that_a_study_may_name():
    assert get_args(Form) == FORMS


@pytest.mark.parametrize("form", FORMS)
def test_each_form_says_what_the_trained_model_says(form, classifier, texts, tmp_path, native_bf16):
    native_bf16(True)
    model, tokenizer = classifier
    some = texts["deu-Latn"][:5]
    facts = write_served(model, tokenizer, form, tmp_path / "made" / "here", some)
    folder = tmp_path / "made" / "here"
    served = load(folder, form)

    want = logits(model, tokenizer, some)
    said = logits(served.model, served.tokenizer, some)
    tolerance = 0.25 * float(want.abs().max()) if form == "onnx-int8" else 1e-4
    assert torch.allclose(said, want, atol=tolerance)
    assert served.precision == ("bf16" if form in {"torch", "torch-bf16", "trimmed"} else "fp32")
    assert served.model.training is False
    assert served.model.config.num_labels == 3

    smaller = form == "trimmed"
    assert facts["vocabulary_before"] == len(tokenizer)
    assert facts["vocabulary_after"] == len(served.tokenizer)
    assert (facts["vocabulary_after"] < facts["vocabulary_before"]) is smaller
    assert (facts["parameters_after"] < facts["parameters_before"]) is smaller
    assert facts["disk_bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    assert json.loads(json.dumps(facts)) == facts
    assert AutoTokenizer.from_pretrained(folder).model_max_length == 32
    assert AutoConfig.from_pretrained(folder).id2label == dict(enumerate(LABELS))
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.onnx" if form.startswith("onnx") else "model.safetensors",
    }
    if form.startswith("onnx"):
        assert isinstance(served.model, OnnxModel)
        assert facts["opset"] == 20
        assert set(facts["versions"]) == {"torch", "onnx", "onnxruntime", "onnxscript"}
    assert ("quantization" in facts) is (form == "onnx-int8")


@pytest.mark.parametrize(
    "form", ["torch-fp32", "trimmed", pytest.param("onnx", marks=pytest.mark.slow)]
)
def test_a_tagger_is_served_as_a_tagger(form, tokenizers, texts, tmp_path):
    tokenizer = tokenizers["bert"]
    config = scratch_config("bert", tokenizer, SMALL)
    model = make_tagger(config, TAGS, seed=0, attention="eager").eval()
    sentences = [text.split() for text in texts["hin-Deva"][:5]]
    write_served(model, tokenizer, form, tmp_path, sentences)
    served = load(tmp_path, form, task="tags", labels=TAGS)
    some = [" ".join(words) for words in sentences[:1]]
    want = logits(model, tokenizer, some)
    assert want.shape[-1] == len(TAGS)
    assert torch.allclose(logits(served.model, served.tokenizer, some), want, atol=1e-4)


def test_emulated_bf16_is_refused(classifier, tmp_path, native_bf16):
    native_bf16(False)
    save_classifier(*classifier, tmp_path)
    with pytest.raises(InputError, match="emulated"):
        load(tmp_path, "torch-bf16")
    assert load(tmp_path, "torch").precision == "fp32"


def test_a_head_for_other_labels_is_not_served(classifier, tmp_path):
    save_classifier(*classifier, tmp_path)
    others = ("bad", "good", "so-so")
    with pytest.raises(InputError, match="no head that was trained for bad"):
        load(tmp_path, "torch-fp32", labels=others)
    with pytest.raises(InputError, match="exported for the labels negative"):
        load(tmp_path, "onnx", labels=others)


def test_a_folder_without_the_form_is_refused(classifier, tmp_path):
    with pytest.raises(InputError, match=r"config\.json is missing"):
        load(tmp_path, "onnx")
    save_classifier(*classifier, tmp_path)
    with pytest.raises(InputError, match=r"model\.onnx is missing"):
        load(tmp_path, "onnx-int8")


def test_a_missing_extra_is_said_when_it_is_needed(classifier, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install 'isogloss\[onnx\]'"):
        write_served(*classifier, "onnx", tmp_path, [])
    write_served(*classifier, "torch", tmp_path, [])


def test_an_unknown_form_gets_the_nearest_name(classifier, tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'onnx-int8'"):
        write_served(*classifier, "onnx-int4", tmp_path, [])
    with pytest.raises(UnknownName, match="trimmed"):
        load(tmp_path, "trimed")
