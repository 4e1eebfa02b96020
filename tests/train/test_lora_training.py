"""Training with LoRA: one step is peft's with a plain AdamW, what is frozen stays bit for bit.

And whatever makes training fast or lets it go on changes nothing of that: used entries, rows
without padding, bf16, checkpoints.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from finishing import result_of
from isogloss.evaluate.predict import predict
from isogloss.model.lora import LoraSettings, add_lora
from isogloss.model.precision import Precision
from isogloss.model.used_entries import UsedEntries
from isogloss.train import finetune as room
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson
from learned import weights

peft = pytest.importorskip("peft", reason="peft is not installed: pip install 'isogloss[lora]'")
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
FP32 = Precision("fp32", "test")
SETTINGS = LoraSettings(r=3, lora_alpha=6.0, lora_dropout=0.0, target_modules=None)
RECIPE = {
    "precision": "fp32",
    "save_seconds": None,
    "learning_rate": 5e-3,
    "weight_decay": 0.1,
    "per_device_train_batch_size": 8,
    "adam_epsilon": 1e-6,
}


def started(model, encoded, recipe, folder, **more):
    arguments = {"pad_id": 0, "max_tokens": 8192, "method": {"lora": 3}, **more}
    return finetune(model, TextLesson(encoded), recipe, folder=folder, **arguments)


def trained(*given, **more):
    return result_of(started(*given, **more))


def adapted(toys, family="bert", settings=SETTINGS, seed=0, **more):
    model = toys.model(family, **more)
    return add_lora(model, settings, seed=seed, name=family)


def learning(model):
    return {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}


def frozen(model):
    return {n: p.detach().clone() for n, p in model.named_parameters() if not p.requires_grad}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def by_hand(toys, family, encoded, recipe):
    """One step: peft on its own, one padded batch, AdamW written out (first step of the paper)."""
    model = toys.model(family)
    bare = peft.get_peft_model(
        model,
        peft.LoraConfig(r=3, lora_alpha=6, target_modules=list(adapted(toys, family).targets)),
    )
    ours = adapted(toys, family)
    head = ours.peft.peft_config["default"].modules_to_save
    named = dict(model.named_parameters())
    for name, first in ours.model.named_parameters():
        if "lora_" in name:
            named[name].data.copy_(first)
    for name, parameter in named.items():
        if any(name.startswith(f"{one}.") for one in head):
            parameter.requires_grad_(True)
    bare.train()
    longest = int(encoded.lengths.max())
    ids, mask = (torch.zeros(len(encoded), longest, dtype=torch.long) for _ in range(2))
    ids += toys.tokenizer(family).pad_token_id
    for row in range(len(encoded)):
        tokens = torch.from_numpy(encoded.select([row]).ids.astype(np.int64))
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    logits = bare(input_ids=ids, attention_mask=mask).logits
    functional.cross_entropy(logits, torch.from_numpy(encoded.labels)).backward()
    moved = {n: p for n, p in named.items() if p.requires_grad}
    norm = torch.sqrt(sum((p.grad**2).sum() for p in moved.values()))
    clip = min(1.0, recipe.max_grad_norm / (float(norm) + 1e-6))
    rate, found = recipe.learning_rate, {}
    for name, p in moved.items():
        gradient = p.grad * clip
        kept = 1 - rate * (recipe.weight_decay if p.dim() > 1 else 0.0)
        move = gradient / (gradient.abs() + recipe.adam_epsilon)  # both moments, unbiased
        found[name] = p.detach() * kept - rate * move
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_one_step_is_pefts_and_a_plain_adamw(family, toys, tmp_path):
    encoded = toys.split(8, family=family)
    recipe = toys.recipe(**RECIPE, max_steps=1, num_train_epochs=None)
    want = by_hand(toys, family, encoded, recipe)
    ours = adapted(toys, family)
    first = learning(ours.model)
    trained(ours.model, encoded, recipe, tmp_path, pad_id=toys.tokenizer(family).pad_token_id)
    got = {n.replace(".modules_to_save.default", ""): p for n, p in learning(ours.model).items()}
    assert got.keys() == want.keys()
    assert all(torch.allclose(got[n], want[n], atol=2e-6) for n in want)
    assert not any(
        torch.equal(p, first[n]) for n, p in learning(ours.model).items() if "lora_B" in n
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_frozen_stays_bit_for_bit_and_the_merged_model_says_the_same(
    family, toys, tmp_path
):
    encoded = toys.split(40, family=family)
    pad_id = toys.tokenizer(family).pad_token_id
    ours = adapted(toys, family, dropout=0.1)
    first = frozen(ours.model)
    recipe = toys.recipe(**{**RECIPE, "learning_rate": 2e-2}, num_train_epochs=3)
    result = trained(ours.model, encoded, recipe, tmp_path, pad_id=pad_id)
    assert same(frozen(ours.model), first)
    assert result.curve[-1]["loss"] < result.curve[0]["loss"]

    def said():
        more = {"precision": FP32, "pad_id": pad_id, "max_tokens": 1000}
        return predict(ours.model, encoded, **more).probabilities

    before, targets = said(), ours.targets
    ours.merge()
    assert np.allclose(before, said(), atol=1e-6)
    plain = weights(toys.model(family, dropout=0.1))
    moved = {n for n, p in weights(ours.model).items() if not torch.equal(p, plain[n])}
    body = {n for n in moved if n.startswith(f"{ours.model.base_model_prefix}.")}
    pooler = {n for n in body if ".pooler." in n}
    assert moved - body
    assert body - pooler == {
        n for n in plain if any(n.endswith(f".{target}.weight") for target in targets)
    }


@pytest.mark.parametrize("family", ["bert", "modernbert"])
def test_the_used_part_of_a_vocabulary_is_enough(family, toys, tmp_path, monkeypatch):
    """A table of which a tenth is read: its rows are cut out, put back, and are what they were."""
    encoded, seen = toys.split(24, family=family), []
    recipe = toys.recipe(**RECIPE, num_train_epochs=2)

    def run(folder):
        model = toys.model(family)
        model.resize_token_embeddings(2000, mean_resizing=False)
        table = model.get_input_embeddings()
        with torch.no_grad():
            table.weight.copy_(
                torch.from_numpy(np.random.default_rng(1).normal(size=table.weight.shape))
            )
        ours = add_lora(model, SETTINGS, seed=0, name=family)
        steps = started(ours.model, encoded, recipe, folder)
        next(steps)
        seen.append(type(ours.model.get_input_embeddings()))
        for _ in steps:
            pass
        assert torch.equal(ours.model.get_input_embeddings().weight, table.weight)
        assert ours.model.get_input_embeddings().num_embeddings == 2000
        return learning(ours.model)

    few = run(tmp_path / "few")
    monkeypatch.setattr(room, "put_aside", lambda model, ids: None)
    whole = run(tmp_path / "whole")
    assert seen == [UsedEntries, torch.nn.Embedding]
    assert same(few, whole)


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_without_padding_are_the_same_training(family, toys, tmp_path, monkeypatch):
    encoded, pad_id = toys.split(24, family=family), toys.tokenizer(family).pad_token_id
    recipe = toys.recipe(**RECIPE, num_train_epochs=2)
    rows = adapted(toys, family)
    told = trained(rows.model, encoded, recipe, tmp_path / "rows", pad_id=pad_id)
    monkeypatch.setattr(room, "reads_unpadded", lambda model: False)
    padded = adapted(toys, family)
    trained(padded.model, encoded, recipe, tmp_path / "padded", pad_id=pad_id)
    assert told.padding_share < 0.06
    one, other = learning(rows.model), learning(padded.model)
    assert all(torch.allclose(one[n], other[n], atol=1e-5) for n in other)


def test_bf16_trains_fp32_weights_near_those_of_fp32(toys, tmp_path):
    encoded = toys.split(24)
    recipe = {**RECIPE, "num_train_epochs": 2}
    results = {}
    for name in ("bf16", "fp32"):
        ours = adapted(toys)
        before = frozen(ours.model)
        result = trained(
            ours.model, encoded, toys.recipe(**{**recipe, "precision": name}), tmp_path / name
        )
        assert result.precision == name
        assert same(frozen(ours.model), before)
        assert {p.dtype for p in ours.model.parameters()} == {torch.float32}
        results[name] = result.train_loss
    assert results["bf16"] != results["fp32"]
    assert results["bf16"] == pytest.approx(results["fp32"], abs=0.02)


@pytest.mark.parametrize("k", [1, 4, 8])
def test_a_killed_training_ends_with_the_same_weights_bit_for_bit(k, toys, tmp_path):
    encoded = toys.split(24)
    recipe = toys.recipe(**{**RECIPE, "save_seconds": 0}, num_train_epochs=3)
    settings = LoraSettings(3, 6.0, 0.2, "all-linear")
    whole = adapted(toys, settings=settings, dropout=0.2)
    want = trained(whole.model, encoded, recipe, tmp_path / "whole")
    cut = adapted(toys, settings=settings, dropout=0.2)
    steps = started(cut.model, encoded, recipe, tmp_path / "cut")
    for _ in range(k):
        next(steps)
    steps.close()
    torch.manual_seed(999)
    again = adapted(toys, settings=settings, dropout=0.2)
    got = trained(again.model, encoded, recipe, tmp_path / "cut")
    assert (got.n_resumed, got.curve, got.train_loss) == (1, want.curve, want.train_loss)
    for one in (whole, again):
        one.merge()
    assert same(weights(again.model), weights(whole.model))


def test_a_checkpoint_holds_what_learns_only(toys, tmp_path):
    from safetensors.torch import load_file

    ours = adapted(toys)
    steps = started(
        ours.model, toys.split(24), toys.recipe(**{**RECIPE, "save_seconds": 0}), tmp_path
    )
    next(steps)
    (saved,) = tmp_path.glob("step-*/model.safetensors")
    assert load_file(saved).keys() == learning(ours.model).keys()
    steps.close()


def test_the_best_weights_are_kept(toys, tmp_path):
    """The dev score falls after its second: those weights come back, the frozen ones stay."""
    encoded, seen = toys.split(24), []
    recipe = toys.recipe(
        **RECIPE, num_train_epochs=4, eval_strategy="epoch", load_best_model_at_end=True
    )
    ours = adapted(toys)
    first = frozen(ours.model)

    def score(model):
        seen.append(learning(model))
        return [0.2, 0.9, 0.4, 0.3][len(seen) - 1]

    trained(ours.model, encoded, recipe, tmp_path, dev_score=score)
    assert same(learning(ours.model), seen[1])
    assert not same(seen[1], seen[3])
    assert same(frozen(ours.model), first)
