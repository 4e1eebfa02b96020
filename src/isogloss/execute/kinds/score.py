"""Step `score`: a plug-in's metric of the stored predictions of one test."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from isogloss.base.errors import RunError
from isogloss.evaluate.metrics import Score
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.train import names_of_head
from isogloss.plugins import PluginError, Predictions
from isogloss.plugins.found import same_as
from isogloss.store.step_files import PREDICTIONS


def make_scored(bench: Bench) -> Making:
    """Read the predictions, and ask the metric.

    Raises:
        RunError: if no prediction is usable.
        PluginError: if the metric gives no finite number.
    """
    yield from ()
    payload = bench.payload
    metric = same_as(payload["plugins"][0])
    table = pq.read_table(bench.need(0) / PREDICTIONS)
    usable = table.filter(pa.compute.is_valid(table["predicted"]))
    if not len(usable):
        raise RunError("None of the predictions is usable: there is nothing to score.")
    predictions = read_predictions(usable, names_of_head(payload), payload.get("task", "text"))
    value = _finite(metric(predictions), payload["plugins"][0])
    score = Score(payload["metric"], value, len(usable), len(table) - len(usable))
    record = {"n_train": bench.record(0)["n_train"], "scores": [vars(score)]}
    return Made(record, _nothing)


def _nothing(folder: Path) -> None:
    """The record is all there is."""
    del folder


def read_predictions(table: pa.Table, names: list[str], task: str) -> Predictions:
    """The predictions of a test as its metrics get them; none of them is missing."""
    columns = [table[f"probability/{name}"].to_numpy() for name in names]
    return Predictions(
        task=task,
        names=tuple(names),
        gold=_places(table["gold"], names),
        predicted=_places(table["predicted"], names),
        probabilities=np.stack(columns, axis=1).astype(np.float64),
        units=_units(table["example"]),
    )


def _places(column: pa.ChunkedArray, names: list[str]) -> NDArray[np.int64]:
    return np.asarray(pa.compute.index_in(column, pa.array(names)).to_numpy(), dtype=np.int64)


def _units(examples: pa.ChunkedArray) -> NDArray[np.int64]:
    """Words of one sentence stand together, so a new id is a new sentence."""
    ids = examples.to_numpy()
    return np.concatenate([[0], np.cumsum(ids[1:] != ids[:-1])]).astype(np.int64)


def _finite(given: Any, identity: dict[str, str]) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise PluginError(
            f"The metric {identity['name']!r} of {identity['distribution']} {identity['version']}"
            f" gave {given!r}, where a finite number is wanted. Tell its makers."
        )
    return value
