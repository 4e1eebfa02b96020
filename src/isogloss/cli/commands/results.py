"""`isogloss results`: the long table, one row per value; scripts rely on its columns."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from isogloss.base.errors import InputError
from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE

WHOLE = {"metric", "value", "target_language", "n_scored"}
"""Columns that the screen always has, in one line each."""


class Format(StrEnum):
    """Forms of the table."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def results(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    form: Annotated[Format, typer.Option("--format", help="Form of the table.")] = Format.table,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here; without --format as its ending says: .csv, .json or .parquet.",
        ),
    ] = None,
    sql: Annotated[
        str | None,
        typer.Option("--sql", metavar="QUERY", help="DuckDB SQL over the table `results`."),
    ] = None,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Print the long results table: one row per value, with its counts.

    On the screen what all rows have in common stands once, above them; csv, json and parquet have
    every column in every row.
    """
    from isogloss.desk.opened import open_study
    from isogloss.store import results as table_room

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    rows: Any = table_room.results_reader(opened.stream())
    if sql is not None:
        rows = table_room.query(rows.read_all(), sql)
    form = Format.json if json else form
    if form is Format.table and output is not None:
        form = _of_ending(output)
    if form is Format.table:
        table = rows if sql is not None else rows.read_all()
        found = table.to_pylist()
        if found:
            _print_table(found, table.column_names, whole=sql is not None)
        elif sql is not None:
            show.note("The query has no rows.")
        else:
            show.note(
                f"No finished cell yet in {opened.store.root}: `{opened.again('run')}` makes them."
            )
        return
    if form is Format.parquet:
        if output is None:
            raise InputError("parquet is not text: say where with -o FILE.")
        table_room.to_parquet(rows, output)
    else:
        chunks = table_room.to_json(rows) if form is Format.json else table_room.to_csv(rows)
        if output is None:
            for chunk in chunks:
                typer.echo(chunk, nl=False)
            return
        table_room.to_file(chunks, output)
    show.note(f"Wrote {output}.")


def _of_ending(output: Path) -> Format:
    """The form that a file's ending asks for."""
    asked = output.suffix.removeprefix(".").lower()
    if asked not in {"csv", "json", "parquet"}:
        raise InputError(
            f"{output}: which form? End it with .csv, .json or .parquet, or say it with --format."
        )
    return Format(asked)


def _print_table(rows: list[dict[str, object]], columns: list[str], *, whole: bool) -> None:
    """Show rows; what they have in common once, unless every column was asked for (`whole`)."""
    from rich.table import Table
    from rich.text import Text

    once = [] if whole or len(rows) < 2 else [name for name in columns if _is_common(name, rows)]
    kept = [name for name in columns if name not in once]
    said = " · ".join(f"{name}: {_cell(name, rows[0])}" for name in once)
    table = Table(box=None, header_style="bold", title=Text(said) if said else None,
                  title_justify="left")  # fmt: skip
    for name in kept:
        table.add_column(Text(name), overflow="fold", no_wrap=name in WHOLE)
    for row in rows:
        table.add_row(*(Text(_cell(name, row)) for name in kept))
    show.wide().print(table)


def _is_common(name: str, rows: list[dict[str, object]]) -> bool:
    return name not in WHOLE and all(row[name] == rows[0][name] for row in rows)


def _cell(name: str, row: dict[str, object]) -> str:
    from isogloss.report import tables

    value = row[name]
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return tables.cell({"sources": value}, "sources") if len(value) > 3 else "+".join(value)
    return str(value)
