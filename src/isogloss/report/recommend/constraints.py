"""Constraints: limits that a candidate must keep to, and what each of them excludes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

from isogloss.base.errors import InputError
from isogloss.report.numbers import plain
from isogloss.report.recommend.candidate import Candidate


class Kind(NamedTuple):
    """What can be limited."""

    field: str
    """What of a candidate it is about."""

    words: str
    """What that is; `{metric}` stands for the study's."""

    is_most: bool
    """Whether a limit is the most, or the least, that is allowed."""

    unit: str
    top: float | None
    """The largest value it can have; None if there is none."""

    remedy: str
    """What to do where the field was not measured."""

    @property
    def asked(self) -> str:
        """The words of a limit, without its value."""
        return f"{self.words}, {'at most' if self.is_most else 'at least'}"


MEASURE = (
    "Add `efficiency: {}` to the study and run it again: then each encoder is measured alone, and "
    "compare what it says."
)

KINDS = {
    "max_latency_ms": Kind("latency_ms", "p99 latency", True, " ms", None, MEASURE),
    "max_memory_mb": Kind("memory_mb", "peak memory", True, " MB", None, MEASURE),
    "min_f1": Kind("quality", "mean {metric}", False, "", 1, "Run the study."),
}
"""By the names of the fields of `Constraints`."""


class Limit(NamedTuple):
    """One constraint."""

    flag: str
    """As it is said on the command line."""

    field: str
    """What of a candidate it is about."""

    value: float
    is_most: bool
    """Whether the limit is the most, or the least, that is allowed."""

    unit: str
    remedy: str
    """What to do where the field was not measured."""


class Exclusion(NamedTuple):
    """A candidate that does not keep to a constraint."""

    constraint: str
    candidate: str
    value: float | None
    """None: it was not measured."""

    limit: float


@final
@dataclass(frozen=True)
class Constraints:
    """Limits; None is no limit."""

    max_latency_ms: float | None = None
    """On the 99th percentile of one answer at a time."""

    max_memory_mb: float | None = None
    """On the peak resident memory."""

    min_f1: float | None = None
    """On the mean score over languages in the study's metric, which for NER is F1."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{_flag(name)} {value}: a limit is a number above 0.")
        if self.min_f1 is not None and self.min_f1 > 1:
            raise InputError(
                f"--min-f1 {self.min_f1}: a score is between 0 and 1; 90 % is written 0.9."
            )

    @property
    def limits(self) -> list[Limit]:
        """Those that are set."""
        return [limit_of(name, value) for name, value in vars(self).items() if value]

    def to_json(self) -> dict[str, Any]:
        """The limits by name."""
        return dict(vars(self))


def limit_of(name: str, value: float) -> Limit:
    """A limit of one kind, by the name of its field."""
    kind = KINDS[name]
    return Limit(_flag(name), kind.field, value, kind.is_most, kind.unit, kind.remedy)


def excluded(candidates: Sequence[Candidate], constraints: Constraints) -> list[Exclusion]:
    """What each constraint excludes; a candidate may be excluded more than once.

    A candidate that was not measured is excluded as such: that it might keep to the limit is no
    reason to take it.

    Raises:
        InputError: if a constraint is about something that nobody was measured on.
    """
    for limit in constraints.limits:
        if all(getattr(one, limit.field) is None for one in candidates):
            raise InputError(
                f"{limit.flag} needs a measurement that no candidate has. {limit.remedy}"
            )
    return [
        Exclusion(limit.flag, one.name, getattr(one, limit.field), limit.value)
        for limit in constraints.limits
        for one in candidates
        if miss(one, limit) > 0
    ]


def miss(candidate: Candidate, limit: Limit) -> float:
    """By what share of a limit a candidate misses it; 0 if it keeps to it."""
    value = getattr(candidate, limit.field)
    if value is None:
        return math.inf
    over = value - limit.value if limit.is_most else limit.value - value
    return max(0.0, float(over) / limit.value)


def nobody(candidates: Sequence[Candidate], constraints: Constraints) -> InputError:
    """The error that nobody keeps to all constraints: who comes closest, and what it misses.

    The closest is the one whose misses, as shares of their limits, add up to least.
    """
    limits = constraints.limits
    closest = min(candidates, key=lambda one: math.fsum(miss(one, limit) for limit in limits))
    said = " and ".join(_missed(closest, limit) for limit in limits if miss(closest, limit) > 0)
    asked = ", ".join(f"{limit.flag} {limit.value:g}" for limit in limits)
    return InputError(
        f"No candidate meets {asked}. Closest: {closest.name}, {said}. "
        "Loosen the constraint, or add encoders or serving forms to the study."
    )


def _missed(candidate: Candidate, limit: Limit) -> str:
    value = getattr(candidate, limit.field)
    name = limit.field.partition("_")[0]
    if value is None:
        return f"whose {name} was not measured"
    off = plain(abs(value - limit.value))
    way = "too much" if limit.is_most else "too little"
    share = f"{miss(candidate, limit):.0%}"
    return f"with a {name} of {plain(value)}{limit.unit}, {off}{limit.unit} ({share}) {way}"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
