"""The state of one training between its steps, and what it amounts to in the end.

Each method is one thing that may happen between two steps; `between` says in which order.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from isogloss.base.errors import OutOfMemory, RunError
from isogloss.base.fingerprint import fingerprint
from isogloss.model.dropout import quick_dropout
from isogloss.model.encoder import attention_of
from isogloss.model.precision import Precision, choose_precision
from isogloss.train.checkpoint import (
    Checkpoint,
    Tensors,
    copy_weights,
    load_checkpoint,
    model_tensors,
    optimizer_tensors,
    restore_model,
    restore_optimizer,
    save_checkpoint,
)
from isogloss.train.journal import Journal
from isogloss.train.lesson import Lesson, Part, StepOf
from isogloss.train.loop import StepDone, Terms, TooLarge, fit, fitting
from isogloss.train.optimizer import make_adamw
from isogloss.train.parts import Cutting
from isogloss.train.price import price_of_a_pass
from isogloss.train.ranks import Ranks, make_accelerator, ranks_of
from isogloss.train.recipe import Recipe
from isogloss.train.room import Drawn, Room, give_back_memory
from isogloss.train.schedule import learning_rate_at

VERSION = 1
"""Raised when the meaning of a checkpoint changes."""

_log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the loss, each of which makes the device wait."""

DevScore = Callable[[PreTrainedModel], float]
"""Judges a model on the dev split; higher is better."""

DevLosses = Callable[[PreTrainedModel], NDArray[np.float64]]
"""Loss of a model on the dev split of each language, [languages] in nats."""

Tracker = Callable[[int, dict[str, float]], None]
"""Takes down values at a step."""


@final
@dataclass(frozen=True)
class Trained:
    """What a training did; the weights are in the model that was given. JSON-able."""

    n_steps: int
    epochs: float
    train_loss: float
    """Mean over the steps."""
    train_runtime: float
    """Seconds, dev scores included, over all interruptions."""
    train_samples_per_second: float
    train_steps_per_second: float
    curve: list[dict[str, float]]
    """Points of `step, epoch, loss, learning_rate, grad_norm`; the loss is the mean since the last
    point."""
    dev_scores: list[dict[str, float]]
    """`step, epoch, score`, in order."""
    best_step: int | None
    best_score: float | None
    stopped_early: bool
    padding_share: float
    """Share of the computed positions that held padding."""
    real_tokens: int
    """Tokens learned from, padding apart."""
    precision: str
    precision_reason: str
    attention: str
    device: str
    threads: int
    """Of each process."""
    processes: int
    cuts: list[dict[str, int]]
    """`step, max_tokens`: where memory ran out, and the tokens that were computed at once from then
    on. The examples of a step stay the same."""
    n_resumed: int
    """How often the training was interrupted and went on."""


@final
@dataclass
class Training:
    """The state of one training between its steps."""

    model: PreTrainedModel
    lesson: Lesson
    recipe: Recipe
    folder: Path
    precision: Precision
    identity: str
    optimizer: torch.optim.Optimizer
    accelerator: Any
    ranks: Ranks
    journal: Journal = field(default_factory=Journal)
    best: Tensors | None = None
    kept: dict[int, Tensors] = field(default_factory=dict)
    """By step, the weights with the least dev loss of some language."""
    saved_at: float = 0.0
    saved_step: int = 0
    """After which the newest checkpoint was written, here or before."""
    loss: float | None = None
    """As it was when it was last looked at."""
    looked_at: float = float("-inf")
    _drawn: Drawn = field(default_factory=Drawn)

    @classmethod
    def begin(
        cls,
        model: PreTrainedModel,
        lesson: Lesson,
        recipe: Recipe,
        folder: Path,
        also: Mapping[str, Any] | None = None,
    ) -> "Training":
        """Begin anew, or from the newest checkpoint.

        Where `auto` chose another precision than on the machine that left a checkpoint, the
        training begins anew.

        Args:
            model: what is trained, in place.
            lesson: what it learns from.
            recipe: how.
            folder: of the checkpoints.
            also: what else a checkpoint must agree with, JSON-able.

        Raises:
            RunError: if there is a checkpoint of another recipe or other data.
        """
        accelerator = make_accelerator()
        ranks = ranks_of(accelerator)
        precision = choose_precision(recipe.precision, accelerator.device)
        names = _identities(lesson, recipe, also)
        identity = names.pop(precision.name)
        elsewhere = tuple(names.values()) if recipe.precision == "auto" else ()
        model.to(accelerator.device)
        optimizer = make_adamw(model, recipe)
        training = cls(
            model, lesson, recipe, folder, precision, identity, optimizer, accelerator, ranks
        )
        training.saved_at = time.monotonic()
        checkpoint = load_checkpoint(folder, identity=identity, elsewhere=elsewhere)
        ranks.wait()  # rank 0 writes none before all have looked
        if checkpoint is not None:
            restore_model(model, checkpoint.model)
            restore_optimizer(model, optimizer, checkpoint.optimizer)
            training.best = checkpoint.best
            training.kept = dict(checkpoint.kept)
            training.journal = Journal.from_json(dict(checkpoint.journal))
            training.saved_step = training.journal.step
        return training

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        device: torch.device = self.accelerator.device
        return device

    @property
    def total(self) -> int:
        """Steps from beginning to end."""
        return self.recipe.total_steps(len(self.lesson))

    @property
    def price(self) -> float:
        """Price of one more pass, in tokens."""
        return price_of_a_pass(self.model, self.precision, self.device)

    @property
    def decay_of_unused(self) -> float:
        """What weight decay has made of a weight of 1 without gradient, in the weights to keep."""
        recipe = self.recipe
        rate = self._learning_rate()
        last = self.journal.best_step if self.best is not None else self.journal.step
        return math.prod(1 - rate(done) * recipe.weight_decay for done in range(last or 0))

    def _learning_rate(self) -> Callable[[int], float]:
        recipe = self.recipe
        return learning_rate_at(
            recipe.lr_scheduler_type,
            recipe.learning_rate,
            warmup_steps=recipe.warmup_steps,
            total_steps=self.total,
        )

    def epoch_after(self, step: int) -> float:
        """Passes over the split after a step."""
        return step / self.recipe.steps_per_epoch(len(self.lesson))

    def steps(self, cutting: Cutting) -> Iterator[StepDone]:
        """Take the steps that are left; none if training had ended."""
        first = self.journal.step
        if self.journal.stopped_early or first >= self.total:
            return
        recipe = self.recipe
        terms = Terms(
            max_steps=self.total,
            learning_rate=self._learning_rate(),
            precision=self.precision,
            seed=recipe.seed,
            max_grad_norm=recipe.max_grad_norm,
            first_step=first,
            cuda_graphs=cutting.records,
            few_shapes=cutting.few_shapes,
        )
        self.model.train()
        room = Room.left(cutting, self.journal.cuts)
        while True:
            terms = replace(terms, first_step=first)
            try:
                for done in self._fit(terms, room):
                    first = done.step
                    self._count()
                    yield done
                return
            except TooLarge as error:
                if self.ranks.n > 1:  # the others do not know
                    raise OutOfMemory(
                        f"{error} Lower training.max_tokens: several processes train together, and"
                        " none of them cuts a step smaller by itself."
                    ) from error
                room = room.smaller(self._drawn.parts, error)
                self.journal.cuts.append({"step": error.step, "max_tokens": room.max_tokens})
            give_back_memory(self.device)

    def _fit(self, terms: Terms, room: Room) -> Iterator[StepDone]:
        with quick_dropout(self.model):
            yield from fit(
                self._batches(terms.first_step, room.cutting),
                self._loss,
                optimizer=self.optimizer,
                accelerator=self.accelerator,
                terms=terms,
                size=self.lesson.size,
            )

    def _batches(self, first: int, cutting: Cutting) -> Iterator[Sequence[Part]]:
        """Parts of each step; what they count is noted when the step is done, for it may fail."""
        steps = self.lesson.steps(
            self.recipe, first_step=first, cutting=cutting, device=self.device
        )
        while (step := self._draw(steps)) is not None:
            counts = self.ranks.total(
                [
                    sum(part.n_tokens for part in step.parts),
                    sum(part.input_ids.numel() for part in step.parts),
                    *step.n_taught,
                ]
            )
            self._drawn = Drawn.of(step, counts)
            yield step.parts

    def _draw(self, steps: Iterator[StepOf]) -> StepOf | None:
        """What the next step learns from; teachers read it first, which takes memory as well."""
        self._drawn = Drawn()
        with fitting(self.journal.step + 1):
            return next(steps, None)

    def _count(self) -> None:
        """Note what the step that was just taken has learned from."""
        real, padded, *taught = self._drawn.counts
        self.journal.examples += self._drawn.n_examples
        self.journal.teach(taught)
        self.journal.real_tokens += real
        self.journal.padded_tokens += padded

    def _loss(self, part: Part) -> Tensor:
        return self.lesson.loss(self.model, part)

    def evaluates_after(self, step: int) -> bool:
        """Say whether the model is judged after this step."""
        return self.recipe.evaluates_after(step, len(self.lesson))

    def judge(self, done: StepDone, score: float, tracker: Tracker | None) -> None:
        """Take down a dev score: the best weights so far are kept, if the recipe says so."""
        recipe, epoch = self.recipe, self.epoch_after(done.step)
        if self.journal.judge(score, epoch, recipe.early_stopping_threshold) and recipe.keeps_best:
            self.best = copy_weights(self.model)
        patience = recipe.early_stopping_patience
        self.journal.stopped_early = (
            patience is not None
            and self.journal.without_better >= patience
            and done.step < self.total
        )
        if tracker is not None:
            tracker(done.step, {"dev_score": score, "epoch": epoch})

    def keep_for(self, languages: NDArray[np.bool_]) -> None:
        """Keep the weights for languages that are best served by them; forget the outdone."""
        if languages.any():
            self.kept[self.journal.step] = copy_weights(self.model)
        for step in self.kept.keys() - set(self.journal.best_steps):
            del self.kept[step]

    def track(self, done: StepDone, tracker: Tracker | None) -> None:
        """Add a point to the curve if it is time."""
        last = done.step == self.total or self.journal.stopped_early
        if done.step % self.recipe.logging_steps and not last:
            return
        point = self.journal.close_window(done, self.epoch_after(done.step))
        if tracker is not None:
            tracker(done.step, {name: value for name, value in point.items() if name != "step"})

    def look(self) -> None:
        """Read the loss for who looks on, if the last look is old enough."""
        now = time.perf_counter()
        if now - self.looked_at >= LOOK_SECONDS:
            self.loss, self.looked_at = self.journal.current_loss(), now

    def lap(self, since: float) -> float:
        """Add the time since `since` to the journal; return now."""
        now = time.perf_counter()
        self.journal.seconds += now - since
        return now

    def save_if_due(self) -> None:
        """Write a checkpoint if the last one is old enough."""
        every = self.recipe.save_seconds
        if not self.ranks.leads or every is None or time.monotonic() - self.saved_at < every:
            return
        self._save()

    def save_on_leave(self) -> None:
        """Write a checkpoint because somebody stops us here; a disk that refuses does not matter.

        None is written where the recipe wants none, or where nothing was learned since the last.
        """
        wanted = self.ranks.leads and self.recipe.save_seconds is not None
        if not wanted or self.journal.step == self.saved_step:
            return
        try:
            self._save()
        except RunError as error:
            _log.warning("%s", error)

    def _save(self) -> None:
        checkpoint = Checkpoint(
            step=self.journal.step,
            model=model_tensors(self.model),
            optimizer=optimizer_tensors(self.model, self.optimizer),
            best=self.best,
            journal=self.journal.to_json(),
            kept=self.kept,
        )
        save_checkpoint(self.folder, checkpoint, identity=self.identity)
        self.saved_at, self.saved_step = time.monotonic(), self.journal.step

    def result(self) -> Trained:
        """Sum up."""
        journal = self.journal
        seconds = max(journal.seconds, 1e-9)
        return Trained(
            n_steps=journal.step,
            epochs=self.epoch_after(journal.step),
            train_loss=journal.loss_sum / max(1, journal.step),
            train_runtime=journal.seconds,
            train_samples_per_second=journal.examples / seconds,
            train_steps_per_second=journal.step / seconds,
            curve=journal.curve,
            dev_scores=journal.dev_scores,
            best_step=journal.best_step,
            best_score=journal.best_score,
            stopped_early=journal.stopped_early,
            padding_share=1 - journal.real_tokens / max(1, journal.padded_tokens),
            real_tokens=journal.real_tokens,
            precision=self.precision.name,
            precision_reason=self.precision.reason,
            attention=attention_of(self.model),
            device=str(self.device),
            threads=torch.get_num_threads(),
            processes=self.ranks.n,
            cuts=journal.cuts,
            n_resumed=journal.n_resumed,
        )


def _identities(
    lesson: Lesson, recipe: Recipe, also: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Digest what decides the weights, the first ones apart, for each precision there is."""
    data = hashlib.sha256()
    for array in lesson.arrays:
        data.update(array.tobytes())
    payload = {**recipe.identity, **(also or {}), "data": data.hexdigest()}
    return {
        name: fingerprint("finetune", VERSION, {**payload, "precision": name})
        for name in ("fp32", "bf16")
    }
