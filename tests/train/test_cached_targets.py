"""Kept answers: what was drawn for a window is found for that window, whatever is batched."""

import numpy as np
import pytest
import torch

from isogloss.base.errors import InputError, RunError
from isogloss.data.mixture import Step
from isogloss.model.precision import Precision
from isogloss.train.cached_targets import CachedTeacher, Drawing, keep_answers
from isogloss.train.listening import Fixed, Listening
from isogloss.train.parts import Cutting
from isogloss.train.pretrain import pretrain
from isogloss.train.soft_labels import soft_loss
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher, Reading
from isogloss.train.training import _identities
from pretraining_toys import (
    CPU,
    CUTTING,
    LENGTH,
    PAD,
    first_step,
    learn,
    make_lesson,
    make_masked,
    make_rules,
)

FP32 = Precision("fp32", "test")


def drawing(n_draws=50, seed=0):
    return Drawing(n_draws, seed, FP32, CPU)


def kept(lesson, language, *, n_draws=50, cutting=CUTTING, temperature=1.0):
    teacher = OnlineTeacher(make_masked(seed=language + 1), temperature)
    return keep_answers(lesson, language, teacher, drawing(n_draws), cutting)


def part_of(lesson, language, windows, view):
    step = Step(np.full(len(windows), language), np.array(windows), np.full(len(windows), view))
    (part,) = lesson.parts(step, cutting=CUTTING, device=CPU)
    return part


def test_what_is_drawn_for_a_window_does_not_hang_on_how_windows_are_batched():
    lesson = make_lesson(last=6, n_views=2)
    one, two = (
        kept(lesson, 1, cutting=Cutting(tokens, 10.0, PAD)) for tokens in (10_000, 3 * LENGTH)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one.arrays, two.arrays, strict=True))
    assert len(one.starts) == 2 * 14 + 1


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_every_hidden_place_has_draws_of_its_own_teacher(temperature):
    """With very many draws, the kept answers come close to the distribution itself."""
    lesson = make_lesson((3,), last=6, n_views=2)
    cached = kept(lesson, 0, n_draws=20_000, temperature=temperature)
    student, teacher = torch.randn(99, 40), OnlineTeacher(make_masked(seed=1), temperature)
    for view in range(2):
        part = part_of(lesson, 0, [2, 0, 1], view)
        (span,) = part.spans
        targets = cached.targets(part.windows, part.views)
        share = torch.zeros(len(part), 40).scatter_add_(
            1, targets.ids.long(), targets.counts / 20_000
        )
        taught = teacher.logits(*teacher.answers([Reading(part, span)], 9999))
        assert torch.allclose(share, torch.softmax(taught / temperature, 1), atol=0.02)
        said = student[: len(part)]
        p = torch.softmax(taught / temperature, 1)
        entropy = -(p * p.log()).sum(1) * temperature**2
        want = soft_loss(said, taught, temperature) + entropy
        (answer,) = cached.answers([Reading(part, span)], 9999)
        assert torch.allclose(cached.losses(said, answer), want, atol=0.2)


def test_counts_add_up_and_another_seed_draws_otherwise():
    lesson = make_lesson((4,), n_views=1)
    teacher = OnlineTeacher(make_masked(seed=1))
    one, two = (keep_answers(lesson, 0, teacher, drawing(30, s), CUTTING) for s in (0, 1))
    sums = np.add.reduceat(one.counts.astype(np.int64), one.offsets[:-1])
    assert (sums == 30).all()
    assert not np.array_equal(one.ids, two.ids)


def soft(lesson, teachers):
    return SoftLesson(lesson, teachers, Listening(Fixed(), [3.0] * len(teachers)))


def test_a_teacher_that_has_diverged_says_so():
    broken = make_masked()
    with torch.no_grad():
        next(broken.parameters()).fill_(torch.nan)
    with pytest.raises(RunError, match="its logits are not finite"):
        keep_answers(make_lesson(n_views=1), 0, OnlineTeacher(broken), drawing(), CUTTING)


def test_a_student_learns_from_kept_answers_as_from_the_teacher(toys):
    """The more is drawn, the nearer the gradient comes to that of the full distribution."""
    lesson, model = make_lesson(n_views=2), make_masked()
    online = soft(lesson, [OnlineTeacher(make_masked(seed=at + 1)) for at in range(3)])
    cached = soft(lesson, [kept(lesson, at, n_draws=5000) for at in range(3)])
    recipe = toys.recipe(per_device_train_batch_size=29)
    _, want = learn(model, online, first_step(online, recipe).parts)
    step = first_step(cached, recipe)
    _, found = learn(model, cached, step.parts)
    one, two = (torch.cat([g.flatten() for g in slopes.values()]) for slopes in (want, found))
    assert torch.cosine_similarity(one, two, dim=0) > 0.99
    assert step.n_taught == (0, 0, 0)


def test_a_pretraining_with_kept_answers_repeats_maskings(toys, tmp_path):
    lesson = make_lesson((5, 5, 5), n_views=2)
    cached = soft(lesson, [kept(lesson, at) for at in range(3)])
    recipe = toys.recipe(per_device_train_batch_size=5, num_train_epochs=6, precision="fp32")
    steps = pretrain(make_masked(), cached, recipe, pad_id=PAD, folder=tmp_path, max_tokens=9999)
    assert sum(1 for _ in steps) == 18


def test_kept_answers_are_written_and_read(tmp_path):
    want = kept(make_lesson((4,), n_views=2), 0, temperature=2.0)
    want.write(tmp_path / "answers.safetensors")
    got = CachedTeacher.read(tmp_path / "answers.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(got.arrays, want.arrays, strict=True))
    assert (got.n_windows, got.temperature) == (4, 2.0)


@pytest.mark.parametrize("what", ["missing", "text"])
def test_a_file_that_holds_no_answers_is_said(what, tmp_path):
    if what == "text":
        (tmp_path / "x").write_text("no answers")
    with pytest.raises(RunError, match="holds no answers"):
        CachedTeacher.read(tmp_path / "x")


def test_answers_to_other_maskings_are_refused(toys):
    lesson = make_lesson((9,), n_views=1)
    other = make_lesson((9,), n_views=1, rules=make_rules(seed=8))
    cached = soft(other, [kept(lesson, 0)])
    parts = first_step(cached, toys.recipe()).parts
    with pytest.raises(RunError, match="make them again"):
        learn(make_masked(), cached, parts)


def test_answers_cannot_be_kept_for_maskings_that_never_repeat():
    with pytest.raises(InputError, match="n_views"):
        kept(make_lesson(), 0)


@pytest.mark.parametrize("n_draws", [0, 2**16])
def test_as_many_draws_as_can_be_counted(n_draws):
    with pytest.raises(InputError, match="n_draws"):
        kept(make_lesson(n_views=1), 0, n_draws=n_draws)


def test_a_checkpoint_hangs_on_the_answers(toys):
    lesson = make_lesson((4,), n_views=1)
    one, two = (soft(lesson, [kept(lesson, 0, n_draws=n)]) for n in (50, 51))
    assert _identities(one, toys.recipe()) != _identities(two, toys.recipe())
