"""What the candidate's training took beside that of its baselines, in operations and in words.

A student of teachers that wins at equal updates has not won at equal compute, so this stands beside
every answer. Ratios are of the totals in `costs`: the student, what its teachers answered, and
their own training, each teacher once.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from isogloss.report.balance.costs import PARTS, TOTAL
from isogloss.report.balance.design import Design
from isogloss.report.numbers import plain, written
from isogloss.report.records import Records

PART_WORDS = ("the student", "its teachers' answers", "their training")


class Compute(NamedTuple):
    """The candidate's operations beside those of its baselines."""

    answer: str
    """The ratios, in a few words."""

    parts: str
    """What the candidate's operations were for."""

    baselines: str
    """What the baselines took."""


def compute_of(costs: Records, design: Design) -> Compute | None:
    """Compare the operations of the candidate with those of each baseline.

    Args:
        costs: records of `costs`.
        design: of the study.

    Returns:
        None if they are not known of the candidate, or of no baseline.
    """
    by_arm = {record["arm"]: record for record in costs}
    unit = _unit(costs)
    total = f"{TOTAL} {unit}"
    own = by_arm.get(design.candidate)
    known = {arm: by_arm[arm][total] for arm in design.baselines if by_arm.get(arm, {}).get(total)}
    if own is None or not own[total] or not known:
        return None
    ratios = {arm: _ratio(own[total] / count) for arm, count in known.items()}
    took = ", ".join(f"{arm} {plain(count)}" for arm, count in known.items())
    return Compute(
        " and ".join(_ratio_words(ratios)),
        f"{plain(own[total])} {unit}: {', '.join(_parts(own, unit))}",
        f"{took} {unit}",
    )


def compute_line(costs: Records, design: Design) -> str:
    """The same in a sentence; empty if it is not known."""
    found = compute_of(costs, design)
    if found is None:
        return ""
    return (
        f"**Compute**: {design.candidate} took {found.answer} ({found.parts}; {found.baselines})."
    )


def _unit(costs: Records) -> str:
    """The unit that all records of costs are in."""
    heads = (field for record in costs for field in record if field.startswith(f"{TOTAL} "))
    return next(heads, "").removeprefix(f"{TOTAL} ")


def _ratio(value: float) -> str:
    return written(value, 1 if value >= 1 else 2)


def _ratio_words(ratios: Mapping[str, str]) -> Iterator[str]:
    """`4.0 times the compute of a and b`, the baselines of one ratio together."""
    for ratio in dict.fromkeys(ratios.values()):
        arms = " and ".join(arm for arm, own in ratios.items() if own == ratio)
        yield f"{ratio} times the compute of {arms}"


def _parts(own: Mapping[str, Any], unit: str) -> Iterator[str]:
    """What there is of each part, those that took nothing left out."""
    for part, words in zip(PARTS, PART_WORDS, strict=True):
        if count := own.get(f"{part} {unit}"):
            yield f"{words} {plain(count)}"
