"""Pre-training: a masked language model learns from text in some languages, or from teachers too.

What fine-tuning does between steps, this does as well. Its dev score is the mean of the languages'
dev losses, each counting the same, negated; the losses themselves decide whom the student listens
to, and for each language the weights that served it best can be kept: they are its teacher in a
second training (self-teachers, Huang et al. 2022).
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.train.between import Progress, take_steps
from isogloss.train.checkpoint import Tensors
from isogloss.train.lesson import LanguageLesson
from isogloss.train.loop import StepDone
from isogloss.train.parts import Cutting
from isogloss.train.recipe import Recipe
from isogloss.train.training import DevLosses, Tracker, Trained, Training


@final
@dataclass(frozen=True)
class Pretrained:
    """What a pre-training did; the weights are in the model that was given."""

    trained: Trained

    n_windows: int
    """Windows learned from, each time counted."""

    n_scored: int
    """Hidden tokens learned from."""

    taught_tokens: list[int]
    """For each language, tokens that its teacher read along; empty without teachers."""

    dev_losses: list[dict[str, Any]]
    """`step, epoch, losses` of each language in nats, and the teachers' `weights` from then on."""

    best_steps: list[int]
    """For each language, the step of its least dev loss; empty without dev losses."""

    best_weights: tuple[Tensors, ...]
    """For each language, the weights after that step, for `restore_model`; empty unless asked for.
    Languages that were best at the same step share them."""


@final
@dataclass(frozen=True)
class Dev:
    """What is looked at between steps."""

    losses: DevLosses
    """Judges the model; may change its mode."""

    keep_best_per_language: bool = False
    """Keep for each language the weights with its least dev loss."""


def pretrain(  # noqa: PLR0913
    model: PreTrainedModel,
    lesson: LanguageLesson,
    recipe: Recipe,
    *,
    pad_id: int,
    folder: Path,
    dev: Dev | None = None,
    tracker: Tracker | None = None,
    max_tokens: int,
) -> Generator[Progress, None, Pretrained]:
    """Train a masked language model in place, yielding after each optimizer step.

    Args:
        model: its weights are moved; on return they are the last ones, or the best ones if the
            recipe keeps those.
        lesson: what it learns from.
        recipe: what to do; `per_device_train_batch_size` counts windows.
        pad_id: the tokenizer's padding token.
        folder: of the checkpoints, as in `finetune`.
        dev: dev losses, taken when the recipe's `eval_strategy` says so.
        tracker: gets each point of the curve and each dev score.
        max_tokens: padded tokens that fit the device at once.

    Raises:
        InputError: for a recipe or a lesson that does not fit the arguments.
        Diverged: if the loss or its gradient becomes NaN or infinite.
        RunError: if a checkpoint cannot be written or belongs to another training, or a dev loss is
            no number.
    """
    _check(lesson, recipe, dev)
    keeps = dev is not None and dev.keep_best_per_language
    also = {"keep_best_per_language": True} if keeps else None
    training = Training.begin(model, lesson, recipe, folder, also)
    heard = training.journal.dev_losses
    lesson.hear(np.array(heard[-1]["losses"], dtype=np.float64) if heard else None)

    def judge(done: StepDone) -> None:
        if dev is not None:
            _judge(training, lesson, dev, done, tracker)

    cutting = Cutting(max_tokens, training.price, pad_id, share=training.ranks.share)
    yield from take_steps(training, cutting, judge, tracker)
    return _result(training, keeps)


def _check(lesson: LanguageLesson, recipe: Recipe, dev: Dev | None) -> None:
    recipe.check(has_dev_score=dev is not None)
    if recipe.eval_strategy != "no":
        return
    if lesson.listens:
        raise InputError(
            "A student that listens by dev losses needs eval_strategy: steps or epoch. "
            "Give it, or a fixed weight."
        )
    if dev is not None and dev.keep_best_per_language:
        raise InputError(
            "keep_best_per_language needs eval_strategy: steps or epoch, to know what is best."
        )


def _judge(
    training: Training,
    lesson: LanguageLesson,
    dev: Dev,
    done: StepDone,
    tracker: Tracker | None,
) -> None:
    losses = np.asarray(dev.losses(training.model), dtype=np.float64)
    lesson.hear(losses)
    epoch = training.epoch_after(done.step)
    best = training.journal.hear(losses, lesson.weights(), epoch)
    if dev.keep_best_per_language:
        training.keep_for(best)
    training.judge(done, -float(losses.mean()), tracker)


def _result(training: Training, keeps: bool) -> Pretrained:
    journal = training.journal
    best = tuple(training.kept[step] for step in journal.best_steps) if keeps else ()
    return Pretrained(
        trained=training.result(),
        n_windows=journal.examples,
        n_scored=journal.scored,
        taught_tokens=journal.taught_tokens,
        dev_losses=journal.dev_losses,
        best_steps=journal.best_steps,
        best_weights=best,
    )
