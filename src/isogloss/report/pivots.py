"""Records turned into matrices for reading: languages down, sizes or targets across."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.numbers import NOTHING, number, rounded_value
from isogloss.report.tables import LANGUAGE_FIELDS

Records = Sequence[Mapping[str, Any]]


def pivot(records: Records, down: str, across: str, *, bounds: bool = True) -> list[dict[str, str]]:
    """Lay `value` out with one field down and one across; cells that are absent stay empty.

    Args:
        records: each with `down`, `across`, `value`, `value_low` and `value_high`.
        down: field whose values name the rows.
        across: field whose values name the columns.
        bounds: write the interval too; without it, only its digits count.

    >>> records = [{"language": "deu-Latn", "n": 100, "value": 0.5}]
    >>> pivot(records, "language", "n")
    [{'Language': 'German', '100': '0.500'}]
    """
    columns = dict.fromkeys(_name(record, across) for record in records)
    rows: dict[str, dict[str, str]] = {}
    write = number if bounds else rounded_value
    for record in records:
        name = _name(record, down)
        row = rows.setdefault(name, {down.capitalize(): name, **dict.fromkeys(columns, NOTHING)})
        row[_name(record, across)] = write(
            record["value"], record.get("value_low"), record.get("value_high")
        )
    return list(rows.values())


def parts(records: Records, fields: Sequence[str]) -> Iterable[tuple[dict[str, Any], Records]]:
    """Split records by some fields, in order of appearance: (the fields' values, the records)."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault(tuple(record[field] for field in fields), []).append(record)
    for key, group in found.items():
        yield dict(zip(fields, key, strict=True)), group


def _name(record: Mapping[str, Any], field: str) -> str:
    value = record[field]
    if field in LANGUAGE_FIELDS:
        return language_name(value)
    return "all" if value is None else str(value)
