"""What a model learned from: its text, its teachers, what it began with, its settings."""

from typing import TYPE_CHECKING, Any

from isogloss.base.fingerprint import fingerprint
from isogloss.report.export.facts import Dataset, Learned
from isogloss.study.tasks import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.plan.plan import Plan, Step


def dataset_of(plan: "Plan", step: "Step") -> Dataset:
    """Where the text of a step comes from: its own source, or that of what it was made of."""
    while not isinstance(step.payload.get("source"), dict):
        step = plan.by_key[step.needs[0]]
    pin = step.payload["source"]
    return Dataset(pin["kind"], fingerprint("data", 1, pin), pin.get("repo"), pin.get("commit"))


def learned(plan: "Plan", trained: "Step", record: "Mapping[str, Any]") -> "Iterator[Learned]":
    """What a training read of each language."""
    teachers = dict(_teachers(plan, trained))
    sizes = record.get("samples") or record["sizes"]
    for at, (code, size) in enumerate(sizes.items()):
        data = dataset_of(plan, plan.by_key[trained.needs[at]])
        if "samples" in record:
            yield _drawn(code, size, data)
        else:
            yield Learned(
                language=code,
                rows=size["windows"],
                unit="windows",
                data=data,
                characters=size["characters"],
                teacher=teachers.get(code),
            )


def base_of(payload: "Mapping[str, Any]") -> Dataset | None:
    """The checkpoint on the Hub that a training began with; None if it was none of the Hub's."""
    pin = payload["encoder"]
    if "model" not in pin:
        return None
    return Dataset("hub", fingerprint("model", 1, pin), pin["model"], pin.get("commit"))


def origin_of(trained: "Step") -> str:
    """What a training began with, in words."""
    pin = trained.payload["encoder"]
    if "model" in pin:
        return str(pin["model"])
    if "files" in pin:
        return "a checkpoint from a folder"
    if "step" in pin:
        return f"pre-trained in the same study (step {trained.needs[-1]})"
    architecture = pin["scratch"]["architecture"] if "scratch" in pin else pin["architecture"]
    return f"{architecture} from random weights"


def settings_of(payload: "Mapping[str, Any]") -> "Iterator[tuple[str, Any]]":
    """What decided a training, flat, in the names of the study file."""
    for name in ("training", "encoder", "mixing", "distillation"):
        declared = payload.get(name, {})
        declared = declared.get("scratch", declared) if name == "encoder" else declared
        yield from _flat(declared, "" if name == "training" else f"{name}.")
    yield "seed", payload["seed"]


def _drawn(code: str, sample: "Mapping[str, Any]", data: Dataset) -> Learned:
    """A sample of labeled rows."""
    return Learned(
        language=code,
        rows=sample["rows"],
        unit="rows",
        data=data,
        counts={} if set(sample["counts"]) == {SENTENCES} else sample["counts"],
        missing=sample["n_missing"],
        repeated=sample["n_repeated"],
    )


def _teachers(plan: "Plan", trained: "Step") -> "Iterator[tuple[str, str]]":
    """Who taught each language of a student, by name and key."""
    told = trained.payload.get("distillation")
    if told is None:
        return
    codes = trained.payload["languages"]
    first = len(codes) + int(trained.payload["tokenizer"] == "trained")
    kept = told["targets"]["kind"] == "sampled"
    for at, code in enumerate(codes):
        who = told["teachers"][at]
        if kept or "need" in who:
            step = plan.by_key[trained.needs[first + (at if kept else who["need"])]]
            yield code, f"{step.title} (step {step.key})"
        else:
            yield code, who["files"].get("model", "a checkpoint that was there")


def _flat(declared: "Mapping[str, Any]", where: str) -> "Iterator[tuple[str, Any]]":
    for name, value in declared.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{where}{name}.")
        elif value is not None and not isinstance(value, list):
            yield f"{where}{name}", value
