"""What a training does, in flat values: Hugging Face's names, the reference notebook's numbers."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

from isogloss.base.errors import InputError

COST_ONLY = ("save_seconds", "logging_steps")
"""Values that change what is written down on the way, never the weights."""


@final
@dataclass(frozen=True)
class Recipe:
    """How to fine-tune; the study's declaration in the form that training reads."""

    learning_rate: float
    num_train_epochs: float | None
    """Passes over the training set; None if max_steps is given."""
    max_steps: int | None
    """Optimizer steps, instead of epochs."""
    per_device_train_batch_size: int
    gradient_accumulation_steps: int
    """Multiplies the examples per optimizer step."""
    weight_decay: float
    adam_beta1: float
    adam_beta2: float
    adam_epsilon: float
    max_grad_norm: float
    """Gradients are clipped to this norm; 0 turns clipping off."""
    lr_scheduler_type: str
    warmup_steps: float
    """Steps, or a share of all steps when below 1."""
    early_stopping_patience: int | None
    """Dev scores without a better one before training stops; the best weights are kept."""
    early_stopping_threshold: float
    """By how much a dev score must exceed the best to count as better."""
    eval_strategy: Literal["no", "epoch", "steps"]
    eval_steps: int | None
    load_best_model_at_end: bool
    seed: int
    precision: Literal["auto", "bf16", "fp32"]
    logging_steps: int
    """Optimizer steps that one point of the curve covers."""
    save_seconds: float | None
    """Seconds between checkpoints; 0 is after every step, None is never."""

    @property
    def examples_per_step(self) -> int:
        """Examples that one optimizer step learns from."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    @property
    def keeps_best(self) -> bool:
        """Whether the weights with the best dev score are the result, not the last ones."""
        return self.load_best_model_at_end or self.early_stopping_patience is not None

    @property
    def identity(self) -> dict[str, Any]:
        """The values that decide the weights."""
        return {name: value for name, value in asdict(self).items() if name not in COST_ONLY}

    def steps_per_epoch(self, n: int) -> int:
        """Optimizer steps in one pass over `n` examples; the last may be smaller."""
        return math.ceil(n / self.examples_per_step)

    def total_steps(self, n: int) -> int:
        """Optimizer steps in all, for `n` examples.

        Raises:
            InputError: if neither steps nor epochs are given.
        """
        if self.max_steps is not None:
            return self.max_steps
        if self.num_train_epochs is None:
            raise InputError("A training needs num_train_epochs or max_steps.")
        return math.ceil(self.num_train_epochs * self.steps_per_epoch(n))

    def evaluates_after(self, step: int, n: int) -> bool:
        """Say whether the dev score is taken after this step (from 1); always after the last."""
        if self.eval_strategy == "no":
            return False
        every = self.eval_steps if self.eval_strategy == "steps" else self.steps_per_epoch(n)
        return step % (every or 1) == 0 or step == self.total_steps(n)

    def check(self, *, has_dev_score: bool) -> None:
        """Refuse a recipe that asks for what it does not give.

        Raises:
            InputError: if dev scores are asked for and there are none, or the reverse.
        """
        if self.eval_strategy != "no" and not has_dev_score:
            raise InputError(f"eval_strategy {self.eval_strategy} needs a dev split to score.")
        if self.keeps_best and self.eval_strategy == "no":
            raise InputError(
                "early stopping and load_best_model_at_end need eval_strategy: epoch or steps."
            )
        if self.eval_strategy == "steps" and not self.eval_steps:
            raise InputError("eval_strategy steps needs eval_steps.")
