"""Tables of a balance study as blocks: verdicts marked, arms named as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from isogloss.report.balance.claim import SETTINGS, difference_table
from isogloss.report.balance.design import Design
from isogloss.report.balance.glance import glance_lines, verdict_text
from isogloss.report.balance.side_by_side import ENDS
from isogloss.report.html.blocks import Cell, Table, table_of
from isogloss.report.html.marked import MARKS
from isogloss.report.numbers import NOTHING
from isogloss.report.records import Records
from isogloss.report.tables import csv_text

SAID_ABOVE = {"task", "metric", "form", "setting"}


def glance_block(differences: Records, design: Design) -> Table:
    """The answer at a glance: a row a group and question, a column a baseline."""
    lines = list(glance_lines(differences, design))
    rows = [
        [
            Cell(line.languages),
            Cell(line.measure),
            *(_glance_cell(line.against.get(arm)) for arm in design.baselines),
        ]
        for line in lines
    ]
    heads = ["languages", "measure", *(f"against {arm}" for arm in design.baselines)]
    full = [dict(record) for line in lines for record in line.against.values()]
    told = "its difference to each baseline with a 95 % interval"
    return Table(
        id="balance-glance",
        caption=f"{design.candidate} at a glance: {told}; the verdicts are after Holm's correction",
        heads=heads,
        rows=rows,
        numeric=[False] * len(heads),
        csv=csv_text(full),
    )


def paper_block(
    id: str, caption: str, records: Records, arms: Sequence[str], *, full: Records
) -> Table:
    """Probes as the paper prints them: groups down, each arm in-language and zero-shot."""
    names = {
        f"{arm}_{setting}": f"{arm}, {words}" for arm in arms for setting, words in SETTINGS.items()
    }
    ends = {f"{old}{end}": f"{new}{end}" for old, new in names.items() for end in ENDS}
    shown = [{ends.get(f, f): v for f, v in record.items()} for record in records]
    return table_of(id, caption, shown, names=list(names.values()), full=full)


def difference_block(id: str, caption: str, records: Records, design: Design) -> Table:
    """Differences of one question, with their verdicts; p-values sort by their numbers."""
    shown = [
        {f: v for f, v in line.items() if f not in SAID_ABOVE}
        for line in difference_table(records, design)
    ]
    names = [design.candidate]
    made = table_of(id, caption, shown, names=names, full=records)
    rows = [
        [_judged(cell, head, record) for cell, head in zip(row, made.heads, strict=True)]
        for row, record in zip(made.rows, records, strict=True)
    ]
    return replace(made, rows=rows)


def _glance_cell(record: Mapping[str, Any] | None) -> Cell:
    if record is None:
        return Cell(NOTHING)
    return Cell(verdict_text(record), record["difference"], MARKS.get(record["verdict"], ""))


def _judged(cell: Cell, head: str, record: Mapping[str, Any]) -> Cell:
    if head == "verdict":
        return replace(cell, mark=MARKS.get(record["verdict"], ""))
    return replace(cell, value=record["p_holm"]) if head == "p (Holm)" else cell
