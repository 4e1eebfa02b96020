"""Pre-training: learns, stops and goes on bit for bit; judged language by language."""

import errno
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from finishing import result_of
from isogloss.base.errors import InputError, RunError
from isogloss.data.mixture import Mixing, Step
from isogloss.model.masked import logits_of
from isogloss.train import checkpoint as checkpoint_room
from isogloss.train import soft_lesson as soft_room
from isogloss.train.listening import Adaptive, Fixed, Listening, Threshold
from isogloss.train.loop import Diverged
from isogloss.train.masked_lesson import at_places
from isogloss.train.pretrain import Dev, pretrain
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher
from pretraining_toys import CPU, CUTTING, LENGTH, PAD, make_lesson, make_masked, make_rules

PLAIN = {"precision": "fp32", "learning_rate": 1e-2, "per_device_train_batch_size": 6}
JUDGED = {"eval_strategy": "steps", "eval_steps": 2}


def begun(model, lesson, recipe, folder, **more):
    arguments = {"pad_id": PAD, "max_tokens": 999, **more}
    return pretrain(model, lesson, recipe, folder=folder, **arguments)


def run(*arguments, **more):
    return result_of(begun(*arguments, **more))


def run_until(k, *arguments, **more):
    """Take `k` steps and vanish."""
    steps = begun(*arguments, **more)
    for _ in range(k):
        next(steps)
    steps.close()


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in other)


def dev_losses():
    """The true losses on a few windows of each language; leaves the model in evaluation."""
    corpora = make_lesson((3, 3, 3), rules=make_rules(seed=99))

    def losses(model):
        model.eval()
        torch.rand(5)
        found = []
        with torch.no_grad():
            for language in range(3):
                step = Step(np.full(3, language), np.arange(3), np.zeros(3, np.int64))
                (part,) = corpora.parts(step, cutting=CUTTING, device=CPU)
                logits = logits_of(model, at_places(model, part))
                found.append(float(torch.nn.functional.cross_entropy(logits, part.labels)))
        return np.array(found)

    return losses


def make_soft(policy, *, losses=(3.0, 3.0, 3.0), family="modernbert", **more):
    teachers = [OnlineTeacher(make_masked(family, seed=at + 1)) for at in range(3)]
    masked = make_lesson(last=7, kind="balanced", **more)
    return SoftLesson(masked, teachers, Listening(policy, list(losses)))


@pytest.mark.parametrize("family", ["bert", "modernbert"])
def test_what_can_be_guessed_is_learned(family, toys, tmp_path):
    lesson = make_lesson((60, 60), rules=make_rules(share=0.15))
    recipe = toys.recipe(
        **{**PLAIN, "per_device_train_batch_size": 20},
        max_steps=200, save_seconds=None,
    )  # fmt: skip
    done = run(make_masked(family, width=32), lesson, recipe, tmp_path)
    assert done.trained.curve[0]["loss"] > 3.5
    assert done.trained.curve[-1]["loss"] < 3.0
    assert done.n_windows == 200 * 20
    assert 0.12 < done.n_scored / (done.n_windows * (LENGTH - 2)) < 0.18
    assert (done.taught_tokens, done.best_steps, done.best_weights) == ([], [], ())
    assert done.trained.real_tokens == done.n_windows * LENGTH
    assert done.trained.padding_share == 0


@pytest.mark.parametrize(("family", "k"), [("bert", 1), ("modernbert", 4), ("distilbert", 8)])
def test_a_killed_pretraining_ends_bit_for_bit_as_a_whole_one(family, k, toys, tmp_path):
    recipe = toys.recipe(**PLAIN, max_steps=9, save_seconds=0, logging_steps=2, warmup_steps=0.2)

    def fresh():
        annealed = Mixing("annealed", alpha=1.0, alpha_end=0.3)
        return replace(make_lesson(last=7, n_views=2), mixing=annealed)

    whole = make_masked(family, dropout=0.2)
    want = run(whole, fresh(), recipe, tmp_path / "whole")
    run_until(k, make_masked(family, dropout=0.2), fresh(), recipe, tmp_path / "cut")
    torch.manual_seed(999)
    model = make_masked(family, dropout=0.2, seed=5)
    got = run(model, fresh(), recipe, tmp_path / "cut")
    assert same(weights(model), weights(whole))
    assert (got.trained.curve, got.n_scored) == (want.trained.curve, want.n_scored)
    assert (got.trained.n_resumed, got.n_windows) == (1, want.n_windows)


@pytest.mark.parametrize("policy", [Fixed(0.5), Threshold(), Adaptive(0.9, slack=0.2)])
@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_a_killed_distillation_ends_bit_for_bit_as_a_whole_one(
    policy, k, toys, tmp_path, monkeypatch
):
    monkeypatch.setattr(soft_room, "AHEAD", 3)
    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=8, save_seconds=0)

    def fresh():
        """Teachers that are outdone in the middle of the training, each at its own time."""
        return make_soft(policy, losses=(3.68, 3.70, 3.40))

    dev = Dev(dev_losses(), keep_best_per_language=True)
    whole = make_masked(dropout=0.2)
    want = run(whole, fresh(), recipe, tmp_path / "whole", dev=dev)
    run_until(k, make_masked(dropout=0.2), fresh(), recipe, tmp_path / "cut", dev=dev)
    model = make_masked(dropout=0.2, seed=5)
    got = run(model, fresh(), recipe, tmp_path / "cut", dev=dev)
    assert same(weights(model), weights(whole))
    assert (got.dev_losses, got.best_steps) == (want.dev_losses, want.best_steps)
    assert got.taught_tokens == want.taught_tokens
    assert all(map(same, got.best_weights, want.best_weights))
    if policy.listens:
        heard = {tuple(entry["weights"]) for entry in want.dev_losses}
        assert len(heard) > 1, "the weights change on the way"


def test_a_lesson_that_was_used_before_has_heard_nothing(toys, tmp_path):
    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=6, save_seconds=None)
    lesson, models = make_soft(Threshold(), losses=(9.0, 9.0, 9.0)), [make_masked(), make_masked()]
    for at, model in enumerate(models):
        run(model, lesson, recipe, tmp_path / str(at), dev=Dev(dev_losses()))
        assert lesson.weights().tolist() == [0.0, 0.0, 0.0]
    assert same(*map(weights, models))


def test_who_outdoes_all_teachers_learns_from_the_text_alone(toys, tmp_path):
    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=6, save_seconds=None)
    lesson = make_soft(Threshold(), losses=(9.0, 9.0, 9.0))
    done = run(make_masked(), lesson, recipe, tmp_path, dev=Dev(dev_losses()))
    assert [entry["step"] for entry in done.dev_losses] == [2, 4, 6]
    assert {tuple(entry["weights"]) for entry in done.dev_losses} == {(0.0, 0.0, 0.0)}
    two_steps = 2 * PLAIN["per_device_train_batch_size"] * LENGTH
    assert 0.8 * two_steps < sum(done.taught_tokens) <= two_steps
    assert min(done.taught_tokens) > 0


def test_the_best_weights_of_each_language_are_kept(toys, tmp_path):
    """Scripted losses: language 0 is best at step 4, 1 at step 6, 2 at step 2."""
    scripted = iter(np.array([[3, 3, 1], [1, 2, 2], [2, 1, 3], [1, 1, 1.0]]))
    seen = []

    def losses(model):
        seen.append(weights(model))
        return next(scripted)

    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=8, save_seconds=0)
    dev = Dev(losses, keep_best_per_language=True)
    done = run(make_masked(), make_lesson(), recipe, tmp_path, dev=dev)
    assert done.best_steps == [4, 6, 2]
    for at, kept in zip((1, 2, 0), done.best_weights, strict=True):
        assert all(torch.equal(kept[name], seen[at][name]) for name in seen[at])
    kept = sorted(path.stem for path in tmp_path.rglob("kept-*.safetensors"))
    assert kept == ["kept-000000002", "kept-000000004", "kept-000000006"]


def test_the_dev_score_is_the_mean_over_languages(toys, tmp_path):
    scripted = iter(np.array([[3, 1, 2], [1, 1, 2.5], [2, 2, 2.0]]))
    recipe = toys.recipe(
        **PLAIN, **JUDGED, max_steps=6, save_seconds=None, load_best_model_at_end=True
    )
    seen = []

    def losses(model):
        seen.append(weights(model))
        return next(scripted)

    model = make_masked()
    done = run(model, make_lesson(), recipe, tmp_path, dev=Dev(losses))
    assert [row["score"] for row in done.trained.dev_scores] == [-2.0, -1.5, -2.0]
    assert done.trained.best_step == 4
    assert same(weights(model), seen[1])


def test_a_step_with_nothing_hidden_leaves_the_weights_alone(toys, tmp_path):
    model = make_masked()
    before = weights(model)
    lesson = make_lesson(rules=make_rules(share=1e-12))
    done = run(model, lesson, toys.recipe(**PLAIN, max_steps=3, save_seconds=None), tmp_path)
    assert same(weights(model), before)
    assert (done.trained.train_loss, done.n_scored) == (0.0, 0)


def test_nothing_hidden_in_some_parts_is_no_matter(toys, tmp_path):
    """Parts of one window, few of which have anything hidden: as if they were one."""
    models = [make_masked(), make_masked()]
    lesson, recipe = make_lesson(rules=make_rules(share=0.05)), toys.recipe(
        **PLAIN, max_steps=4, save_seconds=None, adam_epsilon=1e-4
    )  # fmt: skip
    for model, max_tokens in zip(models, (LENGTH, 999), strict=True):
        run(model, lesson, recipe, tmp_path, max_tokens=max_tokens)
    one, two = map(weights, models)
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in two)


def test_a_loss_that_is_no_number_ends_the_training_with_advice(toys, tmp_path):
    model = make_masked()
    with torch.no_grad():
        model.decoder.bias.fill_(float("nan"))
    with pytest.raises(Diverged, match="step 1"):
        run(model, make_lesson(), toys.recipe(**PLAIN, max_steps=3), tmp_path)


def test_a_teacher_that_says_no_numbers_ends_the_training_with_advice(toys, tmp_path):
    lesson = make_soft(Fixed())
    with torch.no_grad():
        lesson.teachers[1].model.decoder.bias.fill_(float("nan"))
    with pytest.raises(Diverged, match="step 1"):
        run(make_masked(), lesson, toys.recipe(**PLAIN, max_steps=3), tmp_path)


def test_a_dev_loss_that_is_no_number_is_an_error(toys, tmp_path):
    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=4, save_seconds=None)
    broken = Dev(lambda model: np.array([1.0, float("nan"), 1.0]))
    with pytest.raises(RunError, match="after step 2 is not a finite number"):
        run(make_masked(), make_lesson(), recipe, tmp_path, dev=broken)


def test_a_full_disk_at_a_checkpoint_is_said(toys, tmp_path, monkeypatch):
    def full(tensors, path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recipe = toys.recipe(**PLAIN, max_steps=4, save_seconds=0)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_room, "save_file", full)
        with pytest.raises(RunError, match="No space left"):
            run(make_masked(), make_lesson(), recipe, tmp_path / "cut")
    model, whole = make_masked(), make_masked()
    run(model, make_lesson(), recipe, tmp_path / "cut")
    run(whole, make_lesson(), recipe, tmp_path / "whole")
    assert same(weights(model), weights(whole))


def test_the_checkpoint_of_another_pretraining_is_refused(toys, tmp_path):
    recipe = toys.recipe(**PLAIN, **JUDGED, max_steps=4, save_seconds=0)
    dev = Dev(dev_losses())
    run_until(2, make_masked(), make_soft(Threshold()), recipe, tmp_path, dev=dev)
    others = [
        (make_soft(Threshold(margin=1.0)), dev),
        (make_soft(Threshold(), n_views=3), dev),
        (make_soft(Threshold()), Dev(dev_losses(), keep_best_per_language=True)),
    ]
    for lesson, judge in others:
        with pytest.raises(RunError, match="another training"):
            run(make_masked(), lesson, recipe, tmp_path, dev=judge)


@pytest.mark.parametrize("policy", [Threshold(), Adaptive()])
def test_who_listens_by_dev_losses_must_be_given_some(policy, toys, tmp_path):
    with pytest.raises(InputError, match="eval_strategy"):
        run(make_masked(), make_soft(policy), toys.recipe(**PLAIN), tmp_path)


def test_the_best_can_only_be_kept_where_it_is_known(toys, tmp_path):
    with pytest.raises(InputError, match="keep_best_per_language needs eval_strategy"):
        run(
            make_masked(), make_lesson(), toys.recipe(**PLAIN), tmp_path,
            dev=Dev(dev_losses(), keep_best_per_language=True),
        )  # fmt: skip
