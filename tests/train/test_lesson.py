"""Learning from tagged words: each counts once, however sentences and steps are cut."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from finishing import result_of
from isogloss.base.errors import InputError
from isogloss.model.encoder import first_position
from isogloss.train.finetune import finetune
from isogloss.train.lesson import IGNORED, TagLesson, WindowRow
from isogloss.train.parts import Cutting
from isogloss.train.training import _identities
from learned import learned, weights
from tag_toys import FAMILIES, make_model, make_split, make_tokenizer

CPU = torch.device("cpu")
PLAIN = {"precision": "fp32", "save_seconds": None, "adam_epsilon": 1e-6}
LEARNING = {"per_device_train_batch_size": 8, "num_train_epochs": 2, "learning_rate": 1e-3}


def parts_of(lesson, indices, *, max_tokens, pad_id=0, fixed_cost=10.0, first_position=None):
    cutting = Cutting(max_tokens, fixed_cost, pad_id, first_position)
    return lesson.parts(np.asarray(indices, dtype=np.int64), cutting=cutting, device=CPU)


def gradients(model):
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def learn(model, parts, lesson):
    """The loss and the gradients of one step, parts weighed as the loop weighs them."""
    n, total = sum(map(len, parts)), 0.0
    for part in parts:
        share = lesson.loss(model, part) * (len(part) / n)
        share.backward()
        total += float(share.detach())
    return total, gradients(model)


def plainly(model, encoded, chosen):
    """Each window alone, each word by itself, at its first sub-token: the mean over the words."""
    losses = []
    for sentence in chosen:
        one = encoded.select([sentence])
        windows = [
            torch.from_numpy(one.ids[start:end].astype(np.int64))[None]
            for start, end in zip(one.offsets[:-1], one.offsets[1:], strict=True)
        ]
        said = [model(input_ids=window).logits[0].log_softmax(-1) for window in windows]
        for tag, window, position in zip(one.tags, one.word_window, one.word_position, strict=True):
            losses.append(-said[window][position, tag])
    loss = torch.stack(losses).mean()
    loss.backward()
    return float(loss.detach()), gradients(model)


def close(ours, theirs, *, tolerance=1e-6):
    return ours.keys() == theirs.keys() and all(
        torch.allclose(ours[name], theirs[name], atol=tolerance) for name in theirs
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attention", ["eager", "sdpa", "unpadded"])
def test_a_step_learns_from_the_mean_over_its_words_however_it_is_cut(family, attention):
    encoded = make_split(9, family=family)
    unpadded, attention = attention == "unpadded", attention.replace("unpadded", "eager")
    pad_id = make_tokenizer(family).pad_token_id
    assert encoded.n_windowed > 2
    model, lesson = make_model(family, attention=attention), TagLesson(encoded)
    chosen = [7, 0, 3, 8, 5]
    loss, want = plainly(model, encoded, chosen)
    for max_tokens in (1, 30, 100, 10_000):
        first = first_position(model) if unpadded else None
        told = {"max_tokens": max_tokens, "pad_id": pad_id, "first_position": first}
        parts = parts_of(lesson, chosen, **told)
        assert all(isinstance(part, WindowRow) is unpadded for part in parts)
        ours, found = learn(model, parts, lesson)
        assert ours == pytest.approx(loss, abs=1e-6)
        assert close(found, want)


def test_the_cuts_are_different_and_the_words_the_same():
    encoded = make_split(9)
    lesson, n_parts = TagLesson(encoded), []
    step = encoded.select([7, 0, 3])
    for max_tokens in (1, 30, 10_000):
        parts = parts_of(lesson, [7, 0, 3], max_tokens=max_tokens, fixed_cost=1.0)
        n_parts.append(len(parts))
        laid = [tag for part in parts for tag in part.tags.flatten().tolist() if tag != IGNORED]
        assert Counter(laid) == Counter(step.tags.tolist())
        assert sum(map(len, parts)) == step.n_words
        assert sum(part.n_tokens for part in parts) == len(step.ids)
        assert sum(len(part.input_ids) for part in parts) == len(step.lengths)
    assert n_parts == sorted(n_parts, reverse=True)
    assert n_parts[0] == len(step.lengths) > n_parts[-1]


def test_a_word_in_the_overlap_of_two_windows_counts_once():
    encoded, whole = make_split(30), make_split(30, max_length=512)
    assert len(whole.lengths) == 30
    inner = len(encoded.ids) - 2 * len(encoded.lengths)
    assert inner > len(whole.ids) - 2 * 30, "some sub-tokens stand in two windows"
    parts = parts_of(TagLesson(encoded), range(30), max_tokens=10_000)
    assert sum(map(len, parts)) == encoded.n_words == whole.n_words


def test_a_mask_is_there_only_where_something_is_padding():
    lesson = TagLesson(make_split(9))
    alone = parts_of(lesson, range(9), max_tokens=1)
    together = parts_of(lesson, range(9), max_tokens=10_000, fixed_cost=1e9, pad_id=5)
    assert {part.attention_mask for part in alone} == {None}
    (part,) = together
    assert part.attention_mask.sum() == part.n_tokens
    assert (part.input_ids[part.attention_mask == 0] == 5).all()
    assert (part.tags[part.attention_mask == 0] == IGNORED).all()


def begun(model, encoded, recipe, folder, **more):
    arguments = {"pad_id": make_tokenizer().pad_token_id, "max_tokens": 8192, **more}
    return finetune(model, TagLesson(encoded), recipe, folder=folder, **arguments)


def run(*arguments, **more):
    return result_of(begun(*arguments, **more))


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in other)


def plain_training(model, encoded, recipe):
    """Every window of a step alone, every word by itself, stock AdamW, no schedule."""
    names = {name for name, p in model.named_parameters() if p.dim() > 1}
    groups = [
        {"params": [p for n, p in model.named_parameters() if n in names]},
        {"params": [p for n, p in model.named_parameters() if n not in names], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=recipe.learning_rate, eps=recipe.adam_epsilon, weight_decay=recipe.weight_decay
    )
    losses = []
    for epoch in range(int(recipe.num_train_epochs)):
        order = np.random.default_rng([recipe.seed, epoch]).permutation(len(encoded))
        for start in range(0, len(order), recipe.examples_per_step):
            loss, found = plainly(model, encoded, order[start : start + recipe.examples_per_step])
            for name, parameter in model.named_parameters():
                parameter.grad = found[name]
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss)
    return losses


def test_training_equals_a_plain_loop_over_single_windows(toys, tmp_path):
    encoded = make_split(20)
    recipe = toys.recipe(**LEARNING, **PLAIN, logging_steps=1, lr_scheduler_type="constant")
    model, other = make_model(), make_model()
    trained = run(model, encoded, recipe, tmp_path)
    want = plain_training(other, encoded, recipe)
    assert [point["loss"] for point in trained.curve] == pytest.approx(want, abs=1e-5)
    assert close(weights(model), weights(other), tolerance=1e-5)
    assert trained.real_tokens == 2 * len(encoded.ids)


@pytest.mark.parametrize("max_tokens", [1, 30, 200])
def test_memory_changes_the_cut_of_windows_and_not_the_training(max_tokens, toys, tmp_path):
    encoded, recipe = make_split(24), toys.recipe(**LEARNING, **PLAIN)
    model, other = make_model(), make_model()
    run(model, encoded, recipe, tmp_path, max_tokens=max_tokens)
    run(other, encoded, recipe, tmp_path, max_tokens=10_000)
    assert close(weights(model), weights(other), tolerance=1e-5)


def test_a_step_has_as_many_sentences_whatever_their_windows(toys, tmp_path):
    encoded = make_split(20)
    trained = run(make_model(), encoded, toys.recipe(**LEARNING, **PLAIN), tmp_path)
    assert len(encoded.lengths) > 20
    assert (trained.n_steps, trained.epochs) == (6, 2.0)
    assert trained.train_samples_per_second * trained.train_runtime == pytest.approx(40)


def test_a_tagger_learns_the_tags_of_words(toys, tmp_path):
    recipe = toys.recipe(
        **{**LEARNING, "learning_rate": 3e-2, "num_train_epochs": 4}, **PLAIN, logging_steps=1
    )
    trained = run(make_model(dropout=0.1), make_split(64), recipe, tmp_path)
    assert trained.curve[0]["loss"] > 1.0
    assert trained.curve[-1]["loss"] < 0.3


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_killed_training_of_a_tagger_ends_bit_for_bit_as_a_whole_one(k, toys, tmp_path):
    encoded = make_split(24)
    recipe = toys.recipe(**LEARNING, precision="fp32", save_seconds=0)
    whole = make_model(dropout=0.3)
    want = run(whole, encoded, recipe, tmp_path / "whole")
    steps = begun(make_model(dropout=0.3), encoded, recipe, tmp_path / "cut")
    for _ in range(k):
        next(steps)
    steps.close()
    torch.manual_seed(999)
    model = make_model(dropout=0.3, seed=5)
    got = run(model, encoded, recipe, tmp_path / "cut")
    assert same(learned(model, encoded), learned(whole, encoded))
    assert (got.curve, got.train_loss) == (want.curve, want.train_loss)
    assert (got.n_resumed, want.n_resumed) == (1, 0)


@pytest.mark.parametrize("name", ["ids", "tags", "word_position"])
def test_a_checkpoint_hangs_on_every_array_of_the_lesson(name, toys):
    encoded = make_split(4)
    changed = getattr(encoded, name).copy()
    changed[-1] -= 1
    other = replace(encoded, **{name: changed})
    one, two = (_identities(TagLesson(split), toys.recipe()) for split in (encoded, other))
    assert one["fp32"] != two["fp32"]


def test_an_empty_split_of_sentences_is_refused(toys, tmp_path):
    with pytest.raises(InputError, match="empty"):
        run(make_model(), make_split(4).select([]), toys.recipe(), tmp_path)
