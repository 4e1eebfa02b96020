"""What a study may say about pre-training: raw text, one vocabulary, teachers, students."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from isogloss.base.splits import split_name
from isogloss.study.arms import MONOLINGUAL, SELF, Arm, Arms
from isogloss.study.data import Source, SplitName, Splits
from isogloss.study.encoders import Body, Tokenizer
from isogloss.study.languages import Language
from isogloss.study.optimizing import Optimizing
from isogloss.study.spec import Count, NotIdentity, Number, Spec

TEACHER = "teacher"
"""What the name of a teacher begins with: `teacher/deu-Latn`."""


def _name_or_share(value: Any) -> Any:
    """One mistake where a union would tell two."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, str) or (number and 0 < value < 0.5):
        return value
    raise ValueError("the name of a split, or a share above 0 and below 0.5, is wanted")


HeldOut = Annotated[
    SplitName | Annotated[float, Field(gt=0, lt=0.5)], BeforeValidator(_name_or_share)
]


class Text(Spec):
    """Raw text, a folder a language, in which duplicate lines are dropped.

    Files are `txt` of lines (a blank one parts documents), or `jsonl`, `csv`, `tsv` or `parquet`
    with a column of texts, each but parquet gzipped or not.
    """

    source: Source
    """Folder, hub or sample."""

    column: str = "text"
    """Column of the text, where files have columns."""

    train_splits: Splits = ("train",)
    """Splits to train on; several are pooled."""

    held_out: HeldOut = "validation"
    """The split that is only tested on, or a share of the training text to be held out."""

    dev_windows: Count = 64
    """Windows a language that no arm trains on: for the policies of listening and self-teachers."""

    @property
    def splits(self) -> tuple[str, ...]:
        """All splits that are read."""
        held_out = (self.held_out,) if isinstance(self.held_out, str) else ()
        return (*self.train_splits, *held_out)

    @model_validator(mode="after")
    def _held_out_is_not_trained_on(self) -> Self:
        if isinstance(self.held_out, str) and split_name(self.held_out) in self.train_splits:
            raise ValueError(f"held_out {self.held_out!r} is also trained on")
        return self


class MaskedTraining(Optimizing):
    """Masked-language modeling; an example is a window of text."""

    learning_rate: Number = Field(gt=0)
    """Peak learning rate, reached after warm-up."""

    max_steps: Count
    """Updates of a student."""

    mlm_probability: Number = Field(default=0.15, gt=0, lt=1)
    """Share of the sub-tokens that are predicted; of these 80 % are masked, 10 % replaced at
    random, 10 % kept (Devlin et al. 2019). Masks are redrawn each time that a window is seen."""

    max_length: Annotated[int, Field(ge=8, le=8192)] = 128
    """Sub-tokens of a window, special tokens included."""


class Teachers(Spec):
    """The monolingual teachers, each trained on all text of its language."""

    max_steps: Count | None = None
    """Updates of each teacher; by default those of a student. Updates, not epochs: a small language
    sees its text more often, so its teacher is no weaker for want of training."""

    models: Annotated[dict[Language, str], NotIdentity()] = Field(default_factory=dict)
    """Checkpoints that stand in for teachers of ours; their vocabulary must be the study's."""


class Pretraining(Spec):
    """Teachers and students over the languages of the study."""

    text: Text
    """Where the text comes from."""

    tokenizer: Tokenizer = Tokenizer()
    """One for all, trained on as much text of each language."""

    tokenizer_from: Annotated[Path | None, NotIdentity()] = None
    """The folder of a tokenizer that is there, instead; teachers that are there need their own."""

    encoder: Body
    """The architecture, the same for teachers and students."""

    training: MaskedTraining
    """How teachers and students are trained."""

    teachers: Teachers = Teachers()
    """The teachers; none is trained where no arm needs one."""

    arms: Arms
    """The students."""

    n_folds: Annotated[int, Field(ge=2, le=100)] = 7
    """Passes over the held-out text, each masking another of so many parts: every sub-token is
    predicted once. 7 masks a share of 0.14, about that of the training."""

    @property
    def listens(self) -> bool:
        """Whether any arm needs monolingual teachers."""
        told = [arm.distillation for arm in self.arms if arm.distillation]
        return any(one.teachers == MONOLINGUAL or one.init != "random" for one in told)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [arm.name for arm in self.arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two arms are named {', '.join(twice)}: give each a name")
        if taken := {MONOLINGUAL, SELF, TEACHER} & set(names):
            raise ValueError(
                f"an arm is named {taken.pop()}, which stands for other teachers: name it otherwise"
            )
        return self

    @model_validator(mode="after")
    def _teachers_are_there(self) -> Self:
        for at, arm in enumerate(self.arms):
            if arm.distillation is None or arm.distillation.teachers in {MONOLINGUAL, SELF}:
                continue
            before = [other.name for other in self.arms[:at]]
            if arm.distillation.teachers not in before:
                raise ValueError(
                    f"arm {arm.name}: its teacher {arm.distillation.teachers!r} is neither"
                    f" {MONOLINGUAL} nor {SELF} nor an arm before it"
                    f" ({', '.join(before) or 'there is none'})"
                )
        return self

    @model_validator(mode="after")
    def _vocabulary_has_what_is_looked_at(self) -> Self:
        for arm in self.arms:
            targets = arm.distillation.targets if arm.distillation else None
            if targets is None or targets.kind != "top_k" or self.tokenizer_from:
                continue
            if targets.n > self.tokenizer.vocab_size:
                raise ValueError(
                    f"arm {arm.name}: top_k looks at {targets.n} ids, and the vocabulary has"
                    f" {self.tokenizer.vocab_size} (tokenizer.vocab_size): give a smaller n"
                )
        return self

    def arm(self, name: str) -> Arm:
        """The arm of a name."""
        return next(arm for arm in self.arms if arm.name == name)
