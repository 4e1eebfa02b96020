"""Heads of words: made, loaded and checked; labels are matched by name, in both kinds of head."""

import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForTokenClassification,
    BertConfig,
    DistilBertConfig,
    ModernBertConfig,
    T5Config,
    XLMRobertaConfig,
)
from transformers import pipeline as make_pipeline

from isogloss.base.errors import InputError
from isogloss.model.encoder import (
    attention_of,
    check_encoder,
    load_classifier,
    load_tagger,
    make_classifier,
    make_tagger,
    save_classifier,
)
from isogloss.model.head import outputs_of
from isogloss.study.tasks import span_tags

TAGS = span_tags(("PER", "LOC", "ORG"))
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 60}
CONFIGS = {
    "bert": BertConfig(intermediate_size=32, max_position_embeddings=24, **SMALL),
    "distilbert": DistilBertConfig(
        dim=16, n_layers=1, n_heads=2, hidden_dim=32, vocab_size=60, max_position_embeddings=24
    ),
    "xlm-roberta": XLMRobertaConfig(
        intermediate_size=32, max_position_embeddings=26, pad_token_id=1, **SMALL
    ),
    "modernbert": ModernBertConfig(
        intermediate_size=32, max_position_embeddings=24, pad_token_id=0, bos_token_id=2,
        cls_token_id=2, eos_token_id=3, sep_token_id=3, **SMALL,
    ),
}  # fmt: skip
MAKE = {"tagger": make_tagger, "classifier": make_classifier}
LOAD = {"tagger": load_tagger, "classifier": load_classifier}
IDS = torch.tensor([[2, 9, 17, 33, 3], [2, 8, 50, 5, 3]])

both_kinds = pytest.mark.parametrize("kind", MAKE)
all_families = pytest.mark.parametrize("family", CONFIGS)


def make(family, *, kind="tagger", labels=TAGS, seed=0):
    """A model whose every weight says something: the library draws biases as zeros."""
    model = MAKE[kind](CONFIGS[family], labels, seed=seed, attention="eager").eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 10)
    return model


def load(folder, *, kind="tagger", labels=TAGS, seed=0):
    return LOAD[kind](folder, labels=labels, seed=seed, attention="eager")


def logits(model):
    with torch.inference_mode():
        return model.eval()(input_ids=IDS).logits


def in_another_order(labels):
    mixed = list(labels)
    random.Random(1).shuffle(mixed)
    return tuple(mixed)


def same_encoder(one, other):
    """Poolers apart, which some heads add."""
    prefix = f"{one.base_model_prefix}."
    pairs = [
        (parameter, dict(other.named_parameters())[name])
        for name, parameter in one.named_parameters()
        if name.startswith(prefix) and "pooler" not in name
    ]
    return bool(pairs) and all(torch.equal(*pair) for pair in pairs)


@all_families
def test_a_tagger_says_something_of_every_sub_token_and_the_seed_decides_it(family):
    one, same, other = (
        make_tagger(CONFIGS[family], TAGS, seed=seed, attention="eager") for seed in (0, 0, 1)
    )
    assert logits(one).shape == (2, 5, 7)
    assert torch.equal(logits(one), logits(same))
    assert not torch.equal(logits(one), logits(other))
    assert {p.dtype for p in one.parameters()} == {torch.float32}
    assert one.config.id2label == dict(enumerate(TAGS))
    assert type(one) is type(AutoModelForTokenClassification.from_config(CONFIGS[family]))


@all_families
def test_a_saved_tagger_comes_back_exactly_through_our_loader_and_the_public_one(family, tmp_path):
    model = make(family)
    model.save_pretrained(tmp_path)
    ours = load(tmp_path, seed=9)
    public = AutoModelForTokenClassification.from_pretrained(tmp_path)
    assert ours.head == "kept"
    for loaded in (ours.model, public):
        weights = dict(loaded.named_parameters())
        assert all(torch.equal(p, weights[n]) for n, p in model.named_parameters())
    assert torch.allclose(logits(ours.model), logits(public), atol=1e-6)


@both_kinds
@all_families
def test_labels_in_another_order_are_matched_by_name(family, kind, tmp_path):
    """Weights to the bit; what is said to rounding, which hangs on where weights lie in memory."""
    theirs = in_another_order(TAGS)
    assert theirs != TAGS
    make(family, kind=kind, labels=theirs).save_pretrained(tmp_path)
    as_it_is = load(tmp_path, kind=kind, labels=theirs).model
    ours = load(tmp_path, kind=kind, labels=[tag.lower() for tag in TAGS])
    order = [theirs.index(tag) for tag in TAGS]
    assert ours.head == "kept"
    assert list(ours.model.config.label2id) == [tag.lower() for tag in TAGS]
    assert torch.allclose(logits(ours.model), logits(as_it_is)[..., order], atol=1e-6)
    save = dict(as_it_is.named_parameters())
    for name, parameter in ours.model.named_parameters():
        moved = name in outputs_of(ours.model)
        assert torch.equal(parameter, save[name][order] if moved else save[name])


@both_kinds
def test_labels_may_change_their_order_again_and_again(kind, tmp_path):
    theirs = in_another_order(TAGS)
    model = make("xlm-roberta", kind=kind, labels=theirs)
    model.save_pretrained(tmp_path / "0")
    for at, labels in enumerate((TAGS, TAGS[::-1], theirs)):
        loaded = load(tmp_path / str(at), kind=kind, labels=labels).model
        loaded.save_pretrained(tmp_path / str(at + 1))
    weights = dict(loaded.named_parameters())
    assert all(torch.equal(p, weights[n]) for n, p in model.named_parameters())


@both_kinds
@all_families
def test_only_the_last_layer_of_a_head_has_rows_for_labels(family, kind):
    model = make(family, kind=kind)
    outputs = outputs_of(model)
    assert all(len(parameter) == len(TAGS) for parameter in outputs.values())
    assert all(any(p is q for q in model.parameters()) for p in outputs.values())
    changed = next(iter(outputs.values()))
    before = logits(model)
    with torch.no_grad():
        changed[3] += 1
    differs = (logits(model) != before).flatten(0, -2).any(dim=0)
    assert differs.tolist() == [at == 3 for at in range(len(TAGS))]


OTHERS = {
    "other types": span_tags(("PER", "LOC", "GPE")),
    "a type more": span_tags(("PER", "LOC", "ORG", "MISC")),
    "one type": span_tags(("PER",)),
    "numbers": tuple(f"LABEL_{at}" for at in range(7)),
}


@pytest.mark.parametrize("labels", OTHERS.values(), ids=OTHERS)
@both_kinds
@all_families
def test_a_head_of_other_labels_is_drawn_from_the_seed(family, kind, labels, tmp_path):
    model = make(family, kind=kind, labels=labels)
    model.save_pretrained(tmp_path)
    one, same, other = (load(tmp_path, kind=kind, seed=seed) for seed in (1, 1, 2))
    assert one.head == other.head == "new"
    assert same_encoder(model, one.model)
    assert torch.equal(logits(one.model), logits(same.model))
    fresh = MAKE[kind](CONFIGS[family], TAGS, seed=1, attention="eager")
    for name, parameter in outputs_of(fresh).items():
        assert torch.equal(outputs_of(one.model)[name], parameter)
    assert not torch.equal(logits(one.model), logits(other.model))


@both_kinds
@all_families
def test_the_head_of_another_task_is_not_taken_for_ours(family, kind, tmp_path):
    """The library gives some heads of two tasks the same names and shapes, and would load them."""
    other = "classifier" if kind == "tagger" else "tagger"
    model = make(family, kind=other)
    model.save_pretrained(tmp_path)
    loaded = load(tmp_path, kind=kind, seed=4)
    fresh = MAKE[kind](CONFIGS[family], TAGS, seed=4, attention="eager")
    assert loaded.head == "new"
    assert same_encoder(model, loaded.model)
    theirs, drawn = load_file(tmp_path / "model.safetensors"), outputs_of(fresh)
    tempting = [name for name in drawn if name in theirs]
    assert bool(tempting) == (family != "xlm-roberta")
    assert all(torch.equal(outputs_of(loaded.model)[name], drawn[name]) for name in tempting)


@pytest.mark.parametrize("auto", [AutoModel, AutoModelForMaskedLM])
@all_families
def test_an_encoder_without_a_head_gets_one_from_the_seed(family, auto, tmp_path):
    torch.manual_seed(3)
    auto.from_config(CONFIGS[family]).save_pretrained(tmp_path)
    one, same, other = (load(tmp_path, seed=seed) for seed in (1, 1, 2))
    assert one.head == "new"
    assert torch.equal(logits(one.model), logits(same.model))
    assert not torch.equal(logits(one.model), logits(other.model))
    assert same_encoder(one.model, other.model)


@all_families
def test_the_public_pipeline_runs_a_saved_tagger(family, tokenizers, tmp_path):
    tokenizer = tokenizers[family]
    config = AutoConfig.for_model(**(CONFIGS[family].to_dict() | {"vocab_size": len(tokenizer)}))
    model = make_tagger(config, TAGS, seed=0, attention="eager").eval()
    save_classifier(model, tokenizer, tmp_path)
    said = make_pipeline(
        "token-classification", model=str(tmp_path), device="cpu", ignore_labels=[]
    )
    with torch.inference_mode():
        inputs = tokenizer("nu ge Ti", return_tensors="pt")
        best = model(**inputs).logits[0, 1:-1].argmax(-1).tolist()
    assert [word["entity"] for word in said("nu ge Ti")] == [TAGS[at] for at in best]


@all_families
def test_a_sound_tagger_passes_the_check_and_too_long_texts_do_not(family, tmp_path):
    make(family).save_pretrained(tmp_path)
    check_encoder(tmp_path, revision="main", max_length=24, tagger=True)
    with pytest.raises(InputError, match="24 positions"):
        check_encoder(tmp_path, revision="main", max_length=25, tagger=True)


def test_an_encoder_that_cannot_tag_is_refused(tmp_path):
    """It has a classifier in the library, so only the task tells."""
    make("bert").save_pretrained(tmp_path)
    path = Path(tmp_path / "config.json")
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"model_type": "ctrl", "is_encoder_decoder": False}))
    with pytest.raises(InputError, match="'ctrl', which has no encoder with a tagger"):
        check_encoder(tmp_path, revision="main", max_length=8, tagger=True)
    small = T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, vocab_size=60)
    path.write_text(json.dumps(small.to_dict()))
    with pytest.raises(InputError, match="'t5', which has no encoder with a tagger"):
        check_encoder(tmp_path, revision="main", max_length=8, tagger=True)


def test_a_tagger_is_loaded_with_the_attention_asked_for(tmp_path):
    make("bert").save_pretrained(tmp_path)
    model = load_tagger(tmp_path, labels=TAGS, seed=0, attention="sdpa").model
    assert attention_of(model) == "sdpa"
