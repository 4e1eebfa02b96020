"""What training cost: one record per model, as means over seeds.

The times are those the training loop measured where it ran; two machines, or two runs side by side
on one, do not compare. For costs to rely on, measure them alone on the device.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

from isogloss.report.cells import Model, interval_fields, model_of
from isogloss.report.records import Record, Row
from isogloss.stats.intervals import mean_interval

MEASURES = ("train_runtime", "train_samples_per_second", "train_loss")
"""Seconds; examples per second; nats, mean over the whole training."""


def training(rows: Iterable[Row]) -> list[Record]:
    """Gather the rows without a target language; a value that is not finite is not averaged."""
    found: dict[Model, dict[str, dict[int, float]]] = {}
    sizes: dict[Model, int | None] = {}
    for row in rows:
        if row["target_language"] is None and row["metric"] in MEASURES:
            model = model_of(row)
            by_measure = found.setdefault(model, defaultdict(dict))
            by_measure[row["metric"]][row["seed"]] = float(row["value"])
            sizes[model] = row.get("n_train")
    return [_record(model, by_measure, sizes[model]) for model, by_measure in found.items()]


def _record(model: Model, by_measure: dict[str, dict[int, float]], n_train: int | None) -> Record:
    record: Record = {
        "encoder": model.encoder,
        "regime": model.regime,
        "sources": list(model.sources),
        "n_per_language": model.n_per_language,
        "n_train": n_train,
    }
    for measure in MEASURES:
        usable = [value for value in by_measure.get(measure, {}).values() if math.isfinite(value)]
        interval = mean_interval(usable) if usable else None
        record |= interval_fields(measure, interval)
    record["n_seeds"] = max(len(by_seed) for by_seed in by_measure.values())
    return record
