"""What a screen shows of a balance study: each headline score by language and group, arm by arm.

Below the scores stands where arms that were compared are no better than chance.

A few arms stand side by side, as in the report. Many would fold every column into letters, so then
each arm has a line, and languages and groups stand side by side; of many languages the means alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from isogloss.report.balance.at_chance import UNREAD
from isogloss.report.balance.design import Design
from isogloss.report.balance.glance import glance_lines
from isogloss.report.balance.majority import MAJORITY
from isogloss.report.balance.scores import SETTINGS, TEACHER
from isogloss.report.balance.tables import TITLES, Tables
from isogloss.report.pivots import parts
from isogloss.report.records import Record, Records
from isogloss.report.tables import heading, rich_table

SIDE_BY_SIDE = 4
"""So many arms stand beside each other."""

LANGUAGES = 6
"""So many languages, with the means of the groups, do."""


def balance_console(tables: Tables, design: Design) -> list[Table]:
    """Lay out what a screen shows, without intervals."""
    masked = [r for r in tables["balance_masked"] if r["metric"] == design.headlines.get("mlm")]
    probes = [r for r in tables["balance_probes"] if r["metric"] == design.headlines.get(r["task"])]
    if len(design.arms) > SIDE_BY_SIDE:
        return [*_masked_by_arm(masked, design), *_probes_by_arm(probes, design)]
    found = []
    for name, records in (("balance_masked", masked), ("balance_probes", probes)):
        if records:
            plain = [{f: v for f, v in r.items() if not _is_bound(f)} for r in records]
            found.append(rich_table(plain, title=TITLES[name], names=design.arms))
    return found


def careful_lines(tables: Tables, design: Design) -> list[str]:
    """Say where the answer is of arms that are no better than chance, a line each."""
    return [
        f"Careful, {line.measure}, {line.languages}: {line.chance}; {UNREAD}."
        for line in glance_lines(tables["balance_tests"], design)
        if line.chance
    ]


def _masked_by_arm(records: Records, design: Design) -> list[Table]:
    """A table a metric and split: a line an arm, the teachers last."""
    found = []
    for key, lines in parts(records, ("metric", "split")):
        alone = [line for line in lines if line["characters"] is not None]
        shown = lines if len(alone) <= LANGUAGES else [one for one in lines if one not in alone]
        rows = [
            {"arm": arm, **{_short(line["text"]): line[arm] for line in shown}}
            for arm in _there((*design.arms, TEACHER), shown)
        ]
        found.append(_table(rows, TITLES["balance_masked"], key))
    return found


def _probes_by_arm(records: Records, design: Design) -> list[Table]:
    """A table a task, layer and setting: a line an arm, the groups side by side."""
    found = []
    for key, lines in parts(records, ("task", "metric", "split", "form")):
        for setting in SETTINGS:
            rows = [
                {
                    "arm": arm,
                    **{_short(line["group"]): line.get(f"{arm}_{setting}") for line in lines},
                }
                for arm in _there(design.arms, lines, f"_{setting}")
            ]
            if any(line.get(MAJORITY) is not None for line in lines):
                constant = {_short(line["group"]): line[MAJORITY] for line in lines}
                rows.append({"arm": heading(MAJORITY), **constant})
            found.append(_table(rows, TITLES["balance_probes"], {**key, "setting": setting}))
    return found


def _there(arms: Sequence[str], lines: Records, suffix: str = "") -> list[str]:
    """The arms that have a value in any line."""
    return [arm for arm in arms if any(one.get(f"{arm}{suffix}") is not None for one in lines)]


def _table(rows: Sequence[Record], title: str, key: Mapping[str, Any]) -> Table:
    said = " · ".join(f"{heading(field)}: {value}" for field, value in key.items() if value)
    names = list(rows[0]) if rows else ()
    return rich_table(rows, title=f"{title} ({said})", names=names)


def _short(words: str) -> str:
    """A group without the names of its languages, which stand in the report."""
    return words.partition(" (")[0]


def _is_bound(field: str) -> bool:
    return field.endswith(("_low", "_high"))
