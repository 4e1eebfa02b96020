"""Where the languages of a group do not agree: a mean may be better and one of them worse."""

from collections.abc import Mapping
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.design import QUESTION, Design
from isogloss.report.records import Records

ASKED = (*QUESTION, "first")
TOLD_APART = ("better", "worse")


def mixed_words(record: Mapping[str, Any], differences: Records, design: Design) -> str:
    """`Basque worse, Turkish better`, where verdicts of a group or its languages go both ways.

    Args:
        record: the tested difference of a group.
        differences: all of them, those of single languages too.
        design: of the study.

    Returns:
        Each language that was told apart, with its own verdict; empty where none contradicts.
    """
    asked = tuple(record[field] for field in ASKED)
    own = {
        one["language"]: one["verdict"]
        for one in differences
        if one["scope"] == "language"
        and one["language"] in design.groups[record["group"]]
        and one["verdict"] in TOLD_APART
        and tuple(one[field] for field in ASKED) == asked
    }
    if len({*own.values(), record["verdict"]} & set(TOLD_APART)) < len(TOLD_APART):
        return ""
    return ", ".join(f"{language_name(code)} {verdict}" for code, verdict in own.items())
