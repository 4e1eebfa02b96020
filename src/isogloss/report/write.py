"""The report of a study as files: tables, figures and one page, from rows alone.

    folder/report.md
    folder/tables/<curves|gains|transfer|donors|regimes|gaps|training|baselines|shortage>.<csv|md|tex>
    folder/figures/<curves|transfer|regimes>-<encoder>-...<png|svg>

The page links `folder/audit.md` if an audit was written there before.

Each file is whole or not there. A table without rows is written too, so that a script finds what it
looks for; a figure without anything to draw is not. Takes some seconds, for the drawing.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.report.figures import figure_files, figures
from isogloss.report.files import Artifact
from isogloss.report.frame import Frame
from isogloss.report.heads import HEADS
from isogloss.report.page import page, what_was_run
from isogloss.report.records import Records, Row
from isogloss.report.table_files import table_files
from isogloss.report.trainings import SHORTAGE_FIELDS, how_trained, shortage


class Told(NamedTuple):
    """What a report says besides its rows."""

    trainings: Sequence[Mapping[str, Any]] = ()
    """What each finished training chose and did (see `isogloss.report.trainings`)."""

    unfinished: Sequence[str] = ()
    """What it lacks, a line each."""

    commands: Sequence[str] = ()
    """What a reader types to get it again."""


NOTHING_ELSE = Told()


def was_audited(folder: Path) -> bool:
    """Whether an audit was written to this folder before."""
    return (folder / "audit.md").exists()


def report_files(
    rows: Sequence[Row],
    tables: Mapping[str, Records],
    frame: Frame,
    told: Told = NOTHING_ELSE,
    *,
    audited: bool = False,
) -> Iterator[Artifact]:
    """Give tables and figures, then `report.md`.

    Args:
        rows: the long table of results.
        tables: those that `understand` made of the rows.
        frame: the study, the score that tables and figures are about (higher must be better), and
            whether every title says that the data are sample data.
        told: trainings, what is missing, and commands.
        audited: whether an audit stands beside, to be linked.
    """
    short = shortage(told.trainings)
    for name, records in tables.items():
        yield from table_files(name, records, fields=HEADS[name])
    yield from table_files("shortage", short, fields=SHORTAGE_FIELDS)
    drawn = list(figures(tables, frame))
    yield from figure_files(drawn)
    missing = ["\n".join(f"- {line}" for line in told.unfinished)]
    again = ["```sh\n" + "\n".join(told.commands) + "\n```"]
    more = {
        "Not in this report": missing if told.unfinished else [],
        "How it was trained": list(how_trained(told.trainings, short)),
        "Data": [AUDIT] if audited else [],
        "Again": again if told.commands else [],
    }
    facts = what_was_run(rows)
    yield Artifact("report.md", lambda: page(tables, drawn, frame, facts=facts, more=more))


AUDIT = "What the data look like, and what is wrong with them: [audit.md](audit.md)."
