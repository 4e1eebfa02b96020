"""Step `distill`: a student that learns from teachers, each in its language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from isogloss.execute.bench import Bench, Making
from isogloss.execute.kinds.learning import Corpus, dev_of
from isogloss.execute.kinds.pretrain import (
    BEST,
    hard_lesson,
    learn,
    made_of,
    new_model,
    read_corpus,
)
from isogloss.model.encoder import check_length
from isogloss.model.masked import (
    average_into,
    check_same_outputs,
    check_same_vocabulary,
    load_masked_lm,
)
from isogloss.model.precision import best_device, choose_attention
from isogloss.model.tokenizer import load_tokenizer
from isogloss.train.listening import Adaptive, Fixed, Listening, Policy, Threshold
from isogloss.train.soft_lesson import SoftLesson
from isogloss.train.teacher import OnlineTeacher


def make_distilled(bench: Bench) -> Making:
    """Train on the teachers' distributions, and on hard labels as far as the step says so."""
    declared = bench.payload["distillation"]
    corpus = read_corpus(bench)
    model = new_model(bench, corpus.tokenizer)
    models = _teachers(bench, corpus, model)
    _initialize(bench, model)
    policy = policy_of(declared["listening"])
    losses = _dev_losses(bench, corpus, models) if policy.listens else [np.nan] * len(models)
    lesson = SoftLesson(
        masked=hard_lesson(bench, corpus),
        teachers=[OnlineTeacher(one, declared["temperature"]) for one in models],
        listening=Listening(policy, losses),
    )
    eval_steps = declared["listening"]["eval_steps"] if policy.listens else None
    found = yield from learn(bench, model, lesson, corpus, eval_steps)
    return made_of(bench, model, corpus, found)


def policy_of(declared: Mapping[str, Any]) -> Policy:
    """How much is listened to, as the declaration says."""
    weight = declared["weight"]
    if declared["policy"] == "threshold":
        return Threshold(weight, declared["margin"])
    if declared["policy"] == "adaptive":
        return Adaptive(weight, declared["slack"], declared["halving"])
    return Fixed(weight)


class Place(NamedTuple):
    """Where a teacher lies."""

    folder_or_id: str
    revision: str


def place_of(bench: Bench, language: str, who: Mapping[str, Any], first: int) -> Place:
    """Where the teacher of a language lies; `first` is the first of them among the needs."""
    if "need" not in who:
        given = bench.step.settings["teachers"][language]
        return Place(str(given), who["files"].get("commit", "main"))
    folder: Path = bench.need(first + who["need"])
    return Place(str(folder / BEST / who["best"] if "best" in who else folder), "main")


def _first_teacher(bench: Bench) -> int:
    """Where teachers begin among the needs: after the windows and the tokenizer."""
    return len(bench.payload["languages"]) + (bench.payload["tokenizer"] == "trained")


def _teachers(bench: Bench, corpus: Corpus, student: Any) -> list[Any]:
    """The teacher of each language; one that teaches several is loaded once."""
    first, told = _first_teacher(bench), bench.payload["distillation"]["teachers"]
    places = [
        place_of(bench, code, who, first) for code, who in zip(corpus.languages, told, strict=True)
    ]
    longest = bench.payload["training"]["max_length"]
    loaded = {one: load_teacher(one, corpus.tokenizer, longest) for one in dict.fromkeys(places)}
    for place, teacher in loaded.items():
        check_same_outputs(student, teacher, f"The teacher {place.folder_or_id}")
    return [loaded[place] for place in places]


def load_teacher(place: Place, tokenizer: Any, max_length: int) -> Any:
    """A teacher ready to be asked, if its vocabulary is the student's."""
    name, revision = place
    own = load_tokenizer(name, revision=revision)
    check_same_vocabulary(tokenizer, own, f"The teacher {name}")
    attention = choose_attention(max_length, best_device())
    teacher = load_masked_lm(name, attention=attention, revision=revision)
    check_length(teacher, max_length, name)
    return teacher.to(best_device()).eval()


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
