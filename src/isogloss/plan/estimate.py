"""What a plan will cost, before anything runs: examples, and time where a rate is known.

A rate measured on this store's finished steps beats any formula. Without one, the closed form
6 x body parameters x tokens of training (Kaplan et al. 2020, section 2.1) is divided by an assumed
arithmetic rate, and the answer says that it was assumed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from isogloss.base.limits import Limit
from isogloss.plan.kinds import PRETRAIN, TEST
from isogloss.plan.plan import Step
from isogloss.plan.pretraining import STUDENT_AND_TEACHER
from isogloss.study.study import Study

ASSUMED_FLOPS_PER_SECOND = 1e11
ASSUMED_TOKENS = 48
TRAININGS = {"train": 1.0, "pretrain": 1.0, "distill": STUDENT_AND_TEACHER}
"""Kinds of steps that train, and what an example costs beside one of fine-tuning."""
_BASE_BODY = 12 * (4 * 768**2 + 2 * 768 * 3072)


@final
@dataclass(frozen=True)
class Estimate:
    """What the missing steps will take."""

    trainings: int
    evaluations: int
    training_examples: int
    """Examples times epochs, over all missing trainings of known size."""

    unknown_trainings: int
    """Missing trainings whose size is not known before their data were read."""

    pretrainings: int
    """Missing pre-trainings, teachers among them."""

    windows: int
    """Windows of text that they learn from, each time counted."""

    seconds: float
    """Of the trainings, one after the other in one worker; those of pre-training are not known."""

    basis: str
    """Where the rate comes from."""


def estimate(study: Study, missing: Iterable[Step], speeds: Mapping[str, float]) -> Estimate:
    """Estimate the missing steps; `speeds` are examples/s of training by encoder, as measured."""
    missing = tuple(missing)
    trains = [step for step in missing if step.kind == "train"]
    tests = [step for step in missing if step.kind in TEST]
    pretrains = [step for step in missing if step.kind in PRETRAIN]
    examples = {step.key: _examples(step) for step in trains}
    known = [step for step in trains if examples[step.key] is not None]
    seconds = sum((examples[s.key] or 0) / _speed(study, s, speeds) for s in known)
    named = {step.settings["encoder"] for step in trains}
    measured = sorted(named & set(speeds))
    return Estimate(
        trainings=len(trains),
        evaluations=len(tests),
        training_examples=sum(examples[step.key] or 0 for step in known),
        unknown_trainings=len(trains) - len(known),
        pretrainings=len(pretrains),
        windows=sum(_examples(step) or 0 for step in pretrains),
        seconds=seconds,
        basis=_basis(measured, sorted(named - set(speeds))),
    )


def weight(step: Step) -> float:
    """How long a step takes beside others of its study, for a guess at the time left.

    In examples trained on. What trains nothing counts as 300, a training of unknown size as 3,000.
    """
    if step.kind not in TRAININGS:
        return 300.0
    return TRAININGS[step.kind] * float(_examples(step) or 3000)


def _basis(measured: list[str], assumed: list[str]) -> str:
    words = []
    if measured:
        words.append(f"measured on finished trainings of {', '.join(measured)}")
    if assumed:
        words.append(
            f"assumed {ASSUMED_FLOPS_PER_SECOND:.0e} FLOP/s and {ASSUMED_TOKENS} tokens a text"
            f" for {', '.join(assumed)}"
        )
    return "; ".join(words) or "nothing to train"


def _examples(step: Step) -> int | None:
    training = step.payload["training"]
    batch = training["per_device_train_batch_size"] * training["gradient_accumulation_steps"]
    if training["max_steps"] is not None:
        return int(training["max_steps"] * batch)
    size = step.payload["n_per_language"]
    if size is None:
        return None
    classes = 1 if "task" in step.payload else len(step.payload["labels"])
    rows = len(step.payload["sources"]) * (size // classes) * classes
    return int(rows * training["num_train_epochs"])


def _speed(study: Study, step: Step, speeds: Mapping[str, float]) -> float:
    name = step.settings["encoder"]
    if name in speeds:
        return speeds[name]
    encoder = next(e for e in study.encoders if e.display == name)
    made = study.pretraining.encoder if study.pretraining and encoder.pretrained else None
    declared = encoder.scratch or made
    body = _body_parameters(declared.model_dump() if declared else _config(encoder.model))
    return ASSUMED_FLOPS_PER_SECOND / (6 * body * ASSUMED_TOKENS)


def _body_parameters(config: Mapping[str, Any]) -> int:
    """Weights of the matrix products per layer, as configs of several families name them."""
    width = _size(config, "hidden_size", "dim")
    layers = _size(config, "num_hidden_layers", "n_layers")
    if not width or not layers:
        return _BASE_BODY
    inner = _size(config, "intermediate_size", "hidden_dim") or 4 * width
    return int(layers * (4 * width**2 + 2 * width * inner))


def _size(config: Mapping[str, Any], *names: str) -> int:
    """The size under one of its names; 0 if none has one that `validate` would let pass."""
    found = (config.get(name) for name in names)
    most = Limit.MODEL_WIDTH.now
    return next((size for size in found if isinstance(size, int) and 0 < size <= most), 0)


def _config(model: str | None) -> dict[str, Any]:
    path = Path(model or "") / "config.json"
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
