"""The measuring process: `python -m benchmarks.against_trainer.child JOB ANSWER`, JSON files."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from benchmarks.against_trainer import isogloss_arm, trainer_arm
from benchmarks.against_trainer.arms import GRAPHS, OURS, TRAINER_ARMS
from benchmarks.against_trainer.job import Job
from benchmarks.against_trainer.prepared import tests_in, tokenizer_in
from benchmarks.against_trainer.scale import Scale
from benchmarks.against_trainer.terms import LABELS, Terms
from isogloss.evaluate.metrics import classification_scores
from isogloss.evaluate.predict import predict
from isogloss.model.precision import choose_precision


def main(job_file: str, answer_file: str) -> None:
    """Do one job."""
    job = read_job(json.loads(Path(job_file).read_text(encoding="utf-8")))
    torch.set_num_threads(job.threads)
    answer = score(job) if job.task == "parity" else measure(job)
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


def read_job(told: Mapping[str, Any]) -> Job:
    """A job from JSON."""
    paths = {name: Path(told[name]) for name in ("folder", "scratch")}
    return Job(**{**told, **paths, "scale": Scale(**told["scale"])})


def measure(job: Job) -> dict[str, Any]:
    """Train, then evaluate; the model that was trained is gone by then."""
    trained = asdict(_train(job)[0])
    if not tests_in(job.folder, job.task) or job.arm == GRAPHS:  # which reads as without
        return {"training": trained, "evaluations": {}}
    if job.arm in OURS:
        evaluated = isogloss_arm.evaluate(job)
    else:
        evaluated = trainer_arm.evaluate(job, TRAINER_ARMS[job.task][job.arm], terms_of(job))
    return {
        "training": trained,
        "evaluations": {name: asdict(one) for name, one in evaluated.items()},
    }


def score(job: Job) -> dict[str, Any]:
    """Train, and say the macro-F1 of each language; all arms are read by the same code, in fp32."""
    trained, model = _train(job)
    pad_id = tokenizer_in(job.folder).pad_token_id
    precision = choose_precision("fp32", model.device)
    scores = {}
    for code, test in tests_in(job.folder, job.task).items():
        said = predict(model, test, precision=precision, pad_id=pad_id, max_tokens=8192)
        found = classification_scores(test.labels, said.probabilities, said.losses, LABELS)
        scores[code] = next(one.value for one in found if one.metric == "macro_f1")
    return {"training": asdict(trained), "macro_f1": scores, "mean": fmean(scores.values())}


def terms_of(job: Job) -> Terms:
    """How every arm of a job's task is trained."""
    return Terms(job.scale.learning_rate, job.epochs, job.scale.batch, seed=job.seed)


def _train(job: Job) -> tuple[Any, Any]:
    if job.arm in OURS:
        return isogloss_arm.train(job, terms_of(job))
    return trainer_arm.train(job, TRAINER_ARMS[job.task][job.arm], terms_of(job))


if __name__ == "__main__":
    main(*sys.argv[1:])
