"""Step `evaluate`: one trained model on one split of one language; predictions are kept."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.data.encoded import Encoded
from isogloss.evaluate.metrics import UNUSABLE, Score, classification_scores, predicted_ids
from isogloss.evaluate.predict import Predictions, predict
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.prepare import FILE as ENCODED
from isogloss.execute.kinds.train import open_trained
from isogloss.model.precision import Asked, Precision, best_device, choose_precision

FILE = "predictions.parquet"


def make_evaluated(bench: Bench) -> Making:
    """Predict, score, and keep every probability beside its example's id."""
    yield from ()
    trained = bench.record(0)
    encoded = Encoded.read(bench.need(1) / ENCODED)
    model = open_trained(bench.step.needs[0], bench.need(0), bench.payload["labels"])
    precision = _precision(trained["precision"])
    found = predict(
        model,
        encoded,
        precision=precision,
        max_tokens=bench.step.settings["max_tokens"],
        pad_id=bench.record(1)["pad_id"],
    )
    labels = bench.payload["labels"]
    scores = classification_scores(encoded.labels, found.probabilities, found.losses, labels)
    record = {
        "n_train": trained["n_train"],
        "n_truncated": encoded.n_truncated,
        "precision": precision.name,
        "scores": [vars(score) for score in [*scores, *_speed(found, scores[0])]],
    }
    table = predictions_table(encoded, found, labels)
    return Made(record, partial(_write, table))


def _precision(trained: str) -> Precision:
    """Test as it was trained; where bf16 would be emulated, in fp32."""
    asked: Asked = "auto" if trained == "bf16" else "fp32"
    return choose_precision(asked, best_device())


def predictions_table(encoded: Encoded, found: Predictions, labels: list[str]) -> pa.Table:
    """One row an example: id, gold and predicted label, loss, a probability for each label.

    The predicted label is the one that is scored; null where the example is unscored.
    """
    said = [None if at == UNUSABLE else labels[at] for at in predicted_ids(found.probabilities)]
    columns: dict[str, Any] = {
        "example": list(encoded.examples),
        "gold": [labels[at] for at in encoded.labels],
        "predicted": pa.array(said, pa.string()),
        "loss": found.losses,
    }
    for at, label in enumerate(labels):
        columns[f"probability/{label}"] = found.probabilities[:, at]
    return pa.table(columns)


def _speed(found: Predictions, like: Score) -> list[Score]:
    """The names and meaning that Trainer gives them: padding and batching count, loading not."""
    n = like.n_scored + like.n_unscored
    values = {
        "eval_runtime": found.runtime,
        "eval_samples_per_second": n / found.runtime,
        "eval_steps_per_second": found.n_batches / found.runtime,
    }
    return [Score(name, value, n, 0) for name, value in values.items()]


def _write(table: pa.Table, folder: Path) -> None:
    pq.write_table(table, folder / FILE)
