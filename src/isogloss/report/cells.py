"""Rows of results, gathered into cells: one model on one target, by seed.

A row is one value (`study, encoder, task, regime, source_languages, n_per_language, n_train, seed,
target_language, split, metric, value, n_scored, n_unscored, step`). A table wants the scores of one
model and target over seeds, with the counts behind them; that is a cell.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, NamedTuple, final

import numpy as np

from isogloss.base.errors import InputError, UnknownName
from isogloss.report.records import Record, Row
from isogloss.stats.confusion import METRICS, Numbers
from isogloss.stats.intervals import Interval, bootstrap_interval, mean_interval, wilson_interval


class Model(NamedTuple):
    """Everything that tells one trained model from another, apart from the seed."""

    encoder: str
    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None  # None: all rows there are


class Cell(NamedTuple):
    """One model on one split of one target language."""

    model: Model
    split: str
    target: str


class Group(NamedTuple):
    """Cells that are compared with one another: same encoder, split and size."""

    encoder: str
    split: str
    n_per_language: int | None


@final
@dataclass(frozen=True)
class Seen:
    """What one seed of a cell gave."""

    value: float
    n_scored: int
    n_unscored: int
    n_train: int | None
    counts: Numbers | None
    """Confusion matrix `[gold, predicted]`, if the rows hold it."""


SIGNED = {"gain", "gap", "difference", "minus_torch", "minus torch"}
"""Fields of differences of two scores, besides those with `_minus_` in their name."""

PERCENT = "percent"
"""The field of a difference in percent of the first score: from -100 to what makes that 1."""

Cells = dict[Cell, dict[int, Seen]]
"""By seed; a cell that is planned and not there has none."""


def read_cells(
    rows: Iterable[Row], metric: str, planned: Iterable[Mapping[str, Any]] = ()
) -> Cells:
    """Gather the rows of one metric, in the order of their first appearance.

    Args:
        rows: the long table of results.
        metric: whose scores are gathered.
        planned: the columns of all cells that the study asks for; those that are not there follow
            without a seed.

    Raises:
        UnknownName: if there are scores, but none of this metric.
        InputError: if two rows give one seed of a cell two different values.
    """
    scores = [row for row in rows if row["target_language"] is not None]
    wanted = [row for row in scores if row["metric"] == metric]
    if scores and not wanted:
        raise UnknownName("metric", metric, {row["metric"] for row in scores})
    matrices = _matrices(scores)
    cells: Cells = defaultdict(dict)
    for row in wanted:
        cell, seed = _cell(row), row["seed"]
        seen = Seen(
            float(row["value"]),
            int(row["n_scored"]),
            int(row["n_unscored"]),
            row.get("n_train"),
            matrices.get((cell, seed)),
        )
        _refuse_two(cells[cell].get(seed), seen, f"{metric} of {_words(cell)}, seed {seed}")
        cells[cell][seed] = seen
    return dict(cells) | {cell: {} for cell in map(_cell, planned) if cell not in cells}


def model_of(row: Mapping[str, Any]) -> Model:
    """The model that a row is about."""
    return Model(
        row["encoder"], row["regime"], tuple(row["source_languages"]), row["n_per_language"]
    )


def left_out(cells: Iterable[Cell]) -> dict[Model, set[str]]:
    """The language that each leave-one-out model left out: a source of its siblings, not of it.

    A language that is only tested on is nobody's source, hence left out by none.
    """
    siblings: dict[tuple[str, int | None], set[str]] = defaultdict(set)
    models = {cell.model for cell in cells if cell.model.regime == "leave_one_out"}
    for model in models:
        siblings[model.encoder, model.n_per_language].update(model.sources)
    return {
        model: siblings[model.encoder, model.n_per_language] - set(model.sources)
        for model in models
    }


def by_size(n_per_language: int | None) -> float:
    """Sort sizes from small to large, with "all rows" last."""
    return math.inf if n_per_language is None else n_per_language


def values(by_seed: Mapping[int, Seen]) -> dict[int, float]:
    """The scores of a cell, by seed."""
    return {seed: seen.value for seed, seen in by_seed.items()}


def score_fields(by_seed: Mapping[int, Seen], metric: str) -> Record:
    """The fields of a record that say how good, how sure and from how many.

    Returns:
        `value` with `value_low`, `value_high`, `value_sd`; `method`; `n_seeds`; `n_scored` (the
        fewest examples that any seed scored) and `n_unscored` (the most that any seed could not).
    """
    interval = _interval(by_seed, metric)
    return {
        **interval_fields("value", interval),
        "method": interval.method,
        "n_seeds": len(by_seed),
        "n_scored": min(seen.n_scored for seen in by_seed.values()),
        "n_unscored": max(seen.n_unscored for seen in by_seed.values()),
    }


def interval_fields(name: str, interval: Interval | None) -> Record:
    """Spread an interval over the fields `name`, `name_low`, `name_high` and `name_sd`.

    Ends are cut at what a score (0 to 1), a difference of scores (-1 to 1) or a time, rate or loss
    of training (0 and more) can be: with two seeds Student's t reaches far beyond it.
    """
    if interval is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high", f"{name}_sd"))
    return {
        name: interval.mean,
        f"{name}_low": _cut(name, interval.low),
        f"{name}_high": _cut(name, interval.high),
        f"{name}_sd": interval.sd,
    }


def cut_ends(record: Mapping[str, Any], name: str) -> tuple[bool, bool]:
    """Which ends of an interval of Student's t were cut at what the number can be.

    It never ends at a limit by itself, unless all seeds are alike. Where a record tells the
    deviation between seeds, and there is none, the interval is of another kind.

    >>> cut_ends({"value_low": 0.0, "value_high": 0.9, "value_sd": 0.2}, "value")
    (True, False)
    >>> cut_ends({"difference_low": 0.0, "difference_high": 1.0}, "difference")
    (False, True)
    """
    if not record.get(f"{name}_sd", True):
        return False, False
    if name.startswith("train_"):
        return record.get(f"{name}_low") == 0.0, False
    if name == PERCENT:
        first = record.get("first_score")
        most = 100 * (1 / first - 1) if first else None
        high = record.get(f"{name}_high")
        return record.get(f"{name}_low") == -100.0, most is not None and high == most
    return record.get(f"{name}_low") == _least(name), record.get(f"{name}_high") == 1.0


def _cut(name: str, end: float | None) -> float | None:
    """Move an end to what is possible; a loss, a time or a rate has no top."""
    if end is None:
        return None
    most = math.inf if name.startswith("train_") else 1.0
    return min(max(end, _least(name)), most)


def _least(name: str) -> float:
    """The least that a score or a difference of two can be."""
    return -1.0 if name in SIGNED or "_minus_" in name else 0.0


def mean_train_rows(by_seed: Mapping[int, Seen]) -> int | None:
    """Training rows of a cell's models, as a mean over seeds; None if the rows do not say."""
    known = [seen.n_train for seen in by_seed.values() if seen.n_train is not None]
    return round(fmean(known)) if known else None


def _interval(by_seed: Mapping[int, Seen], metric: str) -> Interval:
    """Over seeds if there are two; else over the examples of the only one, if we can."""
    if len(by_seed) > 1:
        return mean_interval([seen.value for seen in by_seed.values()])
    (only,) = by_seed.values()
    if only.counts is not None and metric == "accuracy":
        right = round(float(np.trace(only.counts)))
        return replace(wilson_interval(right, only.n_scored), mean=only.value)
    if only.counts is not None and metric in METRICS:
        return replace(bootstrap_interval(only.counts, METRICS[metric]), mean=only.value)
    return mean_interval([only.value])


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(model_of(row), row["split"], row["target_language"])


def _words(cell: Cell) -> str:
    model = cell.model
    size = "all" if model.n_per_language is None else str(model.n_per_language)
    sources = "+".join(model.sources)
    return f"{model.encoder} {model.regime} {sources} n={size} on {cell.target} {cell.split}"


def _refuse_two(before: Seen | None, now: Seen, what: str) -> None:
    if before is not None and before.value != now.value:
        raise InputError(
            f"two rows give different values for {what}: {before.value} and {now.value}. "
            "Report one study's finished run at a time."
        )


def _matrices(scores: Sequence[Row]) -> dict[tuple[Cell, int], Numbers]:
    """Put the rows `confusion/<gold>/<predicted>` back into matrices.

    A label may hold a slash itself, so names are looked up among the labels of `support/`, never
    cut at a slash.
    """
    labels = [row["metric"].removeprefix("support/") for row in scores if _is_support(row)]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    cells = {f"confusion/{g}/{p}": (i, j) for g, i in places.items() for p, j in places.items()}
    found: dict[tuple[Cell, int], Numbers] = {}
    for row in scores:
        if (place := cells.get(row["metric"])) is not None:
            key = (_cell(row), row["seed"])
            found.setdefault(key, np.zeros((len(places), len(places))))[place] = row["value"]
    return {key: matrix for key, matrix in found.items() if matrix.sum() > 0}


def _is_support(row: Row) -> bool:
    return str(row["metric"]).startswith("support/")
