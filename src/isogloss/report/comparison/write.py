"""Write a comparison: its tables, and one page that says what they mean.

    folder/comparison.md
    folder/tables/comparison.<csv|md|tex>             encoders side by side
    folder/tables/comparison_languages.<...>          the study's metric by language and pair
    folder/tables/comparison_differences.csv          every setting, metric, scope and pair
    folder/tables/comparison_times.csv                every pair on times and measured values
    folder/tables/<forms|tokenizers>.<...>
    folder/tables/<candidates|excluded>.<...>         with a recommendation

Each file is whole or not there; a table without rows is written too.
"""

from pathlib import Path

from rich.table import Table

from isogloss.report.audit_tables import write_table
from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.grid import grid_latex, grid_markdown, grid_rich
from isogloss.report.comparison.page import NOTHING_ELSE, Told, comparison_page, whole
from isogloss.report.comparison.reading import form_table, pair_table, pairs_of
from isogloss.report.files import write_file
from isogloss.report.frame import Frame
from isogloss.report.page import narrow
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.recommend.tables import candidate_table, exclusion_table
from isogloss.report.records import Record
from isogloss.report.tables import csv_text, rich_table

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
    tables = folder / "tables"
    caption = f"{frame.study}: {' against '.join(comparison.encoders)}"
    made = [
        write_file(tables / "comparison.csv", csv_text(comparison.overview.records)),
        write_file(tables / "comparison.md", grid_markdown(comparison.overview)),
        write_file(
            tables / "comparison.tex",
            grid_latex(comparison.overview, caption=caption, label="comparison"),
        ),
        write_file(tables / "comparison_differences.csv", csv_text(comparison.differences)),
        write_file(tables / "comparison_times.csv", csv_text(comparison.times)),
        *write_table(folder, "comparison_languages", _by_pair(comparison)),
        *write_table(folder, "forms", form_table(comparison.forms)),
        *write_table(folder, "tokenizers", list(comparison.tokenizers)),
    ]
    if told.recommendation is not None:
        made += write_table(folder, "candidates", candidate_table(told.recommendation))
        made += write_table(folder, "excluded", exclusion_table(told.recommendation))
    page = comparison_page(comparison, frame, told)
    return [*made, write_file(folder / "comparison.md", page)]


def comparison_console(comparison: Comparison) -> list[Table]:
    """Lay out what fits a screen: side by side, by language, forms and tokenizers."""
    metric, records = comparison.asked.metric, of_main_setting(comparison)
    found = [grid_rich(comparison.overview, title=whole(comparison).partition(";")[0])]
    for pair in pairs_of(records):
        lines = [
            {field: value for field, value in line.items() if field != "could see"}
            for line in pair_table(records, pair, metric)
        ]
        found.append(rich_table(lines, title=f"{metric} of {pair[1]} against {pair[0]}"))
    if len(comparison.forms) > len(comparison.encoders):
        forms = narrow(form_table(comparison.forms), (*SCREEN_FORM, metric))
        found.append(rich_table(forms, title="Serving forms"))
    if comparison.tokenizers:
        found.append(rich_table(comparison.tokenizers, title="Tokenizers"))
    return found


def recommendation_console(found: Recommendation) -> list[Table]:
    """Lay out the candidates and what was excluded; the three lines are `found.lines`."""
    candidates = [
        {field: value for field, value in record.items() if field != "worst"}
        for record in candidate_table(found)
    ]
    tables = [rich_table(candidates, title="Candidates")]
    if found.excluded:
        tables.append(rich_table(exclusion_table(found), title="Excluded"))
    return tables


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
