"""What a pre-training took, in operations and seconds, its teachers and theirs included."""

from collections.abc import Mapping, Sequence
from typing import Any

from isogloss.efficiency.flops import SHAPES, masked_flops
from isogloss.execute.bench import Bench
from isogloss.train.pretrain import Pretrained

BACKWARD = 3
"""Forward and backward take three times what forward takes."""


def flops(bench: Bench, model: Any, found: Pretrained, teachers: Sequence[Any]) -> dict[str, float]:
    """Closed form: of the student, and of the teachers, which read along or have read before.

    What the teachers took is left out where the form of one's architecture is not known; all is
    where that of the student, which a plug-in may describe, is not.
    """
    if model.config.model_type not in SHAPES:
        return {}
    told = {"flops": BACKWARD * found.trained.real_tokens * _of_a_token(bench, found, model.config)}
    kept = [one["record"].get("flops", 0) for one in _needed(bench, "targets")]
    if None in kept or any(config.model_type not in SHAPES for config in teachers):
        return told
    read = (
        n * _of_a_token(bench, found, config)
        for config, n in zip(teachers, found.taught_tokens, strict=False)
    )
    return {**told, "teacher_flops": float(sum(kept) + sum(read))}


def _of_a_token(bench: Bench, found: Pretrained, config: Any) -> float:
    """A forward pass, by the token, where as large a share is asked for as of all."""
    length = int(bench.payload["training"]["max_length"])
    share = found.n_scored / max(1, found.trained.real_tokens)
    return masked_flops(config, [length], 0) / length + share * masked_flops(config, [], 1)


def teachers_runtime(bench: Bench) -> float:
    """Seconds that the trainings took that this one needs, for answers that were kept as well."""
    keys = [key for one in _needed(bench, "targets") for key in one["identity"]["needs"]]
    trained = _needed(bench, "pretrain", "distill", more=keys)
    return float(sum(one["record"]["train_runtime"] for one in trained))


def teachers_training(bench: Bench) -> dict[str, float]:
    """What the trainings took that this one needs, and those that they need, each once.

    A teacher counts that only gave the weights to begin with, too. Nothing is told where one was
    there already: nobody knows what it took.
    """
    behind = _behind(bench)
    if any(map(_has_given_teacher, (bench.payload, *(one["payload"] for one in behind)))):
        return {}
    scores = [{s["metric"]: s["value"] for s in one["record"]["scores"]} for one in behind]
    if any("flops" not in one or "teacher_flops" not in one for one in scores):
        return {}
    return {
        "teachers_training_flops": float(sum(s["flops"] + s["teacher_flops"] for s in scores)),
        "teachers_training_runtime": float(sum(s["train_runtime"] for s in scores)),
    }


def _behind(bench: Bench) -> list[dict[str, Any]]:
    """Payload and record of every training that this one needs, itself or through others."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(bench.step.needs)
    while waiting:
        key = waiting.pop()
        told = bench.store.manifest(key)
        if key in found or told["kind"] not in {"pretrain", "distill", "targets"}:
            continue
        found[key] = {"kind": told["kind"], "record": told["record"],
                      "payload": told["identity"]["payload"]}  # fmt: skip
        waiting += told["identity"]["needs"]
    return [one for one in found.values() if one["kind"] != "targets"]


def _has_given_teacher(payload: Mapping[str, Any]) -> bool:
    teachers = payload.get("distillation", {}).get("teachers", ())
    return any("need" not in one for one in teachers)


def _needed(bench: Bench, *kinds: str, more: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All that is known of the steps of some kinds among the needs, each once."""
    keys = dict.fromkeys((*bench.step.needs, *more))
    return [one for key in keys if (one := bench.store.manifest(key))["kind"] in kinds]
