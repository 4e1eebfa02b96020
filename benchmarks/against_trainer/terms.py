"""How every arm is trained: one set of values, for the Trainer and for Isogloss."""

from dataclasses import dataclass
from typing import Any, final

from isogloss.train.recipe import Recipe

LABELS = ("negative", "neutral", "positive")
ENTITIES = ("PER", "LOC", "ORG")


@final
@dataclass(frozen=True)
class Terms:
    """What arms have in common."""

    learning_rate: float
    epochs: float
    batch: int
    seed: int = 0
    weight_decay: float = 0.01
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    max_grad_norm: float = 1.0
    lr_scheduler_type: str = "linear"
    warmup_steps: float = 0.0

    @property
    def shared(self) -> dict[str, Any]:
        """What both call by the same names."""
        return {
            "learning_rate": self.learning_rate,
            "num_train_epochs": self.epochs,
            "per_device_train_batch_size": self.batch,
            "gradient_accumulation_steps": 1,
            "weight_decay": self.weight_decay,
            "adam_beta1": self.adam_beta1,
            "adam_beta2": self.adam_beta2,
            "adam_epsilon": self.adam_epsilon,
            "max_grad_norm": self.max_grad_norm,
            "lr_scheduler_type": self.lr_scheduler_type,
            "warmup_steps": self.warmup_steps,
            "seed": self.seed,
        }

    @property
    def recipe(self) -> Recipe:
        """What Isogloss is told; nothing is judged or saved on the way."""
        return Recipe(
            **self.shared, max_steps=None, early_stopping_patience=None,
            early_stopping_threshold=0.0, eval_strategy="no", eval_steps=None,
            load_best_model_at_end=False, precision="auto", logging_steps=10, save_seconds=None,
        )  # fmt: skip
