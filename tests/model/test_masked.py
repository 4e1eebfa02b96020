"""Masked language models: head and body apart are the whole; what is saved, anyone can load."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertForPreTraining,
    DebertaV2Config,
    ModernBertConfig,
)
from transformers import pipeline as make_pipeline

from isogloss.base.errors import InputError, UnknownName
from isogloss.model.encoder import attention_of, load_classifier, make_classifier, save_classifier
from isogloss.model.masked import (
    HEADS,
    average_into,
    check_masked_lm,
    check_same_outputs,
    check_same_vocabulary,
    hidden_states,
    load_masked_lm,
    logits_of,
    make_masked_lm,
    save_masked_lm,
)
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
TINY = Size(16, 2, 2, 32, max_length=24, dropout=0.0, global_attn_every_n_layers=1)
SMALL = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 30,
    "pad_token_id": 1,
}


def tiny(tokenizers, family, *, seed=0, attention="eager", **changes):
    config = scratch_config(family, tokenizers[family], replace(TINY, **changes))
    return make_masked_lm(config, seed=seed, attention=attention)


def batch(vocabulary, *, padded=False, seed=0):
    """Ids [3, 12] without the padding token, and a mask that hides some ends."""
    ids = torch.from_numpy(np.random.default_rng(seed).integers(5, vocabulary, (3, 12)))
    mask = torch.arange(12) < torch.tensor([12, 7, 3])[:, None]
    return ids, mask.long() if padded else None


def same(one, other):
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in one.state_dict().items())


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_on_chosen_positions_says_what_the_whole_model_says(
    family, attention, padded, tokenizers
):
    model = tiny(tokenizers, family, attention=attention).eval()
    ids, mask = batch(len(tokenizers[family]), padded=padded)
    chosen = torch.zeros_like(ids, dtype=torch.bool)
    chosen[0, [1, 4, 11]] = chosen[1, 2] = True
    got = logits_of(model, hidden_states(model, ids, mask)[chosen])
    want = model(input_ids=ids, attention_mask=mask).logits[chosen]
    assert got.shape == (4, len(tokenizers[family]))
    assert torch.allclose(got, want, atol=1e-6)


@pytest.mark.parametrize("family", sorted(HEADS))
def test_every_family_of_the_table_is_run_as_its_own_model_runs(family):
    torch.manual_seed(0)
    size = {"dim": 16, "n_heads": 2, "n_layers": 1, "hidden_dim": 32}
    more = size | SMALL if family == "distilbert" else SMALL
    if family == "distilbert":
        more = {k: v for k, v in more.items() if not k.startswith(("hidden_size", "num_", "int"))}
    config = AutoConfig.for_model(family, **more)
    model = make_masked_lm(config, seed=0, attention="eager").eval()
    ids, mask = batch(60, padded=True)
    got = logits_of(model, hidden_states(model, ids, mask))
    assert torch.allclose(got, model(input_ids=ids, attention_mask=mask).logits, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_the_loss_of_the_library_through_both_ends_of_the_ties(
    family, tokenizers
):
    ids, _ = batch(len(tokenizers[family]))
    gold = torch.full_like(ids, -100)
    gold[0, 3], gold[2, 5] = 7, 9
    ours, theirs = (tiny(tokenizers, family) for _ in range(2))
    chosen = gold != -100
    logits = logits_of(ours, hidden_states(ours, ids, None)[chosen])
    functional.cross_entropy(logits, gold[chosen]).backward()
    theirs(input_ids=ids, labels=gold).loss.backward()
    want = {name: p.grad for name, p in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        if want[name] is None:
            assert parameter.grad is None
        else:
            assert torch.allclose(parameter.grad, want[name], atol=1e-6), name
    table = ours.get_input_embeddings().weight
    assert table is ours.get_output_embeddings().weight
    assert table.grad[ids.unique()].abs().sum(1).min() > 0  # read
    unread = [i for i in range(len(tokenizers[family])) if i not in ids]
    unread = [i for i in unread if i != tokenizers[family].pad_token_id]
    assert table.grad[unread].abs().sum(1).min() > 0  # only guessed


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_decides_every_weight_and_the_config_and_random_state_are_left_alone(
    family, tokenizers
):
    config = scratch_config(family, tokenizers[family], TINY)
    before = config.to_dict()
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    one, two, other = (make_masked_lm(config, seed=s, attention="eager") for s in (0, 0, 1))
    assert torch.equal(torch.rand(3), want)
    assert same(one, two)
    assert not same(one, other)
    assert config.to_dict() == before
    assert attention_of(tiny(tokenizers, family, attention="sdpa")) == "sdpa"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_model_comes_back_exactly_through_our_loader_and_the_public_ones(
    family, tokenizers, tmp_path, capfd
):
    model = tiny(tokenizers, family, seed=3)
    save_masked_lm(model, tokenizers[family], tmp_path)
    ours = load_masked_lm(tmp_path, attention="eager")
    check_masked_lm(tmp_path, revision="main", max_length=24)
    assert capfd.readouterr() == ("", "")
    public = AutoModelForMaskedLM.from_pretrained(tmp_path)
    for loaded in (ours, public):
        assert same(model, loaded)
        assert loaded.get_input_embeddings().weight is loaded.get_output_embeddings().weight
    check_same_vocabulary(tokenizers[family], AutoTokenizer.from_pretrained(tmp_path), "itself")
    assert AutoTokenizer.from_pretrained(tmp_path).model_max_length == 24
    weights = load_file(tmp_path / "model.safetensors")
    table = tuple(model.get_input_embeddings().weight.shape)
    assert sum(tuple(tensor.shape) == table for tensor in weights.values()) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_public_pipeline_fills_a_mask_as_we_rank_it(family, tokenizers, tmp_path):
    model, tokenizer = tiny(tokenizers, family).eval(), tokenizers[family]
    save_masked_lm(model, tokenizer, tmp_path)
    text = f"ba {tokenizer.mask_token} ge"
    guesses = make_pipeline("fill-mask", model=str(tmp_path), device="cpu")(text)
    ids = torch.tensor([tokenizer(text).input_ids])
    hidden = hidden_states(model, ids, None)[ids == tokenizer.mask_token_id]
    best = logits_of(model, hidden)[0].softmax(-1).topk(5)
    assert [guess["token"] for guess in guesses] == best.indices.tolist()
    assert [guess["score"] for guess in guesses] == pytest.approx(best.values.tolist(), abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_becomes_a_classifier_with_its_own_encoder(family, tokenizers, tmp_path):
    model = tiny(tokenizers, family)
    save_masked_lm(model, tokenizers[family], tmp_path)
    loaded = load_classifier(tmp_path, labels=["a", "b"], seed=0, attention="eager")
    assert loaded.head == "new"
    body = dict(loaded.model.base_model.named_parameters())
    assert all(torch.equal(p, body[name]) for name, p in model.base_model.named_parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_without_the_head_that_guesses_is_refused(family, tokenizers, tmp_path):
    config = scratch_config(family, tokenizers[family], TINY)
    classifier = make_classifier(config, ["a", "b"], seed=0, attention="eager")
    save_classifier(classifier, tokenizers[family], tmp_path)
    with pytest.raises(InputError, match="no whole masked language model"):
        load_masked_lm(tmp_path, attention="eager")


def test_a_checkpoint_that_lacks_a_weight_of_its_body_is_refused(tokenizers, tmp_path):
    save_masked_lm(tiny(tokenizers, "modernbert"), tokenizers["modernbert"], tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights.pop("model.layers.1.mlp.Wi.weight")
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"1 tensors .* 'model\.layers\.1\.mlp\.Wi\.weight'"):
        load_masked_lm(tmp_path, attention="eager")


def test_a_checkpoint_with_more_than_we_need_is_loaded(tokenizers, tmp_path):
    config = scratch_config("bert", tokenizers["bert"], TINY)
    model = BertForPreTraining(config)
    model.save_pretrained(tmp_path)
    loaded = load_masked_lm(tmp_path, attention="eager")
    assert torch.equal(loaded.cls.predictions.bias, model.cls.predictions.bias)


def test_half_precision_is_loaded_in_fp32_and_sparse_prediction_switched_off(tokenizers, tmp_path):
    model = tiny(tokenizers, "modernbert").to(torch.bfloat16)
    model.config.sparse_prediction = True
    save_masked_lm(model, tokenizers["modernbert"], tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["sparse_prediction"]
    loaded = load_masked_lm(tmp_path, attention="sdpa")
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert loaded.config.sparse_prediction is False
    assert loaded.sparse_prediction is False


def test_a_family_whose_head_we_do_not_know_is_refused_before_it_is_made(tmp_path):
    config = DebertaV2Config(**{name: SMALL[name] for name in ("vocab_size", "hidden_size")})
    with pytest.raises(UnknownName, match="deberta-v2"):
        make_masked_lm(config, seed=0, attention="eager")
    small = DebertaV2Config(**{k: v for k, v in SMALL.items() if k != "num_key_value_heads"})
    AutoModelForMaskedLM.from_config(small).save_pretrained(tmp_path)
    for refused in (
        lambda: load_masked_lm(tmp_path, attention="eager"),
        lambda: check_masked_lm(tmp_path, revision="main", max_length=8),
    ):
        with pytest.raises(UnknownName, match="Known: bert, camembert"):
            refused()


def test_a_missing_folder_and_too_long_an_input_are_refused_before_training(tokenizers, tmp_path):
    with pytest.raises(InputError, match="no model folder"):
        load_masked_lm(tmp_path / "nowhere", attention="eager")
    save_masked_lm(tiny(tokenizers, "bert"), tokenizers["bert"], tmp_path)
    with pytest.raises(InputError, match="24 positions"):
        check_masked_lm(tmp_path, revision="main", max_length=25)


@pytest.mark.parametrize(("n", "hidden"), [(64, False), (65, False), (66, True), (128, True)])
def test_a_local_layer_hides_the_first_token_from_the_last_of_more_than_65(n, hidden):
    """What the words on `Size.global_attn_every_n_layers` say of the library's local layers."""
    config = ModernBertConfig(**SMALL, layer_types=["sliding_attention"])
    model = make_masked_lm(config, seed=0, attention="eager").eval()
    ids = torch.full((2, n), 7)
    ids[1, 0] = 9
    last = hidden_states(model, ids, None)[:, -1]
    assert torch.equal(last[0], last[1]) is hidden


def test_scratch_modernbert_has_the_library_layers_unless_every_layer_is_to_be_global(tokenizers):
    def layers(**changes):
        size = replace(TINY, num_hidden_layers=4, **changes)
        return scratch_config("modernbert", tokenizers["modernbert"], size).layer_types

    assert set(layers()) == {"full_attention"}
    assert layers(global_attn_every_n_layers=3) == ModernBertConfig(num_hidden_layers=4).layer_types


def test_a_teacher_with_another_vocabulary_is_refused_by_its_first_difference(tokenizers, texts):
    check_same_vocabulary(tokenizers["bert"], tokenizers["modernbert"], "teacher")
    smaller = train_tokenizer(
        texts, algorithm="wordpiece", vocab_size=200, family="bert", seed=0, floor=0
    )
    with pytest.raises(InputError, match=r"200 entries against 300, 100 .* 200: 'nothing' against"):
        check_same_vocabulary(tokenizers["bert"], smaller, "theirs")
    with pytest.raises(InputError, match=r"first at id 0: '<s>' against '\[PAD\]'"):
        check_same_vocabulary(tokenizers["bert"], tokenizers["xlm-roberta"], "theirs")


def test_a_teacher_that_masks_with_another_token_is_refused(tokenizers, tmp_path):
    tokenizers["bert"].save_pretrained(tmp_path)
    other = AutoTokenizer.from_pretrained(tmp_path)
    other.mask_token = "[SEP]"
    with pytest.raises(InputError, match=r"'\[SEP\]' for its mask_token"):
        check_same_vocabulary(tokenizers["bert"], other, "theirs")


def test_a_teacher_with_more_outputs_is_refused(tokenizers):
    student, teacher = (tiny(tokenizers, "bert") for _ in range(2))
    check_same_outputs(student.config.vocab_size, teacher, "teacher")
    teacher.resize_token_embeddings(320, mean_resizing=False)
    with pytest.raises(InputError, match="teacher has 320 outputs and the student 300"):
        check_same_outputs(student.config.vocab_size, teacher, "teacher")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_begins_as_its_teacher_and_then_goes_its_own_way(family, tokenizers):
    student, teacher = tiny(tokenizers, family), tiny(tokenizers, family, seed=1)
    average_into(student, [teacher.state_dict()])
    assert same(student, teacher)
    assert student.get_input_embeddings().weight is student.get_output_embeddings().weight
    with torch.no_grad():
        student.get_input_embeddings().weight.add_(1)
    assert not same(student, teacher)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_begins_as_the_mean_of_its_teachers_in_any_order(family, tokenizers):
    teachers = [tiny(tokenizers, family, seed=seed).state_dict() for seed in (1, 2, 3)]
    one, other = tiny(tokenizers, family), tiny(tokenizers, family)
    average_into(one, teachers)
    average_into(other, iter(teachers[::-1]))
    assert same(one, other)
    for name, tensor in one.state_dict().items():
        mean = torch.stack([teacher[name] for teacher in teachers]).double().mean(0)
        assert torch.allclose(tensor.double(), mean, atol=1e-7)
        assert tensor.dtype == torch.float32


def test_teachers_of_another_shape_or_none_are_refused_and_the_student_is_left(tokenizers):
    student = tiny(tokenizers, "bert")
    before = {name: tensor.clone() for name, tensor in student.state_dict().items()}
    deep = tiny(tokenizers, "bert", num_hidden_layers=3)
    wide = tiny(tokenizers, "bert", intermediate_size=64)
    with pytest.raises(InputError, match=r"layer\.2\..* the student's is missing"):
        average_into(student, [deep.state_dict()])
    with pytest.raises(InputError, match=r"Teacher 2 .* is 64, the student's is 32"):
        average_into(student, [before, wide.state_dict()])
    with pytest.raises(InputError, match="No teacher"):
        average_into(student, [])
    assert all(torch.equal(tensor, before[name]) for name, tensor in student.state_dict().items())
