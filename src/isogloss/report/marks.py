"""Which cells of a record are marked: the best of those that compete, and real differences.

What a test has decided is marked by the test: the better one is bold, and a difference whose
p-value stays below 0.05 after Holm's correction has a dagger. Where nothing was tested, the best
value is bold, and a dagger says that the interval of a difference leaves out 0.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from isogloss.report.comparison.directions import direction
from isogloss.report.records import Records

WAYS = ("joint", "single", "zero_shot_best", "joint_zero_shot", "leave_one_out")
"""Fields of one target language that compete where no encoders or arms do."""

SUFFIXES = ("", "_in_language", "_zero_shot")
"""What follows the name of an encoder or an arm in the name of its field."""

DIFFERENCES = {"difference", "gain", "minus_torch"}
"""Fields that hold a difference, besides those with `_minus_` in their name."""

BETTER_SIDE = {"better": "second", "worse": "first"}
"""Which side of a pair a verdict on the second one favors."""

TESTED = r"after Holm's correction ($p < 0.05$)"
LEAVES_OUT = r"$\dagger$: the 95\,\% interval leaves out 0."
DIFFERS = rf"$\dagger$: differs {TESTED}."


@final
@dataclass(frozen=True)
class Marks:
    """Fields of one record."""

    best: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    """Differences that a test or an interval tells from 0."""


def marks_of(record: Mapping[str, Any], names: Collection[str] = ()) -> Marks:
    """Mark a record.

    Args:
        record: of a table.
        names: of encoders or arms, whose fields are named after them.

    >>> sorted(marks_of({"joint": 0.7, "single": 0.6, "language": "deu-Latn"}).best)
    ['joint']
    >>> sorted(marks_of({"gain": 0.2, "gain_low": 0.1, "gain_high": 0.3}).apart)
    ['gain']
    """
    if "better" in record or "verdict" in record:
        return _tested(record, names)
    rivals = [[f"{name}{suffix}" for name in names] for suffix in SUFFIXES] if names else [WAYS]
    best = [field for fields in rivals for field in _best(record, fields)]
    apart = [field for field in record if _is_difference(field) and _leaves_out_0(record, field)]
    return Marks(frozenset(best), frozenset(apart))


def notes_of(records: Records, names: Collection[str], fields: Sequence[str]) -> Iterator[str]:
    r"""Say in LaTeX what the marks of a table mean; `fields` are those that it shows."""
    marks = [marks_of(record, names) for record in records]
    tested = any("better" in record or "verdict" in record for record in records)
    if _shows(fields, (one.best for one in marks)):
        yield f"Bold: better {TESTED}." if tested else "Bold: the best of its line; not tested."
    if _shows(fields, (one.apart for one in marks)):
        yield DIFFERS if tested else LEAVES_OUT


def _shows(fields: Sequence[str], marked: Iterable[frozenset[str]]) -> bool:
    return any(one & set(fields) for one in marked)


def _tested(record: Mapping[str, Any], names: Collection[str]) -> Marks:
    """By what a test said of two: the name of the better one, or a verdict on the second."""
    sides = {side: record[side] for side in ("first", "second") if side in record}
    told = str(record.get("verdict"))
    winner = record.get("better", sides.get(BETTER_SIDE.get(told, "")))
    if told not in {"better", "worse"} and winner not in {*names, *sides.values()}:
        return Marks()
    scores = [f"{side}{space}score" for side, name in sides.items() if name == winner
              for space in ("_", " ")]  # fmt: skip
    best = [field for field in (winner, *scores) if field in record]
    return Marks(frozenset(best), frozenset(filter(_is_difference, record)))


def _best(record: Mapping[str, Any], fields: Sequence[str]) -> list[str]:
    """The fields with the best value; none where fewer than two have one, or neither way is better.

    A table without a metric of its own is about one of which more is better.
    """
    way = direction(str(record["metric"])) if "metric" in record else "higher"
    values = {field: record[field] for field in fields if isinstance(record.get(field), float)}
    if way is None or len(values) < 2:
        return []
    best = (max if way == "higher" else min)(values.values())
    return [field for field, value in values.items() if value == best]


def _is_difference(field: str) -> bool:
    whole = not field.endswith(("_low", "_high", "_sd"))
    return whole and (field in DIFFERENCES or "_minus_" in field)


def _leaves_out_0(record: Mapping[str, Any], field: str) -> bool:
    low, high = record.get(f"{field}_low"), record.get(f"{field}_high")
    return low is not None and high is not None and (low > 0 or high < 0)
