"""Step `targets`: what a teacher says about several masks of each window of its language, kept."""

from pathlib import Path
from typing import Any

from isogloss.efficiency.flops import SHAPES, masked_flops
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.learning import first_teacher
from isogloss.execute.kinds.pretrain import hard_lesson, read_corpus
from isogloss.execute.kinds.taught import load_teacher, place_of
from isogloss.model.precision import best_device, choose_precision
from isogloss.store.step_files import ANSWERS
from isogloss.train.cached_targets import CachedTeacher, Drawing, keep_answers
from isogloss.train.parts import Cutting
from isogloss.train.teacher import OnlineTeacher


def make_targets(bench: Bench) -> Making:
    """Ask the teacher once, before any student learns."""
    yield from ()
    payload = bench.payload
    corpus, position = read_corpus(bench), payload["position"]
    place = place_of(
        bench, payload["languages"][position], payload["teacher"], first_teacher(bench)
    )
    teacher = load_teacher(place, corpus.tokenizer, payload["training"]["max_length"])
    precision = choose_precision(payload["training"]["precision"], best_device())
    kept = keep_answers(
        hard_lesson(bench, corpus, payload["targets"]["views"]),
        position,
        OnlineTeacher(teacher, payload["temperature"]),
        Drawing(payload["targets"]["n"], payload["seed"], precision, best_device()),
        Cutting(bench.step.settings["max_tokens"], 0.0, corpus.tokenizer.pad_token_id),
    )
    n_asked = len(kept.offsets) - 1
    lengths = corpus.train[position].lengths.tolist() * payload["targets"]["views"]
    record = {
        "language": payload["languages"][position],
        "positions": n_asked,
        "flops": _flops(teacher.config, lengths, n_asked),
        "entries": len(kept.ids),
        "precision": precision.name,
    }
    return Made(record, lambda folder: kept.write(folder / ANSWERS))


def _flops(config: Any, lengths: list[int], n_asked: int) -> int | None:
    """Of the teacher's forward passes; None where the form of its architecture is not known."""
    return masked_flops(config, lengths, n_asked) if config.model_type in SHAPES else None


def read_targets(folder: Path) -> CachedTeacher:
    """Read back what a step of this kind has written."""
    return CachedTeacher.read(folder / ANSWERS)
