"""What came out of a study: tables, matrices, a comparison, a recommendation, charts."""

from collections.abc import Mapping
from functools import cached_property
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, final

from isogloss.base.errors import InputError
from isogloss.base.whole_file import write_file
from isogloss.desk.compared import Compared, compared
from isogloss.desk.evidence import evidence_of, tables_of
from isogloss.desk.opened import Opened
from isogloss.notebook.plots import Plots
from isogloss.notebook.table import Table, frame
from isogloss.report.comparison.compare import of_main_setting
from isogloss.report.html.page import render
from isogloss.report.html.study_page import study_page
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.records import Records
from isogloss.store.results import results_table

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import pyarrow as pa

    from isogloss.report.html.evidence import Evidence

LISTED = 20
"""So many missing cells are listed where results show themselves; more are counted."""


@final
class Results:
    """The finished part of a study; what is missing is in `unfinished`."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def unfinished(self) -> list[str]:
        """What is missing or failed, a line each."""
        return self._opened.unfinished()

    def to_arrow(self) -> "pa.Table":
        """The long table: one row per value, with its counts."""
        return results_table(self._opened.all_entries)

    def to_pandas(self) -> "pd.DataFrame":
        """The long table as a data frame.

        Raises:
            InputError: if pandas is not installed.
        """
        return frame(self.to_arrow().to_pylist())

    def to_datasets(self) -> "datasets.Dataset":
        """The long table as a data set.

        Raises:
            InputError: if the library datasets is not installed.
        """
        if find_spec("datasets") is None:
            raise InputError("Data sets need datasets: pip install datasets. Or take to_arrow().")
        made: datasets.Dataset = import_module("datasets").Dataset(self.to_arrow())
        return made

    def table(self, name: str) -> Table:
        """A table of the report by its name: `curves`, `gains`, `transfer`, `donors`, ...

        Raises:
            InputError: if there is none of this name; it says which there are.
        """
        tables = self._tables
        if name not in tables:
            raise InputError(f"No table {name!r}; there are: {', '.join(tables)}.")
        return Table(tables[name], name.replace("_", " "))

    def learning_curves(self) -> Table:
        """Score of each encoder, regime and language at each size, with intervals over seeds."""
        return self.table("curves")

    def transfer_matrix(self) -> Table:
        """Each source on each target, with intervals; `to_pandas()` then `pivot` as you like."""
        return self.table("transfer")

    def compare(self) -> Table:
        """Encoders compared pairwise in the main setting: differences, intervals, p, verdicts.

        Raises:
            InputError: if there is one encoder only, in one form.
        """
        comparison = self._compared.comparison
        return Table(of_main_setting(comparison), "comparison", comparison.encoders)

    def recommend(
        self,
        weights: Mapping[str, float] | None = None,
        *,
        max_latency_ms: float | None = None,
        max_memory_mb: float | None = None,
        min_f1: float | None = None,
        price: float | None = None,
    ) -> Recommendation:
        """Choose an encoder and a form of serving, as `isogloss recommend` does.

        Raises:
            InputError: if nobody keeps to the limits, or nobody was measured on them.
        """
        limits = Constraints(
            max_latency_ms=max_latency_ms, max_memory_mb=max_memory_mb, min_f1=min_f1
        )
        return self._compared.recommend(limits, weights, price_per_hour=price)

    @property
    def plot(self) -> Plots:
        """The figures as Altair charts, as in `plot.curves()`."""
        return Plots(self._tabled, lambda: self._compared)

    def to_html(self, path: str | Path | None = None) -> str:
        """The page of the study, as `isogloss report` writes it; written to a file if one is given.

        Raises:
            InputError: if the file cannot be written.
        """
        text = render(study_page(evidence_of(self._opened, self._commands)))
        if path is not None:
            write_file(Path(path), text)
        return text

    def __repr__(self) -> str:
        """How much there is."""
        done = len(self._opened.plan) - len(self._opened.missing)
        return f"Results of {self._opened.study.name}: {done} of {len(self._opened.plan)} steps"

    def _repr_html_(self) -> str:
        missing = self.unfinished
        more = len(missing) - LISTED
        shown = [*missing[:LISTED], *([f"and {more:,} more"] if more > 0 else [])]
        items = "".join(f"<li>{escape(line)}</li>" for line in shown)
        names = self._tables if self._opened.entries else ()
        tables = ", ".join(f"<code>{escape(name)}</code>" for name in names)
        return f"<p><strong>{escape(repr(self))}</strong></p><ul>{items}</ul><p>{tables}</p>"

    @property
    def _commands(self) -> list[str]:
        return [self._opened.again("run")]

    @cached_property
    def _tabled(self) -> "Evidence":
        return tables_of(self._opened, self._commands)

    @property
    def _tables(self) -> dict[str, Records]:
        scores, balancing = self._tabled.scores, self._tabled.balancing
        return {
            **(scores.tables if scores else {}),
            **(balancing.tables if balancing else {}),
        }

    @cached_property
    def _compared(self) -> Compared:
        return compared(self._opened)
