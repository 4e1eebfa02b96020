"""Measuring encoders without a study: each checkpoint in each form, written to a folder that goes.

A head decides little of what an answer costs, so an encoder without one gets a small one of random
weights; what it says is not looked at.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from isogloss.base.errors import InputError
from isogloss.efficiency.bench import Progress, bench
from isogloss.efficiency.candidate import Candidate, Task
from isogloss.efficiency.protocol import Protocol
from isogloss.efficiency.result import BenchResult
from isogloss.model.encoder import check_length, load_classifier, load_tagger
from isogloss.model.precision import best_device, choose_attention
from isogloss.model.served import write_served
from isogloss.model.tokenizer import load_tokenizer

LABELS: dict[Task, tuple[str, ...]] = {
    "text": ("negative", "neutral", "positive"),
    "tags": ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"),
}
"""Outputs of a head that nobody trained: as many as usual."""


class Asked(NamedTuple):
    """What is to be measured."""

    models: Sequence[str]
    """Folders or Hub ids."""

    forms: Sequence[str]
    task: Task
    max_length: int


def measure_models(
    asked: Asked, texts: Sequence[Any], protocol: Protocol
) -> Generator[Progress, None, BenchResult]:
    """Write every form of every model and measure them in turn; yields after each turn.

    Args:
        asked: models, forms and the kind of answer.
        texts: what is answered: texts, or sentences as lists of words.
        protocol: settings.

    Raises:
        InputError: if a model cannot be loaded, or brought into a form, or is given twice.
        RunError: if the Hub cannot be reached, or the machine is busy and that is refused.
    """
    names = names_of(asked.models)
    with _scratch() as folder:
        candidates = [
            one
            for model, name in zip(asked.models, names, strict=True)
            for one in _written(model, asked, folder / name, texts)
        ]
        return (yield from bench(candidates, texts, protocol))


def names_of(models: Sequence[str]) -> list[str]:
    """Name models by the last part of their folder or id; by the last two where names collide.

    Raises:
        InputError: if two still have one name.

    >>> names_of(["a/model", "b/model", "c/other"])
    ['a-model', 'b-model', 'other']
    """
    places = [_place(model) for model in models]
    if any(not place.name.strip(".") for place in places):  # a folder of this name is the one above
        raise InputError("A model has a name of dots only, which is none. Write owner/name.")
    last = [place.name for place in places]
    names = [
        re.sub(r"[^\w.+-]", "-", "-".join(place.parts[-2:]))
        if last.count(place.name) > 1
        else place.name
        for place in places
    ]
    twice = max(names, key=names.count, default="")
    if names.count(twice) > 1:
        raise InputError(
            f"Two models are called {twice}: give each one once, and folders different names."
        )
    return names


def _place(model: str) -> Path:
    """Where a model is: a folder's whole path, or an id as it is."""
    folder = Path(model).expanduser()
    return folder.resolve() if folder.is_dir() else Path(model)


def _written(model: str, asked: Asked, folder: Path, texts: Sequence[Any]) -> list[Candidate]:
    """Write every form of a model to folders beside `folder`, whose name is the model's."""
    attention = choose_attention(asked.max_length, best_device())
    load = load_tagger if asked.task == "tags" else load_classifier
    labels = LABELS[asked.task]
    loaded = load(model, labels=labels, seed=0, attention=attention).model
    check_length(loaded, asked.max_length, model)
    tokenizer = load_tokenizer(model)
    found = []
    for form in asked.forms:
        place = folder.with_name(f"{folder.name}-{form}")
        write_served(loaded, tokenizer, form, place, texts)
        found.append(
            Candidate(
                name=f"{folder.name}/{form}",
                folder=str(place),
                labels=labels,
                task=asked.task,
                form=form,
                attention=attention,
                max_length=asked.max_length,
            )
        )
    return found


@contextmanager
def _scratch() -> Generator[Path, None, None]:
    with TemporaryDirectory(prefix="isogloss-bench-") as name:
        yield Path(name)
