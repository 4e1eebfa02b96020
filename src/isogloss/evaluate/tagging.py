"""Scores of a tagger from its stored predictions: entities as spans, parts of speech per word.

Named entities are scored as spans: right if type, beginning and end are. `f1` is micro over all
spans, `macro_f1` the mean over the study's types. The strict reading of IOB2 is the headline (an
I- without its B- is no entity, as seqeval's strict mode has it); `lenient_f1` lets it begin one, as
conlleval and seqeval's default do, for comparison with figures published that way. Parts of speech
are scored per word and never as spans: a span scorer reads CCONJ and SCONJ as one type.

Every gold word counts, whatever the tokenizer made of it, so `n_gold` is equal across encoders.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.base.errors import InputError
from isogloss.evaluate.metrics import UNUSABLE, Score, loss_score
from isogloss.stats.spans import span_tallies
from isogloss.stats.tallies import LABEL_TALLY_METRICS, TALLY_METRICS, Tallies, label_tallies

SPAN_METRICS = ("precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1")
WORD_METRICS = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
LENIENT_METRICS = ("precision", "recall", "f1")

Ids = NDArray[np.int64]


def ner_scores(
    gold: Ids,
    predicted: Ids,
    losses: NDArray[np.float64],
    *,
    offsets: Ids,
    types: Sequence[str],
    tags: Sequence[str],
) -> list[Score]:
    """Score entities as spans, and words by the way.

    Args:
        gold: [words] tag ids.
        predicted: [words] tag ids; `UNUSABLE` counts as no entity and as a wrong word.
        losses: [words] in nats.
        offsets: [sentences + 1] where sentences begin.
        types: the study's types of entities.
        tags: the IOB2 tags in the order of their ids.

    Raises:
        InputError: if there is no word.
        RunError: if no word has a usable prediction.
    """
    counted = _counted(gold, predicted, losses)
    strict = span_tallies(gold, predicted, offsets, tags).sum(axis=0)
    lenient = span_tallies(gold, predicted, offsets, tags, mode="lenient").sum(axis=0)
    right = float(np.mean(gold == predicted))
    values = [
        *((name, float(TALLY_METRICS[name](strict))) for name in SPAN_METRICS),
        *((f"lenient_{name}", float(TALLY_METRICS[name](lenient))) for name in LENIENT_METRICS),
        ("accuracy", right),
        *_by_label(strict, types),
    ]
    return [*counted, *_scores(values, gold, predicted)]


def pos_scores(
    gold: Ids,
    predicted: Ids,
    losses: NDArray[np.float64],
    *,
    offsets: Ids,
    labels: Sequence[str],
) -> list[Score]:
    """Score parts of speech, word by word; arguments and errors as `ner_scores`."""
    counted = _counted(gold, predicted, losses)
    tallies = label_tallies(gold, predicted, offsets, len(labels)).sum(axis=0)
    values = [
        *((name, float(TALLY_METRICS[name](tallies))) for name in WORD_METRICS),
        *_by_label(tallies, labels),
    ]
    return [*counted, *_scores(values, gold, predicted)]


def _counted(gold: Ids, predicted: Ids, losses: NDArray[np.float64]) -> list[Score]:
    """The mean loss over words, and how many words there are."""
    if len(gold) == 0:
        raise InputError("No word to score: the split is empty. Give it rows or leave it out.")
    return [
        loss_score(losses, predicted != UNUSABLE),
        Score("n_gold", float(len(gold)), len(gold), 0),
    ]


def _by_label(tallies: Tallies, labels: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name, metric in LABEL_TALLY_METRICS.items():
        for label, value in zip(labels, metric(tallies), strict=True):
            yield f"{name}/{label}", float(value)


def _scores(values: Sequence[tuple[str, float]], gold: Ids, predicted: Ids) -> list[Score]:
    unusable = int((predicted == UNUSABLE).sum())
    return [Score(name, value, len(gold) - unusable, unusable) for name, value in values]
