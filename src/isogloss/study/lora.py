"""What a study may say about LoRA, in the names of peft."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from isogloss.study.spec import Number, Spec, Width, as_list, different

ALL_LINEAR = "all-linear"
"""Every layer of the encoder that is a matrix, in peft's word for it."""


def one_or_more(value: object) -> object:
    """Let one name stand where a list of them is wanted; `all-linear` is itself."""
    return value if value == ALL_LINEAR else as_list(value)


class Lora(Spec):
    """Low-rank adaptation (Hu et al. 2021): the encoder stays, small matrices beside it learn."""

    r: Width = 8
    """Rank of what is learned beside each matrix; the paper's for RoBERTa."""

    lora_alpha: Number = Field(default=8.0, gt=0)
    """What is learned is scaled by `lora_alpha / r`; the paper's for RoBERTa."""

    lora_dropout: Number = Field(default=0.0, ge=0, lt=1)
    """Dropout before the small matrices."""

    target_modules: Annotated[
        tuple[str, ...] | Literal["all-linear"] | None, BeforeValidator(one_or_more)
    ] = None
    """Layers that get them, by the ends of their names, or `all-linear` of the encoder.

    By default queries and values of the attention, as in the paper; where a family keeps queries,
    keys and values in one matrix (modernbert), that one.
    """

    @model_validator(mode="after")
    def _some_and_different(self) -> Self:
        if isinstance(self.target_modules, tuple):
            if not self.target_modules or not all(self.target_modules):
                raise ValueError("target_modules: name a layer or more, or leave the key out")
            different(self.target_modules)
        return self
