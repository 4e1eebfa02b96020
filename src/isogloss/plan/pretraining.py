r"""The steps of a pre-training: raw text, one vocabulary, teachers, students, what they know.

    text -> tokenizer -> pack -> pretrain (a teacher, or hard labels) -> masked (a language)
                             \-> targets (kept soft labels) -v       \-> probe (a source)
                              \-> distill (soft labels) <- teachers

A model's key does not hold its name: an arm that asks for what another asks for shares it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, final

from isogloss.plan import labeled
from isogloss.plan.labeled import data_step, pin_of, tag_columns
from isogloss.plan.pins import Pins
from isogloss.plan.plan import Cell, Step
from isogloss.study.arms import MONOLINGUAL, SELF, Arm
from isogloss.study.plugged import deciding, family_of
from isogloss.study.pretraining import TEACHER, Pretraining
from isogloss.study.probes import Probe
from isogloss.study.spec import identity
from isogloss.study.study import Study

VERSIONS = {
    **labeled.VERSIONS,
    **dict.fromkeys(("text", "pack", "pretrain", "targets", "distill", "masked", "probe"), 1),
}

STUDENT_AND_TEACHER = 4 / 3
"""Cost of an update with a teacher beside the student, in updates without: forward and backward
take three times what forward takes (Kaplan et al. 2020, section 2.1), and the teacher's forward is
one more."""

HELD_OUT = "held_out"


@final
@dataclass(frozen=True)
class Pretrained:
    """What a study's pre-training comes to."""

    steps: tuple[Step, ...] = ()
    cells: tuple[Cell, ...] = ()
    models: Mapping[tuple[str, int], Step] = field(default_factory=dict)
    """By name (an arm, or `teacher:<language>`) and seed."""

    tokenizer_pin: Any = None
    """ "trained", or the digests of a tokenizer that was there."""

    tokenizer_needs: tuple[str, ...] = ()
    tokenizer_folder: str | None = None


def pretraining(study: Study, pins: Pins) -> Pretrained:
    """All steps and cells of a study's pre-training; nothing where it has none."""
    if study.pretraining is None:
        return Pretrained()
    desk = _Desk(study, study.pretraining, pins)
    steps = list(desk.shared())
    models: dict[tuple[str, int], Step] = {}
    for place, model in desk.models():
        models[place] = model
        steps += [*desk.made.values(), model]  # after their teachers, before who needs them
    cells: list[Cell] = []
    for step, own in desk.given_teachers():
        steps.append(step)
        cells += own
    for (name, seed), model in models.items():
        tests = list(desk.tests(name, seed, model))
        steps += [step for step, _ in tests]
        cells.append(Cell(model.key, desk.columns(name, seed)))
        cells += [cell for _, own in tests for cell in own]
    return Pretrained(
        steps=tuple(steps),
        cells=tuple(cells),
        models=models,
        tokenizer_pin=desk.tokenizer_pin,
        tokenizer_needs=desk.tokenizer_needs,
        tokenizer_folder=desk.tokenizer_folder,
    )


def updates(declared: Pretraining, arm: Arm, n_teachers: int) -> int:
    """Optimizer steps of an arm; arms that match the compute of others get more."""
    students = declared.training.max_steps
    if arm.compute == "updates":
        return arm.max_steps or students
    beside = students * STUDENT_AND_TEACHER
    if arm.compute == "distillation":
        return math.ceil(beside)
    return math.ceil(beside + n_teachers * (declared.teachers.max_steps or students))


def _alone(mixing: Mapping[str, Any]) -> dict[str, Any]:
    """One language is drawn the same whatever the rule, unless it is cut or its epochs capped."""
    limits = (mixing.get("characters"), mixing.get("max_epochs"))
    return {"kind": "natural"} if limits == (None, None) else dict(mixing)


@final
@dataclass(frozen=True, eq=False)
class _Desk:
    """The steps of one study's pre-training."""

    study: Study
    declared: Pretraining
    pins: Pins
    made: dict[str, Step] = field(default_factory=dict)
    """Steps that some arms need besides: self-teachers, kept targets."""

    # ---- what all models share

    def shared(self) -> Iterator[Step]:
        """Text, tokenizer, windows, and the tagged sentences of probes."""
        codes = self.study.languages
        yield from (self.text(code) for code in codes)
        if not self.tokenizer_folder:
            yield self.tokenizer()
        yield from (self.pack(code) for code in codes)
        for probe in self.study.probes:
            for code in self.probed(probe):
                for splits in (probe.data.train_splits, (probe.split,)):
                    yield self.tagged(probe.task, code, splits)
                    yield self.prepare(probe.task, code, splits)

    @cache  # noqa: B019 lives as long as the plan is built
    def text(self, language: str) -> Step:
        """Read the raw text of one language."""
        text = self.declared.text
        splits = text.splits
        payload = {
            "language": language,
            "source": pin_of(self.pins.text[language], splits),
            "column": text.column,
            "train_splits": list(text.train_splits),
            "held_out": text.held_out,
        }
        settings = {"source": text.source.model_dump(mode="json")}
        return self._step("text", payload, (), settings, f"{language} text", "text")

    @cache  # noqa: B019
    def tokenizer(self) -> Step:
        """Train one tokenizer on as much text of each language."""
        payload = {
            "family": family_of(self.declared.encoder.architecture),
            "tokenizer": identity(self.declared.tokenizer),
            "languages": list(self.study.languages),
            "raw": True,
        }
        needs = tuple(self.text(code).key for code in self.study.languages)
        return self._step("tokenizer", payload, needs, {}, "pre-training", "tokenizer")

    @cache  # noqa: B019
    def pack(self, language: str) -> Step:
        """Cut the text of one language into windows of sub-tokens."""
        payload = {
            "tokenizer": self.tokenizer_pin,
            "max_length": self.declared.training.max_length,
            "dev_windows": self.declared.text.dev_windows,
        }
        needs = (self.text(language).key, *self.tokenizer_needs)
        where = {"model": self.tokenizer_folder}
        return self._step("pack", payload, needs, where, f"{language} windows", "pack")

    @property
    def tokenizer_folder(self) -> str | None:
        """Where the tokenizer is, if it is not trained here."""
        folder = self.declared.tokenizer_from
        return str(folder) if folder else None

    @property
    def tokenizer_pin(self) -> Any:
        """What decides the vocabulary besides the step that trains it."""
        return self.pins.tokenizer if self.tokenizer_folder else "trained"

    @property
    def tokenizer_needs(self) -> tuple[str, ...]:
        """The step that trains the tokenizer."""
        return () if self.tokenizer_folder else (self.tokenizer().key,)

    # ---- models

    def models(self) -> Iterator[tuple[tuple[str, int], Step]]:
        """Every model by its name and seed, teachers first."""
        for seed in self.study.seeds:
            for code in self.own_teachers():
                yield (f"{TEACHER}:{code}", seed), self.teacher(code, seed)
            for arm in self.declared.arms:
                yield (arm.name, seed), self.arm(arm.name, seed)

    def own_teachers(self) -> tuple[str, ...]:
        """Languages whose teachers are trained here; none where nobody needs one."""
        if not self.declared.listens:
            return ()
        given = self.declared.teachers.models
        return tuple(code for code in self.study.languages if code not in given)

    @cache  # noqa: B019
    def teacher(self, language: str, seed: int) -> Step:
        """Train on all text of one language."""
        steps = self.declared.teachers.max_steps or self.declared.training.max_steps
        payload = self._training([language], {"kind": "natural"}, steps, seed)
        title = f"{TEACHER}/{language} seed={seed}"
        return self._model("pretrain", payload, (), title)

    @cache  # noqa: B019
    def arm(self, name: str, seed: int) -> Step:
        """Train a student."""
        arm, title = self.declared.arm(name), f"{name} seed={seed}"
        payload = self._of_arm(arm, seed)
        if arm.distillation is None:
            return self._model("pretrain", payload, (), title)
        told = identity(arm.distillation)
        kept = told["targets"]["kind"] == "sampled"
        teachers, told["teachers"] = self._teachers(arm, seed)
        first = self._targets(arm, seed, teachers) if kept else teachers
        inits, told["initial"] = self._initial(arm, seed)
        payload["distillation"] = told
        return self._model("distill", payload, (*first, *inits), title)

    def _teachers(self, arm: Arm, seed: int) -> tuple[tuple[str, ...], list[Any]]:
        """Keys of the teachers, and who teaches each language: a need's number or digests."""
        declared = arm.distillation
        if declared is None:
            raise ValueError(f"arm {arm.name} has no teachers")
        codes = self.study.languages
        if declared.teachers == SELF:
            twin = self._twin(declared.listening.eval_steps, seed)
            return (twin.key,), [{"need": 0, "best": code} for code in codes]
        if declared.teachers != MONOLINGUAL:
            return (self.arm(declared.teachers, seed).key,), [{"need": 0} for _ in codes]
        own = [code for code in codes if code not in self.declared.teachers.models]
        needs = tuple(self.teacher(code, seed).key for code in own)
        who = [
            {"need": own.index(code)} if code in own else {"files": self.pins.teachers[code]}
            for code in codes
        ]
        return needs, who

    def _twin(self, eval_steps: int, seed: int) -> Step:
        """The hard-label model on all text that keeps, for each language, its best weights."""
        payload = self._training(
            list(self.study.languages), {"kind": "natural"}, self.declared.training.max_steps, seed
        )
        payload["best_per_language"] = eval_steps
        step = self._model("pretrain", payload, (), f"self-teachers of seed={seed}")
        self.made[step.key] = step
        return step

    def _targets(self, arm: Arm, seed: int, teachers: tuple[str, ...]) -> tuple[str, ...]:
        """One step a language: what its teacher says about several masks of each window."""
        declared = arm.distillation
        if declared is None:
            raise ValueError(f"arm {arm.name} has no targets")
        _, who = self._teachers(arm, seed)
        keys = []
        for position, (code, teacher) in enumerate(zip(self.study.languages, who, strict=True)):
            payload = {
                **self._of_arm(arm, seed),
                "label_smoothing": 0.0,
                "training": self._asked(),
                "targets": identity(declared.targets),
                "temperature": declared.temperature,
                "position": position,
                "teacher": {**teacher, "need": 0} if "need" in teacher else teacher,
            }
            own = (teachers[teacher["need"]],) if "need" in teacher else ()
            title = f"{code} targets of {arm.name} seed={seed}"
            step = self._model("targets", payload, own, title)
            self.made[step.key] = step
            keys.append(step.key)
        return tuple(keys)

    def _asked(self) -> dict[str, Any]:
        """What of the training decides what a teacher is asked."""
        training = self.declared.training
        names = ("mlm_probability", "precision", "max_length")
        return {name: getattr(training, name) for name in names}

    def _initial(self, arm: Arm, seed: int) -> tuple[tuple[str, ...], Any]:
        """The teachers that a student's weights come from."""
        init = arm.distillation.init if arm.distillation else "random"
        if init == "random":
            return (), None
        codes = self.own_teachers() if init == "average" else (init.partition(":")[2],)
        needs = tuple(self.teacher(code, seed).key for code in codes)
        return needs, {"how": init, "n": len(needs)}

    def _of_arm(self, arm: Arm, seed: int) -> dict[str, Any]:
        steps = updates(self.declared, arm, len(self.own_teachers()))
        payload = self._training(list(self.study.languages), identity(arm.mixing), steps, seed)
        payload["label_smoothing"] = arm.label_smoothing
        return payload

    def _training(
        self, languages: list[str], mixing: Mapping[str, Any], steps: int, seed: int
    ) -> dict[str, Any]:
        mixed = _alone(mixing) if len(languages) == 1 else dict(mixing)
        return {
            "encoder": identity(self.declared.encoder),
            "training": {**identity(self.declared.training), "max_steps": steps},
            "tokenizer": self.tokenizer_pin,
            "languages": languages,
            "mixing": mixed,
            **deciding(
                ("architecture", self.declared.encoder.architecture), ("sampler", mixed["kind"])
            ),
            "label_smoothing": 0.0,
            "best_per_language": None,
            "seed": seed,
        }

    def _model(
        self, kind: str, payload: dict[str, Any], teachers: tuple[str, ...], title: str
    ) -> Step:
        packs = tuple(self.pack(code).key for code in payload["languages"])
        needs = (*packs, *self.tokenizer_needs, *teachers)
        return self._step(kind, payload, needs, self._where(), title, title)

    def _where(self) -> dict[str, Any]:
        training = self.declared.training
        return {
            "model": self.tokenizer_folder,
            "teachers": dict(self.declared.teachers.models),
            "max_tokens": training.max_tokens,
            "save_seconds": training.save_seconds,
            "logging_steps": training.logging_steps,
            "report_to": list(training.report_to),
            "study": self.study.name,
        }

    # ---- what they know

    def tests(self, name: str, seed: int, model: Step) -> Iterator[tuple[Step, list[Cell]]]:
        """What a model is tested on: masked text of its languages; and a student's probes."""
        given = self.columns(name, seed)
        for code in model.payload["languages"]:
            columns = {**given, "target_language": code, "split": HELD_OUT}
            step = self.masked(model, code)
            yield step, [Cell(step.key, columns)]
        if name.startswith(f"{TEACHER}:"):
            return
        for probe in self.study.probes:
            for source in self.probed(probe):
                step = self.probe(probe, model, source, seed)
                yield step, list(self._probe_cells(probe, given, source, step))

    def given_teachers(self) -> Iterator[tuple[Step, list[Cell]]]:
        """What teachers that were there know of the masked text of their languages.

        They are no step and have no seed: each is tested once, for all seeds.
        """
        if not self.declared.listens:
            return
        for code in self.declared.teachers.models:
            payload = {
                "n_folds": self.declared.n_folds,
                "language": code,
                "files": self.pins.teachers[code],
                "tokenizer": self.tokenizer_pin,
                "training": self._asked(),
            }
            title = f"{TEACHER}/{code} on {code}"
            needs = (*self.tokenizer_needs, self.pack(code).key)
            step = self._step("masked", payload, needs, self._where(), title, title)
            place = {"target_language": code, "split": HELD_OUT}
            told = [{**self.columns(f"{TEACHER}:{code}", s), **place} for s in self.study.seeds]
            yield step, [Cell(step.key, columns) for columns in told]

    def masked(self, model: Step, language: str) -> Step:
        """Predict every sub-token of the held-out text of one language."""
        payload = {"n_folds": self.declared.n_folds, "language": language}
        needs = (model.key, self.pack(language).key)
        where = {"max_tokens": self.declared.training.max_tokens}
        return self._step(
            "masked", payload, needs, where, f"{model.title} on {language}", model.group
        )

    def probe(self, probe: Probe, model: Step, source: str, seed: int) -> Step:
        """Train a linear classifier on one language and test it on all."""
        codes = self.probed(probe)
        size = probe.n_per_language
        payload = {
            "task": probe.task,
            "labels": list(probe.labels),
            "source": source,
            "targets": list(codes),
            "layers": list(probe.layers),
            "l2": probe.l2,
            "max_iterations": probe.max_iterations,
            "n_per_language": size if isinstance(size, int) else None,
            "seed": seed,
        }
        trained = self.prepare(probe.task, source, probe.data.train_splits)
        tested = [self.prepare(probe.task, code, (probe.split,)) for code in codes]
        needs = (model.key, trained.key, *(step.key for step in tested))
        where = {"max_tokens": self.declared.training.max_tokens}
        title = f"{model.title} {probe.task} from {source}"
        return self._step("probe", payload, needs, where, title, model.group)

    def _probe_cells(
        self, probe: Probe, given: Mapping[str, Any], source: str, step: Step
    ) -> Iterator[Cell]:
        for layer in probe.layers:
            for target in self.probed(probe):
                columns = {
                    **given,
                    "task": probe.task,
                    "regime": "probe",
                    "source_languages": [source],
                    "n_per_language": step.payload["n_per_language"],
                    "target_language": target,
                    "split": probe.split,
                    "form": f"layer {layer}",
                }
                yield Cell(step.key, columns, part=f"{layer}/{target}")

    def probed(self, probe: Probe) -> tuple[str, ...]:
        """The languages that a probe has data of."""
        wanted = probe.languages or self.study.languages
        return tuple(code for code in wanted if self.pins.probes[probe.task][code] is not None)

    @cache  # noqa: B019
    def tagged(self, task: str, language: str, splits: tuple[str, ...]) -> Step:
        """Read the tagged sentences of a probe."""
        probe = next(one for one in self.study.probes if one.task == task)
        columns = tag_columns(probe.data, task, probe.tag_column, probe.labels)
        return data_step(
            probe.data, columns, self.pins.probes[task][language], (language, splits), "probe data"
        )

    @cache  # noqa: B019
    def prepare(self, task: str, language: str, splits: tuple[str, ...]) -> Step:
        """Cut the sentences of a probe into sub-tokens."""
        probe = next(one for one in self.study.probes if one.task == task)
        data = self.tagged(task, language, splits)
        payload = {
            "tokenizer": self.tokenizer_pin,
            "max_length": self.declared.training.max_length,
            "labels": list(probe.labels),
            "task": task,
        }
        where = {"model": self.tokenizer_folder, "encoder": None}
        needs = (data.key, *self.tokenizer_needs)
        return self._step("prepare", payload, needs, where, f"probe {data.title}", "prepare probes")

    def columns(self, name: str, seed: int) -> dict[str, Any]:
        """The columns of a model in the results."""
        of_teacher = name.startswith(f"{TEACHER}:")
        languages = [name.partition(":")[2]] if of_teacher else list(self.study.languages)
        return {
            "study": self.study.name,
            "encoder": name.replace(":", "/") if of_teacher else name,
            "task": "mlm",
            "regime": "pretrain",
            "source_languages": languages,
            "n_per_language": None,
            "seed": seed,
            "target_language": None,
            "split": "train",
            "form": None,
        }

    @staticmethod
    def _step(
        kind: str,
        payload: dict[str, Any],
        needs: tuple[str, ...],
        settings: dict[str, Any],
        title: str,
        group: str,
    ) -> Step:
        return Step(kind, VERSIONS[kind], payload, needs, settings, title, group)
