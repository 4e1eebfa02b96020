"""The arm of Isogloss: what a study runs, with the settings that a study has by default."""

from collections.abc import Generator
from typing import Any, Literal

import numpy as np
import torch

from benchmarks.against_trainer.arms import GRAPHS
from benchmarks.against_trainer.job import Evaluated, Job, Trained, now, peak_memory_mb
from benchmarks.against_trainer.models import make_model, model_to_evaluate
from benchmarks.against_trainer.prepared import tests_in, tokenizer_in, train_in
from benchmarks.against_trainer.terms import Terms
from benchmarks.against_trainer.work import (
    HIDDEN,
    lengths_of,
    read_of,
    reading_flops,
    training_flops,
)
from isogloss.data.masking import MaskRules
from isogloss.data.mixture import Mixing
from isogloss.evaluate.predict import predict
from isogloss.evaluate.predict_words import predict_words
from isogloss.model.lines import maskable_ids, random_candidates
from isogloss.model.precision import best_device, choose_attention, choose_precision
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TagLesson, TextLesson
from isogloss.train.masked_lesson import MaskedLesson
from isogloss.train.pretrain import pretrain


def train(job: Job, terms: Terms) -> tuple[Trained, Any]:
    """Train from random weights; what was measured, and the model."""
    data = train_in(job.folder, job.task)
    model, lesson, steps = begin(job, terms, data)
    stamps, found = timed(steps)
    told = getattr(found, "trained", found)
    first = terms.recipe.steps_per_epoch(len(lesson))
    lengths, timed_epochs = lengths_of(data), len(stamps) // first - 1
    tokens = timed_epochs * sum(lengths)
    return Trained(
        steps=len(stamps) - first,
        seconds=stamps[-1] - stamps[first - 1],
        tokens=tokens,
        positions=round(tokens / (1 - told.padding_share)),
        flops=timed_epochs * training_flops(job.task, model.config, lengths, read_of(data)),
        memory_mb=peak_memory_mb(),
        precision=told.precision,
        train_loss=told.train_loss,
    ), model


def begin(job: Job, terms: Terms, data: Any) -> tuple[Any, Any, Generator[Any, None, Any]]:
    """A model of random weights, what it is to learn from, and a training that yields its steps."""
    tokenizer = tokenizer_in(job.folder)
    attention = choose_attention(job.scale.max_length, best_device())
    model = make_model(job.task, job.scale, job.folder, attention=attention, seed=terms.seed)
    lesson = _lesson(job.task, data, tokenizer, terms)
    learn = pretrain if job.task == "mlm" else finetune
    more = {"cuda_graphs": True} if job.arm == GRAPHS else {}
    steps = learn(
        model,
        lesson,
        terms.recipe,
        pad_id=tokenizer.pad_token_id,
        folder=job.scratch / "checkpoints",
        max_tokens=job.scale.max_tokens,
        **more,
    )
    return model, lesson, steps


def evaluate(job: Job) -> dict[str, Evaluated]:
    """Predict each test set in turn, in what a study chooses and in fp32."""
    device = best_device()
    tokenizer = tokenizer_in(job.folder)
    attention = choose_attention(job.scale.max_length, device)
    model = model_to_evaluate(job.task, job.scale, job.folder, attention=attention).to(device)
    names = {choose_precision(asked, device).name for asked in ("auto", "fp32")}
    return {
        f"{job.arm} {name}": _evaluate(job, model, name, tokenizer.pad_token_id)
        for name in sorted(names)
    }


def _evaluate(job: Job, model: Any, name: Literal["bf16", "fp32"], pad_id: int) -> Evaluated:
    tests = tests_in(job.folder, job.task)
    read = predict_words if job.task == "ner" else predict
    how = {
        "precision": choose_precision(name, best_device()),
        "pad_id": pad_id,
        "max_tokens": job.scale.max_tokens,
    }
    for test in tests.values():
        n_first = len(test) if torch.cuda.is_available() else job.scale.batch
        read(model, test.select(np.arange(min(len(test), n_first))), **how)
    start = now()
    found = {code: read(model, test, **how) for code, test in tests.items()}
    seconds = now() - start
    lengths = np.concatenate([test.lengths for test in tests.values()]).tolist()
    asked = [n for test in tests.values() for n in read_of(test)]
    return Evaluated(
        rows=sum(map(len, tests.values())),
        seconds=seconds,
        tokens=sum(lengths),
        flops=reading_flops(job.task, model.config, lengths, asked),
        precision=name,
        answers={
            code: dict(enumerate(said.probabilities.argmax(axis=1).tolist()))
            for code, said in found.items()
            if job.task != "ner"
        },
    )


def timed(steps: Generator[Any, None, Any]) -> tuple[list[float], Any]:
    """When each step was done, and what came of them."""
    stamps: list[float] = []
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return stamps, end.value
        stamps.append(now())


def _lesson(task: str, data: Any, tokenizer: Any, terms: Terms) -> Any:
    if task == "mlm":
        rules = MaskRules(
            mask_id=tokenizer.mask_token_id,
            candidates=random_candidates(tokenizer),
            seed=terms.seed,
            share=HIDDEN,
        )
        return MaskedLesson(data, Mixing("natural"), rules, maskable_ids(tokenizer))
    return TagLesson(data) if task == "ner" else TextLesson(data)
