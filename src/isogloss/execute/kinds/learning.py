"""What every pre-training step reads off its payload: text, mixture, masks, recipe, dev losses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from isogloss.data.masking import MaskRules
from isogloss.data.mixture import Mixing, Step
from isogloss.data.packing import Packed
from isogloss.data.plugged_mixture import given_by
from isogloss.execute.bench import Bench
from isogloss.model.lines import maskable_ids, random_candidates
from isogloss.model.precision import best_device, choose_precision
from isogloss.plugins.found import same_as
from isogloss.study.arms import MIXINGS
from isogloss.train.masked_lesson import MaskedLesson, MaskedPart
from isogloss.train.parts import Cutting
from isogloss.train.recipe import Recipe

_NOT_OF_THE_RECIPE = ("max_length", "mlm_probability")
DEV_SEED = 0
"""Of the masks of dev text: the same for teachers and students."""
VIEWS = 1000
"""Maskings of a dev text that are tried before none is said to hide anything."""


@final
@dataclass(frozen=True, eq=False)
class Corpus:
    """The text of each language as windows, and the tokenizer that cut it."""

    languages: tuple[str, ...]
    train: tuple[Packed, ...]
    dev: tuple[Packed, ...]
    tokenizer: Any

    @cached_property
    def maskable(self) -> NDArray[np.bool_]:
        """[vocabulary] Which tokens may be hidden."""
        return maskable_ids(self.tokenizer)


def first_teacher(bench: Bench) -> int:
    """Where teachers begin among the needs: after the windows and the tokenizer."""
    return len(bench.payload["languages"]) + int(bench.payload["tokenizer"] == "trained")


def mixing_of(payload: Mapping[str, Any], sizes: Sequence[int]) -> Mixing:
    """The declaration's values, flat; a cut has been made already.

    Args:
        payload: of a step that pre-trains.
        sizes: [languages] Windows of each.
    """
    declared = payload["mixing"]
    for plugin in payload.get("plugins", ()):
        if plugin["kind"] == "sampler":
            sampler = same_as(plugin, MIXINGS)
            return given_by(sampler, plugin["name"], sizes, declared.get("options", {}))
    names = ("kind", "alpha", "alpha_end", "max_epochs")
    return Mixing(**{name: declared[name] for name in names if declared.get(name) is not None})


def rules_of(payload: Mapping[str, Any], tokenizer: Any, seed: int | None = None) -> MaskRules:
    """How tokens are hidden; from the step's seed, unless another is given."""
    return MaskRules(
        mask_id=tokenizer.mask_token_id,
        candidates=random_candidates(tokenizer),
        seed=payload["seed"] if seed is None else seed,
        share=payload["training"]["mlm_probability"],
    )


def recipe_of(
    payload: Mapping[str, Any], settings: Mapping[str, Any], eval_steps: int | None
) -> Recipe:
    """The declaration's values, flat; dev losses are taken where someone needs them."""
    declared = {k: v for k, v in payload["training"].items() if k not in _NOT_OF_THE_RECIPE}
    return Recipe(
        **declared,
        num_train_epochs=None,
        early_stopping_patience=None,
        early_stopping_threshold=0.0,
        eval_strategy="steps" if eval_steps else "no",
        eval_steps=eval_steps,
        load_best_model_at_end=False,
        seed=payload["seed"],
        logging_steps=settings["logging_steps"],
        save_seconds=settings["save_seconds"],
    )


def dev_of(
    corpus: Corpus, payload: Mapping[str, Any], settings: Mapping[str, Any]
) -> Callable[[Any], NDArray[np.float64]]:
    """A judge of models: the loss on the dev windows of each language, [languages] in nats.

    Each window is masked once, in the same places for whatever model. NaN for a language whose dev
    windows hold unknown tokens only.
    """
    lesson = MaskedLesson(
        corpora=corpus.dev,
        mixing=Mixing("natural"),
        rules=rules_of(payload, corpus.tokenizer, DEV_SEED),
        maskable=corpus.maskable,
    )
    precision = choose_precision(payload["training"]["precision"], best_device())
    cutting = Cutting(settings["max_tokens"], 0.0, corpus.tokenizer.pad_token_id)

    def losses(model: Any) -> NDArray[np.float64]:
        model.eval()
        device = next(model.parameters()).device
        with torch.no_grad(), precision.autocast(device):
            masked = [_masked(lesson, at, cutting, device) for at in range(len(corpus.dev))]
            return np.array([_mean_loss(model, lesson, parts) for parts in masked])

    return losses


def _masked(
    lesson: MaskedLesson, language: int, cutting: Cutting, device: torch.device
) -> list[MaskedPart]:
    """All windows of a language in the first view that hides a token; a text may have but one."""
    windows = np.arange(len(lesson.corpora[language]), dtype=np.int64)
    for view in range(VIEWS):
        step = Step(np.full_like(windows, language), windows, np.full_like(windows, view))
        parts = [part for part in lesson.parts(step, cutting=cutting, device=device) if len(part)]
        if parts:
            return parts
    return []


def _mean_loss(model: Any, lesson: MaskedLesson, parts: Sequence[MaskedPart]) -> float:
    if not parts:
        return float("nan")
    summed = sum(float(lesson.loss(model, part)) * len(part) for part in parts)
    return summed / sum(map(len, parts))
