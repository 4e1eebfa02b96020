"""Passes that are recorded and replayed are the same training; what needs a GPU is skipped."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from finishing import result_of
from isogloss.base.errors import RunError
from isogloss.data.batches import pad
from isogloss.train import graphs as room
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TagLesson, TextLesson
from isogloss.train.parts import EVERY, Cutting, is_never_cut, widths_for
from learned import weights
from tag_toys import make_model as make_tagger_of
from tag_toys import make_split as make_windows

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
PLAIN = {"precision": "fp32", "save_seconds": None, "adam_epsilon": 1e-6}


def train(model, lesson, recipe, folder, *, steps=None, cuda_graphs=True):
    """Train to the end, or take some steps and vanish."""
    took = finetune(
        model,
        lesson,
        recipe,
        pad_id=model.config.pad_token_id,
        folder=folder,
        max_tokens=8192,
        cuda_graphs=cuda_graphs,
    )
    for _ in range(steps or 0):
        next(took)
    if steps:
        took.close()
        return None
    return result_of(took)


def close(model, other, **tolerance):
    want = weights(other)
    return all(torch.allclose(p, want[n], **tolerance) for n, p in weights(model).items())


@given(st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_every_length_has_a_width_and_none_is_wider_than_the_longest(lengths):
    widths = widths_for(np.array(lengths))
    assert list(widths) == sorted(set(widths))
    assert widths[-1] == max(lengths)
    for length in lengths:
        assert 0 <= min(width for width in widths if width >= length) - length < EVERY


@pytest.mark.parametrize("kind", ["texts", "tags"])
def test_padding_to_a_width_changes_shapes_and_not_the_loss(kind, toys):
    lesson, model, longest = (
        (TextLesson(toys.split(5)), toys.model(), 24)
        if kind == "texts"
        else (TagLesson(make_windows(1, seed=1)), make_tagger_of(), 12)
    )
    own, wide = (
        lesson.parts(
            np.arange(len(lesson)),
            cutting=Cutting(10_000, 1e6, model.config.pad_token_id, widths=widths),
            device=torch.device("cpu"),
        )
        for widths in ((), (2, longest))
    )
    assert own[0].input_ids.shape[1] < wide[0].input_ids.shape[1] == longest
    losses = [lesson.loss(model.eval(), parts[0]).item() for parts in (own, wide)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_parts_are_cut_at_the_widths_to_which_they_are_padded():
    lengths = np.full(20, 17)
    cutting = Cutting(max_tokens=100, fixed_cost=1.0, pad_id=0, widths=(16, 32))
    assert sorted(len(part) for part in cutting.cut(lengths)) == [2, *[3] * 6]
    assert len(Cutting(max_tokens=100, fixed_cost=1.0, pad_id=0).cut(lengths)) == 4


def test_a_part_with_more_than_tensors_and_numbers_is_refused(toys):
    @dataclass(frozen=True)
    class Nested:
        labels: torch.Tensor
        inner: tuple[torch.Tensor, ...]

    cutting = Cutting(1000, 1e6, 0, widths=(24,))
    device = torch.device("cpu")
    (part,) = TextLesson(toys.split(2)).parts(np.arange(2), cutting=cutting, device=device)
    assert list(room._tensors(part)) == ["input_ids", "attention_mask", "labels"]
    with pytest.raises(TypeError, match=r"Nested\.inner"):
        room._tensors(Nested(torch.ones(1), (torch.ones(1),)))


def test_texts_of_one_length_have_a_mask_where_shapes_matter(toys):
    encoded = toys.split(4)
    one = encoded.select(np.array([0, 0]))
    assert pad(one, np.arange(2), 0)[1] is None
    ids, mask = pad(one, np.arange(2), 0, (int(one.lengths[0]),))
    assert mask.shape == ids.shape
    assert mask.all()


def test_without_a_gpu_the_wish_has_no_effect(toys, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    lesson, recipe = TextLesson(toys.split(20)), toys.recipe(**PLAIN)
    models = [toys.model(), toys.model()]
    for model, wish in zip(models, (True, False), strict=True):
        train(model, lesson, recipe, tmp_path / str(wish), cuda_graphs=wish)
    assert close(*models, atol=0, rtol=0)


@on_a_gpu
@pytest.mark.parametrize("family", ["bert", "distilbert", "xlm-roberta", "modernbert"])
@pytest.mark.parametrize("kind", ["texts", "tags"])
def test_replayed_training_is_the_training(family, kind, toys, tmp_path):
    """At each step the same loss, up to rounding by other shapes."""
    lesson, make = (
        (TextLesson(toys.split(76, family=family)), toys.model)
        if kind == "texts"
        else (TagLesson(make_windows(76, family=family)), make_tagger_of)
    )
    recipe = toys.recipe(num_train_epochs=6, logging_steps=1, **PLAIN)
    model, other = (make(family, attention="sdpa") for _ in range(2))
    got = train(model, lesson, recipe, tmp_path / "got")
    assert all(one.grad is None for one in model.parameters())
    want = train(other, lesson, recipe, tmp_path / "want", cuda_graphs=False)
    losses = [[point["loss"] for point in one.curve] for one in (got, want)]
    assert losses[0] == pytest.approx(losses[1], abs=2e-4)
    assert close(model, other, atol=2e-4)


@on_a_gpu
def test_dropout_is_drawn_from_the_step_wherever_a_training_begins(toys, tmp_path):
    lesson = TextLesson(toys.split(60))
    recipe = toys.recipe(num_train_epochs=6, logging_steps=1, **{**PLAIN, "save_seconds": 0})
    whole = train(toys.model(dropout=0.3, attention="sdpa"), lesson, recipe, tmp_path / "whole")
    again = train(toys.model(dropout=0.3, attention="sdpa"), lesson, recipe, tmp_path / "again")
    train(toys.model(dropout=0.3, attention="sdpa"), lesson, recipe, tmp_path / "cut", steps=5)
    cut = train(toys.model(dropout=0.3, seed=9, attention="sdpa"), lesson, recipe, tmp_path / "cut")
    plain = train(toys.model(attention="sdpa"), lesson, recipe, tmp_path / "plain")
    curves = [[point["loss"] for point in one.curve] for one in (whole, again, cut, plain)]
    assert curves[0] == pytest.approx(curves[1], abs=1e-5)
    assert curves[0] == pytest.approx(curves[2], abs=1e-4)
    assert curves[0] != pytest.approx(curves[3], abs=1e-4)


@on_a_gpu
def test_dropout_of_a_replayed_pass_differs_from_step_to_step(toys):
    model = toys.model(dropout=0.5, attention="sdpa").cuda().train()
    lesson = TextLesson(toys.split(8))
    cutting = Cutting(8192, 1e6, 0, widths=widths_for(lesson.encoded.lengths))
    device = torch.device("cuda")
    (part,) = lesson.parts(np.arange(8), cutting=cutting, device=device)
    precision = room.Precision("fp32", "asked for")
    graphs = room.Graphs(lambda one: lesson.loss(model, one), precision, device)
    losses = []
    for seed in (1, 2, 3, 4, 3):
        torch.manual_seed(seed)
        losses.append(graphs.backward(part, 1.0).item())
    assert list(graphs.recorded) == [True]
    assert len(set(losses[:4])) == 4
    assert losses[2] == losses[4]


@on_a_gpu
def test_what_cannot_be_recorded_is_told_with_the_remedy(toys, tmp_path, monkeypatch):
    def reads(self, model, part):
        loss = functional.cross_entropy(part.logits(model).float(), part.labels)
        return loss if loss.item() > -1 else -loss

    monkeypatch.setattr(TextLesson, "loss", reads)
    lesson, recipe = TextLesson(toys.split(40)), toys.recipe(num_train_epochs=4, **PLAIN)
    with pytest.raises(RunError, match="cuda_graphs: false"):
        train(toys.model(attention="sdpa"), lesson, recipe, tmp_path)


@given(st.integers(1, 300), st.integers(1, 80), st.integers(1, 9000), st.integers(0, 9000))
def test_a_step_that_is_never_cut_is_one_part_whatever_its_lengths(longest, n, most, price):
    lengths = np.random.default_rng(n).integers(1, longest + 1, n)
    cutting = Cutting(most, price, 0, widths=widths_for(np.array([longest])))
    if is_never_cut(n, longest, most, price):
        assert len(cutting.cut(lengths)) == 1
