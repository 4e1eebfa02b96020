"""Tables of a balance study as blocks: verdicts marked, arms named as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.claim import SETTINGS, difference_table
from isogloss.report.balance.design import GROUP_WORDS, Design
from isogloss.report.balance.glance import Line, glance_lines, verdict_text
from isogloss.report.balance.side_by_side import ENDS
from isogloss.report.html.blocks import Cell, Table, Widget, table_of
from isogloss.report.html.marked import MARKS
from isogloss.report.numbers import NOTHING
from isogloss.report.records import Record, Records
from isogloss.report.tables import csv_text
from isogloss.report.words import capital

SIGNS = {"better": "▲", "worse": "▼", "tie": "="}
"""What stands before a verdict, so that a look finds it."""

SAID_ABOVE = {"task", "metric", "form", "setting"}


def glance_block(differences: Records, design: Design) -> Widget | None:
    """The answer at a glance: a row a group and question, a column a baseline; None without one.

    A verdict is a word with a sign and a color, so that it needs none of the last two.
    """
    lines = list(glance_lines(differences, design))
    if not lines:
        return None
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        grouped.setdefault(line.group, []).append(line)
    caption = (
        f"{design.candidate} minus each baseline, with 95 % intervals; verdicts are after Holm's"
        " correction"
    )
    parts = {
        "heads": [f"against {arm}" for arm in design.baselines],
        "groups": [
            {"name": _group_words(group, design), "rows": [_row(one, design) for one in mine]}
            for group, mine in grouped.items()
        ],
        "csv": csv_text([dict(record) for line in lines for record in line.against.values()]),
    }
    return Widget("balance-glance", "glance", caption, {}, parts)


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


def _group_words(group: str, design: Design) -> str:
    names = ", ".join(map(language_name, design.groups[group]))
    return f"{GROUP_WORDS[group].capitalize()}: {names}"


def _row(line: Line, design: Design) -> Record:
    """A question; what all baselines lack alike is said once, below it."""
    lacking = set(line.lacking.values())
    shared = next(iter(lacking)) if len(lacking) == 1 else ""
    cells = [
        _glance_cell(
            line.against.get(arm),
            line.mixed.get(arm, ""),
            "" if shared else line.lacking.get(arm, ""),
        )
        for arm in design.baselines
    ]
    measure = capital(line.measure)
    without = f"without {shared}" if shared else ""
    return {"measure": measure, "lacking": without, "chance": line.chance, "cells": cells}


def _glance_cell(record: Mapping[str, Any] | None, mixed: str, lacking: str) -> Record:
    if record is None:
        return {"verdict": NOTHING, "sign": "", "by": "", "interval": "", "mark": "", "more": []}
    verdict, _, difference = verdict_text(record).partition(", ")
    by, _, interval = difference.partition(" ")
    more = [f"mixed: {mixed}"] if mixed else []
    more += [f"without {lacking}"] if lacking else []
    return {
        "verdict": verdict, "sign": SIGNS.get(verdict, ""), "by": by, "interval": interval,
        "mark": MARKS.get(verdict, ""), "more": more,
    }  # fmt: skip


def _judged(cell: Cell, head: str, record: Mapping[str, Any]) -> Cell:
    if head == "verdict":
        return replace(cell, mark=MARKS.get(record["verdict"], ""))
    return replace(cell, value=record["p_holm"]) if head == "p (Holm)" else cell
