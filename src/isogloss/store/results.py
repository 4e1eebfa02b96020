"""The long table of results: one row per value, with the counts behind it.

The columns are a contract with scripts. A record of a step holds its scores; what they are scores
*of* (study, encoder, languages) only a study knows, so the caller gives it beside each record.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.base.errors import InputError
from isogloss.base.whole_file import whole_file
from isogloss.store.manifest import SCORE


class Column(NamedTuple):
    """A column of the table: scripts rely on its name and type."""

    name: str
    type: pa.DataType
    meaning: str


COLUMNS = (
    Column("study", pa.string(), "Name of the study."),
    Column("encoder", pa.string(), "Name of the encoder; of a pre-training that of the arm."),
    Column("task", pa.string(), "Task of the study; `mlm` for masked text; that of a probe."),
    Column(
        "regime",
        pa.string(),
        "How source languages were chosen; `pretrain` and `probe` for those.",
    ),
    Column("source_languages", pa.list_(pa.string()), "Languages that the model was trained on."),
    Column(
        "n_per_language",
        pa.int64(),
        "Rows of each source language that were asked for; missing for all of them.",
    ),
    Column("n_train", pa.int64(), "Rows that the model learned from, over all its languages."),
    Column("seed", pa.int64(), "Seed of the sample, of new weights and of the order of examples."),
    Column(
        "target_language",
        pa.string(),
        "Language that was tested on; missing in rows of training and of measuring.",
    ),
    Column(
        "split",
        pa.string(),
        "Split that was tested on; `held_out` for masked text, `train` for rows of training,"
        " `efficiency` for what was measured.",
    ),
    Column("metric", pa.string(), "Name of the metric; `/` parts a metric from its label."),
    Column("value", pa.float64(), "The value itself, finite."),
    Column("n_scored", pa.int64(), "Examples that the value is computed from, or samples of it."),
    Column("n_unscored", pa.int64(), "Examples that gave nothing usable."),
    Column("step", pa.string(), "Key of the step in the store that has the value."),
    Column(
        "form",
        pa.string(),
        "Form of serving that was tested or measured, `torch` as trained; of a probe its layer;"
        " missing in rows of training.",
    ),
)
"""All of them, in their order."""

SCHEMA = pa.schema([(column.name, column.type) for column in COLUMNS])
ROW_COLUMNS: tuple[str, ...] = tuple(SCHEMA.names)
SCORE_COLUMNS = tuple(SCORE)
_GIVEN_COLUMNS = tuple(name for name in ROW_COLUMNS if name not in SCORE_COLUMNS)
_BATCH_ROWS = 65_536
_JSON = json.JSONEncoder(ensure_ascii=False, default=str)

Entry = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The columns that the study gives, and the record of the step, which has `scores`."""

Rows: TypeAlias = pa.Table | pa.RecordBatchReader
"""Rows that are there, or that come as they are asked for, once."""


def results_table(entries: Iterable[Entry]) -> pa.Table:
    """Join the scores of records with their columns; `ROW_COLUMNS` in their order.

    Raises:
        KeyError: if an entry lacks a column, or a score a field.
    """
    return results_reader(entries).read_all()


def results_reader(entries: Iterable[Entry]) -> pa.RecordBatchReader:
    """The same rows, made as they are read: as many as there are, they take no more memory."""
    return pa.RecordBatchReader.from_batches(SCHEMA, _batches(entries))


def _batches(entries: Iterable[Entry]) -> Iterator[pa.RecordBatch]:
    columns: dict[str, list[Any]] = {name: [] for name in ROW_COLUMNS}
    for given, record in entries:
        scores = record["scores"]
        for name in _GIVEN_COLUMNS:
            columns[name] += [given[name]] * len(scores)
        for name in SCORE_COLUMNS:
            columns[name] += [score[name] for score in scores]
        if len(columns["metric"]) >= _BATCH_ROWS:
            yield pa.RecordBatch.from_pydict(columns, schema=SCHEMA)
            columns = {name: [] for name in ROW_COLUMNS}
    yield pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def to_json(rows: Rows) -> Iterator[str]:
    """One array of rows, a row a line; lists as lists, missing as null, floats in full.

    >>> table = pa.table({"value": [0.1, None], "languages": [["deu-Latn"], []]})
    >>> print("".join(to_json(table)), end="")
    [
    {"value": 0.1, "languages": ["deu-Latn"]},
    {"value": null, "languages": []}
    ]
    """
    names = (json.dumps(name, ensure_ascii=False) for name in rows.schema.names)
    row = "{" + ", ".join(name.replace("%", "%%") + ": %s" for name in names) + "}"
    before = "[\n"
    for batch in _batches_of(rows):
        if len(batch):
            yield before + ",\n".join(row % values for values in _texts_of(batch, _JSON.encode))
            before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def to_csv(rows: Rows) -> Iterator[str]:
    """A header and the rows; lists joined by "+", missing as nothing, floats in full.

    >>> table = pa.table({"value": [0.1], "languages": [["deu-Latn", "eng-Latn"]]})
    >>> print("".join(to_csv(table)), end="")
    value,languages
    0.1,deu-Latn+eng-Latn
    """
    yield _csv([rows.schema.names])
    for batch in _batches_of(rows):
        yield _csv(_texts_of(batch, _cell))


def to_parquet(rows: Rows, path: Path) -> None:
    """Write rows as a Parquet file, whole or not at all.

    Raises:
        InputError: if the file cannot be written.
    """
    with whole_file(path) as draft, pq.ParquetWriter(draft, rows.schema) as writer:
        for batch in _batches_of(rows):
            writer.write_batch(batch)


def to_file(chunks: Iterable[str], path: Path) -> None:
    """Write text as a file, whole or not at all.

    Raises:
        InputError: if the file cannot be written.
    """
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(chunks)


def query(table: pa.Table, sql: str) -> pa.Table:
    """Ask the table, under the name `results`, in DuckDB's SQL.

    The query sees this table and nothing else: no file, no network, no setting.

    Raises:
        InputError: with DuckDB's message, if it is not one question that can be answered.
    """
    try:
        with duckdb.connect(":memory:", config=_LOCKED) as connection:
            _refuse_other_than_one_question(connection, sql)
            connection.register("results", table)
            answer = connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise InputError(
            f"The query cannot be answered: {error}\n"
            f"The table is named results; its columns: {', '.join(table.column_names)}."
        ) from error
    twice = sorted({name for name in answer.column_names if answer.column_names.count(name) > 1})
    if twice:
        raise InputError(f"The query names {', '.join(twice)} twice: rename one with AS.")
    _refuse_times_of_no_calendar(answer)
    return answer


_LOCKED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


_EXAMPLE = "select encoder, avg(value) from results where metric = 'macro_f1' group by encoder"


def _refuse_other_than_one_question(connection: Any, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise InputError(
            f"Not one SELECT: {sql.strip()!r}. Ask one question of the table results, for example:"
            f" {_EXAMPLE}"
        )


def _refuse_times_of_no_calendar(answer: pa.Table) -> None:
    """DuckDB knows infinite days and the year 290000; Python, which writes the answer, does not."""
    for name in answer.column_names:
        column = answer[name]
        try:
            if pa.types.is_temporal(column.type):
                column.to_pylist()
        except (OverflowError, ValueError) as error:
            raise InputError(
                f"The query's {name} has a time before the year 1 or after 9999 ({error}): ask for"
                " it as text, with CAST(... AS VARCHAR)."
            ) from error


def _batches_of(rows: Rows) -> Iterable[pa.RecordBatch]:
    batches: Iterable[pa.RecordBatch] = rows
    return rows.to_batches() if isinstance(rows, pa.Table) else batches


def _csv(lines: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _texts_of(batch: pa.RecordBatch, encode: Callable[[Any], str]) -> Iterable[tuple[str, ...]]:
    """Rows with every value as text."""
    return zip(*(_texts(column, encode) for column in batch.columns), strict=True)


def _texts(column: pa.Array, encode: Callable[[Any], str]) -> list[str]:
    """A column as text; names and whole numbers repeat, so each is encoded once."""
    values = column.to_pylist()
    if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
        known = {value: encode(value) for value in column.unique().to_pylist()}
        return [known[value] for value in values]
    return [encode(_plain(value)) for value in values]


def _plain(value: Any) -> Any:
    """JSON knows neither NaN nor decimals (DuckDB's sums of whole numbers are such)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "+".join(_cell(item) for item in value)
    return repr(value) if isinstance(value, float) else str(value)
