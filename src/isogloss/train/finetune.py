"""Fine-tuning: a model learns from labeled examples; stops, goes on and ends the same.

All of its weights learn, or those that are not frozen.
"""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel

from isogloss.base.errors import InputError
from isogloss.model.encoder import first_position
from isogloss.model.unpadded import reads_unpadded
from isogloss.model.used_entries import put_aside
from isogloss.train.between import Progress, take_steps
from isogloss.train.lesson import TagLesson, TextLesson
from isogloss.train.loop import StepDone
from isogloss.train.parts import Cutting, is_never_cut, widths_for
from isogloss.train.recipe import Recipe
from isogloss.train.room import give_back_memory
from isogloss.train.training import DevScore, Tracker, Trained, Training


def finetune(  # noqa: PLR0913
    model: PreTrainedModel,
    lesson: TextLesson | TagLesson,
    recipe: Recipe,
    *,
    pad_id: int,
    folder: Path,
    dev_score: DevScore | None = None,
    tracker: Tracker | None = None,
    max_tokens: int,
    also_read: Sequence[NDArray[np.int32]] = (),
    method: Mapping[str, Any] | None = None,
    cuda_graphs: bool = False,
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
        also_read: token ids of what `dev_score` reads. Of the vocabulary, only what is read here
            and in the lesson, and padding, takes part in the training; the outcome is that of
            training it all.
        method: what decides which weights learn and how, JSON-able, where that is not all of
            them: a checkpoint must agree with it.
        cuda_graphs: on a GPU, record passes and replay them.

    Raises:
        InputError: for an empty split, or a recipe that does not fit the arguments.
        Diverged: if the loss or its gradient becomes NaN or infinite.
        RunError: if a checkpoint cannot be written, or belongs to another training.
    """
    if len(lesson) == 0:
        raise InputError("The training split is empty; there is nothing to learn from.")
    recipe.check(has_dev_score=dev_score is not None)
    read = np.unique(np.concatenate([lesson.ids, *also_read, [pad_id]]))
    aside = put_aside(model, read)
    used = {} if aside is None else {"vocabulary": "used entries"}
    try:
        training = Training.begin(model, lesson, recipe, folder, {**used, **(method or {})})
    except BaseException:
        if aside is not None:
            aside.bring_back(model, decay=1.0)
        raise

    def judge(done: StepDone) -> None:
        if dev_score is not None:
            training.judge(done, float(dev_score(model)), tracker)

    first = first_position(model) if reads_unpadded(model) else None
    lengths = lesson.encoded.lengths
    on_gpu = training.device.type == "cuda"
    cutting = Cutting(
        max_tokens=max_tokens,
        fixed_cost=training.price,
        pad_id=pad_id,
        first_position=first,
        widths=widths_for(lengths) if on_gpu else (),
        records=cuda_graphs and on_gpu,
        few_shapes=len(lengths) == len(lesson)  # else a step has more sequences than examples
        and is_never_cut(
            recipe.examples_per_step, int(lengths.max(initial=1)), max_tokens, training.price
        ),
        share=training.ranks.share,
    )
    try:
        yield from take_steps(training, cutting, judge, tracker)
    finally:
        if cutting.records:
            give_back_memory(training.device)
        if aside is not None:
            aside.bring_back(model, training.decay_of_unused)
    return training.result()
