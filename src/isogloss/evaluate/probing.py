"""Scores of a probe from its probabilities: those of a tagger, and the mean over classes of words.

Accuracy, macro F1 and the F1 of spans are what `tagging.py` says they are. `class_macro_f1` is what
the literature on probes prints for parts of speech and named entities alike: the F1 of each class
of words, for entities each IOB2 tag, O included, and the mean over the classes that occur in gold
or prediction. It is `f1_score(average="macro")` of scikit-learn. It is not the macro F1 of spans,
to which a half-found entity is not found, nor that of `tagging.py`, whose mean runs over all labels
of the study, absent ones too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.evaluate.metrics import UNUSABLE, Score, predicted_ids
from isogloss.evaluate.tagging import Ids, ner_scores, pos_scores
from isogloss.stats.tallies import GOLD, PREDICTED, label_f1, label_tallies

CLASS_MACRO_F1 = "class_macro_f1"


class Answered(NamedTuple):
    """What a probe says of each word."""

    predicted: Ids
    """[words] Class ids, the first of equals; `UNUSABLE` where a probability is not finite."""

    losses: NDArray[np.float64]
    """[words] In nats; infinite where the gold class had no example in training."""


def answered(gold: Ids, probabilities: NDArray[np.float64]) -> Answered:
    """Read off probabilities [words, classes] what was said, and what gold [words] cost.

    >>> answered(np.array([1]), np.array([[0.5, 0.5]])).losses.round(3).tolist()
    [0.693]
    """
    with np.errstate(divide="ignore"):
        losses = -np.log(probabilities[np.arange(len(gold)), gold])
    return Answered(predicted_ids(probabilities), losses)


def ner_probe_scores(
    gold: Ids,
    said: Answered,
    *,
    offsets: Ids,
    types: Sequence[str],
    tags: Sequence[str],
) -> list[Score]:
    """Score entities as spans and words as classes; arguments and errors as `ner_scores`.

    A word whose loss is infinite is unscored in `eval_loss` only.
    """
    scores = ner_scores(gold, said.predicted, said.losses, offsets=offsets, types=types, tags=tags)
    return [*scores, class_macro_f1(gold, said.predicted, len(tags))]


def pos_probe_scores(
    gold: Ids, said: Answered, *, offsets: Ids, labels: Sequence[str]
) -> list[Score]:
    """Score parts of speech, word by word; arguments and errors as `pos_scores`."""
    scores = pos_scores(gold, said.predicted, said.losses, offsets=offsets, labels=labels)
    return [*scores, class_macro_f1(gold, said.predicted, len(labels))]


def class_macro_f1(gold: Ids, predicted: Ids, n_classes: int) -> Score:
    """Mean F1 over the classes of words that occur; gold and predicted are [words], not empty.

    >>> class_macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]), n_classes=5).value.__round__(3)
    0.667
    """
    tallies = label_tallies(gold, predicted, np.array([0, len(gold)]), n_classes)[0]
    occurs = tallies[:, GOLD] + tallies[:, PREDICTED] > 0
    unusable = int((predicted == UNUSABLE).sum())
    value = float(label_f1(tallies)[occurs].mean())
    return Score(CLASS_MACRO_F1, value, len(gold) - unusable, unusable)
