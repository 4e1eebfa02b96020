"""Learning to guess: the loss of the library at the hidden places, whatever is cut or padded."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from isogloss.base.errors import InputError
from isogloss.data.mixture import Mixing
from isogloss.data.shares import Share
from isogloss.model.masked import hidden_states, logits_of
from isogloss.train.lesson import IGNORED
from isogloss.train.masked_lesson import MaskedLesson
from isogloss.train.optimizer import decaying_names
from isogloss.train.parts import Cutting
from isogloss.train.training import _identities
from pretraining_toys import (
    CPU,
    CUTTING,
    FAMILIES,
    FIRST,
    LAST,
    LENGTH,
    MASK,
    MASKABLE,
    PAD,
    first_step,
    gradients,
    learn,
    make_corpus,
    make_lesson,
    make_masked,
    make_rules,
)


def steps_of(lesson, recipe, n, *, first=0, cutting=CUTTING):
    steps = lesson.steps(recipe, first_step=first, cutting=cutting, device=CPU)
    return [next(steps) for _ in range(n)]


def original(lesson, part):
    """[windows, longest] The ids before anything was hidden, padded."""
    ids = torch.full(part.input_ids.shape, PAD)
    for span in part.spans:
        corpus = lesson.corpora[span.language]
        for row in range(span.windows.start, span.windows.stop):
            window = corpus.select([part.windows[row]]).ids
            ids[row, : len(window)] = torch.from_numpy(window.astype(np.int64))
    return ids


def close(ours, theirs, *, tolerance=1e-6):
    return ours.keys() == theirs.keys() and all(
        torch.allclose(ours[name], theirs[name], atol=tolerance) for name in theirs
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_cross_entropy_of_the_whole_model_at_the_hidden_places(
    family, smoothing, toys
):
    lesson = make_lesson(last=7, label_smoothing=smoothing)
    model = make_masked(family)
    (part,) = first_step(lesson, toys.recipe(per_device_train_batch_size=29)).parts
    labels = torch.full_like(part.input_ids, IGNORED).flatten()
    labels[part.places] = part.labels
    logits = model(input_ids=part.input_ids, attention_mask=part.attention_mask).logits
    want = functional.cross_entropy(
        logits.flatten(0, 1), labels, ignore_index=IGNORED, label_smoothing=smoothing
    )
    want.backward()
    slopes = gradients(model)
    loss, found = learn(model, lesson, [part])
    assert loss == pytest.approx(float(want.detach()), abs=1e-6)
    assert close(found, slopes)


@pytest.mark.parametrize("family", FAMILIES)
def test_how_a_step_is_cut_and_padded_does_not_change_it(family, toys):
    lesson, model = make_lesson(last=5), make_masked(family)
    recipe = toys.recipe(per_device_train_batch_size=29)
    whole = learn(model, lesson, first_step(lesson, recipe).parts)
    for max_tokens, n_parts in ((LENGTH, 29), (5 * LENGTH, 6), (10 * LENGTH + 3, 3)):
        cutting = Cutting(max_tokens, 10.0, PAD)
        parts = first_step(lesson, recipe, cutting=cutting).parts
        assert len(parts) == n_parts
        loss, found = learn(model, lesson, parts)
        assert loss == pytest.approx(whole[0], abs=1e-6)
        assert close(found, whole[1])


def test_what_is_guessed_is_what_stood_there_and_nothing_special_is_hidden(toys):
    lesson = make_lesson(last=6)
    for step in steps_of(lesson, toys.recipe(per_device_train_batch_size=8), 8):
        for part in step.parts:
            ids = original(lesson, part)
            assert torch.equal(ids.flatten()[part.places], part.labels)
            assert not set(part.labels.tolist()) & {PAD, FIRST, LAST, MASK}
            seen = part.input_ids.flatten()
            kept = torch.ones_like(seen, dtype=torch.bool)
            kept[part.places] = False
            assert torch.equal(seen[kept], ids.flatten()[kept])
            assert part.n_tokens == int((ids != PAD).sum())
            assert len(part) == lesson.size(part) == len(part.places)


def test_an_attention_mask_is_there_only_where_something_is_padding(toys):
    recipe = toys.recipe(per_device_train_batch_size=29)
    (full,) = first_step(make_lesson(), recipe).parts
    assert full.attention_mask is None
    (padded,) = first_step(make_lesson(last=4), recipe).parts
    assert torch.equal(padded.attention_mask, (original(make_lesson(last=4), padded) != PAD).long())
    assert [padded.tokens_of(span) for span in padded.spans] == [
        (n - 1) * LENGTH + 4 for n in (9, 14, 6)
    ]


def test_languages_stand_together_and_their_spans_cover_all(toys):
    for step in steps_of(
        make_lesson(kind="balanced"), toys.recipe(per_device_train_batch_size=7), 9
    ):
        (part,) = step.parts
        languages = [span.language for span in part.spans]
        assert languages == sorted(set(languages))
        for kind, n in (("windows", len(part.windows)), ("places", len(part.places))):
            spans = [getattr(span, kind) for span in part.spans]
            assert [span.start for span in spans] == [0, *(span.stop for span in spans[:-1])]
            assert spans[-1].stop == n
        for span in part.spans:
            rows = part.places[span.places] // part.input_ids.shape[1]
            assert all(span.windows.start <= row < span.windows.stop for row in rows.tolist())


def test_an_epoch_of_natural_text_has_every_window_once(toys):
    lesson, recipe = make_lesson(), toys.recipe(per_device_train_batch_size=8)
    steps = steps_of(lesson, recipe, recipe.steps_per_epoch(len(lesson)))
    seen = [
        (span.language, window)
        for step in steps
        for part in step.parts
        for span in part.spans
        for window in part.windows[span.windows].tolist()
    ]
    assert sorted(seen) == [(at, w) for at, n in enumerate((9, 14, 6)) for w in range(n)]
    assert sum(step.n_examples for step in steps) == len(lesson) == 29
    assert {step.n_taught for step in steps} == {()}


def same_part(one, two):
    return torch.equal(one.input_ids, two.input_ids) and torch.equal(one.labels, two.labels)


@pytest.mark.parametrize("first", [1, 4, 9])
def test_beginning_at_a_step_gives_what_beginning_at_the_first_gives_there(first, toys):
    lesson, recipe = make_lesson(last=6), toys.recipe(per_device_train_batch_size=5)
    whole = steps_of(lesson, recipe, first + 4)[first:]
    for one, two in zip(whole, steps_of(lesson, recipe, 4, first=first), strict=True):
        assert all(same_part(a, b) for a, b in zip(one.parts, two.parts, strict=True))


def test_a_process_without_a_share_of_a_small_step_has_nothing_to_do_in_it(toys):
    lesson = make_lesson(last=6)
    recipe = toys.recipe(per_device_train_batch_size=len(lesson) - 1)  # the last step has one
    shares = [replace(CUTTING, share=Share(rank, 2)) for rank in (0, 1)]
    steps = [steps_of(lesson, recipe, 2, cutting=one) for one in shares]
    assert [[step.n_examples for step in own] for own in steps] == [[len(lesson) - 1, 1]] * 2
    assert [len(own[1].parts) for own in steps] == [1, 0]


@pytest.mark.parametrize(("n_views", "repeats"), [(None, False), (1, True), (2, False), (3, True)])
def test_maskings_repeat_after_as_many_passes_as_there_are_views(n_views, repeats, toys):
    lesson = make_lesson((4,), n_views=n_views)
    recipe = toys.recipe(per_device_train_batch_size=4)
    one, two = (
        dict(zip(step.parts[0].windows.tolist(), step.parts[0].input_ids, strict=True))
        for step in (steps_of(lesson, recipe, 4)[at] for at in (0, 3))
    )
    assert repeats == all(torch.equal(one[window], two[window]) for window in one)


def test_a_part_with_nothing_hidden_has_no_size(toys):
    lesson = make_lesson(rules=make_rules(share=1e-12))
    (part,) = first_step(lesson, toys.recipe()).parts
    assert lesson.size(part) == len(part) == 0
    assert [span.places for span in part.spans] == [slice(0, 0)] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"mixing": Mixing("balanced")},
        {"mixing": Mixing("alpha", alpha=0.3)},
        {"rules": make_rules(seed=8)},
        {"rules": make_rules(share=0.2)},
        {"rules": make_rules(mask_id=4)},
        {"rules": make_rules(candidates=np.arange(5, 9))},
        {"label_smoothing": 0.1},
        {"n_views": 2},
        {"maskable": np.roll(MASKABLE, 1)},
        {"corpora": [make_corpus(9), make_corpus(14), make_corpus(6)]},
        {"corpora": [make_corpus(9), make_corpus(20, language=1)]},
    ],
)
def test_a_checkpoint_hangs_on_all_that_decides_what_is_learned(change, toys):
    lesson = make_lesson()
    one, two = (
        _identities(lesson, toys.recipe())["fp32"] for lesson in (lesson, replace(lesson, **change))
    )
    assert one == _identities(make_lesson(), toys.recipe())["fp32"]
    assert one != two


@pytest.mark.parametrize(
    ("sizes", "message"), [((), "No language"), ((3, 0), "language number 2 of 2")]
)
def test_a_language_without_text_is_refused(sizes, message):
    corpora = [make_corpus(max(n, 1)).select(range(n)) for n in sizes]
    with pytest.raises(InputError, match=message):
        MaskedLesson(corpora, Mixing("natural"), make_rules(), MASKABLE)


@pytest.mark.parametrize("family", FAMILIES)
def test_matrices_decay_and_nothing_else_does(family):
    model = make_masked(family)
    decaying = set(decaying_names(model))
    for name, parameter in model.named_parameters():
        assert (name in decaying) == (parameter.dim() > 1), name


@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_runs_on_any_choice_of_places(family):
    model = make_masked(family)
    ids = torch.randint(4, 40, (3, LENGTH))
    hidden = hidden_states(model, ids, None).flatten(0, 1)
    some = torch.tensor([0, 7, 20])
    want = model(input_ids=ids).logits.flatten(0, 1)[some]
    assert torch.allclose(logits_of(model, hidden[some]), want, atol=1e-6)
