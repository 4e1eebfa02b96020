"""The answer to the claim, in plain words: is the candidate better, where, and is it the teachers?

For low- and high-resource languages each: the candidate against each baseline, a tie called a tie
with the difference that the study could have seen. Then what may be said about the reason. A gain
is the teachers' only if arms without teachers, but with soft targets or with as much compute, are
beaten too; where such an arm is missing, that is said and nothing is concluded.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.balance.at_chance import UNREAD, are_at_chance, chance_words
from isogloss.report.balance.averages import lacking_words
from isogloss.report.balance.design import (
    CLAIMED,
    CONTROLS,
    DECISIVE,
    NEEDED,
    QUESTION,
    USUAL_CONTROLS,
    Design,
    measure_words,
)
from isogloss.report.balance.mixed import mixed_words
from isogloss.report.comparison.differences import TIE
from isogloss.report.numbers import NOTHING, number, p_text, plain
from isogloss.report.records import Record, Records
from isogloss.report.words import capital

TASKS = {"mlm": "masked words", "pos": "POS probe", "ner": "NER probe"}
SETTINGS = {"in_language": "in-language", "zero_shot": "zero-shot"}

NO_GAIN = "no gain to explain"


class Reason(NamedTuple):
    """What may be said about the teachers."""

    asked: str
    """The question that it is of."""

    answer: str
    """Whether it is them, in a few words."""

    words: str
    """And why, in a sentence."""


def claim_lines(differences: Records, design: Design) -> list[str]:
    """Say what came out: a line for each task, setting and group of the claim that was tested.

    Args:
        differences: records of `differences`.
        design: of the study.
    """
    lines = []
    for asked in dict.fromkeys(map(_question, differences)):
        mine = [r for r in differences if _question(r) == asked and r["scope"] == "group"]
        for group in CLAIMED:
            of_group = [record for record in mine if record["group"] == group]
            if any(record["role"] == "baseline" for record in of_group):
                lines.append(_line(of_group, group, design, differences))
    return lines


def difference_words(record: Mapping[str, Any]) -> str:
    """One difference in a sentence, without the group that it is about."""
    first, second = record["first"], record["second"]
    if record["difference"] is None or record["p_holm"] is None:
        return f"{second} and {first} were not compared: they share no seed with all languages."
    by = number(record["difference"], record["difference_low"], record["difference_high"])
    sure = f"p {p_text(record['p_holm'])}, {_seeds(record['n_seeds'])}"
    if record["verdict"] == TIE:
        return f"{second} and {first} are a tie: difference {by}, {sure}{_seen(record)}."
    return f"{second} is {record['verdict']} than {first}: difference {by}, {sure}."


def question_words(asked: Mapping[str, Any]) -> str:
    """What is asked: the metric with the task and, of a probe, the setting.

    >>> question_words({"metric": "mrr", "task": "mlm", "setting": "in_language"})
    'MRR of masked words'
    >>> question_words({"metric": "f1", "task": "ner", "setting": "zero_shot"})
    'F1 of the NER probe, zero-shot'
    """
    metric, task = measure_words(asked["metric"]), asked["task"]
    if task == "mlm":
        return f"{metric} of masked words"
    return f"{metric} of the {TASKS.get(task, task)}, {SETTINGS[asked['setting']]}"


def untested_words(design: Design) -> str:
    """Why there is no answer, and what would give one."""
    if not any(name in design.groups for name in CLAIMED):
        return (
            "Not asked: the answer is about the groups low and high, and the study names neither. "
            "Name them under `groups`; nothing is trained again for that."
        )
    against = " or ".join(design.baselines)
    if not against or design.candidate not in design.arms:
        return (
            "Not asked: the answer is an arm with soft labels against hard-balanced and hard-all, "
            f"and the study has no such {'arm' if against else 'baseline'}. Add one under `arms`; "
            "it is trained alone, what is there stays."
        )
    return (
        f"Not tested: {design.candidate}, and {against}, must be trained with a seed in common and "
        "their evaluations stored."
    )


def _line(records: Records, group: str, design: Design, differences: Records) -> str:
    baselines = [record for record in records if record["role"] == "baseline"]
    if not baselines[0]["n_pairs"]:
        return f"**{_where(baselines[0], design)}**: no data, nothing to compare."
    said = [answer_words(record, differences, design) for record in baselines]
    if lacking := lacking_words(baselines[0]):
        said.append(f"Without {lacking}.")
    if chance := chance_words(baselines, differences, design):
        said.append(f"**Careful**: {chance}; {UNREAD}.")
    if group == CLAIMED[0]:
        said.append(f"Why: {_reason(records, design).words}")
    return f"**{_where(baselines[0], design)}**: {' '.join(said)}"


def answer_words(record: Mapping[str, Any], differences: Records, design: Design) -> str:
    """The difference of a group, and its languages where they do not agree."""
    mixed = mixed_words(record, differences, design)
    return difference_words(record) + (f" Its languages do not agree: {mixed}." if mixed else "")


def teachers_reason(differences: Records, design: Design) -> Reason | None:
    """Say whether it is the teachers, of the first question where there is a gain to explain.

    Args:
        differences: records of `differences`.
        design: of the study.

    Returns:
        Of the smaller languages, as the claim asks, and of a question whose arms are better than
        chance, if there is one; where no gain is shown, of the first such. None if nothing was
        tested.
    """
    mine = [r for r in differences if r["scope"] == "group" and r["group"] == CLAIMED[0]]
    asked = [
        [record for record in mine if _question(record) == question]
        for question in dict.fromkeys(map(_question, mine))
    ]
    tested = [records for records in asked if _tested(records)]
    sound = [records for records in tested if not _only_chance(records)]
    found = [_reason(records, design) for records in sound or tested[:1]]
    gained = [reason for reason in found if reason.answer != NO_GAIN]
    return next(iter([*gained, *found]), None)


def _only_chance(records: Records) -> bool:
    return are_at_chance([record for record in records if record["role"] == "baseline"])


def _tested(records: Records) -> bool:
    return any(record["role"] == "baseline" and record["n_pairs"] for record in records)


def _reason(records: Records, design: Design) -> Reason:
    """What may be said about the teachers, from one group's differences."""
    asked = question_words(records[0])
    by_arm = {record["first"]: record for record in records}
    won = [by_arm[arm]["verdict"] for arm in design.baselines if arm in by_arm][:1]
    if won != ["better"]:
        return Reason(
            asked,
            NO_GAIN,
            "there is nothing to give the teachers credit for, as "
            f"{design.candidate} is not shown to be better than {design.baselines[0]}.",
        )
    arms = {k: a for k, a in design.controls.items() if k in DECISIVE and a in by_arm}
    missing = [kind for kind in NEEDED if kind not in arms]
    unbeaten = [kind for kind, arm in arms.items() if not _beaten(by_arm[arm])]
    if unbeaten:
        said = " ".join(
            f"{_control(arms[k], k)}: {difference_words(by_arm[arms[k]])}" for k in unbeaten
        )
        return Reason(asked, "not shown", f"not shown to be the teachers. {said}")
    if missing:
        lacking = " and ".join(f"no arm {_control(USUAL_CONTROLS[kind], kind)}" for kind in missing)
        return Reason(
            asked,
            "not decided by these arms",
            f"whether it is the teachers is not decided: this study has finished {lacking}.",
        )
    beaten = " and ".join(_control(arm, kind) for kind, arm in arms.items())
    return Reason(
        asked,
        "yes, as far as the controls go",
        f"the teachers, as far as the controls go: {design.candidate} also beats {beaten}.",
    )


def _beaten(record: Mapping[str, Any]) -> bool:
    return bool(record["verdict"] == "better")


def _control(arm: str, kind: str) -> str:
    return f"{arm} ({CONTROLS[kind]})"


def _where(record: Mapping[str, Any], design: Design) -> str:
    codes = design.groups[record["group"]]
    there = [code for code in codes if code not in record["without"]] or codes
    names = [language_name(code) for code in there]
    group = f"{design.words_of(record['group']).partition(' (')[0]} ({', '.join(names)})"
    setting = "" if record["task"] == "mlm" else f", {SETTINGS[record['setting']]}"
    task = TASKS.get(record["task"], record["task"])
    layer = f", {record['form']}" if record["form"] else ""
    measure = measure_words(record["metric"])
    return f"{capital(measure)} of the {task}{setting}{layer}, {group}"


def _seen(record: Mapping[str, Any]) -> str:
    smallest = record["smallest"]
    return "" if smallest is None else f"; a difference below {plain(smallest)} could hide"


def _seeds(n: int) -> str:
    """How many, and what one alone cannot tell: whether training again gives the same."""
    return "1 seed, of these trained models only" if n == 1 else f"{n} seeds"


def _question(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[f] for f in QUESTION)


def difference_table(differences: Records, design: Design) -> list[Record]:
    """Differences for reading: languages by name, then groups; the p-value in few digits."""
    return [
        {
            "task": record["task"],
            "metric": record["metric"],
            "form": record["form"],
            "setting": SETTINGS[record["setting"]],
            "languages": _scope_words(record, design),
            "against": record["first"],
            "its score": record["first_score"],
            record["second"]: record["second_score"],
            **{f"difference{end}": record[f"difference{end}"] for end in ("", "_low", "_high")},
            "p (Holm)": p_text(record["p_holm"]),
            "verdict": record["verdict"],
            "could see": record["smallest"],
            "n_seeds": record["n_seeds"],
            "units": record["n_units"],
            "without": lacking_words(record) or None,
        }
        for record in differences
    ]


def _scope_words(record: Mapping[str, Any], design: Design) -> str:
    if record["scope"] == "language":
        return language_name(record["language"])
    return f"mean: {design.words_of(record['group'])}"


def difference_grid(differences: Records, design: Design) -> list[Record]:
    """The differences of one question for a page: languages and groups down, other arms across.

    A cell is the difference with its interval and its p-value after Holm; bold where it is no tie.
    """
    lines: dict[str, Record] = {}
    for record in sorted(differences, key=lambda r: (r["scope"] != "language", r["role"])):
        line = lines.setdefault(
            _scope_words(record, design), {"languages": _scope_words(record, design)}
        )
        line[f"minus {record['first']}"] = _grid_cell(record)
        line["without"] = line.get("without") or lacking_words(record) or None
    arms = dict.fromkeys(f for line in lines.values() for f in line if f.startswith("minus "))
    order = ["languages", *arms, "without"]
    return [
        {f: line.get(f, None if f == "without" else "") for f in order} for line in lines.values()
    ]


def _grid_cell(record: Mapping[str, Any]) -> str:
    if record["difference"] is None:
        return NOTHING
    by = number(record["difference"], record["difference_low"], record["difference_high"])
    if record["verdict"] != TIE:
        by = f"**{by}**"
    return f"{by} p {p_text(record['p_holm'])}"
