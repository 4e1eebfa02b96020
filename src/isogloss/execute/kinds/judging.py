"""A model judged on a prepared split, whatever the task: predictions, their table, their scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.evaluate.metrics import UNUSABLE, Score, classification_scores, predicted_ids
from isogloss.evaluate.predict import Predictions, predict
from isogloss.evaluate.predict_words import predict_words
from isogloss.evaluate.tagging import ner_scores, pos_scores
from isogloss.execute.kinds.prepare import Prepared
from isogloss.model.precision import Precision
from isogloss.study.tasks import tags_of


@final
@dataclass(frozen=True)
class Asked:
    """What a judgment hangs on besides model and data."""

    labels: Sequence[str]
    task: str | None
    """The task of words; None for texts."""
    precision: Precision
    pad_id: int
    max_tokens: int

    @classmethod
    def of(
        cls, payload: Mapping[str, Any], precision: Precision, *, pad_id: int, max_tokens: int
    ) -> "Asked":
        """Read it off a step's payload."""
        return cls(payload["labels"], payload.get("task"), precision, pad_id, max_tokens)


@final
@dataclass(frozen=True)
class Judged:
    """What a model said about a split, and how good that is."""

    scores: list[Score]
    table: pa.Table
    """One row a text or word: gold and predicted label or tag, loss, probabilities."""


def judge(model: Any, prepared: Prepared, asked: Asked) -> Judged:
    """Predict and score; the speed is told as Trainer tells it."""
    found = _predict(model, prepared, asked)
    scores = _scores(prepared, found, asked)
    table = predictions_table(prepared, found, asked)
    return Judged([*scores, *_speed(found, len(prepared))], table)


def dev_scores(model: Any, prepared: Prepared, asked: Asked) -> dict[str, float]:
    """The scores alone, by name."""
    scores = _scores(prepared, _predict(model, prepared, asked), asked)
    return {score.metric: score.value for score in scores}


def _predict(model: Any, prepared: Prepared, asked: Asked) -> Predictions:
    how: Any = {
        "precision": asked.precision,
        "pad_id": asked.pad_id,
        "max_tokens": asked.max_tokens,
    }
    if isinstance(prepared, EncodedWords):
        return predict_words(model, prepared, **how)
    return predict(model, prepared, **how)


def _scores(prepared: Prepared, found: Predictions, asked: Asked) -> list[Score]:
    if isinstance(prepared, Encoded):
        return classification_scores(
            prepared.labels, found.probabilities, found.losses, asked.labels
        )
    said = predicted_ids(found.probabilities)
    where: Any = {"offsets": prepared.word_offsets}
    if asked.task == "ner":
        tags = tags_of("ner", asked.labels)
        where |= {"types": asked.labels, "tags": tags}
        return ner_scores(prepared.tags, said, found.losses, **where)
    return pos_scores(prepared.tags, said, found.losses, labels=asked.labels, **where)


def _speed(found: Predictions, n: int) -> list[Score]:
    """The names and meaning that Trainer gives them: padding and batching count, loading not."""
    values = {
        "eval_runtime": found.runtime,
        "eval_samples_per_second": n / found.runtime,
        "eval_steps_per_second": found.n_batches / found.runtime,
    }
    return [Score(name, value, n, 0) for name, value in values.items()]


def predictions_table(prepared: Prepared, found: Predictions, asked: Asked) -> pa.Table:
    """One row a text or a word: its id, gold and prediction, loss, a probability for each name."""
    if isinstance(prepared, Encoded):
        names: Sequence[str] = asked.labels
        where: dict[str, Any] = {"example": list(prepared.examples)}
        return pa.table(where | _said(prepared.labels, found, names))
    names = tags_of(asked.task or "", asked.labels)
    return pa.table(_places_of_words(prepared) | _said(prepared.tags, found, names))


def words_table(prepared: EncodedWords, predicted: NDArray[Any], names: Sequence[str]) -> pa.Table:
    """One row a word: the id of its example, its place there, gold and prediction."""
    return pa.table(_places_of_words(prepared) | _names(prepared.tags, predicted, names))


def _places_of_words(prepared: EncodedWords) -> dict[str, Any]:
    lengths = np.diff(prepared.word_offsets)
    examples = pa.array(prepared.examples).take(
        pa.array(np.repeat(np.arange(len(lengths)), lengths))
    )
    word = np.arange(len(prepared.tags)) - np.repeat(prepared.word_offsets[:-1], lengths)
    return {"example": examples, "word": word}


def _names(gold: NDArray[Any], predicted: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
    """The predicted one is the one that is scored; null where it is unscored."""
    said = [None if at == UNUSABLE else names[at] for at in predicted]
    return {"gold": [names[at] for at in gold], "predicted": pa.array(said, pa.string())}


def _said(gold: NDArray[Any], found: Predictions, names: Sequence[str]) -> dict[str, Any]:
    columns = _names(gold, predicted_ids(found.probabilities), names)
    columns["loss"] = found.losses
    for at, name in enumerate(names):
        columns[f"probability/{name}"] = found.probabilities[:, at]
    return columns
