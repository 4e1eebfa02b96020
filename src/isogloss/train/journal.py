"""What a training has seen so far: plain numbers that go into a checkpoint and come back exactly.

Losses stay on the device until someone needs them, since reading each at once would make the device
wait at every step; they are added up in the order of the steps, so when they are read changes
nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from itertools import zip_longest
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from isogloss.base.errors import RunError
from isogloss.train.loop import StepDone, check_finite


@final
@dataclass
class Journal:
    """Counts, curve and dev scores; grows step by step."""

    step: int = 0
    seconds: float = 0.0
    """Spent in training and dev scores, over all interruptions."""
    n_resumed: int = 0
    examples: int = 0
    real_tokens: int = 0
    padded_tokens: int = 0
    """Positions computed, padding included."""
    scored: int = 0
    """Things that the losses ran over."""
    taught_tokens: list[int] = field(default_factory=list)
    """For each language, tokens that its teacher read as well."""
    loss_sum: float = 0.0
    """Of all steps."""
    window_sum: float = 0.0
    window_steps: int = 0
    """Since the last point of the curve."""
    curve: list[dict[str, float]] = field(default_factory=list)
    dev_scores: list[dict[str, float]] = field(default_factory=list)
    best_step: int | None = None
    best_score: float | None = None
    without_better: int = 0
    """Dev scores in a row that were not better."""
    stopped_early: bool = False
    dev_losses: list[dict[str, Any]] = field(default_factory=list)
    """`step, epoch, losses` of each language, and the teachers' `weights` from then on."""
    best_steps: list[int] = field(default_factory=list)
    """For each language, the step of its least dev loss so far."""
    cuts: list[dict[str, int]] = field(default_factory=list)
    """`step, max_tokens`: where memory ran out, and how many tokens were computed at once since."""
    _unread: list[tuple[int, Tensor]] = field(default_factory=list, repr=False)

    def note(self, done: StepDone) -> None:
        """Take down a step; its loss is read later."""
        self.step = done.step
        self.scored += done.n
        self._unread.append((done.step, done.loss))

    def teach(self, n_taught: Iterable[int]) -> None:
        """Count what the teachers of a step read, [languages] tokens."""
        both = zip_longest(self.taught_tokens, n_taught, fillvalue=0)
        self.taught_tokens = [before + now for before, now in both]

    def read_losses(self) -> None:
        """Read the losses that are still on the device.

        Raises:
            Diverged: if one is not finite.
        """
        for step, loss in self._unread:
            check_finite(step, "loss", loss)
            value = float(loss)
            self.loss_sum += value
            self.window_sum += value
            self.window_steps += 1
        self._unread.clear()

    def current_loss(self) -> float | None:
        """Mean loss since the last point of the curve, or that point's; None before any step.

        Reads the losses that are still on the device.

        Raises:
            Diverged: if one is not finite.
        """
        self.read_losses()
        if self.window_steps:
            return self.window_sum / self.window_steps
        return self.curve[-1]["loss"] if self.curve else None

    def close_window(self, done: StepDone, epoch: float) -> dict[str, float]:
        """Add a point to the curve, the mean loss since the one before, and return it.

        Raises:
            Diverged: if a loss or the gradient is not finite.
        """
        self.read_losses()
        check_finite(done.step, "norm of the gradient", done.grad_norm)
        point = {
            "step": done.step,
            "epoch": epoch,
            "loss": self.window_sum / self.window_steps,
            "learning_rate": done.learning_rate,
            "grad_norm": float(done.grad_norm),
        }
        self.curve.append(point)
        self.window_sum, self.window_steps = 0.0, 0
        return point

    def judge(self, score: float, epoch: float, threshold: float) -> bool:
        """Take down a dev score (higher is better); return whether it is the best so far.

        As in transformers, the best is the highest, but only one that exceeds it by more than
        `threshold` counts against stopping early.

        Raises:
            RunError: if the score is not a number.
        """
        if math.isnan(score):
            raise RunError(f"The dev score after step {self.step} is not a number.")
        self.dev_scores.append({"step": self.step, "epoch": epoch, "score": score})
        best = self.best_score
        clearly = best is None or score - best > threshold
        self.without_better = 0 if clearly else self.without_better + 1
        if best is not None and score <= best:
            return False
        self.best_step, self.best_score = self.step, score
        return True

    def hear(
        self, losses: NDArray[np.float64], weights: NDArray[np.float64], epoch: float
    ) -> NDArray[np.bool_]:
        """Take down the dev losses of all languages; return which were the least so far.

        Raises:
            RunError: if one is not finite.
        """
        if not np.isfinite(losses).all():
            raise RunError(f"A dev loss after step {self.step} is not a finite number: {losses}.")
        before = [entry["losses"] for entry in self.dev_losses]
        best = losses < np.min(before, axis=0) if before else np.ones(len(losses), dtype=np.bool_)
        steps = self.best_steps or [self.step] * len(losses)
        self.best_steps = [
            self.step if better else step for step, better in zip(steps, best, strict=True)
        ]
        entry = {"losses": losses.tolist(), "weights": weights.tolist()}
        self.dev_losses.append({"step": self.step, "epoch": epoch, **entry})
        return np.asarray(best)

    def to_json(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        self.read_losses()
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Journal":
        """Come back from a checkpoint; one more interruption is counted."""
        known = {item.name for item in fields(cls)}
        if isinstance(taught := values.get("taught_tokens"), int):  # one sum, as it was once kept
            values = {**values, "taught_tokens": [taught]}
        journal = cls(**{name: value for name, value in values.items() if name in known})
        journal.n_resumed += 1
        return journal
