"""What a report shows on a screen of 80 columns; the files have the rest."""

from collections.abc import Mapping

from rich.table import Table

from isogloss.report.page import DONOR_FIELDS, REGIME_FIELDS, narrow
from isogloss.report.records import Records
from isogloss.report.tables import rich_table

TITLES = {
    "gains": "Learning curves: what more rows gave",
    "donors": "Transfer: what a language gives and gets",
    "regimes": "Joint, single and zero-shot",
    "gaps": "Worst and best language of each model",
}
"""The tables on the screen, in order."""

WHERE = ("encoder", "split", "n_per_language")
FIELDS = {
    "donors": (*WHERE, *DONOR_FIELDS, "n_seeds"),
    "regimes": (*WHERE, *REGIME_FIELDS, "n_seeds"),
}
"""The columns of a table of which the screen does not show all."""


def report_console(tables: Mapping[str, Records], metric: str) -> list[Table]:
    """Lay out the tables of `understand` that fit a screen; those without rows are left out."""
    return [
        rich_table(
            narrow(tables[name], FIELDS[name]) if name in FIELDS else tables[name],
            title=f"{title} ({metric})",
        )
        for name, title in TITLES.items()
        if tables[name]
    ]
