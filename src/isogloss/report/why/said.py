"""What a model said of every text or word of a split, read from the stored predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from isogloss.base.errors import RunError
from isogloss.report.comparison.units import read_rows
from isogloss.store.step_files import PREDICTIONS
from isogloss.study.tasks import TAGGING

OUTSIDE = "O"


@final
@dataclass(frozen=True, eq=False)
class Said:
    """One evaluation, in the order of the split; a text is a unit of one word."""

    examples: tuple[str, ...]
    """`[units]` Ids of the sentences or texts."""

    offsets: npt.NDArray[np.int64]
    """`[units + 1]`: unit u holds the words `offsets[u]` to `offsets[u + 1]`."""

    names: tuple[str, ...]
    """The labels or tags that gold and predictions are of."""

    gold: npt.NDArray[np.int64]
    """`[words]` Places among the names."""

    predicted: npt.NDArray[np.int64]
    """`[words]` The same; -1 where the model said nothing usable."""

    losses: npt.NDArray[np.float64]
    """`[words]` In nats."""

    probabilities: npt.NDArray[np.float64]
    """`[words]` Of what was predicted; NaN where nothing was."""

    def __len__(self) -> int:
        """Count the units."""
        return len(self.examples)

    @property
    def wrong(self) -> npt.NDArray[np.bool_]:
        """`[units]`: whether any word of it is wrong, or nothing was said of it."""
        return np.logical_or.reduceat(self.gold != self.predicted, self.offsets[:-1])

    def tags(self, unit: int) -> tuple[list[str], list[str]]:
        """Gold and predicted tags of a sentence; a word of which nothing was said is outside."""
        words = slice(self.offsets[unit], self.offsets[unit + 1])
        gold = [self.names[at] for at in self.gold[words]]
        return gold, [self.names[at] if at >= 0 else OUTSIDE for at in self.predicted[words]]


def read_said(folder: Path, *, task: str, names: Sequence[str]) -> Said:
    """Read one evaluation.

    Args:
        folder: the step's folder, with its predictions.
        task: of the study; `ner` and `pos` have a row a word, in order.
        names: labels, or tags.

    Raises:
        RunError: if the file cannot be read, is empty, lacks a column or holds other labels.
    """
    by_word = task in TAGGING
    columns = ["example", "gold", "predicted", "loss", *(["word"] if by_word else [])]
    table = read_rows(folder / PREDICTIONS, [*columns, *(f"probability/{name}" for name in names)])
    gold, predicted = _places(table["gold"], names), _places(table["predicted"], names)
    if (gold < 0).any():
        raise RunError(
            f"{folder / PREDICTIONS} holds gold of other labels; run the evaluation again."
        )
    starts = np.flatnonzero(table["word"].to_numpy() == 0) if by_word else np.arange(len(table))
    return Said(
        examples=tuple(table["example"].take(pa.array(starts)).to_pylist()),
        offsets=np.append(starts, len(table)).astype(np.int64),
        names=tuple(names),
        gold=gold,
        predicted=predicted,
        losses=np.asarray(table["loss"].to_numpy(), dtype=np.float64),
        probabilities=_of_predicted(table, names, predicted),
    )


def _places(column: pa.ChunkedArray, names: Sequence[str]) -> npt.NDArray[np.int64]:
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(found.fill_null(-1).to_numpy(), dtype=np.int64)


def _of_predicted(
    table: pa.Table, names: Sequence[str], predicted: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    every = np.column_stack([table[f"probability/{name}"].to_numpy() for name in names])
    chosen = every[np.arange(len(table)), predicted].astype(np.float64)
    chosen[predicted < 0] = np.nan
    return chosen
