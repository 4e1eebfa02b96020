"""What a study may say about fine-tuning: Hugging Face's names, the reference notebook's values."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from isogloss.study.optimizing import Optimizing
from isogloss.study.spec import Count, Number


class Training(Optimizing):
    """Train every weight, encoder and head, on labeled examples."""

    method: Literal["finetune"] = "finetune"
    """The only method so far."""

    learning_rate: Number = Field(default=2e-5, gt=0)
    """Peak learning rate, reached after warm-up."""

    num_train_epochs: Number | None = Field(default=None, gt=0, le=100_000)
    """Passes over the training set; 5 unless max_steps is given."""

    max_steps: Count | None = None
    """Optimizer steps; give this or num_train_epochs, not both."""

    max_length: Annotated[int, Field(ge=4, le=8192)] = 128
    """Sub-tokens kept of a text, special tokens included; truncation is counted and shown."""

    eval_strategy: Literal["no", "epoch", "steps"] = "no"
    """When the dev score is taken; needs data.dev_split."""

    eval_steps: Count | None = None
    """Optimizer steps between dev scores, for eval_strategy steps."""

    metric_for_best_model: Literal["accuracy", "f1", "macro_f1", "macro_recall", "eval_loss"] = (
        "macro_f1"
    )
    """The dev score, averaged over the source languages; f1 is that of ner, over spans."""

    load_best_model_at_end: bool = False
    """Keep the weights with the best dev score, not the last."""

    early_stopping_patience: Count | None = None
    """Stop after so many dev scores without a better one; keeps the best weights."""

    early_stopping_threshold: Number = Field(default=0.0, ge=0)
    """What counts as better."""

    @model_validator(mode="after")
    def _one_horizon(self) -> Self:
        if self.max_steps is not None and self.num_train_epochs is not None:
            raise ValueError("give max_steps or num_train_epochs, not both")
        return self

    @model_validator(mode="after")
    def _dev_scores_when_needed(self) -> Self:
        wants = self.early_stopping_patience is not None or self.load_best_model_at_end
        if wants and self.eval_strategy == "no":
            raise ValueError(
                "early stopping and load_best_model_at_end need eval_strategy: epoch or steps"
            )
        if self.eval_strategy == "steps" and self.eval_steps is None:
            raise ValueError("eval_strategy steps needs eval_steps")
        return self

    @property
    def epochs(self) -> float | None:
        """The horizon in epochs, the notebook's 5 where nothing is said; None with max_steps."""
        if self.max_steps is not None:
            return None
        return 5.0 if self.num_train_epochs is None else self.num_train_epochs
