"""Training with the used part of a vocabulary is training with all of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from finishing import result_of
from isogloss.base.errors import RunError
from isogloss.evaluate.predict import predict
from isogloss.model.encoder import make_classifier
from isogloss.model.precision import Precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.used_entries import UsedEntries, entries_of, put_aside
from isogloss.train import finetune as room
from isogloss.train import training
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TextLesson

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
VOCABULARY = 700
SIZE = Size(32, 2, 2, 64, max_length=24, dropout=0.1)
RECIPE = {
    "precision": "fp32",
    "save_seconds": None,
    "weight_decay": 0.5,
    "learning_rate": 3e-3,
    "per_device_train_batch_size": 8,
    "num_train_epochs": 3,
    "adam_epsilon": 1e-6,
    "logging_steps": 1,
}
FP32 = Precision("fp32", "test")


def made(toys, family):
    config = scratch_config(family, toys.tokenizer(family), SIZE)
    config.vocab_size = VOCABULARY
    return make_classifier(config, ["a", "b", "c"], seed=0, attention="eager")


def trained(model, encoded, recipe, folder, *, pad_id=0, **more):
    steps = finetune(
        model, TextLesson(encoded), recipe, pad_id=pad_id, folder=folder, max_tokens=8192, **more
    )
    return result_of(steps)


def whole(monkeypatch):
    monkeypatch.setattr(room, "put_aside", lambda model, ids: None)


def scores(dev, seen):
    """A dev score that goes up and down, so that the best weights are not the last."""

    def score(model):
        found = predict(model, dev, precision=FP32, pad_id=0, max_tokens=1000)
        seen.append(found.probabilities)
        return [0.1, 0.7, 0.3, 0.2][len(seen) % 4]

    return score


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", ["linear", "constant"])
def test_losses_and_all_weights_are_those_of_the_whole_vocabulary(
    family, shape, toys, tmp_path, monkeypatch
):
    encoded = toys.split(40, family=family)
    recipe = toys.recipe(**RECIPE, lr_scheduler_type=shape, warmup_steps=3)
    ours, theirs = made(toys, family), made(toys, family)
    first = trained(ours, encoded, recipe, tmp_path / "ours")
    whole(monkeypatch)
    second = trained(theirs, encoded, recipe, tmp_path / "theirs")
    for name in ("loss", "grad_norm"):
        told = [[point[name] for point in one.curve] for one in (first, second)]
        assert told[0] == pytest.approx(told[1], rel=1e-5)
    want = dict(theirs.named_parameters())
    assert [name for name, _ in ours.named_parameters()] == list(want)
    assert all(torch.allclose(p, want[name], atol=1e-6) for name, p in ours.named_parameters())
    assert type(ours.get_input_embeddings()) is nn.Embedding


def test_padding_that_the_model_has_no_entry_for_is_read_as_any_other_token(
    toys, tmp_path, monkeypatch
):
    monkeypatch.setattr(room, "reads_unpadded", lambda model: False)  # as on a GPU
    monkeypatch.setattr(training, "price_of_a_pass", lambda *_: 8192.0)
    encoded, recipe = toys.split(40), toys.recipe(**RECIPE)
    ours, theirs = made(toys, "bert"), made(toys, "bert")
    for model in (ours, theirs):
        model.get_input_embeddings().padding_idx = None
    pad_id = VOCABULARY - 1
    assert pad_id not in encoded.ids
    assert trained(ours, encoded, recipe, tmp_path / "ours", pad_id=pad_id).padding_share > 0
    whole(monkeypatch)
    trained(theirs, encoded, recipe, tmp_path / "theirs", pad_id=pad_id)
    want = dict(theirs.named_parameters())
    assert all(torch.allclose(p, want[name], atol=1e-6) for name, p in ours.named_parameters())


def test_the_best_weights_have_decayed_as_long_as_they_trained(toys, tmp_path, monkeypatch):
    encoded, dev = toys.split(40), toys.split(20, seed=3)
    recipe = toys.recipe(**RECIPE, eval_strategy="epoch", load_best_model_at_end=True)
    ours, theirs, seen = made(toys, "bert"), made(toys, "bert"), ([], [])
    first = trained(
        ours, encoded, recipe, tmp_path / "1", dev_score=scores(dev, seen[0]), also_read=[dev.ids]
    )
    whole(monkeypatch)
    trained(theirs, encoded, recipe, tmp_path / "2", dev_score=scores(dev, seen[1]))
    assert first.best_step == 5
    assert np.allclose(seen[0], seen[1], atol=1e-6)
    want = dict(theirs.named_parameters())
    assert all(torch.allclose(p, want[name], atol=1e-6) for name, p in ours.named_parameters())


def test_a_training_goes_on_with_the_part_it_had(toys, tmp_path):
    encoded, recipe = toys.split(40), toys.recipe(**{**RECIPE, "save_seconds": 0.0})
    ours, theirs = made(toys, "bert"), made(toys, "bert")
    lesson = TextLesson(encoded)
    steps = finetune(ours, lesson, recipe, pad_id=0, folder=tmp_path / "1", max_tokens=8192)
    for _ in range(4):
        next(steps)
    steps.close()
    ours = made(toys, "bert")
    assert trained(ours, encoded, recipe, tmp_path / "1").n_resumed == 1
    trained(theirs, encoded, recipe, tmp_path / "2")
    want = dict(theirs.named_parameters())
    assert all(torch.equal(p, want[name]) for name, p in ours.named_parameters())


def test_only_the_used_rows_train(toys):
    model, encoded = made(toys, "bert"), toys.split(40)
    before = model.get_input_embeddings().weight.clone()
    assert put_aside(model, encoded.ids) is not None
    used = model.get_input_embeddings()
    assert isinstance(used, UsedEntries)
    assert set(entries_of(model).tolist()) == {*encoded.ids.tolist(), 0}
    assert torch.equal(used.weight, before[used.entries])
    ids = torch.from_numpy(encoded.ids[:9].astype(np.int64))
    assert torch.equal(used(ids), before[ids])
    with pytest.raises(IndexError):
        used(torch.tensor([VOCABULARY - 1]))


def test_padding_past_the_end_of_a_table_is_left_out(toys):
    model, encoded = made(toys, "bert"), toys.split(40)
    assert put_aside(model, np.concatenate([encoded.ids, [VOCABULARY]])) is not None
    assert set(entries_of(model).tolist()) == {*encoded.ids.tolist(), 0}


def test_a_training_that_cannot_begin_leaves_the_model_as_it_was(toys, tmp_path):
    encoded, recipe = toys.split(40), toys.recipe(**{**RECIPE, "save_seconds": 0.0})
    steps = finetune(
        made(toys, "bert"), TextLesson(encoded), recipe, pad_id=0, folder=tmp_path, max_tokens=8192
    )
    next(steps)
    steps.close()
    model = made(toys, "bert")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(RunError, match="another training"):
        trained(model, encoded, replace(recipe, seed=recipe.seed + 1), tmp_path)
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_vocabulary_that_is_mostly_used_stays(toys):
    model = made(toys, "bert")
    assert put_aside(model, np.arange(VOCABULARY - 50)) is None
    assert type(model.get_input_embeddings()) is nn.Embedding


def test_frozen_rows_do_not_decay(toys, tmp_path):
    model, encoded = made(toys, "bert"), toys.split(40)
    model.get_input_embeddings().requires_grad_(False)
    before = model.get_input_embeddings().weight.clone()
    trained(model, encoded, toys.recipe(**RECIPE), tmp_path)
    assert torch.equal(model.get_input_embeddings().weight.cpu(), before)
