"""What is known of one trained model, gathered: what it learned from, what it was tested on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, final

TRAINED_FORM = "torch"
"""The form that a model is trained in."""


@final
@dataclass(frozen=True)
class Dataset:
    """Where text comes from, as its step's key pins it."""

    kind: Literal["hub", "folder", "sample"]
    digest: str
    """Of what was pinned: two data sets that differ in a byte differ here."""

    repo: str | None = None
    commit: str | None = None

    @property
    def words(self) -> str:
        """The data set for a table of plain text.

        >>> Dataset("folder", "0123456789abcdef").words
        'local files, pinned as 0123456789abcdef'
        """
        if self.repo is not None:
            return f"{self.repo} at {self.commit}"
        if self.kind == "sample":
            return "the sample that Isogloss brings, made by grammars"
        return f"local files, pinned as {self.digest}"


@final
@dataclass(frozen=True)
class Learned:
    """What a model learned from in one language."""

    language: str
    rows: int
    unit: str
    """What `rows` counts: `rows`, or `windows` of raw text."""

    data: Dataset
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by label, where a text has one."""

    characters: int | None = None
    missing: int = 0
    repeated: int = 0
    teacher: str | None = None
    """Who gave the soft labels."""


@final
@dataclass(frozen=True)
class Scored:
    """One score of one model, with its 95 % interval over test units if it is known."""

    metric: str
    value: float
    n_scored: int
    n_unscored: int
    low: float | None = None
    high: float | None = None


@final
@dataclass(frozen=True)
class OverSeeds:
    """The mean of trainings that differ in their seed alone; over seeds and test units."""

    mean: float
    low: float | None
    high: float | None
    n_seeds: int


@final
@dataclass(frozen=True)
class Evaluation:
    """One evaluation."""

    step: str
    task: str
    language: str
    split: str
    data: Dataset
    time: str
    """When it was made, ISO 8601."""

    version: str
    """Of Isogloss, when it was made."""

    scores: Mapping[str, Scored]
    """By metric."""

    n_units: int
    unit: str
    """What the units are: sentences, texts or windows; examples, where no prediction was read."""

    gold: tuple[int, str] | None = None
    """How many entities, words or sub-tokens the scores count, where that is not the units."""

    seconds: float | None = None
    """What predicting took, perhaps beside others on the machine."""

    source: str | None = None
    """The language that a probe learned from."""

    layer: str | None = None
    """The layer that a probe read."""

    seeds: OverSeeds | None = None
    """The main metric over all seeds; None where there is one."""


@final
@dataclass(frozen=True)
class Weights:
    """What the files of a model say."""

    n_parameters: int | None
    n_bytes: int
    width: int | None
    max_tokens: int | None


@final
@dataclass(frozen=True)
class Subject:
    """One model in one form of serving."""

    step: str
    """The key of the step that holds its files."""

    study: str
    encoder: str
    task: str
    form: str
    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None
    seed: int
    labels: tuple[str, ...]
    metric: str
    """The study's metric of the task."""

    base: Dataset | None
    """The checkpoint on the Hub that it began with."""

    origin: str
    """What it began with, in words."""

    learned: tuple[Learned, ...]
    settings: Mapping[str, Any]
    """Of the training, flat."""

    computed: Mapping[str, Any]
    """What the training chose or was given by its machine, and what it did, by words for it."""

    made: Mapping[str, Any]
    """`time`, `seconds` and `versions` of what made its files."""

    weights: Weights
    tested: tuple[Evaluation, ...]
    seeds: tuple[int, ...]
    """All finished seeds of this training, its own among them."""

    n_truncated: int | None = None
    """Training rows that were cut at the longest input."""

    served: Mapping[str, Any] = field(default_factory=dict)
    """What bringing it into its form has changed, by words for it; empty where nothing has."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What no other model has; its step alone may be another encoder's or form's, too."""
        return self.study, self.encoder, self.regime, self.step, self.form

    @property
    def of_task(self) -> list[Evaluation]:
        """The evaluations of what it was trained for; probes are another task's."""
        return [one for one in self.tested if one.source is None]

    @property
    def probed(self) -> list[Evaluation]:
        """The evaluations of classifiers over its frozen layers."""
        return [one for one in self.tested if one.source is not None]

    @property
    def on_sample(self) -> bool:
        """Whether any of its text is the built-in sample."""
        return any(data.kind == "sample" for data in self.datasets())

    def datasets(self) -> Iterator[Dataset]:
        """Every data set that it learned from or was tested on."""
        yield from (one.data for one in self.learned)
        yield from (one.data for one in self.tested)
