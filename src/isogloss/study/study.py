"""The study: what a person declares, whole."""

from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from isogloss.base.errors import did_you_mean
from isogloss.plugins.found import find
from isogloss.study.data import Data, Sampling, Splits
from isogloss.study.efficiency import Efficiency
from isogloss.study.encoders import Encoder, Encoders
from isogloss.study.languages import Languages
from isogloss.study.own_names import names_in_schema, own_or_plugin
from isogloss.study.pretraining import TEACHER, Pretraining
from isogloss.study.probes import Probes
from isogloss.study.regimes import Regime
from isogloss.study.spec import NAME, Count, NotIdentity, Seed, Sizes, Spec, as_list, different
from isogloss.study.tasks import LABELS, METRICS, TAG_COLUMNS, TAGGING, Task
from isogloss.study.training import Training


class Evaluation(Spec):
    """What every trained model is tested on."""

    target_languages: Languages | None = None
    """Languages to test on; by default the study's languages."""

    splits: Splits = ("test",)
    """Splits to test on."""

    max_tokens: Annotated[Count, NotIdentity()] = 8192
    """Padded sub-tokens per forward pass: bounds memory; in the keys of tests of `onnx-int8`."""

    metric: Annotated[
        Literal["accuracy", "f1", "macro_f1", "macro_recall", "macro_precision", "weighted_f1"]
        | None,
        NotIdentity(),
    ] = None
    """The metric of figures and short tables; all are computed and kept.

    By default macro_f1 for texts, f1 (micro, over spans) for ner and accuracy for pos.
    """

    metrics: Annotated[
        tuple[Annotated[str, own_or_plugin("metric", ()), names_in_schema(())], ...],
        BeforeValidator(as_list),
        AfterValidator(different),
        NotIdentity(),
    ] = ()
    """Metrics of plug-ins, computed besides; their rows are in the results."""


class Output(Spec):
    """Where tables and figures go."""

    folder: str | None = None
    """By default `results/<name of the study>`, from where the command is run."""

    sections: Annotated[
        tuple[Annotated[str, own_or_plugin("section", ()), names_in_schema(())], ...],
        BeforeValidator(as_list),
        AfterValidator(different),
    ] = ()
    """Sections that plug-ins add to the report's page, in this order."""


class Study(Spec):
    """Everything one run of experiments needs, in one file."""

    name: str = Field(pattern=NAME, max_length=80)
    """Name of the study: letters, digits, `_` and `-`."""

    description: Annotated[str, NotIdentity()] = ""
    """For people."""

    task: Task = "sentiment"
    """What is learned: one label per text, or for ner and pos one tag per word."""

    data: Data | None = None
    """Where the labeled examples come from; a study that only pre-trains has none."""

    languages: Languages
    """Source languages, in any spelling."""

    encoders: Encoders = ()
    """The encoders that are fine-tuned; none where a study only pre-trains."""

    pretraining: Pretraining | None = None
    """Teachers and students pre-trained on raw text of the study's languages."""

    probes: Probes = ()
    """Linear classifiers over the frozen encoders of the pre-training."""

    groups: dict[str, Languages] = Field(default_factory=dict)
    """Groups of languages whose means stand in tables: `{low: [...], high: [...]}`."""

    training: Training = Training()
    """How they are fine-tuned."""

    sampling: Sampling = Sampling()
    """How training rows are drawn."""

    regimes: Annotated[tuple[Regime, ...], BeforeValidator(as_list), Field(min_length=1)] = (
        Regime(regime="joint"),
    )
    """Which languages a model is trained on."""

    sizes: Annotated[Sizes, BeforeValidator(as_list)] = ("all",)
    """Training rows per language, balanced over the labels; `all` takes them as they are.

    Of texts each label gets a size divided by the number of labels, rounded down: 100 over three
    labels are 99 rows. In results `n_per_language` is what was asked for here, and `n_train` counts
    the rows that were drawn, over all languages.
    """

    seeds: Annotated[
        tuple[Seed, ...], BeforeValidator(as_list), AfterValidator(different), Field(min_length=1)
    ] = (42,)
    """Each seed draws its own sample, head and order."""

    evaluation: Evaluation = Evaluation()
    """What is tested."""

    efficiency: Efficiency | None = None
    """How encoders are measured; left out, they are not."""

    output: Annotated[Output, NotIdentity()] = Output()
    """Where tables and figures go."""

    @property
    def labeled(self) -> Data:
        """The labeled data of a study that fine-tunes.

        Raises:
            ValueError: if it has none.
        """
        if self.data is None:
            raise ValueError("a study that only pre-trains has no labeled data")
        return self.data

    def training_of(self, encoder: Encoder) -> Training:
        """How one encoder is trained: the study's training, and over it the encoder's own."""
        return self.training.with_own(encoder.training)

    @property
    def is_tagging(self) -> bool:
        """Whether every word has a tag, not every text a label."""
        return self.task in TAGGING

    @property
    def labels(self) -> tuple[str, ...]:
        """The study's labels, the task's own where it names none."""
        return self.labeled.labels or LABELS.get(self.task, ())

    @property
    def tag_column(self) -> str:
        """The column of the words' tags."""
        return self.labeled.tags or TAG_COLUMNS[self.task]

    @property
    def metric(self) -> str:
        """The metric of figures and short tables."""
        return self.evaluation.metric or METRICS.get(self.task, "macro_f1")

    @property
    def target_languages(self) -> tuple[str, ...]:
        """The languages tested on."""
        return self.evaluation.target_languages or self.languages

    @property
    def all_languages(self) -> tuple[str, ...]:
        """Source languages, then those that are only tested on."""
        only_tested = [code for code in self.target_languages if code not in self.languages]
        return (*self.languages, *only_tested)

    @model_validator(mode="after")
    def _has_work(self) -> Self:
        if not self.encoders and self.pretraining is None:
            raise ValueError("encoders: name one or more, or write a section pretraining")
        if (self.data is None) != (not self.encoders):
            raise ValueError("data and encoders belong together: give both to fine-tune, or none")
        if self.probes and self.pretraining is None:
            raise ValueError("probes look into encoders of a section pretraining: write one")
        if self.efficiency and not self.encoders:
            raise ValueError("efficiency measures encoders that are fine-tuned: name one or more")
        return self

    @model_validator(mode="after")
    def _pretrained_encoders_are_there(self) -> Self:
        wanted = [encoder.pretrained for encoder in self.encoders if encoder.pretrained]
        if wanted and self.pretraining is None:
            raise ValueError(f"encoder from {wanted[0]}: there is no section pretraining")
        known = self.pretrained_names
        for name in wanted:
            if name not in known:
                near = did_you_mean(name, known)
                raise ValueError(f"encoder from {name!r}.{near} Known: {', '.join(known)}")
        longest = self.pretraining.training.max_length if self.pretraining else 0
        if wanted and self.training.max_length > longest:
            raise ValueError(
                f"training.max_length {self.training.max_length} is more than the {longest} of"
                f" pretraining.training.max_length, which encoder from {wanted[0]} has"
            )
        return self

    @model_validator(mode="after")
    def _first_weights_are_of_teachers_trained_here(self) -> Self:
        known = [name for name in self.pretrained_names if name.startswith(f"{TEACHER}:")]
        for arm in self.pretraining.arms if self.pretraining else ():
            init = arm.distillation.init if arm.distillation else "random"
            if init.startswith(f"{TEACHER}:") and init not in known:
                raise ValueError(
                    f"arm {arm.name}: init {init} is no teacher trained here. Known:"
                    f" {', '.join(known) or 'none'}"
                )
            given = self.pretraining.teachers.models if self.pretraining else {}
            if init == "average" and given:
                raise ValueError(
                    f"arm {arm.name}: init average is the mean of teachers that began alike, and"
                    f" those of {', '.join(given)} are given: train all here, or take random"
                )
        return self

    @model_validator(mode="after")
    def _groups_are_of_the_study(self) -> Self:
        for name, codes in self.groups.items():
            strange = [code for code in codes if code not in self.languages]
            if strange:
                raise ValueError(f"group {name} has {', '.join(strange)}, not among languages")
        if "all" in self.groups:
            raise ValueError("group all is that of all groups together: name it otherwise")
        for (one, first), (other, second) in combinations(self.groups.items(), 2):
            shared = set(first) & set(second)
            if shared not in (set(), set(first), set(second)):
                raise ValueError(
                    f"groups {one} and {other} share {', '.join(sorted(shared))}: put a language"
                    " into one of them; only a group within another, as a pivot, may share"
                )
        return self

    @model_validator(mode="after")
    def _probed_layers_are_there(self) -> Self:
        n = self.pretraining.encoder.num_hidden_layers if self.pretraining else 0
        for probe in self.probes if self.pretraining else ():
            for layer in probe.layers:
                if not -n - 1 <= layer <= n:
                    raise ValueError(
                        f"probes: {probe.task} asks for layer {layer} of an encoder of {n} layers:"
                        f" ask for one from 0 (the embeddings) to {n}, or from -1 (the last) back"
                        f" to {-n - 1}"
                    )
        return self

    @model_validator(mode="after")
    def _given_teachers_are_of_the_study(self) -> Self:
        given = self.pretraining.teachers.models if self.pretraining else {}
        strange = [code for code in given if code not in self.languages]
        if strange:
            raise ValueError(
                f"pretraining.teachers.models has {', '.join(strange)}, not among languages"
            )
        return self

    @property
    def pretrained_names(self) -> tuple[str, ...]:
        """What an encoder may be `from`: arms, and the teachers that are trained here."""
        if self.pretraining is None:
            return ()
        arms = tuple(arm.name for arm in self.pretraining.arms)
        teachers = self.languages if self.pretraining.listens else ()
        here = [code for code in teachers if code not in self.pretraining.teachers.models]
        return (*arms, *(f"{TEACHER}:{code}" for code in here))

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [encoder.display for encoder in self.encoders]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two encoders are named {', '.join(twice)}: give each a name")
        labels = [regime.label for regime in self.regimes]
        if len(set(labels)) != len(labels):
            raise ValueError(f"a regime is named twice: {', '.join(labels)}")
        return self

    @model_validator(mode="after")
    def _encoders_can_be_trained_so(self) -> Self:
        for encoder in self.encoders:
            try:
                training = self.training_of(encoder)
            except ValueError as error:
                raise ValueError(f"encoders: {encoder.display}: {_said(error)}") from None
            if training.method == "lora" and encoder.scratch is not None:
                raise ValueError(
                    f"encoders: {encoder.display} is made from scratch, and method lora leaves an"
                    " encoder's weights as they are, here random: choose method full, or one that"
                    " is pre-trained (model, from)"
                )
        return self

    @model_validator(mode="after")
    def _labels_fit_task(self) -> Self:
        if self.data is None:
            return self
        least = 1 if self.task == "ner" else 2
        if len(self.labels) < least:
            raise ValueError(f"data.labels: task {self.task} needs {least} or more labels")
        tags = [label for label in self.labels if label[:2] in {"B-", "I-"} or label == "O"]
        if tags and self.task == "ner":
            raise ValueError(
                f"data.labels: for ner the types of entities (PER), not their tags ({tags[0]})"
            )
        strange = sorted(set(self.labeled.label_names.values()) - set(self.labels))
        if strange and self.task != "ner":
            raise ValueError(
                f"data.label_names gives {', '.join(strange)}, not among the labels"
                f" {', '.join(self.labels)}"
            )
        return self

    @model_validator(mode="after")
    def _metric_fits_task(self) -> Self:
        known = {"accuracy", "macro_f1", "macro_recall", "macro_precision"}
        known |= {"f1"} if self.task == "ner" else set()
        known |= set() if self.is_tagging else {"weighted_f1"}
        if self.training.metric_for_best_model == "f1" and self.task != "ner":
            raise ValueError("training.metric_for_best_model f1 is that of ner; choose macro_f1")
        if self.metric not in known:
            raise ValueError(
                f"evaluation.metric {self.metric} is none of task {self.task}; choose"
                f" {', '.join(sorted(known))}"
            )
        return self

    @model_validator(mode="after")
    def _metrics_of_plugins_fit_task(self) -> Self:
        if self.evaluation.metrics and not self.encoders:
            raise ValueError("evaluation.metrics score encoders that are fine-tuned: name one")
        for name in self.evaluation.metrics:
            tasks = sorted(find("metric", name, ()).load().tasks)
            if self.task not in tasks:
                raise ValueError(
                    f"evaluation.metrics: {name} is defined for {', '.join(tasks)}, not for"
                    f" {self.task}"
                )
        return self

    @model_validator(mode="after")
    def _regimes_fit_languages(self) -> Self:
        for regime in self.regimes:
            strange = [code for code in regime.languages or () if code not in self.languages]
            if strange:
                raise ValueError(
                    f"regime {regime.label} trains on {', '.join(strange)}, not among languages"
                )
            if regime.regime == "leave_one_out" and len(regime.languages or self.languages) < 2:
                raise ValueError("leave_one_out needs two languages or more")
        return self

    @model_validator(mode="after")
    def _splits_do_not_meet(self) -> Self:
        if self.data is None:
            return self
        tested = set(self.evaluation.splits)
        if both := tested & set(self.data.train_splits):
            raise ValueError(f"split {', '.join(sorted(both))} is both trained and tested on")
        if self.data.dev_split in tested:
            raise ValueError(f"dev_split {self.data.dev_split!r} is also tested on")
        if self.training.eval_strategy != "no" and self.data.dev_split is None:
            raise ValueError(
                f"training.eval_strategy {self.training.eval_strategy} needs data.dev_split"
            )
        return self


def _said(error: ValueError) -> str:
    """The words of a mistake that another declaration found."""
    if isinstance(error, ValidationError):
        return "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in error.errors())
    return str(error)
