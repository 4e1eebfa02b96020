"""Step `distill`: a student that learns from teachers, each in its language."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isogloss.execute.bench import Bench, Making
from isogloss.execute.kinds.learning import Corpus, dev_of, first_teacher
from isogloss.execute.kinds.pretrain import (
    hard_lesson,
    learn,
    made_of,
    new_model,
    read_corpus,
)
from isogloss.execute.kinds.targets import read_targets
from isogloss.execute.kinds.taught import load_teacher, place_of
from isogloss.model.masked import average_into, load_masked_lm
from isogloss.model.precision import best_device, choose_attention
from isogloss.train.listening import Adaptive, Fixed, Listening, Policy, Threshold
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher


def make_distilled(bench: Bench) -> Making:
    """Train on the teachers' distributions, and on hard labels as far as the step says so."""
    listening = bench.payload["distillation"]["listening"]
    corpus = read_corpus(bench)
    model = new_model(bench, corpus.tokenizer)
    _initialize(bench, model)
    kept = bench.payload["distillation"]["targets"]["kind"] == "sampled"
    lesson = _kept(bench, corpus) if kept else _online(bench, corpus)
    eval_steps = listening["eval_steps"] if lesson.listens else None
    found = yield from learn(bench, model, lesson, corpus, eval_steps)
    reading = [one.model.config for one in lesson.teachers if isinstance(one, OnlineTeacher)]
    return made_of(bench, model, corpus, found, reading)


def policy_of(declared: Mapping[str, Any]) -> Policy:
    """How much is listened to, as the declaration says."""
    weight = declared["weight"]
    if declared["policy"] == "threshold":
        return Threshold(weight, declared["margin"])
    if declared["policy"] == "adaptive":
        return Adaptive(weight, declared["slack"], declared["halving"])
    return Fixed(weight)


def _kept(bench: Bench, corpus: Corpus) -> SoftLesson:
    """Learn from what the teachers have said; they are not there, so nothing is weighed anew."""
    declared, first = bench.payload["distillation"], first_teacher(bench)
    n = len(corpus.languages)
    return SoftLesson(
        masked=hard_lesson(bench, corpus, declared["targets"]["views"]),
        teachers=[read_targets(bench.need(first + at)) for at in range(n)],
        listening=Listening(policy_of(declared["listening"]), [np.nan] * n),
    )


def _online(bench: Bench, corpus: Corpus) -> SoftLesson:
    """Learn from teachers that read along."""
    declared, models = bench.payload["distillation"], _teachers(bench, corpus)
    policy, targets = policy_of(declared["listening"]), declared["targets"]
    top = targets["n"] if targets["kind"] == "top_k" else None
    asked = {id(one): OnlineTeacher(one, declared["temperature"], top) for one in models}
    losses = _dev_losses(bench, corpus, models) if policy.listens else [np.nan] * len(models)
    return SoftLesson(
        masked=hard_lesson(bench, corpus),
        teachers=[asked[id(one)] for one in models],
        listening=Listening(policy, losses),
    )


def _teachers(bench: Bench, corpus: Corpus) -> list[Any]:
    """The teacher of each language; one that teaches several is loaded once."""
    first, told = first_teacher(bench), bench.payload["distillation"]["teachers"]
    places = [
        place_of(bench, code, who, first) for code, who in zip(corpus.languages, told, strict=True)
    ]
    longest = bench.payload["training"]["max_length"]
    loaded = {one: load_teacher(one, corpus.tokenizer, longest) for one in dict.fromkeys(places)}
    return [loaded[place] for place in places]


def _initialize(bench: Bench, model: Any) -> None:
    """Give the student the weights it begins with, where that is not chance."""
    initial = bench.payload["distillation"]["initial"]
    if initial is None:
        return
    n = len(bench.step.needs)
    folders = [bench.need(at) for at in range(n - initial["n"], n)]
    attention = choose_attention(bench.payload["training"]["max_length"], best_device())
    average_into(model, (load_masked_lm(one, attention=attention).state_dict() for one in folders))


def _dev_losses(bench: Bench, corpus: Corpus, models: Sequence[Any]) -> list[float]:
    """What each teacher loses on the dev text of its language, in nats."""
    judge = dev_of(corpus, bench.payload, bench.step.settings)
    judged = {id(model): judge(model) for model in models}
    return [float(judged[id(model)][at]) for at, model in enumerate(models)]
