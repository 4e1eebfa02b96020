"""Two studies of a store, cell by cell: both values, their difference, and what only one has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from isogloss.report.html.blocks import Cell as Drawn
from isogloss.report.html.blocks import Table, table_of
from isogloss.store.results import results_table
from isogloss.store.store import Store
from isogloss.view.noted import Noted
from isogloss.view.reports import finished_stamp
from isogloss.view.shared import Cell, Matched, Pair, cells_of, data_behind, match
from isogloss.view.shelf import Shelf
from isogloss.view.turns import Turns

MOST_ROWS = 3000
"""More are left to the download: a page with them would be slow."""

ALL = "all"
"""Stands for every metric."""

USUAL = ("macro_f1", "f1", "mrr", "accuracy", "train_loss")
"""Shown first, where the study's own metric is not shared."""

DIFFERENCE = "difference"

SAME, OTHER = "same", "other"


@final
@dataclass(frozen=True)
class Side:
    """One of two studies."""

    noted: Noted
    cells: Sequence[Cell]
    data: Mapping[str, frozenset[str]]
    """By step, the keys of the data that it was tested on."""

    metric: str
    """The one that the study looks at first."""


@final
@dataclass(frozen=True)
class Compared:
    """Two studies side by side."""

    a: Side
    b: Side
    matched: Matched
    metric: str
    """The one that is shown; `all` for every one."""

    table: Table
    n_rows: int
    """How many there are; the table may hold fewer."""

    other_data: int
    """How many pairs were tested on other data."""

    not_shared: str | None = None
    """The metric that was asked for, if the studies do not share it and another one is shown."""


@final
class Sides:
    """Reads what is finished of studies, each once for what is finished."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._kept: dict[str, tuple[str, Side]] = {}
        self._turns = Turns()

    def of(self, noted: Noted, store: Store) -> Side:
        """One side of a comparison.

        Raises:
            IsoglossError: if the study cannot be opened, or one of its records not be read.
        """
        with self._turns.of(noted.id):
            stamp = finished_stamp(noted, store)
            kept = self._kept.get(noted.id)
            if kept is None or kept[0] != stamp:
                kept = stamp, self._read(noted)
                self._kept[noted.id] = kept
            return kept[1]

    def _read(self, noted: Noted) -> Side:
        opened = self._shelf.opened(noted).again_opened()
        cells = cells_of(results_table(opened.entries).to_pylist())
        data = {step: data_behind(opened.plan, step) for step in {cell.step for cell in cells}}
        metric = opened.study.metric if opened.study.encoders else "mrr"
        return Side(noted, cells, data, metric)


def compare(a: Side, b: Side, metric: str | None) -> Compared:
    """Put two studies side by side.

    Args:
        a: one study.
        b: the other.
        metric: the one to show, or `all`; the studies' own if it is None. If they do not share it,
            their own is shown, and `not_shared` says so.
    """
    matched = match(a.cells, b.cells)
    shown = _chosen(metric, matched.metrics, a, b)
    records = list(_records(matched.pairs, a, b, shown))
    if all(record["data"] == SAME for record in records):
        records = [{k: v for k, v in record.items() if k != "data"} for record in records]
    names = (_column(a, "A"), _column(b, "B"))
    caption = f"{shown.replace('_', ' ')}: A is {a.noted.name}, B is {b.noted.name}"
    table = table_of("cells", caption, records[:MOST_ROWS], names=names, full=records)
    return Compared(
        a, b, matched, shown, _signed(table), len(records),
        other_data=sum(_data(pair, a, b) == OTHER for pair in matched.pairs),
        not_shared=metric if metric not in {None, "", shown} else None,
    )  # fmt: skip


def _chosen(metric: str | None, shared: Sequence[str], a: Side, b: Side) -> str:
    if metric == ALL or metric in shared:
        return str(metric)
    usual = [name for name in (a.metric, b.metric, *USUAL, *shared) if name in shared]
    return usual[0] if usual else ALL


def _records(pairs: Sequence[Pair], a: Side, b: Side, metric: str) -> Iterator[dict[str, Any]]:
    for pair in pairs:
        for name, ours in pair.a.values.items():
            theirs = pair.b.values.get(name)
            if theirs is None or metric not in {ALL, name}:
                continue
            yield {
                **_asked(pair),
                **({"metric": name} if metric == ALL else {}),
                _column(a, "A"): ours.value,
                _column(b, "B"): theirs.value,
                DIFFERENCE: theirs.value - ours.value,
                "n_scored": _count(ours.n_scored, theirs.n_scored),
                "data": _data(pair, a, b),
            }


def _asked(pair: Pair) -> dict[str, Any]:
    """What both cells were asked."""
    setting = pair.a.setting
    return {
        "encoder": pair.a.encoder if pair.is_shared else f"{pair.a.encoder} | {pair.b.encoder}",
        "regime": setting.regime,
        "sources": list(setting.sources),
        "n_per_language": setting.n_per_language,
        "target": setting.target,
        "split": setting.split,
        "seed": setting.seed,
        "form": setting.form,
    }


def _data(pair: Pair, a: Side, b: Side) -> str:
    return SAME if a.data[pair.a.step] == b.data[pair.b.step] else OTHER


def _count(ours: int, theirs: int) -> int | str:
    return ours if ours == theirs else f"{ours} | {theirs}"


def _column(side: Side, letter: str) -> str:
    return f"{letter}: {side.noted.name}"


def _signed(table: Table) -> Table:
    """Give differences above 0 a plus."""
    if DIFFERENCE not in table.heads:
        return table
    at = list(table.heads).index(DIFFERENCE)
    rows = [[*row[:at], _plus(row[at]), *row[at + 1 :]] for row in table.rows]
    return replace(table, rows=rows)


def _plus(cell: Drawn) -> Drawn:
    above = isinstance(cell.value, float) and cell.value > 0 and cell.text.strip("0.") != ""
    return replace(cell, text=f"+{cell.text}") if above else cell
