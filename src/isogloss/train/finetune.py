"""Fine-tuning: every weight learns from labeled examples; stops, goes on and ends the same.

The loop yields after each step; everything that may happen between steps happens here, in the open:
dev score, early stopping, curve, checkpoint. A training that was killed and begun again ends with
the same weights, bit for bit, as an unbroken one on the same processor with as many threads.
"""

import time
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.train.checkpoint import restore_model
from isogloss.train.lesson import Lesson
from isogloss.train.parts import Cutting
from isogloss.train.recipe import Recipe
from isogloss.train.training import DevScore, Tracker, Trained, Training


class Progress(NamedTuple):
    """How far training is, in optimizer steps."""

    done: int
    total: int


def finetune(  # noqa: PLR0913
    model: PreTrainedModel,
    lesson: Lesson,
    recipe: Recipe,
    *,
    pad_id: int,
    folder: Path,
    dev_score: DevScore | None = None,
    tracker: Tracker | None = None,
    max_tokens: int,
) -> Generator[Progress, None, Trained]:
    """Train a model in place, yielding after each optimizer step.

    Args:
        model: its weights are moved; on return they are the last ones, or the best ones if the
            recipe keeps those.
        lesson: the training split and its loss.
        recipe: what to do.
        pad_id: the tokenizer's padding token.
        folder: of the checkpoints. A training that finds its own there goes on from it. They
            stay; who stores the result removes them.
        dev_score: judges the model, higher is better; may change the model's mode.
        tracker: gets each point of the curve and each dev score.
        max_tokens: padded tokens that fit the device at once.

    Raises:
        InputError: for an empty split, or a recipe that does not fit the arguments.
        Diverged: if the loss or its gradient becomes NaN or infinite.
        RunError: if a checkpoint cannot be written, or belongs to another training.
    """
    if len(lesson) == 0:
        raise InputError("The training split is empty; there is nothing to learn from.")
    recipe.check(has_dev_score=dev_score is not None)
    training = Training.begin(model, lesson, recipe, folder)
    cutting = Cutting(max_tokens, training.price, pad_id)
    journal, total = training.journal, recipe.total_steps(len(lesson))
    clock = time.perf_counter()
    for done in training.steps(cutting):
        training.judge(done, dev_score, tracker)
        training.track(done, tracker)
        clock = training.lap(clock)
        training.save_if_due()
        training.lap(clock)
        yield Progress(done.step, total)
        clock = time.perf_counter()
        if journal.stopped_early:
            break
        model.train()
    journal.read_losses()
    if training.best is not None:
        restore_model(model, training.best)
    training.lap(clock)
    return training.result()
