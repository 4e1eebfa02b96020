"""What the results say: from rows to a handful of named tables.

Each table is a list of flat records that any writer or figure can take. A number `x` that has an
interval stands with `x_low`, `x_high` and `x_sd` (see `isogloss.stats.intervals`); what was not run
is None, never absent and never 0. Languages are codes here; writers turn them into names.

Every table takes what the rows hold: a study without `single` has no transfer matrix, and a study
that is half done has the half, with its missing cells counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from isogloss.base.errors import InputError
from isogloss.report.baseline_tables import baselines
from isogloss.report.cells import Cells, read_cells
from isogloss.report.curve_tables import curves, gains
from isogloss.report.records import Record, Row
from isogloss.report.regime_tables import gaps, regimes
from isogloss.report.training import training
from isogloss.report.transfer_tables import donors, transfer

NOT_SCORES = ("eval_", "support/", "confusion/")

AS_TRAINED = {None, "torch"}
"""Forms of serving that these tables are about; the others have tables of their own."""

TABLES: dict[str, Callable[[Cells, str], Iterable[Record]]] = {
    "curves": curves,
    "gains": gains,
    "transfer": transfer,
    "donors": donors,
    "regimes": regimes,
    "gaps": gaps,
}
"""The tables about scores; `training` is made from the rows of training, `baselines` from counts of
gold."""


def understand(
    rows: Sequence[Row],
    *,
    metric: str = "macro_f1",
    planned: Iterable[Mapping[str, Any]] = (),
) -> dict[str, list[Record]]:
    """Make all tables of one study.

    Args:
        rows: the long table of results, any order.
        metric: the score that the tables are about; higher must be better.
        planned: the columns of every cell of the plan, finished or not; without them only what
            others of its kind have can be counted as missing.

    Raises:
        UnknownName: if no row has this metric.
        InputError: if the metric is no score, or rows contradict each other.
    """
    if metric.startswith(NOT_SCORES):
        raise InputError(
            f"{metric!r} is no score of which more is better. Choose accuracy, macro_f1, "
            "macro_recall, macro_precision, weighted_f1 or f1/<label>."
        )
    rows = list(filter(_is_as_trained, rows))
    asked = [one for one in planned if _is_as_trained(one) and one["target_language"] is not None]
    cells = read_cells(rows, metric, asked)
    tables = {name: list(table(cells, metric)) for name, table in TABLES.items()}
    return tables | {"training": training(rows), "baselines": baselines(rows, metric)}


def _is_as_trained(row: Mapping[str, Any]) -> bool:
    return row.get("form") in AS_TRAINED and row["split"] != "efficiency"
