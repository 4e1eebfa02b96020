"""What a study may say about probes: what is in the encodings, as a linear classifier sees it."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from isogloss.study.data import Data, SplitName
from isogloss.study.languages import Languages
from isogloss.study.spec import Count, Number, Size, Spec, as_list, different
from isogloss.study.tasks import LABELS, TAG_COLUMNS, TaggingTask


class Probe(Spec):
    """A linear classifier over the frozen encoder: each source language, tested on every target.

    It sees the first sub-token of each word and is trained to convergence.
    """

    task: TaggingTask
    """pos or ner."""

    data: Data
    """Tagged sentences."""

    languages: Languages | None = None
    """Languages to probe; by default the study's.

    One that the folder or the sample has nothing of is told and left out. What the Hub or a plug-in
    has is known once it is read: there a language without data stops the run.
    """

    split: SplitName = "test"
    """The split that is tested on."""

    n_per_language: Size = "all"
    """Sentences of each language that a classifier learns from, drawn from the seed."""

    layers: Annotated[
        tuple[int, ...], BeforeValidator(as_list), AfterValidator(different), Field(min_length=1)
    ] = (-1,)
    """Layers whose output is probed; 0 is the embeddings, -1 the last."""

    l2: Number = Field(default=1.0, gt=0)
    """Strength of the penalty on the classifier's weights, scikit-learn's 1 / C."""

    max_iterations: Count = 1000
    """Steps of L-BFGS at most; what has not converged by then is told."""

    @model_validator(mode="after")
    def _splits_do_not_meet(self) -> Self:
        if self.split in self.data.train_splits:
            raise ValueError(f"split {self.split} is both trained and tested on")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The probe's labels, the task's own where it names none."""
        return self.data.labels or LABELS[self.task]

    @property
    def tag_column(self) -> str:
        """The column of the words' tags."""
        return self.data.tags or TAG_COLUMNS[self.task]


def _differ(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    tasks = [probe.task for probe in probes]
    if len(set(tasks)) < len(tasks):
        raise ValueError("a task is probed twice: name its layers and languages in one probe")
    return probes


Probes = Annotated[tuple[Probe, ...], BeforeValidator(as_list), AfterValidator(_differ)]
