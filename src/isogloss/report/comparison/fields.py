"""Intervals as fields of a record: a value, its lower and its upper bound."""

import math

from isogloss.report.records import Record
from isogloss.stats.combined import Combined, Difference
from isogloss.stats.intervals import Interval

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


def percent_of(found: Found | None, first: float) -> Record:
    """A difference in percent of the first value, which is taken as known; None if that is 0."""
    return interval_of("percent", found if first else None, 100 / abs(first) if first else 1.0)


def score_of(name: str, found: Combined | Interval, metric: str) -> Record:
    """Spread the interval of a score, its bounds cut at what a score can be (a loss has no top).

    With few seeds Student's t reaches beyond 0 and 1.
    """
    fields = interval_of(name, found)
    top = math.inf if metric == "eval_loss" else 1.0
    for end in (f"{name}_low", f"{name}_high"):
        if fields[end] is not None:
            fields[end] = min(max(fields[end], 0.0), top)
    return fields
