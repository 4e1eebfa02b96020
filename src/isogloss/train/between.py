"""What happens between two steps of any training, and in which order.

The loop yields after each step; everything that may happen before the next happens here, in the
open: judging, early stopping, curve, checkpoint. A training that was killed and begun again ends
with the same weights, bit for bit, as an unbroken one on the same processor with as many threads
(up to rounding, where a GPU records passes).
Whoever closes a training between two steps means to come back, so it leaves a checkpoint.
"""

import time
from collections.abc import Callable, Generator
from typing import NamedTuple

from isogloss.train.checkpoint import restore_model
from isogloss.train.loop import StepDone
from isogloss.train.parts import Cutting
from isogloss.train.training import Tracker, Training


class Progress(NamedTuple):
    """How far training is, in optimizer steps."""

    done: int
    total: int
    loss: float | None
    """As it was a moment ago; see `Journal.current_loss`."""


def take_steps(
    training: Training,
    cutting: Cutting,
    judge: Callable[[StepDone], None],
    tracker: Tracker | None,
) -> Generator[Progress, None, None]:
    """Take the steps that are left, yielding after each; the model ends with the weights to keep.

    Args:
        training: where it stands.
        cutting: how batches are cut.
        judge: looks at the model where it is time to; it may change the model's mode.
        tracker: gets each point of the curve.

    Raises:
        Diverged: if the loss or its gradient becomes NaN or infinite.
        RunError: if a checkpoint cannot be written.
    """
    journal, total = training.journal, training.total
    clock = time.perf_counter()
    for done in training.steps(cutting):
        journal.note(done)
        if training.evaluates_after(done.step):
            judge(done)
        training.track(done, tracker)
        training.look()
        clock = training.lap(clock)
        training.save_if_due()
        training.lap(clock)
        try:
            yield Progress(done.step, total, training.loss)
        except GeneratorExit:
            training.save_on_leave()
            raise
        clock = time.perf_counter()
        if journal.stopped_early:
            break
        training.model.train()
    journal.read_losses()
    if training.best is not None:
        restore_model(training.model, training.best)
    training.lap(clock)
