"""Records turned into matrices for reading: languages down, sizes or targets across."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isogloss.report.cells import cut_ends
from isogloss.report.names import names_of
from isogloss.report.numbers import NOTHING, number, rounded_value
from isogloss.report.records import Records
from isogloss.report.tables import LANGUAGE_FIELDS


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
    downs, acrosses = _names(records, down), _names(records, across)
    rows: dict[str, dict[str, str]] = {}
    for record in records:
        name = downs[record[down]]
        empty = dict.fromkeys(acrosses.values(), NOTHING)
        row = rows.setdefault(name, {down.capitalize(): name, **empty})
        ends = record.get("value_low"), record.get("value_high")
        row[acrosses[record[across]]] = (
            number(record["value"], *ends, cut=cut_ends(record, "value"))
            if bounds
            else rounded_value(record["value"], *ends)
        )
    return list(rows.values())


def parts(records: Records, fields: Sequence[str]) -> Iterable[tuple[dict[str, Any], Records]]:
    """Split records by some fields, in order of appearance: (the fields' values, the records)."""
    for key, group in by_fields(records, fields).items():
        yield dict(zip(fields, key, strict=True)), group


def by_fields(records: Records, fields: Sequence[str]) -> Mapping[tuple[Any, ...], Records]:
    """The same, to be looked up by the fields' values."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault(tuple(record[field] for field in fields), []).append(record)
    return found


def _names(records: Records, field: str) -> dict[Any, str]:
    """What each value of a field is called, in order of appearance."""
    values = dict.fromkeys(record[field] for record in records)
    if field in LANGUAGE_FIELDS:
        return names_of(values)
    return {value: _sized(value) for value in values}


def _sized(value: Any) -> str:
    """A number of rows with commas, all else as it is.

    >>> _sized(2000), _sized(None), _sized("tiny")
    ('2,000', 'all', 'tiny')
    """
    if value is None:
        return "all"
    return f"{value:,}" if isinstance(value, int) else str(value)
