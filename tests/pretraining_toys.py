"""Toy text in languages that differ: windows of ids that can be guessed, tiny masked models."""

from types import SimpleNamespace

import numpy as np
import torch

from isogloss.data.masking import MaskRules
from isogloss.data.mixture import Mixing
from isogloss.data.packing import Packed
from isogloss.data.ragged import offsets_of
from isogloss.model.masked import make_masked_lm
from isogloss.model.scratch import Size, scratch_config
from isogloss.train.masked_lesson import MaskedLesson
from isogloss.train.parts import Cutting

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
PAD, FIRST, LAST, MASK, N_SPECIAL, VOCABULARY = 0, 1, 2, 3, 4, 40
LENGTH = 12
MASKABLE = np.arange(VOCABULARY) >= N_SPECIAL
CPU = torch.device("cpu")
CUTTING = Cutting(max_tokens=10_000, fixed_cost=10.0, pad_id=PAD)


class _Tokenizer(SimpleNamespace):
    def __len__(self):
        return VOCABULARY


TOKENIZER = _Tokenizer(pad_token_id=PAD, cls_token_id=FIRST, sep_token_id=LAST)


def make_corpus(n, *, language=0, last=LENGTH, seed=0):
    """Windows that count upwards, each language at a pace of its own; the last may be shorter."""
    rng = np.random.default_rng([seed, language])
    lengths = np.full(n, LENGTH, dtype=np.int64)
    lengths[-1:] = last
    windows = []
    for length in lengths:
        counted = rng.integers(100) + (language + 1) * np.arange(length - 2)
        inner = N_SPECIAL + counted % (VOCABULARY - N_SPECIAL)
        windows.append([FIRST, *inner.tolist(), LAST])
    ids = np.array([token for window in windows for token in window], dtype=np.int32)
    characters = np.where(ids < N_SPECIAL, 0, 3).astype(np.int32)
    return Packed(ids, offsets_of(lengths), characters)


def make_rules(**changes):
    candidates = np.flatnonzero(MASKABLE)
    return MaskRules(
        **{"mask_id": MASK, "candidates": candidates, "seed": 7, "share": 0.3} | changes
    )


def make_lesson(sizes=(9, 14, 6), *, last=LENGTH, kind="natural", rules=None, **more):
    corpora = [make_corpus(n, language=at, last=last) for at, n in enumerate(sizes)]
    return MaskedLesson(corpora, Mixing(kind), rules or make_rules(), MASKABLE, **more)


def make_masked(family="modernbert", *, dropout=0.0, seed=0, attention="eager", width=16):
    size = Size(width, 2, 2, 2 * width, max_length=LENGTH, dropout=dropout)
    return make_masked_lm(scratch_config(family, TOKENIZER, size), seed=seed, attention=attention)


def first_step(lesson, recipe, *, cutting=CUTTING):
    return next(lesson.steps(recipe, first_step=0, cutting=cutting, device=CPU))


def gradients(model):
    """Take the gradients and leave none."""
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def learn(model, lesson, parts):
    """Loss and gradients of one step, parts weighed as the loop weighs them."""
    n, total = sum(map(lesson.size, parts)), 0.0
    for part in parts:
        if lesson.size(part):
            share = lesson.loss(model, part) * (lesson.size(part) / n)
            share.backward()
            total += float(share.detach())
    return total, gradients(model)
