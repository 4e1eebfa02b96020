"""Write a comparison: its tables, and one page that says what they mean.

    folder/comparison.md
    folder/tables/comparison.<csv|md|tex>             encoders side by side, if there are two
    folder/tables/comparison_languages.<...>          the study's metric by language and pair
    folder/tables/comparison_differences.csv          every setting, metric, scope and pair
    folder/tables/comparison_times.csv                every pair on times and measured values
    folder/tables/<forms|tokenizers>.<...>
    folder/tables/<candidates|excluded>.<...>         with a recommendation

Each file is whole or not there; a table without rows is written too.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.table import Table

from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.grid import grid_latex, grid_markdown, grid_rich
from isogloss.report.comparison.page import NOTHING_ELSE, Told, comparison_page, whole
from isogloss.report.comparison.reading import form_table, pair_table, pairs_of
from isogloss.report.comparison.values import Compared
from isogloss.report.files import Artifact, write_files
from isogloss.report.frame import Frame
from isogloss.report.heads import HEADS
from isogloss.report.numbers import CUT_SAID
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.recommend.tables import candidate_table, exclusion_table, expansion_line
from isogloss.report.records import Record
from isogloss.report.table_files import table_files
from isogloss.report.tables import csv_text, rich_table

TITLES = {
    "comparison_languages": "Encoders by language",
    "forms": "Serving forms",
    "tokenizers": "Tokenizers",
    "candidates": "Candidates",
    "excluded": "What each constraint excludes",
}
"""Captions of the tables, behind the name of the study."""

SCREEN_FORM = (
    "encoder", "form", "minus_torch", "verdict", "single_stream_p99_ms",
    "offline_samples_per_second", "peak_rss_mb", "n_seeds",
)  # fmt: skip
"""What the screen shows of a form, besides its quality."""


def write_comparison(
    folder: Path, comparison: Comparison, *, frame: Frame, told: Told = NOTHING_ELSE
) -> list[Path]:
    """Write everything and return the files, the page last.

    Args:
        folder: made if it is not there; files of these names are replaced.
        comparison: of a study.
        frame: the study, its metric, and whether its data are sample data.
        told: recommendation, commands and what is missing.

    Raises:
        InputError: if the folder cannot be written to.
    """
    return write_files(folder, comparison_files(comparison, frame, told))


def comparison_files(
    comparison: Comparison, frame: Frame, told: Told = NOTHING_ELSE
) -> Iterator[Artifact]:
    """Give tables and `comparison.md`; see `write_comparison`."""
    if comparison.overview is not None:
        caption = f"{frame.study}: {' against '.join(comparison.encoders)}"
        for one in _figures(comparison.overview, caption):
            yield one._replace(path=f"tables/{one.path}")
    for name, of_pairs in (("differences", comparison.differences), ("times", comparison.times)):
        yield Artifact(f"tables/comparison_{name}.csv", partial(csv_text, of_pairs))
    for name, records in _records(comparison, told.recommendation).items():
        title = f"{frame.study}: {TITLES[name]}"
        fields = HEADS.get(name, ())
        yield from table_files(name, records, title=title, fields=fields, names=comparison.encoders)
    yield Artifact("comparison.md", lambda: comparison_page(comparison, frame, told))


def write_figures(folder: Path, compared: Compared, *, caption: str = "") -> list[Path]:
    """Write one table of encoders side by side as `comparison.csv`, `.md` and `.tex`.

    Args:
        folder: made if it is not there; files of these names are replaced.
        compared: of a study, or of figures of anybody.
        caption: in LaTeX; by default the encoders.

    Raises:
        InputError: if the folder cannot be written to.
    """
    return write_files(folder, _figures(compared, caption or " against ".join(compared.encoders)))


def _figures(compared: Compared, caption: str) -> Iterator[Artifact]:
    yield Artifact("comparison.csv", partial(csv_text, compared.records))
    yield Artifact("comparison.md", partial(grid_markdown, compared))
    in_latex = partial(grid_latex, compared, caption=caption, label="comparison")
    yield Artifact("comparison.tex", in_latex)


def comparison_console(comparison: Comparison) -> list[Table]:
    """Lay out what fits a screen: side by side, by language, forms and tokenizers."""
    metric, records = comparison.asked.metric, of_main_setting(comparison)
    found = []
    if comparison.overview is not None:
        note = CUT_SAID if comparison.overview.is_cut else ""
        found.append(grid_rich(comparison.overview, title=whole(comparison), note=note))
    for pair in pairs_of(records):
        lines = [
            {field: value for field, value in line.items() if field != "could see"}
            for line in pair_table(records, pair, metric)
        ]
        title = f"{metric} of {pair[1]} against {pair[0]}"
        found.append(rich_table(lines, title=title, names=pair))
    if len(comparison.forms) > len(comparison.encoders):
        found.append(rich_table(_screen_forms(comparison), title="Serving forms"))
    if comparison.tokenizers:
        found.append(rich_table(comparison.tokenizers, title="Tokenizers"))
    return found


def recommendation_console(found: Recommendation) -> list[Table]:
    """Lay out the candidates and what was excluded; the three lines are `found.lines`."""
    candidates = [
        {field: value for field, value in record.items() if field != "worst"}
        for record in candidate_table(found)
    ]
    note = expansion_line(found)
    tables = [rich_table(candidates, title=f"Candidates. {note}" if note else "Candidates")]
    if found.excluded:
        tables.append(rich_table(exclusion_table(found), title="Excluded"))
    return tables


def _records(
    comparison: Comparison, recommendation: Recommendation | None
) -> dict[str, list[Record]]:
    """The tables that are flat records, by name."""
    found = {
        "comparison_languages": _by_pair(comparison),
        "forms": form_table(comparison.forms),
        "tokenizers": list(comparison.tokenizers),
    }
    if recommendation is not None:
        found["candidates"] = candidate_table(recommendation)
        found["excluded"] = exclusion_table(recommendation)
    return found


def _screen_forms(comparison: Comparison) -> list[Record]:
    """Forms with the quality's interval, and measured values without theirs."""
    metric = comparison.asked.metric
    price = comparison.price
    fields = (*SCREEN_FORM, metric, *([price.metric] if price else []))
    bounded = {f"{name}{end}" for name in (metric, "minus_torch") for end in ("_low", "_high")}
    return [
        {name: v for name, v in record.items() if name in fields or name in bounded}
        for record in form_table(comparison.forms)
    ]


def _by_pair(comparison: Comparison) -> list[Record]:
    """The tables by language of all pairs; with three encoders, each line says whose it is."""
    records, metric = of_main_setting(comparison), comparison.asked.metric
    pairs = pairs_of(records)
    if len(pairs) == 1:
        return pair_table(records, pairs[0], metric)
    return [
        {"first": pair[0], "second": pair[1], **_sides(line, pair)}
        for pair in pairs
        for line in pair_table(records, pair, metric)
    ]


def _sides(line: Record, pair: tuple[str, str]) -> Record:
    """Name the columns of scores by side, since each pair has other names."""
    renamed = {
        f"{name}{end}": f"{side} score{end}"
        for name, side in zip(pair, ("first", "second"), strict=True)
        for end in ("", "_low", "_high")
    }
    return {renamed.get(field, field): value for field, value in line.items()}
