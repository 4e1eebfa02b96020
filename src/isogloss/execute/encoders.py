"""Encoders, teachers, trackers, precision: tried before the first training, so none fails later."""

from collections.abc import Sequence
from typing import Any

from isogloss.base.errors import InputError, RunError, at_once
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.execute.kinds.train import lora_of
from isogloss.model.encoder import check_encoder
from isogloss.model.lora import check_installed, check_targets, check_targets_of_family
from isogloss.model.masked import check_masked_lm, check_same_vocabulary
from isogloss.model.onnx import check_onnx
from isogloss.model.precision import best_device, choose_precision
from isogloss.model.served import ONNX_FORMS
from isogloss.model.tokenizer import load_tokenizer
from isogloss.model.words import check_word_ids
from isogloss.plan.hub import remember_commit
from isogloss.plan.pins import is_known
from isogloss.plan.plan import Plan, Step
from isogloss.store.store import Store
from isogloss.study.encoders import Encoder
from isogloss.study.optimizing import Optimizing
from isogloss.study.study import Study
from isogloss.train.trackers import check_trackers

Fault = InputError | RunError


def check_encoders(study: Study, plan: Plan, store: Store) -> None:
    """Bring the encoders of what is still to be done, and try whether they can be used.

    Those that the Hub did not tell of are passed over: the plan has a note of each.

    Raises:
        InputError: naming every encoder or teacher that is missing, closed, broken, too short or,
            where the vocabulary is known by now, of another one.
        RunError: if the network or the disk is at fault.
    """
    declared: list[Optimizing] = [study.training] if study.encoders else []
    declared += [study.pretraining.training] if study.pretraining else []
    for training in declared:
        check_trackers(training.report_to)
        choose_precision(training.precision, best_device())
    _check_forms(study.efficiency.forms if study.efficiency else ())
    missing = [step for step in plan if step.kind in {"prepare", "train"} and step.key not in store]
    if any(step.kind == "train" and lora_of(step.payload) for step in missing):
        check_installed()
    faults = [
        fault
        for encoder in study.encoders
        if encoder.scratch is None and (fault := _fault(study, encoder, missing))
    ]
    faults += _teachers_faults(plan, store)
    if faults:
        faults.sort(key=lambda fault: isinstance(fault, RunError))
        kind = RunError if isinstance(faults[0], RunError) else InputError
        raise at_once(kind, [(fault.code, str(fault)) for fault in faults])


def _teachers_faults(plan: Plan, store: Store) -> list[Fault]:
    """What is wrong with checkpoints that are to teach a student that is still to be trained."""
    found: dict[tuple[str, str], Fault | None] = {}
    for step in plan.of_kind("distill"):
        told = step.payload["distillation"]["teachers"] if step.key not in store else ()
        for code, who in zip(step.payload["languages"], told, strict=False):
            if "files" in who and is_known(who["files"]):
                name = step.settings["teachers"][code]
                place = name, who["files"].get("commit", "main")
                found[place] = found.get(place) or _teacher_fault(*place, step, store)
    return [fault for fault in found.values() if fault]


def _teacher_fault(name: str, revision: str, step: Step, store: Store) -> Fault | None:
    """Its weights, head and length; and its vocabulary, where the student's is there already."""
    try:
        check_masked_lm(name, revision=revision, max_length=step.payload["training"]["max_length"])
        student = _students_tokenizer(step, store)
        if student is not None:
            own = load_tokenizer(name, revision=revision)
            check_same_vocabulary(student, own, f"The teacher {name}")
    except (InputError, RunError) as error:
        return error
    return None


def _students_tokenizer(step: Step, store: Store) -> Any:
    """The tokenizer that a student is to have; None where it is still to be trained."""
    pin = step.payload["tokenizer"]
    if pin != "trained":
        return open_tokenizer(pin, step.settings["model"], None)
    made = step.needs[len(step.payload["languages"])]
    return open_tokenizer(pin, None, store.folder(made)) if made in store else None


def _check_forms(forms: Sequence[str]) -> None:
    """What the forms of serving need: an extra, or native bf16."""
    if any(form in ONNX_FORMS for form in forms):
        check_onnx()
    if "torch-bf16" in forms:
        choose_precision("bf16", best_device())


def _fault(study: Study, encoder: Encoder, missing: Sequence[Step]) -> Fault | None:
    """What is wrong with an encoder that missing steps need."""
    own = [step for step in missing if step.settings["encoder"] == encoder.display]
    try:
        if encoder.model is not None:
            _check(encoder, own)
        elif study.pretraining is not None:
            _check_made_here(study.pretraining.encoder.architecture, own)
    except (InputError, RunError) as error:
        return error
    return None


def _check(encoder: Encoder, missing: Sequence[Step]) -> None:
    """Weights, configuration and length for a training, the tokenizer for any step."""
    trainings = [step.payload for step in missing if step.kind == "train"]
    if not missing:
        return
    name = missing[0].settings["model"]
    pin = trainings[0]["encoder"] if trainings else missing[0].payload["tokenizer"]
    if not is_known(pin):
        return
    commit = pin.get("commit", "main")
    if trainings:
        longest = trainings[0]["training"]["max_length"]
        tagger = "task" in trainings[0]
        check_encoder(name, revision=commit, max_length=longest, tagger=tagger)
        if lora := lora_of(trainings[0]):
            check_targets(name, lora, revision=commit, tagger=tagger)
    tokenizer = open_tokenizer(pin, name, None)
    if "task" in missing[0].payload:
        check_word_ids(tokenizer, name)
    if "commit" in pin:
        remember_commit(name, encoder.revision, "model", commit)


def _check_made_here(architecture: str, missing: Sequence[Step]) -> None:
    """Of an encoder that this study pre-trains: whether it has the layers that LoRA is to adapt."""
    for training in [step.payload for step in missing if step.kind == "train"][:1]:
        if lora := lora_of(training):
            check_targets_of_family(architecture, lora, tagger="task" in training)
