"""Distillation: each window from its language's teacher, each position as the formula says."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from isogloss.base.errors import InputError
from isogloss.data.shares import Share
from isogloss.model.precision import Precision, native_bf16
from isogloss.train import soft_lesson as room
from isogloss.train.listening import Fixed, Listening, Threshold
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher, Reading, frozen
from isogloss.train.training import _identities
from pretraining_toys import (
    CPU,
    CUTTING,
    FAMILIES,
    LENGTH,
    PAD,
    first_step,
    gradients,
    learn,
    make_lesson,
    make_masked,
)

BF16 = Precision("bf16", "test")


def make_soft(teachers, weight=1.0, *, masked=None, policy=None, **more):
    masked = masked or make_lesson(last=6)
    online = [None if one is None else OnlineTeacher(one, **more) for one in teachers]
    losses = [None if one is None else 3.0 for one in teachers]
    return SoftLesson(masked, online, Listening(policy or Fixed(weight), losses))


def plainly(model, lesson, parts, weights, temperature=1.0):
    """Mean of the losses of all hidden places, each window read alone, without padding."""
    losses = []
    for part in (one.masked for one in parts):
        length = part.input_ids.shape[1]
        for span in part.spans:
            teacher, weight = lesson.teachers[span.language], weights[span.language]
            for row in range(span.windows.start, span.windows.stop):
                here = part.places // length == row
                ids = part.input_ids[row : row + 1]
                ids = ids[:, ids[0] != PAD]
                places, labels = part.places[here] - row * length, part.labels[here]
                said = model(input_ids=ids).logits[0, places]
                hard = nn.functional.cross_entropy(said, labels, reduction="none")
                if teacher is None or not weight:
                    losses.append(hard)
                    continue
                with torch.no_grad():
                    taught = teacher.model.eval()(input_ids=ids).logits[0, places]
                p = torch.softmax(taught / temperature, -1)
                log_q = torch.log_softmax(said / temperature, -1)
                soft = temperature**2 * (p * (p.log() - log_q)).sum(-1)
                losses.append(weight * soft + (1 - weight) * hard)
    loss = torch.cat(losses).mean()
    loss.backward()
    return float(loss.detach()), gradients(model)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("weight", "temperature"), [(1.0, 1.0), (1.0, 3.0), (0.4, 1.0), (0.4, 2.0), (0.0, 1.0)]
)
def test_a_step_is_the_mean_over_hidden_places_of_soft_and_hard_labels(
    family, weight, temperature, toys
):
    teachers = [make_masked(family, seed=1), None, make_masked(family, seed=2)]
    lesson, model = make_soft(teachers, weight, temperature=temperature), make_masked(family)
    parts = first_step(lesson, toys.recipe(per_device_train_batch_size=29)).parts
    want, slopes = plainly(model, lesson, parts, [weight, 0.0, weight], temperature)
    loss, found = learn(model, lesson, parts)
    assert loss == pytest.approx(want, abs=2e-6)
    assert all(torch.allclose(found[name], slopes[name], atol=2e-6) for name in slopes)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_that_is_its_teacher_has_nothing_to_learn(family, toys):
    model = make_masked(family)
    lesson = make_soft([copy.deepcopy(model)] * 3)
    loss, found = learn(model, lesson, first_step(lesson, toys.recipe()).parts)
    assert loss == pytest.approx(0.0, abs=1e-6)
    assert all(float(slope.abs().max()) < 1e-7 for slope in found.values())


def test_without_anyone_to_listen_to_it_is_the_hard_lesson(toys):
    model, masked = make_masked(), make_lesson(label_smoothing=0.1)
    recipe = toys.recipe()
    want, slopes = learn(model, masked, first_step(masked, recipe).parts)
    lesson = make_soft([None] * 3, masked=masked)
    loss, found = learn(model, lesson, first_step(lesson, recipe).parts)
    assert loss == pytest.approx(want, abs=1e-6)
    assert all(torch.allclose(found[name], slopes[name], atol=1e-6) for name in slopes)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_teacher_says_the_same_however_many_windows_it_reads_at_once(precision, toys):
    if precision == "bf16" and not native_bf16("cpu")[0]:
        pytest.skip("this processor does not compute in bf16")
    lesson = make_soft([make_masked(seed=1)] * 3)
    (part,) = first_step(lesson, toys.recipe()).parts
    assert part.masked.attention_mask is not None, "some windows are padded"
    readings = [Reading(part.masked, span) for span in part.masked.spans]
    teacher = OnlineTeacher(make_masked(seed=1))
    with Precision(precision, "test").autocast(CPU):
        one, few, all_ = (teacher.answers(readings, n) for n in (1, 3 * LENGTH, 10_000))
    for reading, *said in zip(readings, one, few, all_, strict=True):
        assert {len(answer) for answer in said} == {reading.span.n_places}
        near = 0.1 if precision == "bf16" else 1e-5
        assert all(torch.allclose(answer.float(), said[0].float(), atol=near) for answer in said)


class _Unasked(nn.Module):
    """Fails when it is run."""

    def forward(self, **arguments):
        raise AssertionError("this teacher is not to be run")


def test_a_teacher_with_weight_0_is_not_run(toys):
    lesson = make_soft([_Unasked(), _Unasked(), None], 0.0)
    step = first_step(lesson, toys.recipe())
    assert step.n_taught == (0, 0, 0)
    learn(make_masked(), lesson, step.parts)


def test_tokens_that_teachers_read_are_counted(toys):
    lesson = make_soft([make_masked(), None, make_masked()])
    step = first_step(lesson, toys.recipe(per_device_train_batch_size=29))
    assert step.n_taught == (8 * LENGTH + 6, 0, 5 * LENGTH + 6)
    assert (step.n_examples, sum(part.n_tokens for part in step.parts)) == (29, 26 * LENGTH + 18)


def test_padding_never_enters(toys):
    """Other ids in the place of padding change neither loss nor gradients."""
    model, lesson = make_masked(), make_soft([make_masked(seed=1)] * 3)
    parts = first_step(lesson, toys.recipe()).parts
    want, slopes = learn(model, lesson, parts)
    (part,) = parts
    ids = part.input_ids.clone()
    padding = part.masked.attention_mask == 0
    assert padding.any()
    ids[padding] = 17
    loss, found = learn(model, lesson, [replace(part, masked=replace(part.masked, input_ids=ids))])
    assert loss == pytest.approx(want, abs=1e-6)
    assert all(torch.allclose(found[name], slopes[name], atol=1e-7) for name in slopes)


def test_the_top_and_the_rest_bound_the_full_distance(toys):
    model, teachers = make_masked(), [make_masked(seed=1)] * 3
    step = [first_step(make_soft(teachers, top_k=k), toys.recipe()) for k in (3, 40, None)]
    low, all_of_it, full = (
        learn(model, make_soft(teachers, top_k=k), one.parts)[0]
        for k, one in zip((3, 40, None), step, strict=True)
    )
    assert low < full == pytest.approx(all_of_it, abs=1e-6)


def test_what_is_heard_counts_from_the_next_step_on(toys):
    lesson = make_soft([make_masked(seed=1)] * 3, policy=Threshold())
    steps = lesson.steps(
        toys.recipe(per_device_train_batch_size=29), first_step=0, cutting=CUTTING, device=CPU
    )
    assert next(steps).parts[0].weights == (1.0, 1.0, 1.0)
    lesson.hear(torch.tensor([5.0, 1.0, 5.0]).double().numpy())
    assert next(steps).parts[0].weights == (1.0, 0.0, 1.0)


def steps_of(lesson, recipe, n, *, first=0, cutting=CUTTING):
    steps = lesson.steps(recipe, first_step=first, cutting=cutting, device=CPU)
    return [next(steps) for _ in range(n)]


@pytest.mark.parametrize("first", [0, 2])
def test_how_many_steps_a_teacher_reads_at_once_changes_nothing(first, toys, monkeypatch):
    model, recipe = make_masked(), toys.recipe(per_device_train_batch_size=5, max_steps=12)
    learned = {}
    for ahead in (1, 3, 8):
        monkeypatch.setattr(room, "AHEAD", ahead)
        lesson = make_soft([make_masked(seed=1), None, make_masked(seed=2)])
        steps = steps_of(lesson, recipe, 9, first=first)
        learned[ahead] = [learn(model, lesson, step.parts) for step in steps]
    for ahead in (3, 8):
        for (loss, found), (want, slopes) in zip(learned[ahead], learned[1], strict=True):
            assert loss == pytest.approx(want, abs=1e-6)
            assert all(torch.allclose(found[name], slopes[name], atol=1e-6) for name in slopes)


def test_a_process_without_a_share_of_small_steps_asks_no_teacher(toys):
    lesson, recipe = (
        make_soft([make_masked(seed=1)] * 3),
        toys.recipe(per_device_train_batch_size=1),
    )
    shares = [replace(CUTTING, share=Share(rank, 2)) for rank in (0, 1)]
    steps = [steps_of(lesson, recipe, 9, cutting=one) for one in shares]
    assert [[len(step.parts) for step in own] for own in steps] == [[1] * 9, [0] * 9]


@pytest.mark.parametrize("max_tokens", [LENGTH, 7 * LENGTH])
def test_how_many_windows_a_teacher_reads_at_once_changes_nothing(max_tokens, toys):
    lesson, model = make_soft([make_masked(seed=1)] * 3), make_masked()
    recipe = toys.recipe(per_device_train_batch_size=29)
    want, slopes = learn(model, lesson, first_step(lesson, recipe).parts)
    cutting = replace(CUTTING, max_tokens=max_tokens)
    loss, found = learn(model, lesson, first_step(lesson, recipe, cutting=cutting).parts)
    assert loss == pytest.approx(want, abs=1e-6)
    assert all(torch.allclose(found[name], slopes[name], atol=1e-6) for name in slopes)


def test_a_teacher_is_asked_once_about_the_steps_ahead_and_only_when_listened_to(toys, monkeypatch):
    monkeypatch.setattr(room, "AHEAD", 4)
    lesson, model = make_soft([make_masked(seed=1)] * 3, policy=Threshold()), make_masked()
    asked = []
    for language, teacher in enumerate(lesson.teachers):
        monkeypatch.setattr(teacher, "answers", _noting(teacher.answers, asked, language))
    recipe = toys.recipe(per_device_train_batch_size=12, max_steps=8)
    steps = lesson.steps(recipe, first_step=0, cutting=CUTTING, device=CPU)
    heard = [[9.0, 0.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 9.0], [0.0] * 3, [9.0, 9.0, 0.0]]
    when = []
    for losses in heard:
        lesson.hear(np.array(losses))
        learn(model, lesson, next(steps).parts)
        when.append(sorted(asked))
    assert when[0] == when[1] == [0, 2]
    assert when[2] == when[3] == [0, 1, 2]
    assert when[4] == [0, 0, 1, 1, 2]


def _noting(answers, asked, language):
    def noted(readings, max_tokens):
        asked.append(language)
        return answers(readings, max_tokens)

    return noted


def test_a_teacher_stays_as_it_is(toys):
    teacher, model = make_masked(dropout=0.2, seed=1).train(), make_masked()
    before = {name: p.clone() for name, p in teacher.named_parameters()}
    lesson = make_soft([teacher] * 3)
    learn(model, lesson, first_step(lesson, toys.recipe()).parts)
    assert teacher.training
    for name, parameter in teacher.named_parameters():
        assert parameter.grad is None
        assert parameter.requires_grad
        assert torch.equal(parameter, before[name])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_frozen_teacher_says_bit_for_bit_what_autocast_says(family):
    model = make_masked(family).eval()
    twin = frozen(model, torch.bfloat16)
    ids = torch.randint(4, 40, (3, LENGTH))
    with torch.no_grad(), BF16.autocast(CPU):
        assert torch.equal(twin(input_ids=ids).logits, model(input_ids=ids).logits)
    assert twin.get_input_embeddings().weight is model.get_input_embeddings().weight
    assert {p.dtype for p in model.parameters()} == {torch.float32}


@pytest.mark.skipif(not native_bf16("cpu")[0], reason="this processor emulates bf16")
def test_in_bf16_the_student_that_is_its_teacher_learns_next_to_nothing(toys):
    model = make_masked()
    lesson = make_soft([copy.deepcopy(model)] * 3)
    with BF16.autocast(CPU):
        loss, _ = learn(model, lesson, first_step(lesson, toys.recipe()).parts)
    assert loss == pytest.approx(0.0, abs=1e-4)


def test_a_checkpoint_hangs_on_teachers_and_weights(toys):
    teachers = [make_masked(seed=1), None, make_masked(seed=2)]
    lessons = [
        make_soft(teachers),
        make_soft(teachers, 0.5),
        make_soft(teachers, temperature=2.0),
        make_soft(teachers, top_k=3),
        make_soft(teachers, policy=Threshold()),
        make_soft(teachers[::-1]),
        make_soft([make_masked(seed=3), *teachers[1:]]),
        make_soft([None, None, teachers[2]]),
    ]
    names = [_identities(lesson, toys.recipe())["fp32"] for lesson in lessons]
    assert len(set(names)) == len(lessons)
    assert names[0] == _identities(make_soft(teachers), toys.recipe())["fp32"]


def test_every_language_has_a_teacher_or_none_and_a_weight():
    with pytest.raises(InputError, match="'teachers': 2"):
        make_soft([None, None])
    with pytest.raises(InputError, match="without a teacher"):
        SoftLesson(make_lesson(), [None] * 3, Listening(Fixed(), [3.0, None, None]))
