"""How strong the teachers are beside the student that they taught, in a sentence."""

from collections.abc import Mapping
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.claim import question_words
from isogloss.report.balance.design import ALL, Design
from isogloss.report.balance.scores import MASKED, TEACHER
from isogloss.report.comparison.fields import UNBOUNDED
from isogloss.report.numbers import rounded_value
from isogloss.report.records import Records

ByArm = dict[str, Mapping[str, Any]]


def teachers_line(averages: Records, design: Design) -> str:
    """Compare each teacher with the student in the teacher's language; empty if none can be.

    It is a comparison of means over seeds, not a test. A student that learns from other models
    than a teacher a language is left alone.

    Args:
        averages: records of `averages`.
        design: of the study.
    """
    if design.teachers.get(design.candidate):
        return ""
    mine = [r for r in averages if _is_asked(r, design)]
    of_all = _by_arm([r for r in mine if r["scope"] == "group" and r["group"] == ALL])
    languages = dict.fromkeys(r["language"] for r in mine if r["scope"] == "language")
    pairs = {
        code: found
        for code in languages
        if len(found := _by_arm([r for r in mine if r["language"] == code])) == 2
    }
    if not pairs:
        return ""
    ahead = [code for code, found in pairs.items() if _is_ahead(found, design.candidate)]
    where = f" ({', '.join(map(language_name, ahead))})" if ahead else ""
    over = "Of 1 seed" if all(r["n_seeds"] == 1 for r in of_all.values()) else "Means over seeds"
    return (
        f"**Teachers against {design.candidate}**, {question_words(mine[0])}: "
        f"{_means(of_all, design)}a teacher is ahead of the student in {len(ahead)} of "
        f"{len(pairs)} languages{where}. {over}; no test was made of it."
    )


def _is_asked(record: Mapping[str, Any], design: Design) -> bool:
    return (
        record["task"] == MASKED
        and record["metric"] == design.headlines.get(MASKED)
        and record["arm"] in {TEACHER, design.candidate}
    )


def _by_arm(records: Records) -> ByArm:
    """The records that have a value, by arm."""
    return {record["arm"]: record for record in records if record["value"] is not None}


def _is_ahead(found: ByArm, candidate: str) -> bool:
    by = found[TEACHER]["value"] - found[candidate]["value"]
    return bool(by < 0 if found[TEACHER]["metric"] in UNBOUNDED else by > 0)


def _means(found: ByArm, design: Design) -> str:
    """Both means over all languages, where both have all."""
    if len(found) < 2:
        return ""
    teacher, student = (
        rounded_value(one["value"], one["value_low"], one["value_high"])
        for one in (found[TEACHER], found[design.candidate])
    )
    n = found[TEACHER]["n_languages"]
    return f"over {n} languages the teachers have {teacher}, the student {student}; "
