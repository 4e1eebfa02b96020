"""Scores of a classifier, all read off its confusion matrix.

One matrix of counts holds everything that accuracy, precision, recall and F1 need, so a score can
be computed from stored counts without the predictions, and a bootstrap over test examples is a
multinomial draw of the matrix. Every function takes `[..., gold, predicted]` and so scores
thousands of matrices in one call.

The formulas are scikit-learn's (`precision_recall_fscore_support` with `labels=range(k)` and
`zero_division=0`): a class that is never predicted has precision 0, one that never occurs has
recall 0, and **the macro mean runs over all labels of the study, absent ones too**. A test set
without one of the labels therefore lowers macro scores; the support of each label says so.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from isogloss.stats.division import divide

Numbers = npt.NDArray[np.float64]
"""A matrix of counts `[..., gold, predicted]`, or what is computed from it."""


def confusion_counts(
    gold: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], n_labels: int
) -> Numbers:
    """Count pairs of gold and predicted ids, both `[n]`, into `[gold, predicted]`.

    Raises:
        ValueError: if an id is not in `range(n_labels)` or the arrays differ in length.

    >>> confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    if gold.shape != predicted.shape or gold.ndim != 1:
        raise ValueError(f"gold {gold.shape} and predicted {predicted.shape} must be two [n]")
    for ids in (gold, predicted):
        if ids.size and (ids.min() < 0 or ids.max() >= n_labels):
            raise ValueError(f"an id outside 0 .. {n_labels - 1}: {ids.min()} .. {ids.max()}")
    flat = np.bincount(gold * n_labels + predicted, minlength=n_labels * n_labels)
    return flat.reshape(n_labels, n_labels).astype(np.float64)


def support(counts: Numbers) -> Numbers:
    """Gold examples of each label, `[..., k]`."""
    return np.asarray(counts.sum(axis=-1))


def precision(counts: Numbers) -> Numbers:
    """Right predictions of a label among all predictions of it, `[..., k]`."""
    return divide(_hits(counts), counts.sum(axis=-2))


def recall(counts: Numbers) -> Numbers:
    """Right predictions of a label among all gold examples of it, `[..., k]`."""
    return divide(_hits(counts), support(counts))


def f1(counts: Numbers) -> Numbers:
    """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), `[..., k]`."""
    return divide(2 * _hits(counts), counts.sum(axis=-2) + support(counts))


def accuracy(counts: Numbers) -> Numbers:
    """Share of examples predicted right, `[...]`."""
    return divide(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def macro_precision(counts: Numbers) -> Numbers:
    """Mean of precision over all labels, `[...]`."""
    return np.asarray(precision(counts).mean(axis=-1))


def macro_recall(counts: Numbers) -> Numbers:
    """Mean of recall over all labels, `[...]`: balanced accuracy, *not* F1."""
    return np.asarray(recall(counts).mean(axis=-1))


def macro_f1(counts: Numbers) -> Numbers:
    """Mean over all labels of each label's F1, `[...]`; not the F1 of the two macro means."""
    return np.asarray(f1(counts).mean(axis=-1))


def weighted_precision(counts: Numbers) -> Numbers:
    """Mean of precision over labels, weighted by support, `[...]`."""
    return _weighted(precision(counts), counts)


def weighted_recall(counts: Numbers) -> Numbers:
    """Mean of recall over labels, weighted by support, `[...]`: the same as accuracy."""
    return _weighted(recall(counts), counts)


def weighted_f1(counts: Numbers) -> Numbers:
    """Mean of F1 over labels, weighted by support, `[...]`."""
    return _weighted(f1(counts), counts)


METRICS: dict[str, Callable[[Numbers], Numbers]] = {
    "accuracy": accuracy,
    "macro_precision": macro_precision,
    "macro_recall": macro_recall,
    "macro_f1": macro_f1,
    "weighted_precision": weighted_precision,
    "weighted_recall": weighted_recall,
    "weighted_f1": weighted_f1,
}
"""One number for a whole matrix."""

LABEL_METRICS: dict[str, Callable[[Numbers], Numbers]] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "support": support,
}
"""One number for each label of a matrix."""


def _hits(counts: Numbers) -> Numbers:
    return np.asarray(np.diagonal(counts, axis1=-2, axis2=-1))


def _weighted(per_label: Numbers, counts: Numbers) -> Numbers:
    weights = support(counts)
    return divide((per_label * weights).sum(axis=-1), weights.sum(axis=-1))
