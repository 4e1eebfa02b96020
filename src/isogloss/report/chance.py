"""The majority-class baseline: what always answering a language's most frequent label scores.

A score alone says little: 0.30 of 17 parts of speech may be less than "everything is a noun" gets.
The label is the most frequent one of the test split itself, so no constant answer scores higher.
It is read off the counts of gold that stand beside every score, the same for all models.

Beside it stands the uniform guess: each label as often as each other one, whatever the text. Of a
score that is no mean over texts (F1, precision) that is the score of the expected matrix.

Of entities the constant answer is that no word is one. It finds none, so its F1 is 0. How many
words stand outside of entities is not in the rows, so the accuracy of that answer is not given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from isogloss.report.records import Row
from isogloss.stats.confusion import METRICS, Numbers, f1
from isogloss.study.tasks import SPAN_TASKS

SUPPORT = "support/"
"""What the metrics begin with that count the gold of one label."""


class Place(NamedTuple):
    """What a baseline is of: one task on one split of one language."""

    task: str
    split: str
    target: str


class Baseline(NamedTuple):
    """What the constant answer is, and what it scores."""

    label: str
    """The first of equals; empty where the answer is that there is no entity."""

    value: float


def majority_baselines(rows: Iterable[Row], metric: str) -> dict[Place, Baseline]:
    """Score the constant answer on every split that some model was tested on.

    Args:
        rows: the long table of results, any order.
        metric: of which the baseline is asked.

    Returns:
        By task, split and language; nothing for a metric whose baseline the counts do not give,
        such as a loss, or for masked words, whose vocabulary is not counted.
    """
    return {
        place: found
        for place, counts in _supports(rows).items()
        if (found := _baseline(place.task, counts, metric)) is not None
    }


def uniform_guesses(rows: Iterable[Row], metric: str) -> dict[Place, float]:
    """Score the guess that gives each label as often as each other one.

    Args:
        rows: the long table of results, any order.
        metric: of which the guess is asked.

    Returns:
        By task, split and language; nothing for entities, of which nobody guesses evenly, and for
        a metric that no matrix of labels gives.
    """
    return {
        place: float(OF_LABELS[metric](_evenly(list(counts.values()))))
        for place, counts in _supports(rows).items()
        if place.task not in SPAN_TASKS and metric in OF_LABELS and any(counts.values())
    }


def _evenly(gold: Sequence[float]) -> Numbers:
    """The expected matrix `[gold, predicted]`: each row's gold, spread over all labels."""
    return np.repeat(np.array(gold)[:, None] / len(gold), len(gold), axis=1)


def _supports(rows: Iterable[Row]) -> dict[Place, dict[str, float]]:
    """Gold of each label. A model that has said nothing usable of some texts has counted fewer."""
    found: dict[Place, dict[str, float]] = {}
    for row in rows:
        if row["metric"].startswith(SUPPORT) and row["target_language"] is not None:
            place = Place(row["task"], row["split"], row["target_language"])
            label = row["metric"].removeprefix(SUPPORT)
            counts = found.setdefault(place, {})
            counts[label] = max(counts.get(label, 0.0), float(row["value"]))
    return found


def _baseline(task: str, counts: Mapping[str, float], metric: str) -> Baseline | None:
    if task in SPAN_TASKS:
        return Baseline("", 0.0) if metric in OF_SPANS else None
    if metric not in OF_LABELS or not any(counts.values()):
        return None
    labels = list(counts)
    most = max(labels, key=counts.__getitem__)
    matrix = np.zeros((len(labels), len(labels)))
    matrix[:, labels.index(most)] = list(counts.values())
    return Baseline(most, float(OF_LABELS[metric](matrix)))


def _class_macro_f1(matrix: Numbers) -> Numbers:
    """The mean of F1 over the labels that occur."""
    occurs = matrix.sum(axis=-1) + matrix.sum(axis=-2) > 0
    return np.asarray(f1(matrix)[occurs].mean())


OF_SPANS = ("precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1")
"""Scores that are 0 where no entity is found."""

OF_LABELS: dict[str, Callable[[Numbers], Numbers]] = {**METRICS, "class_macro_f1": _class_macro_f1}
"""Scores that come from the matrix `[gold, predicted]` of a constant answer."""
