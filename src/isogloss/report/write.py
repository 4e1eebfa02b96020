"""Write the report of a study: tables, figures and one page, from rows alone.

    folder/report.md
    folder/tables/<curves|gains|transfer|donors|regimes|gaps|training>.<csv|md|tex>
    folder/figures/<curves|transfer|regimes>-<encoder>-...<png|svg>
    folder/audit.md and audit tables, if an audit is given

Each file is whole or not there. A table without rows is written too, so that a script finds what it
looks for; a figure without anything to draw is not. Takes some seconds, for the drawing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.base.errors import InputError
from isogloss.report.audit_tables import write_audit, write_table
from isogloss.report.figures import Frame, figures, png, svg
from isogloss.report.files import write_file
from isogloss.report.page import page, what_was_run
from isogloss.report.understand import understand


def write_report(  # noqa: PLR0913 - what a report says of itself is flat, each by name
    rows: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    study: str,
    metric: str = "macro_f1",
    sample: bool = False,
    audit: Mapping[str, Any] | None = None,
    commands: Sequence[str] = (),
) -> list[Path]:
    """Write everything and return the files, the page last.

    Args:
        rows: the long table of results.
        folder: made if it is not there; files of these names are replaced, others are left alone.
        study: name of the study, for titles.
        metric: the score that tables and figures are about; higher must be better.
        sample: mark every title as sample data.
        audit: the record of an audit of the data, to be reported along.
        commands: what a reader types to get this report again.

    Raises:
        InputError: if there is nothing to report, or the folder cannot be written to.
        UnknownName: if no row has this metric.
    """
    if not any(row["target_language"] is not None for row in rows):
        raise InputError("No model is evaluated yet: there is nothing to report. Run the study.")
    frame = Frame(study, metric, sample)
    tables = understand(rows, metric=metric)
    made = [path for name in tables for path in write_table(folder, name, tables[name])]
    drawn = list(figures(tables, frame))
    for figure in drawn:
        place = folder / "figures"
        made.append(write_file(place / f"{figure.name}.png", png(figure.spec)))
        made.append(write_file(place / f"{figure.name}.svg", svg(figure.spec)))
    if audit is not None:
        made += write_audit(audit, folder, study=study, sample=sample)
    text = page(tables, drawn, frame, facts=what_was_run(rows), audit=audit, commands=commands)
    return [*made, write_file(folder / "report.md", text)]
