"""Which cells two studies share: the same question, asked of the same encoder or of two."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from isogloss.plan.kinds import TRAIN
from isogloss.plan.plan import Plan
from isogloss.report.records import Row

LEARNING = TRAIN | {"tokenizer", "serve", "targets"}
"""Kinds of steps behind which data were learned from, not tested on."""

DATA = frozenset({"data", "text"})


class Setting(NamedTuple):
    """What is asked of an encoder."""

    task: str
    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None
    target: str | None
    split: str
    seed: int
    form: str | None


class Value(NamedTuple):
    """What came out, with the number of examples behind it."""

    value: float
    n_scored: int


@final
@dataclass
class Cell:
    """A setting with the encoder that it was asked of, and all that came out."""

    setting: Setting
    encoder: str
    step: str
    values: dict[str, Value] = field(default_factory=dict)
    """By metric."""


@final
@dataclass(frozen=True)
class Pair:
    """Two cells of the same setting, of one study each."""

    a: Cell
    b: Cell

    @property
    def is_shared(self) -> bool:
        """Whether it is the same encoder, by its name."""
        return self.a.encoder == self.b.encoder


@final
@dataclass(frozen=True)
class Matched:
    """The cells of two studies, matched."""

    pairs: tuple[Pair, ...]
    only_a: int
    """Cells of A that no cell of B answers, and the other way round."""
    only_b: int

    @property
    def shared(self) -> int:
        """How many pairs are of the same encoder."""
        return sum(pair.is_shared for pair in self.pairs)

    @property
    def metrics(self) -> list[str]:
        """The metrics that some pair has on both sides, in the order of A."""
        both = (name for pair in self.pairs for name in pair.a.values if name in pair.b.values)
        return list(dict.fromkeys(both))


def cells_of(rows: Iterable[Row]) -> list[Cell]:
    """Gather the rows of a study's long table into cells."""
    found: dict[tuple[Setting, str], Cell] = {}
    for row in rows:
        setting = _setting(row)
        cell = found.setdefault(
            (setting, row["encoder"]), Cell(setting, row["encoder"], row["step"])
        )
        cell.values[row["metric"]] = Value(row["value"], row["n_scored"])
    return list(found.values())


def match(a: Sequence[Cell], b: Sequence[Cell]) -> Matched:
    """Match the cells of two studies.

    A cell meets that of the same encoder. Where the other study has asked the same of other
    encoders only, it meets each of those that have no namesake.
    """
    pairs = list(_pairs(_by_setting(a), _by_setting(b)))
    met_a = {(pair.a.setting, pair.a.encoder) for pair in pairs}
    met_b = {(pair.b.setting, pair.b.encoder) for pair in pairs}
    return Matched(
        tuple(pairs),
        sum((cell.setting, cell.encoder) not in met_a for cell in a),
        sum((cell.setting, cell.encoder) not in met_b for cell in b),
    )


def data_behind(plan: Plan, key: str) -> frozenset[str]:
    """Keys of the data that a step looked at itself, those that its model learned from apart."""
    found: set[str] = set()
    ahead = list(plan.by_key[key].needs)
    while ahead:
        step = plan.by_key[ahead.pop()]
        if step.kind in DATA:
            found.add(step.key)
        elif step.kind not in LEARNING:
            ahead += step.needs
    return frozenset(found)


def _setting(row: Mapping[str, Any]) -> Setting:
    return Setting(
        row["task"],
        row["regime"],
        tuple(sorted(row["source_languages"])),
        row["n_per_language"],
        row["target_language"],
        row["split"],
        row["seed"],
        row["form"],
    )


def _by_setting(cells: Sequence[Cell]) -> dict[Setting, dict[str, Cell]]:
    found: dict[Setting, dict[str, Cell]] = {}
    for cell in cells:
        found.setdefault(cell.setting, {})[cell.encoder] = cell
    return found


def _pairs(
    a: Mapping[Setting, Mapping[str, Cell]], b: Mapping[Setting, Mapping[str, Cell]]
) -> Iterator[Pair]:
    for setting, ours in a.items():
        theirs = b.get(setting, {})
        strangers = [cell for name, cell in theirs.items() if name not in ours]
        for name, cell in ours.items():
            if name in theirs:
                yield Pair(cell, theirs[name])
            else:
                yield from (Pair(cell, other) for other in strangers)
