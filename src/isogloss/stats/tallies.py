"""Tallies: what precision, recall, F1 and accuracy need of one test unit.

*Tallies* are `[..., labels, 3]`: for each label how often a prediction of it was right (hits), how
often it was predicted, and how often it is gold. They add up, so those of a test set are the sum
over its units (sentences, or texts), and a resample of the units is a weighted sum: no metric needs
the predictions again. A confusion matrix would hold more and cost `labels` columns instead of 3.

Words with a label each are tallied here; entities, which may span words, in `spans.py`.

The formulas are scikit-learn's with `zero_division=0`: a label that is never predicted has
precision 0, one that never occurs has recall 0, and **the macro mean runs over all labels of the
study, absent ones too**.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from isogloss.stats.division import divide

Ids = npt.NDArray[np.integer[Any]]
"""Ids of labels or tags, `[words]`; -1 among predictions is no usable prediction."""

Tallies = npt.NDArray[Any]
"""Counts `[..., labels, 3]`: hits, predicted, gold."""

Numbers = npt.NDArray[np.float64]
"""What is computed from tallies."""

HITS, PREDICTED, GOLD = 0, 1, 2
"""Where the last axis of tallies holds what."""


def label_tallies(
    gold: Ids, predicted: Ids, offsets: npt.NDArray[np.int64], n_labels: int
) -> npt.NDArray[np.int64]:
    """Tally words, or texts, that have one label each, unit by unit: `[units, labels, 3]`.

    Args:
        gold: id of the label of each word, `[words]`.
        predicted: the same for the prediction; -1 counts as a prediction of no label.
        offsets: `[units + 1]`; unit u holds the words `offsets[u]` to `offsets[u + 1]`. For texts
            that are units themselves, `arange(texts + 1)`.
        n_labels: labels of the study, present or not.

    Raises:
        ValueError: if an id is outside its range, or the arrays do not fit each other.

    >>> label_tallies(np.array([0, 1, 1]), np.array([0, 1, -1]), np.array([0, 3]), 2).tolist()
    [[[1, 1, 1], [1, 1, 2]]]
    """
    unit = unit_of_words(gold, predicted, offsets, n_labels)
    n_units = len(offsets) - 1
    said = predicted >= 0
    right = gold == predicted
    return np.stack(
        [
            count_by_unit(unit[right], gold[right], n_units, n_labels),
            count_by_unit(unit[said], predicted[said], n_units, n_labels),
            count_by_unit(unit, gold, n_units, n_labels),
        ],
        axis=-1,
    )


def unit_of_words(
    gold: Ids, predicted: Ids, offsets: npt.NDArray[np.int64], n_ids: int
) -> npt.NDArray[np.int64]:
    """Check the arrays and say which unit each word is of, `[words]`.

    Raises:
        ValueError: if gold and predicted differ in length, the offsets do not run from 0 to the
            number of words, or an id is outside `range(n_ids)`, -1 among predictions excepted.
    """
    if gold.ndim != 1 or gold.shape != predicted.shape:
        raise ValueError(f"gold {gold.shape} and predicted {predicted.shape} must be two [words]")
    lengths = np.diff(offsets)
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(gold) or (lengths < 0).any():
        raise ValueError(f"the offsets must rise from 0 to the number of words, {len(gold)}")
    for name, ids, lowest in (("gold", gold, 0), ("predicted", predicted, -1)):
        if ids.size and (ids.min() < lowest or ids.max() >= n_ids):
            raise ValueError(
                f"a {name} id outside {lowest} .. {n_ids - 1}: {ids.min()} .. {ids.max()}"
            )
    return np.repeat(np.arange(len(lengths)), lengths)


def count_by_unit(
    unit: npt.NDArray[np.int64], ids: Ids, n_units: int, n_ids: int
) -> npt.NDArray[np.int64]:
    """Count how often each id, `[n]`, occurs in each unit, `[n]`: `[units, ids]`."""
    flat = np.bincount(unit * n_ids + ids, minlength=n_units * n_ids)
    return flat.reshape(n_units, n_ids)


def label_precision(tallies: Tallies) -> Numbers:
    """Right predictions of a label among all predictions of it, `[..., labels]`."""
    return divide(tallies[..., HITS], tallies[..., PREDICTED])


def label_recall(tallies: Tallies) -> Numbers:
    """Right predictions of a label among its gold words or spans, `[..., labels]`."""
    return divide(tallies[..., HITS], tallies[..., GOLD])


def label_f1(tallies: Tallies) -> Numbers:
    """Harmonic mean of precision and recall, 2 hits / (predicted + gold), `[..., labels]`."""
    return divide(2 * tallies[..., HITS], tallies[..., PREDICTED] + tallies[..., GOLD])


def label_support(tallies: Tallies) -> Numbers:
    """Gold words or spans of each label, `[..., labels]`."""
    return np.asarray(tallies[..., GOLD], dtype=np.float64)


def micro_precision(tallies: Tallies) -> Numbers:
    """Right predictions among all predictions, `[...]`."""
    return label_precision(tallies.sum(axis=-2))


def micro_recall(tallies: Tallies) -> Numbers:
    """Right predictions among all gold words or spans, `[...]`."""
    return label_recall(tallies.sum(axis=-2))


def micro_f1(tallies: Tallies) -> Numbers:
    """Harmonic mean of micro precision and micro recall, `[...]`."""
    return label_f1(tallies.sum(axis=-2))


def macro_precision(tallies: Tallies) -> Numbers:
    """Mean of precision over all labels, `[...]`."""
    return np.asarray(label_precision(tallies).mean(axis=-1))


def macro_recall(tallies: Tallies) -> Numbers:
    """Mean of recall over all labels, `[...]`: balanced accuracy, *not* F1."""
    return np.asarray(label_recall(tallies).mean(axis=-1))


def macro_f1(tallies: Tallies) -> Numbers:
    """Mean over all labels of each label's F1, `[...]`; not the F1 of the two macro means."""
    return np.asarray(label_f1(tallies).mean(axis=-1))


def accuracy(tallies: Tallies) -> Numbers:
    """Share of words predicted right, `[...]`.

    For tallies of labels, where each word is gold once. On tallies of spans the same division is
    micro recall, which is no accuracy: tally the tags of the words for that.
    """
    return micro_recall(tallies)


TALLY_METRICS: dict[str, Callable[[Tallies], Numbers]] = {
    "precision": micro_precision,
    "recall": micro_recall,
    "f1": micro_f1,
    "macro_precision": macro_precision,
    "macro_recall": macro_recall,
    "macro_f1": macro_f1,
    "accuracy": accuracy,
}
"""One number for all labels: `[..., labels, 3]` to `[...]`."""

LABEL_TALLY_METRICS: dict[str, Callable[[Tallies], Numbers]] = {
    "precision": label_precision,
    "recall": label_recall,
    "f1": label_f1,
    "support": label_support,
}
"""One number for each label: `[..., labels, 3]` to `[..., labels]`."""
