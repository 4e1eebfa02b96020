"""What a study may say about fine-tuning: Hugging Face's names, the reference notebook's values."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from isogloss.study.lora import Lora
from isogloss.study.optimizing import Optimizing
from isogloss.study.spec import AddedLater, Count, NotIdentity, Number, Spec, identity

IN_KEYS = {"full": "finetune"}
"""Methods whose name in keys is older than the one they have now."""

LORA_LEARNING_RATE = 5e-4
"""Hu et al. (2021), table 9: RoBERTa base on most tasks."""


def _newer_name(value: Any) -> Any:
    """Studies of before LoRA may say `finetune`."""
    return next((new for new, old in IN_KEYS.items() if old == value), value)


Method = Annotated[Literal["full", "lora"], BeforeValidator(_newer_name)]


class OwnTraining(Spec):
    """What one encoder of a study does otherwise than its section `training` says.

    What all encoders have in common (data, longest input, dev scores, precision) is not here. An
    encoder with another method takes that method's learning rate, unless it gives its own.
    """

    method: Method | None = None
    """As `training.method`."""

    lora: Lora | None = None
    """As `training.lora`, in place of all of it."""

    learning_rate: Number | None = Field(default=None, gt=0)
    """As `training.learning_rate`."""

    num_train_epochs: Number | None = Field(default=None, gt=0, le=100_000)
    """As `training.num_train_epochs`; takes the place of `max_steps`, too."""

    max_steps: Count | None = None
    """As `training.max_steps`; takes the place of `num_train_epochs`, too."""

    weight_decay: Number | None = Field(default=None, ge=0)
    """As `training.weight_decay`."""

    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] | None = None
    """As `training.lr_scheduler_type`."""

    warmup_steps: Number | None = Field(default=None, ge=0)
    """As `training.warmup_steps`."""


class Training(Optimizing):
    """How an encoder and its head are trained on labeled examples."""

    method: Method = "full"
    """`full` trains every weight, encoder and head; `lora` the head, and small matrices beside the
    encoder's, which are added to them in the end; needs `isogloss[lora]`."""

    lora: Annotated[Lora | None, AddedLater(before=None)] = None
    """Settings of `method: lora`."""

    learning_rate: Number = Field(default=2e-5, gt=0)
    """Peak learning rate, reached after warm-up; 5e-4 where lora is given none."""

    num_train_epochs: Number | None = Field(default=None, gt=0, le=100_000)
    """Passes over the training set; 5 unless max_steps is given."""

    max_steps: Count | None = None
    """Optimizer steps; give this or num_train_epochs, not both."""

    max_length: Annotated[int, Field(ge=4, le=8192)] = 128
    """Sub-tokens kept of a text, special tokens included; truncation is counted and shown."""

    cuda_graphs: Annotated[bool, NotIdentity()] = False
    """On a GPU, record the passes over texts of a length and replay them: several times as fast for
    short texts, at some more memory. It draws other dropout."""

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

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_lora(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or value.get("method") != "lora":
            return value
        given = {name: said for name, said in value.items() if (name, said) != ("lora", None)}
        return {"learning_rate": LORA_LEARNING_RATE, "lora": {}, **given}

    @model_validator(mode="after")
    def _lora_is_asked_for(self) -> Self:
        if self.lora is not None and self.method != "lora":
            raise ValueError("training.lora has no effect without method: lora")
        return self

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

    @property
    def identity(self) -> dict[str, Any]:
        """The part that decides a result, as keys have it."""
        method = IN_KEYS.get(self.method, self.method)
        return {**identity(self), "method": method, "num_train_epochs": self.epochs}

    def with_own(self, own: OwnTraining | None) -> "Training":
        """Put what one encoder does otherwise over this.

        Raises:
            ValueError: if the two do not go together.
        """
        if own is None:
            return self
        values, given = self.model_dump(), own.model_dump(exclude_none=True)
        replaced: set[str] = set()
        if given.get("method", self.method) != self.method:
            replaced |= {"lora", "learning_rate"}
        if given.keys() & {"max_steps", "num_train_epochs"}:
            replaced |= {"max_steps", "num_train_epochs"}
        kept = {name: value for name, value in values.items() if name not in replaced}
        return Training.model_validate({**kept, **given})
