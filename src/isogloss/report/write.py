"""Write the report of a study: tables, figures and one page, from rows alone.

    folder/report.md
    folder/tables/<curves|gains|transfer|donors|regimes|gaps|training|shortage>.<csv|md|tex>
    folder/figures/<curves|transfer|regimes>-<encoder>-...<png|svg>

The page links `folder/audit.md` if an audit was written there before.

Each file is whole or not there. A table without rows is written too, so that a script finds what it
looks for; a figure without anything to draw is not. Takes some seconds, for the drawing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.base.errors import InputError
from isogloss.report.audit_tables import write_table
from isogloss.report.figures import figures, png, svg
from isogloss.report.files import write_file
from isogloss.report.frame import Frame
from isogloss.report.page import page, what_was_run
from isogloss.report.records import Row
from isogloss.report.trainings import SHORTAGE_FIELDS, how_trained, shortage
from isogloss.report.understand import understand


def write_report(
    rows: Sequence[Row],
    folder: Path,
    *,
    frame: Frame,
    trainings: Sequence[Mapping[str, Any]] = (),
    unfinished: Sequence[str] = (),
    commands: Sequence[str] = (),
) -> list[Path]:
    """Write everything and return the files, the page last.

    Args:
        rows: the long table of results.
        folder: made if it is not there; files of these names are replaced, others are left alone.
        frame: the study, the score that tables and figures are about (higher must be better), and
            whether every title says that the data are sample data.
        trainings: what each finished training chose and did (see `isogloss.report.trainings`).
        unfinished: what this report lacks, a line each.
        commands: what a reader types to get this report again.

    Raises:
        InputError: if there is nothing to report, or the folder cannot be written to.
        UnknownName: if no row has this metric.
    """
    if not any(row["target_language"] is not None for row in rows):
        raise InputError("No model is evaluated yet: there is nothing to report. Run the study.")
    tables = understand(rows, metric=frame.metric)
    short = shortage(trainings)
    made = [path for name in tables for path in write_table(folder, name, tables[name])]
    made += write_table(folder, "shortage", short, fields=SHORTAGE_FIELDS)
    drawn = list(figures(tables, frame))
    for figure in drawn:
        place = folder / "figures"
        made.append(write_file(place / f"{figure.name}.png", png(figure.spec)))
        made.append(write_file(place / f"{figure.name}.svg", svg(figure.spec)))
    more = {
        "Not in this report": ["\n".join(f"- {line}" for line in unfinished)] if unfinished else [],
        "How it was trained": list(how_trained(trainings, short)),
        "Data": [AUDIT] if (folder / "audit.md").exists() else [],
        "Again": ["```sh\n" + "\n".join(commands) + "\n```"] if commands else [],
    }
    text = page(tables, drawn, frame, facts=what_was_run(rows), more=more)
    return [*made, write_file(folder / "report.md", text)]


AUDIT = "What the data look like, and what is wrong with them: [audit.md](audit.md)."
