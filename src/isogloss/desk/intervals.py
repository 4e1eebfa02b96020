"""How sure the scores of one model are: intervals from the predictions that its evaluations stored.

Of one model an interval is over test units alone; over all seeds of a training it is over seeds and
units together (see `isogloss.stats.combined`).
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from isogloss.report.balance.masked_units import (
    MASKED_METRICS,
    MaskedUnits,
    masked_per_unit,
    read_masked_units,
)
from isogloss.report.balance.scores import MASKED
from isogloss.report.balance.trials import score_of_sums
from isogloss.report.comparison.fields import score_of
from isogloss.report.comparison.measures import gold_of, metrics_of, per_unit
from isogloss.report.comparison.units import Units, read_units
from isogloss.report.export.facts import OverSeeds
from isogloss.stats.combined import score_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from isogloss.stats.resample import PerUnit

GOLD = {"spans": "entities"}

AnyUnits = Units | MaskedUnits


class Bounds(NamedTuple):
    """A 95 % interval; None where there is one test unit only."""

    mean: float
    low: float | None
    high: float | None


def units_of_step(folder: "Path", task: str, labels: "Iterable[str]") -> AnyUnits:
    """Read the test units of one evaluation of texts, words or masked words.

    Raises:
        RunError: if what it stored cannot be read.
    """
    if task == MASKED:
        return read_masked_units(folder)
    return read_units(folder, task=task, labels=tuple(labels))


def intervals_of(units: AnyUnits, metrics: "Iterable[str]", task: str) -> dict[str, Bounds]:
    """The intervals of one model's scores over its test units, of those metrics that have one."""
    known = MASKED_METRICS if task == MASKED else metrics_of(task)
    found = {name: _bounds({0: units}, name, task) for name in metrics if name in known}
    return {name: bounds for name, bounds in found.items() if bounds is not None}


def over_seeds(by_seed: "Mapping[int, AnyUnits]", metric: str, task: str) -> OverSeeds | None:
    """The mean of one score over seeds; None for a single one."""
    if len(by_seed) < 2:
        return None
    found = _bounds(by_seed, metric, task)
    return None if found is None else OverSeeds(*found, n_seeds=len(by_seed))


def gold_words(units: AnyUnits, metric: str) -> tuple[int, str] | None:
    """How much gold a score is computed from, and what it is; None where that is the units."""
    if isinstance(units, MaskedUnits):
        return int(units.positions.sum()), "sub-tokens"
    gold = gold_of(units, metric)
    return None if gold.unit == "texts" else (gold.n, GOLD.get(gold.unit, gold.unit))


def _bounds(by_seed: "Mapping[int, AnyUnits]", metric: str, task: str) -> Bounds | None:
    arrays = {seed: _per_unit(units, metric) for seed, units in by_seed.items()}
    found = score_interval(arrays, score_of_sums(task, metric))
    fields: dict[str, Any] = score_of("value", found, metric)
    bounds = Bounds(fields["value"], fields["value_low"], fields["value_high"])
    return bounds if all(value is None or math.isfinite(value) for value in bounds) else None


def _per_unit(units: AnyUnits, metric: str) -> "PerUnit":
    if isinstance(units, MaskedUnits):
        return masked_per_unit(units, metric)
    return per_unit(units, metric)
