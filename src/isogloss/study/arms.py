"""What a study may say about the arms of a pre-training: which text, which labels, which teachers.

An arm is a student. Most are one word, the name of a preset (`soft-balanced`); any of its settings
can be changed beside it. All arms of a study share the vocabulary, the architecture, the batches'
size and, unless an arm says otherwise, the number of updates, so that what differs between two arms
is what their declarations differ in.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from isogloss.base.errors import did_you_mean
from isogloss.study.languages import teacher_by_code
from isogloss.study.own_names import names_in_schema, own_or_plugin
from isogloss.study.spec import AddedLater, Count, Number, Positive, Spec, as_list

MONOLINGUAL = "monolingual"
SELF = "self"

Own = Literal["natural", "balanced", "alpha", "unimax", "annealed"]
MIXINGS: tuple[str, ...] = get_args(Own)


class Mixing(Spec):
    """How often a language's windows are drawn; n is its number of windows after a cut."""

    kind: Annotated[str, own_or_plugin("sampler", MIXINGS), names_in_schema(MIXINGS)]
    """p ~ n; every language cut to the same size; p ~ n^alpha; as even as a cap on the epochs
    allows (Chung et al. 2023); alpha moving from `alpha` to `alpha_end` over the training; or the
    name of a plug-in's sampler. `unimax` and `annealed` need another key beside it, so they are
    written out, `{kind: unimax, max_epochs: 4}` or `{kind: annealed, alpha: 1, alpha_end: 0.3}`;
    the others may be one word."""

    characters: Count | None = None
    """For balanced: the size that every language is cut to; by default that of the smallest."""

    alpha: Number = Field(default=0.3, ge=0, le=1)
    """Exponent of alpha, or the first one of annealed; XLM-R's 0.3 by default."""

    alpha_end: Number | None = Field(default=None, ge=0, le=1)
    """The last exponent of annealed, which needs it; nothing else has one."""

    max_epochs: Number | None = Field(default=None, gt=0)
    """How often a language's text is seen at most: needed for unimax, and for it alone."""

    options: Annotated[dict[str, JsonValue], AddedLater(before={})] = Field(default_factory=dict)
    """For a plug-in's sampler: what it takes."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _only_what_it_needs(self) -> Self:
        if (self.kind == "annealed") != (self.alpha_end is not None):
            raise ValueError("alpha_end belongs to annealed, which needs it")
        if (self.kind == "unimax") != (self.max_epochs is not None):
            raise ValueError("max_epochs belongs to unimax, which needs it")
        if self.characters is not None and self.kind != "balanced":
            raise ValueError("characters belongs to balanced")
        usual = type(self).model_fields["alpha"].default
        if self.alpha != usual and self.kind not in {"alpha", "annealed"}:
            raise ValueError("alpha belongs to alpha and annealed")
        if self.options and self.kind in MIXINGS:
            raise ValueError("options belongs to the samplers of plug-ins")
        return self


class Listening(Spec):
    """How much a student listens to the teacher of a language, against the text's own tokens."""

    policy: Literal["fixed", "threshold", "adaptive"] = "fixed"
    """The same to the end; not at all where the student has caught up with the teacher, by their
    losses on dev text; half as much for each step that it comes past it (after Tan et al. 2019)."""

    weight: Number = Field(default=1.0, ge=0, le=1)
    """Weight of the soft labels; the rest goes to the hard ones."""

    margin: Number = Field(default=0.0)
    """For threshold: the student listens while it loses this much more than the teacher, in nats of
    dev loss; below 0, until it loses so much less."""

    slack: Number = Field(default=0.0, ge=0)
    """For adaptive: nats above the teacher's dev loss at which listening begins to fade."""

    halving: Number = Field(default=0.1, gt=0)
    """For adaptive: nats of dev loss that halve the weight."""

    eval_steps: Count = 100
    """Updates between two looks at the dev losses; for threshold and adaptive, and for the
    self-teachers' own training."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"policy": value} if isinstance(value, str) else value


class Targets(Spec):
    """What of a teacher's distribution is used, and when it is computed."""

    kind: Literal["online", "sampled", "top_k"] = "online"
    """All of it, at each update; ids drawn from it once and kept, unbiased, for large teachers
    (Anshumann et al. 2025); the most probable ids and one bucket for the rest: biased, for
    comparison."""

    n: Annotated[Positive, Field(lt=2**16)] = 50
    """Ids drawn, or looked at, at a position."""

    views: Count = 4
    """For sampled: different masks of a window; they are seen again after so many passes."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class Distillation(Spec):
    """How a student learns from teachers."""

    teachers: str = MONOLINGUAL
    """`monolingual`: one a language, trained on all of its text; `self`: the student's own
    hard-label twin on all text, for each language at its best dev loss; or the name of an arm, one
    teacher for all."""

    temperature: Number = Field(default=1.0, gt=0)
    """Softens both distributions; the loss is multiplied by its square."""

    listening: Listening = Listening()
    """How much the student listens."""

    targets: Targets = Targets()
    """What of the teachers is used."""

    init: Annotated[str, AfterValidator(teacher_by_code)] = Field(
        default="random", pattern=r"^(random|average|teacher:.+)$"
    )
    """Where the student's weights come from: `random`, `average` of the teachers, or
    `teacher:<language>`."""

    @property
    def hears_text(self) -> bool:
        """Whether the text's own tokens may be learned from beside the teachers."""
        return self.listening.policy != "fixed" or self.listening.weight < 1

    @model_validator(mode="after")
    def _kept_targets_are_fixed(self) -> Self:
        if self.targets.kind == "sampled" and self.listening.policy != "fixed":
            raise ValueError(
                f"listening {self.listening.policy} weighs teachers by their dev losses, and kept"
                " targets have none: take listening fixed, or targets online"
            )
        return self


class Arm(Spec):
    """One student."""

    name: str = Field(pattern=r"^[\w.+-]+$")
    """Its name in tables; by default that of the preset."""

    labels: Literal["hard", "soft"]
    """The text's own tokens, or a teacher's distribution."""

    mixing: Mixing
    """How its text is drawn; one word says it, but for `unimax` and `annealed`, which need more."""

    label_smoothing: Number = Field(default=0.0, ge=0, lt=1)
    """Share of the hard label that is spread over the vocabulary."""

    compute: Literal["updates", "distillation", "everything"] = "updates"
    """As many updates as the others; as many as cost what a student with teachers beside it costs
    (4/3 of them); and the updates of the teachers' own training on top."""

    max_steps: Count | None = None
    """Updates of this arm alone."""

    distillation: Distillation | None = None
    """For soft labels."""

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"arm": value}
        if not isinstance(value, Mapping) or "arm" not in value:
            return value
        preset, own = value["arm"], {k: v for k, v in value.items() if k != "arm"}
        if not isinstance(preset, str) or preset not in PRESETS:
            known = ", ".join(PRESETS)
            raise ValueError(
                f"there is no arm {preset!r}.{did_you_mean(str(preset), PRESETS)} Known: {known}"
            )
        return _over(_over({"name": preset}, PRESETS[preset]), own)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.labels == "soft") != (self.distillation is not None):
            raise ValueError("distillation belongs to soft labels, which need it")
        if self.max_steps is not None and self.compute != "updates":
            raise ValueError("give max_steps or compute, not both")
        if self.labels == "soft" and self.compute != "updates":
            raise ValueError("compute matches an arm of hard labels to those of soft ones")
        if self.label_smoothing and self.distillation and not self.distillation.hears_text:
            raise ValueError(
                "label_smoothing softens the text's own tokens, which this arm never learns from:"
                " leave it out, or give listening a weight below 1 or another policy"
            )
        return self


PRESETS: dict[str, dict[str, Any]] = {
    "hard-all": {"labels": "hard", "mixing": {"kind": "natural"}},
    "hard-balanced": {"labels": "hard", "mixing": {"kind": "balanced"}},
    "soft-balanced": {"labels": "soft", "mixing": {"kind": "balanced"}, "distillation": {}},
    "soft-all": {"labels": "soft", "mixing": {"kind": "natural"}, "distillation": {}},
    "hard-alpha": {"labels": "hard", "mixing": {"kind": "alpha"}},
    "hard-balanced-smoothed": {
        "labels": "hard", "mixing": {"kind": "balanced"}, "label_smoothing": 0.1,
    },
    "hard-balanced-compute": {
        "labels": "hard", "mixing": {"kind": "balanced"}, "compute": "distillation",
    },
    "hard-balanced-everything": {
        "labels": "hard", "mixing": {"kind": "balanced"}, "compute": "everything",
    },
    "self-teachers": {
        "labels": "soft", "mixing": {"kind": "balanced"}, "distillation": {"teachers": SELF},
    },
}  # fmt: skip
"""The first three are the paper's (Limisiewicz, Malkin, Stanovsky 2022); the others are controls:
what of an effect is balance, what soft targets of any kind, what compute, what the teachers."""


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay settings over others, section by section; a short form replaces its section."""
    merged = dict(base)
    for key, value in own.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _over(merged[key], value) if both else value
    return merged


Arms = Annotated[tuple[Arm, ...], BeforeValidator(as_list), Field(min_length=1)]
