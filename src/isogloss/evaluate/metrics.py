"""Scores of a text classifier from its stored probabilities.

Metrics never see a model: gold ids, probabilities and losses are enough, so a new metric needs no
new run. A score carries the number of examples behind it and the number it could not use; an
example whose probabilities are not finite is counted as unscored, never turned into 0.

**Recall is not F1.** A notebook that many copy prints the macro *recall* under the name F1; here
`macro_recall` and `macro_f1` are two rows, each what it says. Which mean runs over which labels is
written at `isogloss.stats.confusion`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from isogloss.base.errors import InputError, RunError
from isogloss.stats.confusion import LABEL_METRICS, METRICS, Numbers, confusion_counts

UNUSABLE = -1
"""Stands for a label id where a model said nothing usable."""


@final
@dataclass(frozen=True)
class Score:
    """A value is not complete without the number of examples behind it."""

    metric: str
    """Its name in the results table; `/` parts a metric from its label."""

    value: float
    """Finite, always."""

    n_scored: int
    """Examples that the value is computed from."""

    n_unscored: int
    """Examples of the split that gave nothing usable."""


def classification_scores(
    gold: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    losses: npt.NDArray[Any],
    labels: Sequence[str],
) -> list[Score]:
    """Score one model on one split of one language.

    The prediction is that of `predicted_ids`. `eval_loss` is the mean over *examples*, so it does
    not depend on how the split was cut into batches; an example whose loss alone is not finite is
    unscored in `eval_loss` only.

    Args:
        gold: label ids `[n]`, each in `range(len(labels))`.
        probabilities: `[n, k]`; a row with NaN or infinity is unscored.
        losses: `[n]`, in nats.
        labels: the study's labels in the order of their ids.

    Returns:
        `eval_loss`, the scores of `METRICS`, then those of `LABEL_METRICS` and `confusion` by
        label.

    Raises:
        InputError: if there is no example.
        RunError: if no example is usable: the model has diverged.
        ValueError: if the shapes do not fit or a gold id is no label.
    """
    _check_shapes(gold, probabilities, losses, labels)
    if len(gold) == 0:
        raise InputError("No example to score: the split is empty. Give it rows or leave it out.")
    predicted = predicted_ids(probabilities)
    usable = predicted != UNUSABLE
    loss = loss_score(losses, usable)
    counts = confusion_counts(gold[usable].astype(np.int64), predicted[usable], len(labels))
    return [
        loss,
        *confusion_scores(counts, labels, n_unscored=int(len(gold) - usable.sum())),
    ]


def loss_score(losses: npt.NDArray[Any], usable: npt.NDArray[np.bool_]) -> Score:
    """`eval_loss`: the mean over usable predictions, [n], whose loss is finite.

    Raises:
        RunError: if there is none: the model has diverged.
    """
    counted = usable & np.isfinite(losses)
    if not counted.any():
        raise RunError(
            f"None of the {len(losses)} predictions is usable: their probabilities or losses are "
            "not finite. The model has diverged; lower the learning rate or train in fp32."
        )
    n = int(counted.sum())
    return Score("eval_loss", float(np.mean(losses[counted], dtype=np.float64)), n, len(losses) - n)


def predicted_ids(probabilities: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """[n] The most probable label of each row `[n, k]`, the first of equals.

    A row with NaN or infinity gives `UNUSABLE`.

    >>> predicted_ids(np.array([[0.1, 0.9], [0.5, 0.5], [np.nan, 0.9]])).tolist()
    [1, 0, -1]
    """
    usable = np.isfinite(probabilities).all(axis=1)
    return np.where(usable, probabilities.argmax(axis=1), UNUSABLE).astype(np.int64)


def confusion_scores(counts: Numbers, labels: Sequence[str], *, n_unscored: int) -> list[Score]:
    """Score a confusion matrix `[gold, predicted]`: the whole, each label, each cell."""
    n_scored = int(counts.sum())
    values = {name: float(metric(counts)) for name, metric in METRICS.items()}
    values |= dict(_by_label(counts, labels))
    return [Score(name, value, n_scored, n_unscored) for name, value in values.items()]


def _by_label(counts: Numbers, labels: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name, metric in LABEL_METRICS.items():
        for label, value in zip(labels, metric(counts), strict=True):
            yield f"{name}/{label}", float(value)
    for label, row in zip(labels, counts, strict=True):
        for predicted, count in zip(labels, row, strict=True):
            yield f"confusion/{label}/{predicted}", float(count)


def _check_shapes(
    gold: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    losses: npt.NDArray[Any],
    labels: Sequence[str],
) -> None:
    n, k = len(gold), len(labels)
    if gold.shape != (n,) or probabilities.shape != (n, k) or losses.shape != (n,):
        raise ValueError(
            f"gold {gold.shape}, probabilities {probabilities.shape} and losses {losses.shape} "
            f"must be [n], [n, {k}] and [n]"
        )
    if len(set(labels)) != k or k == 0:
        raise ValueError(f"labels must be one or more different names, not {list(labels)}")
    if not np.issubdtype(gold.dtype, np.integer) and n:
        raise ValueError(f"gold must hold label ids, not {gold.dtype}")
    if n and not 0 <= gold.min() <= gold.max() < k:
        raise ValueError(f"a gold id outside 0 .. {k - 1}: {gold.min()} .. {gold.max()}")
