"""Intervals as fields of a record: a value, its lower and its upper bound; p-values too."""

import math

from isogloss.report.records import Record
from isogloss.stats.combined import Combined, Difference
from isogloss.stats.intervals import Interval

UNBOUNDED = {"eval_loss", "bits_per_character"}
"""Metrics that have no top; all others are between 0 and 1."""

Found = Combined | Difference | Interval


def interval_of(name: str, found: Found | None, scale: float = 1.0) -> Record:
    """Spread an interval over the fields `name`, `name_low` and `name_high`; None gives Nones."""
    if found is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    ends = {"_low": found.low, "_high": found.high}
    return {
        name: found.mean * scale,
        **{name + end: None if value is None else value * scale for end, value in ends.items()},
    }


def p_values(found: Difference | None) -> Record:
    """Spread the p-values of a difference; `p_holm` waits for the others of its family."""
    return {
        "p": found.p if found else None,
        "p_holm": None,
        "p_randomization": found.p_randomization if found else None,
        "smallest": found.smallest if found else None,
    }


def percent_of(found: Found | None, first: float, metric: str = "") -> Record:
    """A difference in percent of the first value, which is taken as known; None if that is 0.

    Of a score the bounds are cut at what it can lose, all it is, and gain, up to 1.
    """
    fields = interval_of("percent", found if first else None, 100 / abs(first) if first else 1.0)
    if not metric or metric in UNBOUNDED or not 0 < first <= 1:
        return fields
    return _cut(fields, "percent", -100.0, 100 * (1 / first - 1))


def difference_of(name: str, found: Found | None, metric: str) -> Record:
    """Spread the interval of a difference of two scores, its bounds cut at -1 and 1.

    That of two losses has no bounds.
    """
    fields = interval_of(name, found)
    return fields if metric in UNBOUNDED else _cut(fields, name, -1.0, 1.0)


def score_of(name: str, found: Found | None, metric: str) -> Record:
    """Spread the interval of a score, its bounds cut at what a score can be (a loss has no top)."""
    return _cut(interval_of(name, found), name, 0.0, math.inf if metric in UNBOUNDED else 1.0)


def _cut(fields: Record, name: str, least: float, most: float) -> Record:
    """Move the bounds of an interval to what is possible; with few seeds Student's t is beyond."""
    ends = {f"{name}_low", f"{name}_high"}
    return {
        field: min(max(value, least), most) if field in ends and value is not None else value
        for field, value in fields.items()
    }
