"""The answer at a glance: for low and high, each task and setting, better, worse or a tie."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from isogloss.report.balance.at_chance import chance_words
from isogloss.report.balance.averages import lacking_words
from isogloss.report.balance.claim import question_words
from isogloss.report.balance.design import CLAIMED, QUESTION, Design
from isogloss.report.balance.mixed import mixed_words
from isogloss.report.comparison.differences import NOT_COMPARED
from isogloss.report.numbers import number
from isogloss.report.records import Record, Records


class Line(NamedTuple):
    """One group of languages and one question."""

    group: str
    """Its name in the study."""

    languages: str
    """The group in words."""

    measure: str
    against: dict[str, Mapping[str, Any]]
    """Baseline -> the record of the difference, where there is one."""

    mixed: dict[str, str]
    """Baseline -> languages whose own verdicts contradict; empty words where none does."""

    lacking: dict[str, str]
    """Baseline -> what is not in that average; empty words where it is whole."""

    chance: str
    """Where no arm of it is better than a constant answer; empty words where some is."""


def glance_lines(differences: Records, design: Design) -> Iterator[Line]:
    """The tested differences of the claim, group by group.

    Args:
        differences: records of `differences`.
        design: of the study.
    """
    mine = [r for r in differences if r["scope"] == "group" and r["role"] == "baseline"]
    several = len({r["form"] for r in mine if r["form"]}) > 1
    for group in CLAIMED:
        lines: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
        for record in mine:
            if record["group"] == group:
                key = tuple(record[f] for f in QUESTION)
                lines.setdefault(key, {})[record["first"]] = record
        for against in lines.values():
            record = next(iter(against.values()))
            layer = f", {record['form']}" if several and record["form"] else ""
            words = design.words_of(group).partition(" (")[0]
            mixed = {arm: mixed_words(one, differences, design) for arm, one in against.items()}
            lacking = {arm: lacking_words(one) for arm, one in against.items()}
            chance = chance_words(list(against.values()), differences, design)
            measure = question_words(record) + layer
            yield Line(group, words, measure, against, mixed, lacking, chance)


def glance_table(differences: Records, design: Design) -> list[Record]:
    """The same for reading: a column a baseline, bold where it is no tie.

    A last column says where no arm is better than chance; there is none, if some always is.
    """
    lines = list(glance_lines(differences, design))
    warned = any(line.chance for line in lines)
    return [
        {
            "languages": line.languages,
            "measure": line.measure,
            **{
                f"against {arm}": _cell(line, arm) if arm in line.against else ""
                for arm in design.baselines
            },
            **({"chance": line.chance} if warned else {}),
        }
        for line in lines
    ]


def verdict_text(record: Mapping[str, Any]) -> str:
    """What is said of the candidate, and by how much."""
    if record["verdict"] == NOT_COMPARED or record["difference"] is None:
        return NOT_COMPARED
    by = number(record["difference"], record["difference_low"], record["difference_high"])
    return f"{record['verdict']}, {by}"


def _cell(line: Line, arm: str) -> str:
    mixed = line.mixed[arm]
    return _bold(line.against[arm]) + (f"; mixed: {mixed}" if mixed else "")


def _bold(record: Mapping[str, Any]) -> str:
    text = verdict_text(record)
    word, comma, by = text.partition(",")
    return f"**{word}**{comma}{by}" if word in {"better", "worse"} else text
