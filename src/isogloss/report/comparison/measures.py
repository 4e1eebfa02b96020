"""What each metric needs of test units, and how a score comes from its sums.

Two numbers a unit are enough for accuracy and loss, three for micro precision, recall and F1; the
macro means need three for each label. Less to resample is faster, so each metric takes its least.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from isogloss.base.errors import UnknownName
from isogloss.report.comparison.units import GoldUnit, Units
from isogloss.stats.division import divide
from isogloss.stats.resample import Apart
from isogloss.stats.tallies import GOLD, TALLY_METRICS, label_f1

PerUnit = npt.NDArray[Any]
Statistic = Callable[[Any], Any]

MICRO = {"precision", "recall", "f1"}
OF_LABELS = {"macro_precision", "macro_recall", "macro_f1", "weighted_f1"}
"""Metrics that need the tallies of each label."""

RATIOS = {"accuracy", "eval_loss"}

OF_TASK = {
    "ner": ("eval_loss", "precision", "recall", "f1", "macro_f1", "accuracy"),
    "pos": ("eval_loss", "accuracy", "macro_precision", "macro_recall", "macro_f1"),
}
"""What a comparison of a task shows unless it is told otherwise."""

OF_TEXTS = ("eval_loss", "accuracy", "macro_precision", "macro_recall", "macro_f1")


def metrics_of(task: str) -> tuple[str, ...]:
    """The metrics that a comparison of a task shows."""
    return OF_TASK.get(task, OF_TEXTS)


def per_unit(units: Units, metric: str) -> PerUnit:
    """Lay out what a metric needs of each unit, `[units, ...]`, so that sums make sense.

    Args:
        units: of one evaluation.
        metric: `accuracy`, `eval_loss`, `weighted_f1`, one of `TALLY_METRICS`, or
            `<metric>/<label>` for the precision, recall or F1 of one label.

    Raises:
        UnknownName: for a metric that cannot be computed from tallies.
    """
    name, _, label = metric.partition("/")
    if name == "accuracy" and not label:
        return np.stack([units.right, units.scored], axis=-1)
    if name == "eval_loss" and not label:
        return np.stack([units.loss_sums, units.loss_counts], axis=-1)
    if name in MICRO and label in units.labels:
        return units.tallies[:, [units.labels.index(label)]]
    if name in MICRO and not label:
        return np.asarray(units.tallies.sum(axis=1, keepdims=True))
    if name in OF_LABELS and not label:
        return units.tallies
    known = [*RATIOS, *MICRO, *OF_LABELS, *(f"{name}/{label}" for label in units.labels)]
    raise UnknownName("metric", metric, known)


def statistic(metric: str) -> Statistic:
    """How a score comes from the sums of `per_unit`, `[..., k]` or `[..., labels, 3]`: `[...]`."""
    name = metric.partition("/")[0]
    if name == "weighted_f1":
        return weighted_f1
    return ratio if name in RATIOS else TALLY_METRICS[name]


def weighted_f1(tallies: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Mean of F1 over labels, weighted by support, `[..., labels, 3]` to `[...]`.

    As scikit-learn's `f1_score(average="weighted")`.
    """
    weights = tallies[..., GOLD]
    return ratio(np.stack([(label_f1(tallies) * weights).sum(-1), weights.sum(-1)], axis=-1))


class Gold(NamedTuple):
    """How much gold a metric is computed from."""

    n: int
    unit: GoldUnit


def gold_of(units: Units, metric: str) -> Gold:
    """The gold that a metric counts: spans, words or texts, of all kinds or one."""
    name, _, label = metric.partition("/")
    if name in RATIOS:
        return Gold(units.n_words, "texts" if units.counted_in == "texts" else "words")
    if not label:
        return Gold(units.n_gold, units.counted_in)
    if units.counted_in == "spans":
        return Gold(int(per_unit(units, metric)[..., GOLD].sum()), "spans")
    return Gold(int((units.gold == units.names.index(label)).sum()), units.counted_in)


def mean_over_languages(arrays: Sequence[PerUnit]) -> Apart:
    """Keep the units of several languages apart, `[units, 1, ...]` each.

    Their sums are `[languages, ...]`, so that a score of each can be averaged: every language
    counts the same, however large its test set is.
    """
    return tuple(array[:, np.newaxis] for array in arrays)


def averaged(score: Statistic) -> Statistic:
    """The statistic of `mean_over_languages`: the mean of each language's score."""
    return lambda sums: np.asarray(score(sums)).mean(axis=-1)


def ratio(sums: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The first of two sums by the second, `[..., 2]` to `[...]`."""
    return divide(sums[..., 0], sums[..., 1])
