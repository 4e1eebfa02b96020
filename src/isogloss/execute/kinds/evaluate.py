"""Step `evaluate`: one trained model on one split of one language; predictions are kept."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.judging import Asked, Judged, judge
from isogloss.execute.kinds.prepare import read_prepared
from isogloss.execute.kinds.train import open_trained
from isogloss.model.precision import Asked as AskedPrecision
from isogloss.model.precision import Precision, best_device, choose_precision
from isogloss.store.step_files import PREDICTIONS


def make_evaluated(bench: Bench) -> Making:
    """Predict, score, and keep every probability beside its example's id."""
    yield from ()
    trained = bench.record(0)
    prepared = read_prepared(bench.need(1), bench.payload)
    model = open_trained(bench.step.needs[0], bench.need(0), bench.payload)
    asked = Asked.of(
        bench.payload,
        as_trained(trained["precision"]),
        pad_id=bench.record(1)["pad_id"],
        max_tokens=bench.step.settings["max_tokens"],
    )
    judged = judge(model, prepared, asked)
    counts = {"n_train": trained["n_train"], **lost(bench.record(1))}
    return made_of(judged, {**counts, "precision": asked.precision.name})


def lost(prepared: dict[str, Any]) -> dict[str, int]:
    """What the encoding of a split lost, or had to do to lose nothing."""
    names = ("n_truncated", "n_windowed", "n_empty")
    return {name: prepared[name] for name in names if name in prepared}


def made_of(judged: Judged, record: dict[str, Any]) -> Made:
    """A judgment as a finished step."""
    scores = [vars(score) for score in judged.scores]
    return Made({**record, "scores": scores}, partial(_write, judged.table))


def as_trained(precision: str) -> Precision:
    """Test as it was trained; where bf16 would be emulated, in fp32."""
    asked: AskedPrecision = "auto" if precision == "bf16" else "fp32"
    return choose_precision(asked, best_device())


def _write(table: pa.Table, folder: Path) -> None:
    pq.write_table(table, folder / PREDICTIONS)
