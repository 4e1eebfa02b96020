"""Test units of masked words: what each score needs of each window of the held-out text.

Read from the stored ranks, a row a scored position, so that a new test needs no model. A window is
a unit: words of one window are guessed from one another. Neighboring windows come from one text and
are a little alike too, which the intervals do not know.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from isogloss.base.errors import RunError, UnknownName
from isogloss.report.comparison.units import read_rows
from isogloss.store.step_files import RANKS

COLUMNS = ("window", "position", "rank", "loss", "characters")

Numbers = npt.NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class MaskedUnits:
    """Sums over the scored positions of each window, in the order of the windows."""

    windows: npt.NDArray[np.int64]
    """`[units]`: windows with a scored position, ascending."""

    positions: Numbers
    """`[units]`: how many positions have a usable guess."""

    reciprocal: Numbers
    """`[units]`: sum of 1 / rank."""

    top1: Numbers
    """`[units]`: positions where the right token came first."""

    top5: Numbers
    """`[units]`: positions where the right token was among the first five."""

    nats: Numbers
    """`[units]`: sum of the losses."""

    characters: Numbers
    """`[units]`: characters that the scored tokens stand for."""

    gold_digest: str
    """Of windows, positions and their characters: two models scored alike have the same."""

    def __len__(self) -> int:
        """Count the units."""
        return len(self.windows)


Parts = Callable[[MaskedUnits], tuple[Numbers, Numbers]]

MASKED_METRICS: dict[str, Parts] = {
    "mrr": lambda units: (units.reciprocal, units.positions),
    "top1_accuracy": lambda units: (units.top1, units.positions),
    "top5_accuracy": lambda units: (units.top5, units.positions),
    "eval_loss": lambda units: (units.nats, units.positions),
    "bits_per_character": lambda units: (units.nats / math.log(2), units.characters),
}
"""Each score as a ratio of two sums over windows."""


def masked_per_unit(units: MaskedUnits, metric: str) -> Numbers:
    """Lay out numerator and denominator of a score, `[units, 2]`.

    Raises:
        UnknownName: if the metric is not one of `MASKED_METRICS`.
    """
    if metric not in MASKED_METRICS:
        raise UnknownName("metric", metric, MASKED_METRICS)
    return np.stack(MASKED_METRICS[metric](units), axis=-1)


def read_masked_units(folder: Path) -> MaskedUnits:
    """Read the stored ranks of one model on the held-out text of one language.

    Args:
        folder: the step's folder, with `ranks.parquet`: columns `window`, `position`, `rank` (1 is
            best), `loss` (nats) and `characters`.

    Raises:
        RunError: if the file cannot be read, is empty, or holds what no evaluation writes.
    """
    path = folder / RANKS
    table = read_rows(path, COLUMNS)
    columns = {name: table[name].to_numpy() for name in COLUMNS}
    order = np.lexsort((columns["position"], columns["window"]))
    columns = {name: column[order] for name, column in columns.items()}
    window, ranks, losses = columns["window"], columns["rank"], columns["loss"]
    usable = np.isfinite(losses)  # the scores leave out what a broken guess is about
    twice = (np.diff(window) == 0) & (np.diff(columns["position"]) == 0)
    if (ranks[usable] < 1).any() or twice.any():
        raise RunError(
            f"{path} holds a rank below 1 or a position twice; run the evaluation again."
        )
    windows, unit = np.unique(window, return_inverse=True)

    def sums(values: npt.NDArray[Any]) -> Numbers:
        weights = values[usable].astype(np.float64)
        found = np.bincount(unit[usable], weights=weights, minlength=len(windows))
        return found.astype(np.float64)

    return MaskedUnits(
        windows=windows.astype(np.int64),
        positions=sums(np.ones(len(ranks))),
        reciprocal=sums(1.0 / np.maximum(ranks, 1)),
        top1=sums(ranks <= 1),
        top5=sums(ranks <= 5),
        nats=sums(losses),
        characters=sums(columns["characters"]),
        gold_digest=_digest(columns),
    )


def _digest(columns: dict[str, npt.NDArray[Any]]) -> str:
    """SHA-256 of what the scores are of."""
    digest = hashlib.sha256()
    for name in ("window", "position", "characters"):
        digest.update(columns[name].astype("<i8").tobytes())
    return digest.hexdigest()
