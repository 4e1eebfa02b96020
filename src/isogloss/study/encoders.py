"""What a study may say about an encoder: one from the Hub or a folder, or one made from scratch."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from isogloss.study.languages import teacher_by_code
from isogloss.study.own_names import names_in_schema, own_or_plugin
from isogloss.study.spec import AddedLater, Layers, Revision, Spec, Width, as_list
from isogloss.study.training import OwnTraining

Own = Literal["bert", "distilbert", "xlm-roberta", "modernbert"]
ARCHITECTURES: tuple[str, ...] = get_args(Own)

Architecture = Annotated[
    str, own_or_plugin("architecture", ARCHITECTURES), names_in_schema(ARCHITECTURES)
]
"""One of ours, or one that a plug-in adds."""


class Tokenizer(Spec):
    """A tokenizer trained on the study's own training text, every language weighing the same."""

    algorithm: Literal["wordpiece", "unigram", "bpe"] = "wordpiece"
    """How words are cut into sub-tokens."""

    vocab_size: Width = 8000
    """Entries, special tokens included."""


class Body(Spec):
    """An encoder with random weights, whatever its vocabulary."""

    architecture: Architecture = "distilbert"
    """The family whose real modeling code is used."""

    hidden_size: Width = 256
    """Width of the encodings."""

    num_hidden_layers: Layers = 4
    """Layers."""

    num_attention_heads: Width = 4
    """Heads per layer; must divide the width, for modernbert into even widths."""

    intermediate_size: Width = 1024
    """Width of the feed-forward layer."""

    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout in the body."""

    initializer_range: Annotated[float, AddedLater(before=0.02)] = Field(default=0.02, gt=0, le=1)
    """Standard deviation of the first weights; narrow encoders learn sooner from about 0.05.
    modernbert cuts the normal off at two of them, which leaves 0.88, and draws what ends a block
    less wide, by the root of twice the number of layers."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is not a multiple of"
                f" num_attention_heads {self.num_attention_heads}"
            )
        width = self.hidden_size // self.num_attention_heads
        if self.architecture == "modernbert" and width % 2:
            raise ValueError(
                f"a head of modernbert is {width} wide (hidden_size / num_attention_heads), and"
                " rotary positions turn pairs: give heads of an even width"
            )
        return self


class Scratch(Body):
    """An encoder with random weights: small enough to train where none can be downloaded."""

    tokenizer: Tokenizer = Tokenizer()
    """Its tokenizer."""


class Encoder(Spec):
    """One multilingual encoder: give `model`, `scratch` or `from`."""

    name: str = Field(default="", pattern=r"^(\w[\w.+-]*)?$", max_length=120)
    """Its name in tables; by default the last part of the model's id or folder."""

    model: str | None = None
    """Hub id (`distilbert/distilbert-base-multilingual-cased`) or a local folder (`./checkpoint`).

    A local folder starts with `.`, `/` or `~`, or is a folder beside the study file.
    """

    revision: Revision = "main"
    """Branch, tag or commit on the Hub; the commit it stands for is recorded."""

    scratch: Scratch | None = None
    """Make one with random weights instead."""

    pretrained: Annotated[str | None, AfterValidator(teacher_by_code)] = Field(
        default=None, alias="from"
    )
    """An arm of this study's pre-training, or `teacher:<language>`; trained with the same seed."""

    training: OwnTraining | None = None
    """What it does otherwise than the study's `training` says: an arm of its own, by its name."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"model": value}
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [self.model, self.scratch, self.pretrained]
        if sum(one is not None for one in given) != 1:
            raise ValueError("give exactly one of model, scratch and from")
        return self

    @property
    def display(self) -> str:
        """The name in tables.

        >>> Encoder(model="distilbert/distilbert-base-multilingual-cased").display
        'distilbert-base-multilingual-cased'
        """
        if self.name:
            return self.name
        if self.model is not None:
            return re.sub(r"[^\w.+-]", "-", Path(self.model).name) or "model"
        if self.scratch is not None:
            return f"scratch-{self.scratch.architecture}"
        return re.sub(r"[^\w.+-]", "-", self.pretrained or "model")


Encoders = Annotated[tuple[Encoder, ...], BeforeValidator(as_list)]
