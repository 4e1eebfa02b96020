"""One evaluated model of a balance study as test units, read from what its step stored.

An evaluation of masked words is a step with `ranks.parquet`; a probe is a step with
`predictions.parquet`, a row a word of every layer and target language it was tested on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import pyarrow as pa
import pyarrow.compute as pc

from isogloss.base.errors import InputError, RunError
from isogloss.base.languages import language_name
from isogloss.report.balance.masked_units import MaskedUnits, masked_per_unit, read_masked_units
from isogloss.report.balance.scores import MASKED, REGIMES, Pair, pair_of
from isogloss.report.comparison.gold import REMEDY
from isogloss.report.comparison.measures import Statistic, per_unit, ratio, statistic
from isogloss.report.comparison.units import Units, read_rows, units_of
from isogloss.report.records import Row
from isogloss.stats.resample import PerUnit
from isogloss.store.step_files import PREDICTIONS

PROBE_COLUMNS = ("target", "layer", "example", "word", "gold", "predicted")


@final
@dataclass(frozen=True, eq=False)
class Trial:
    """One arm, trained with one seed, on one pair of languages."""

    arm: str
    task: str
    pair: Pair
    split: str
    form: str | None
    """The layer that a probe read."""

    seed: int
    units: Units | MaskedUnits = field(repr=False)

    def per_unit(self, metric: str) -> PerUnit:
        """What a metric needs of each unit, `[units, ...]`.

        Raises:
            UnknownName: if the metric cannot be computed from these units.
        """
        if isinstance(self.units, MaskedUnits):
            return masked_per_unit(self.units, metric)
        return per_unit(self.units, metric)


def score_of_sums(task: str, metric: str) -> Statistic:
    """How a score comes from the sums of `Trial.per_unit`."""
    return ratio if task == MASKED else statistic(metric)


def read_trials(
    rows: Iterable[Row],
    folder_of: Callable[[str], Path],
    *,
    labels: Mapping[str, Sequence[str]],
    arms: Sequence[str],
) -> list[Trial]:
    """Read what the steps behind some rows stored, each step once.

    Args:
        rows: the long table of results; those of masked words and probes of `arms` count.
        folder_of: key of a step -> its folder in the store.
        labels: by task of the probes; for `ner` the entity types.
        arms: whose steps are read.

    Raises:
        InputError: if predictions hold another label than `labels`.
        RunError: if a file cannot be read.
    """
    steps: dict[tuple[str, str], Row] = {}  # arms that ask for the same thing share steps
    for row in rows:
        wanted = row["regime"] in REGIMES and row["target_language"] is not None
        if wanted and row["encoder"] in arms:
            steps.setdefault((row["step"], row["encoder"]), row)
    found: list[Trial] = []
    for (key, _), row in steps.items():
        if row["task"] == MASKED:
            found.append(read_masked(folder_of(key), row))
        else:
            found += read_probe(folder_of(key), row, labels=labels[row["task"]])
    return found


def read_masked(folder: Path, row: Row) -> Trial:
    """Read an evaluation of masked words; `row` is any of its rows.

    Raises:
        RunError: if the stored ranks cannot be read.
    """
    return _trial(row, pair_of(row), read_masked_units(folder))


def read_probe(folder: Path, row: Row, *, labels: Sequence[str]) -> list[Trial]:
    """Read a probe, all its layers and target languages; `row` is any of its rows.

    Raises:
        InputError: if predictions hold another label than `labels`.
        RunError: if the stored predictions cannot be read.
    """
    path = folder / PREDICTIONS
    table = read_rows(path, PROBE_COLUMNS)
    targets, layers = table["target"].cast(pa.string()), table["layer"]
    places = pa.table({"layer": layers, "target": targets}).group_by(
        ["layer", "target"], use_threads=False
    )
    found = []
    for layer, target in zip(*places.aggregate([]).to_pydict().values(), strict=True):
        if layer is None or target is None:
            raise RunError(f"{path} holds rows without layer or target; run the probe again.")
        here = pc.and_(pc.equal(layers, layer), pc.equal(targets, target))
        mine = table.filter(here).combine_chunks()
        units = units_of(mine, path, task=row["task"], labels=labels)
        pair = Pair(pair_of(row).source, target)
        found.append(_trial({**row, "form": f"layer {layer}"}, pair, units))
    return found


def check_gold(trials: Iterable[Trial]) -> None:
    """Refuse models that are scored on different gold of one target.

    Raises:
        InputError: naming both arms and the language.
    """
    references: dict[tuple[str, str, str], Trial] = {}
    for one in trials:
        first = references.setdefault((one.task, one.split, one.pair.target), one)
        if first.units.gold_digest != one.units.gold_digest:
            raise InputError(
                f"{first.arm} (seed {first.seed}) and {one.arm} (seed {one.seed}) are scored on "
                f"different gold in {language_name(one.pair.target)}, {one.task}, {one.split}: "
                f"{len(first.units):,} units against {len(one.units):,}, or other words or masks "
                f"in them. Scores on different gold do not compare. {REMEDY}"
            )


def _trial(row: Row, pair: Pair, units: Units | MaskedUnits) -> Trial:
    return Trial(
        arm=row["encoder"],
        task=row["task"],
        pair=pair,
        split=row["split"],
        form=row.get("form"),
        seed=row["seed"],
        units=units,
    )
