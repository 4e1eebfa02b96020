"""LoRA in a model: nothing changes before training, nothing is lost after it, and no one is lost.

The oracles are the model before anything was done to it, and peft itself, which loads what we save.
"""

import copy
import json
import warnings

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from isogloss.base.errors import InputError
from isogloss.model import lora as room
from isogloss.model.lora import (
    TARGETS,
    LoraSettings,
    add_lora,
    check_installed,
    check_targets,
    check_targets_of_family,
    count_weights,
)

peft = pytest.importorskip("peft", reason="peft is not installed: pip install 'isogloss[lora]'")

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
KINDS = {"texts": AutoModelForSequenceClassification, "words": AutoModelForTokenClassification}
WIDTH, VOCABULARY = 16, 60
TINY = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 40, "dim": WIDTH,
    "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "num_labels": 3, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2,
    "embedding_size": WIDTH, "input_embedding_size": WIDTH, "output_embedding_size": WIDTH,
}  # fmt: skip
SETTINGS = LoraSettings(r=4, lora_alpha=6.0, lora_dropout=0.0, target_modules=None)
IDS = torch.tensor([[1, 9, 7, 44, 12, 2], [1, 8, 30, 31, 5, 2]])


def made(family, kind="texts"):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return KINDS[kind].from_config(AutoConfig.for_model(family, **TINY)).eval()


def said(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def move(model):
    """Change what learns, as training would."""
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))


def wrapped_by_peft(model, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers will drop
        return peft.PeftModel.from_pretrained(model, str(folder)).eval()


@pytest.mark.parametrize("targets", [None, "all-linear"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_lora_changes_nothing_before_training_and_is_merged_after_it(
    family, kind, targets, tmp_path
):
    first, model = made(family, kind), made(family, kind)
    settings = LoraSettings(4, 6.0, 0.0, targets)
    adapted = add_lora(model, settings, seed=3, name=family)
    assert torch.equal(said(model), said(first))
    move(model)
    before = said(model)
    adapter = adapted.merge()
    after = said(model)
    assert (before - said(first)).abs().max() > 0.01
    assert torch.allclose(before, after, atol=1e-6)
    assert [name for name, _ in model.named_parameters()] == [
        name for name, _ in first.named_parameters()
    ]
    adapter.save(tmp_path / "adapter")
    assert torch.allclose(said(wrapped_by_peft(first, tmp_path / "adapter")), after, atol=1e-6)
    model.save_pretrained(tmp_path / "merged")
    assert torch.equal(said(KINDS[kind].from_pretrained(tmp_path / "merged").eval()), after)


@pytest.mark.parametrize(
    ("family", "kind"),
    [*((family, "texts") for family in TARGETS), *((family, "words") for family in FAMILIES)],
)
def test_what_learns_is_the_head_and_small_matrices_beside_the_targets(family, kind):
    plain, model = made(family, kind), made(family, kind)
    add_lora(model, SETTINGS, seed=0, name=family)
    body = f"{plain.base_model_prefix}."
    head = sum(
        p.numel()
        for name, p in plain.named_parameters()
        if not name.startswith(body) or ".pooler." in name
    )
    matrices = [m for m in plain.modules() if isinstance(m, torch.nn.Linear)]
    out = 3 * WIDTH if family == "modernbert" else WIDTH
    per_matrix, n = 4 * (WIDTH + out), 2 * len(TARGETS[family])
    assert len(matrices) > n
    whole = sum(p.numel() for p in plain.parameters())
    assert count_weights(plain) == (whole, whole)
    assert count_weights(model) == (whole, head + n * per_matrix)
    assert not any(
        p.requires_grad for name, p in model.named_parameters() if "embed" in name.lower()
    )


def test_the_first_matrices_are_a_function_of_the_seed():
    def first(seed):
        torch.manual_seed(seed + 100)  # what was drawn before does not matter
        model = made("bert")
        add_lora(model, SETTINGS, seed=seed, name="x")
        return {n: p for n, p in model.named_parameters() if "lora_A" in n}

    one, again, other = first(1), first(1), first(2)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)
    assert len({tuple(p.flatten().tolist()) for p in one.values()}) == len(one) == 4


def test_the_adapter_says_what_it_is_for_and_has_the_same_bytes_each_time(tmp_path):
    for name in ("one", "two"):
        model = made("xlm-roberta", "words")
        settings = LoraSettings(2, 8.0, 0.1, "all-linear")
        adapted = add_lora(model, settings, seed=0, name="x", base=("org/model", "a" * 40))
        adapted.merge().save(tmp_path / name)
    files = ["adapter_config.json", "adapter_model.safetensors"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    told = json.loads((tmp_path / "one" / files[0]).read_text())
    assert (told["base_model_name_or_path"], told["revision"]) == ("org/model", "a" * 40)
    assert (told["task_type"], told["r"], told["inference_mode"]) == ("TOKEN_CLS", 2, True)
    assert told["target_modules"] == ["dense", "key", "query", "value"]


def test_a_target_that_the_head_has_too_is_adapted_in_the_encoder_only():
    model = made("xlm-roberta")
    add_lora(model, LoraSettings(2, 8.0, 0.0, ["dense"]), seed=0, name="x")
    names = [name for name, _ in model.named_parameters() if "lora_" in name]
    assert len(names) == 2 * 2 * 3  # both matrices, two layers, three `dense` each
    assert all(name.startswith("roberta.encoder.") for name in names)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["quary"], "has no layer 'quary'. Did you mean 'query'? There are: dense, key, query,"),
        (["query", "q_lin"], "has no layer 'q_lin'"),
        (["classifier"], "has no layer 'classifier'"),
        (["LayerNorm"], "has no layer 'LayerNorm'"),
    ],
)
def test_an_unknown_target_is_named_with_those_there_are(targets, words):
    with pytest.raises(InputError) as error:
        add_lora(made("bert"), LoraSettings(2, 8.0, 0.0, targets), seed=0, name="mine")
    assert words in str(error.value)
    assert "mine" in str(error.value)


def test_a_family_without_targets_by_default_says_what_it_has(tmp_path):
    made("mpnet").save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"'mpnet', for which LoRA has no layers by default.*q, v"):
        check_targets(tmp_path, SETTINGS, revision="main", tagger=False)
    check_targets(tmp_path, LoraSettings(2, 8.0, 0.0, ["q", "v"]), revision="main", tagger=False)
    check_targets(tmp_path, LoraSettings(2, 8.0, 0.0, "all-linear"), revision="main", tagger=True)


def test_an_encoder_that_is_still_to_be_made_is_checked_by_its_family():
    check_targets_of_family("modernbert", SETTINGS, tagger=True)
    with pytest.raises(InputError, match="modernbert has no layer 'query'"):
        check_targets_of_family("modernbert", LoraSettings(2, 8.0, 0.0, ["query"]), tagger=False)


def test_what_is_not_installed_is_said_with_the_command(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'isogloss\[lora\]'"):
        check_installed()
    with pytest.raises(InputError, match=r"pip install 'isogloss\[lora\]'"):
        add_lora(copy.deepcopy(made("bert")), SETTINGS, seed=0, name="x")
