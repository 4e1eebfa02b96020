"""Where the arms that are compared are no better than a constant answer.

Then their difference may be none in the task: whoever is told a tie, or a winner, must be told this
with it. A score counts as chance where it is at or below that of always answering the most
frequent tag; of entities, where it is 0.
"""

from collections.abc import Mapping
from typing import Any

from isogloss.report.balance.design import QUESTION, Design
from isogloss.report.balance.majority import MAJORITY
from isogloss.report.names import listed
from isogloss.report.numbers import plain_range
from isogloss.report.records import Records
from isogloss.study.tasks import SPAN_TASKS

CONSTANT, NO_ENTITY = "always answering the most frequent tag", "never answering an entity"

UNREAD = "such scores can be had without reading the text"


def chance_words(records: Records, differences: Records, design: Design) -> str:
    """Say that none of the arms of an answer is better than chance, or in which languages none is.

    Args:
        records: the tested differences of one group and question, one a baseline.
        differences: all of them, those of single languages too.
        design: of the study.

    Returns:
        Words that follow the name of the group; empty where some arm is better everywhere.
    """
    if not records:
        return ""
    if are_at_chance(records):
        return f"none of these arms is better than {_constant(records)}, at {_scores(records)}"
    codes = [
        code
        for code in design.groups[records[0]["group"]]
        if are_at_chance(_alone(records, code, differences))
    ]
    if not codes:
        return ""
    return f"in {listed(codes)} none of these arms is better than {_answer(records[0])}"


def are_at_chance(records: Records) -> bool:
    """Whether all of these differences are between arms that are; false of none."""
    return bool(records) and all(map(_is_at_chance, records))


def _is_at_chance(record: Mapping[str, Any]) -> bool:
    chance, scores = _chance(record), (record.get("first_score"), record.get("second_score"))
    return chance is not None and all(score is not None and score <= chance for score in scores)


def _chance(record: Mapping[str, Any]) -> float | None:
    return 0.0 if record["task"] in SPAN_TASKS else record.get(MAJORITY)


def _alone(records: Records, code: str, differences: Records) -> Records:
    """The differences of one language that belong to those of its group."""
    asked = {_asked(record) for record in records}
    return [
        one
        for one in differences
        if one["scope"] == "language" and one["language"] == code and _asked(one) in asked
    ]


def _asked(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[field] for field in (*QUESTION, "first"))


def _constant(records: Records) -> str:
    """The constant answer with its score, of one baseline or from the least to the most."""
    known = [chance for record in records if (chance := _chance(record)) is not None]
    return f"{_answer(records[0])} ({plain_range(known)})"


def _answer(record: Mapping[str, Any]) -> str:
    return NO_ENTITY if record["task"] in SPAN_TASKS else CONSTANT


def _scores(records: Records) -> str:
    return plain_range(
        [record[field] for record in records for field in ("first_score", "second_score")]
    )
