"""The answer to the claim, in plain words: is the candidate better, where, and is it the teachers?

For low- and high-resource languages each: the candidate against each baseline, a tie called a tie
with the difference that the study could have seen. Then what may be said about the reason. A gain
is the teachers' only if arms without teachers, but with soft targets or with as much compute, are
beaten too; where such an arm is missing, that is said and nothing is concluded.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.averages import lacking_words
from isogloss.report.balance.design import CONTROLS, DECISIVE, NEEDED, Design, measure_words
from isogloss.report.comparison.differences import TIE
from isogloss.report.comparison.reading import p_text
from isogloss.report.numbers import number, plain
from isogloss.report.records import Record, Records

CLAIMED = ("low", "high")
"""The groups that the claim is about."""

TASKS = {"mlm": "masked words", "pos": "POS probe", "ner": "NER probe"}
SETTINGS = {"in_language": "in-language", "zero_shot": "zero-shot"}


def claim_lines(differences: Records, design: Design) -> list[str]:
    """Say what came out, a line each; nothing where no difference was tested.

    Args:
        differences: records of `differences`.
        design: of the study.
    """
    lines: list[str] = []
    for asked in _questions(differences):
        mine = [record for record in differences if _question(record) == asked]
        for group in CLAIMED:
            if group in design.groups:
                of_group = [r for r in mine if r["scope"] == "group" and r["group"] == group]
                lines += _of_group(of_group, group, design)
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


def _of_group(records: Records, group: str, design: Design) -> Iterator[str]:
    baselines = [record for record in records if record["role"] == "baseline"]
    for record in baselines:
        yield f"**{_where(record, design)}**: {difference_words(record)}{_without(record)}"
    if group == CLAIMED[0] and baselines:
        yield f"**{_where(baselines[0], design)}, why**: {_reason(records, design)}"


def _reason(records: Records, design: Design) -> str:
    """What may be said about the teachers, from one group's differences."""
    by_arm = {record["first"]: record for record in records}
    won = [by_arm[arm]["verdict"] for arm in design.baselines if arm in by_arm][:1]
    if won != ["better"]:
        return (
            f"there is nothing to give the teachers credit for, as {design.candidate} is not "
            f"shown to be better than {design.baselines[0]}."
        )
    arms = {k: a for k, a in design.controls.items() if k in DECISIVE and a in by_arm}
    missing = [kind for kind in NEEDED if kind not in arms]
    unbeaten = [kind for kind, arm in arms.items() if not _beaten(by_arm[arm])]
    if unbeaten:
        said = " ".join(
            f"{_control(arms[k], k)}: {difference_words(by_arm[arms[k]])}" for k in unbeaten
        )
        return f"not shown to be the teachers. {said}"
    if missing:
        lacking = " and ".join(f"an arm with {CONTROLS[kind]}" for kind in missing)
        return f"whether it is the teachers is not decided: this study has no finished {lacking}."
    beaten = " and ".join(_control(arm, kind) for kind, arm in arms.items())
    return f"the teachers, as far as the controls go: {design.candidate} also beats {beaten}."


def _beaten(record: Mapping[str, Any]) -> bool:
    return bool(record["verdict"] == "better")


def _control(arm: str, kind: str) -> str:
    return f"{arm} ({CONTROLS[kind]})"


def _where(record: Mapping[str, Any], design: Design) -> str:
    names = [
        language_name(code)
        for code in design.groups[record["group"]]
        if code not in record["without"]
    ]
    group = f"{design.words_of(record['group']).partition(' (')[0]} ({', '.join(names)})"
    setting = "" if record["task"] == "mlm" else f", {SETTINGS[record['setting']]}"
    task = TASKS.get(record["task"], record["task"])
    layer = f", {record['form']}" if record["form"] else ""
    return f"{measure_words(record['metric'])} of the {task}{setting}{layer}, {group}"


def _without(record: Mapping[str, Any]) -> str:
    """What an average lacks, in words."""
    lacking = lacking_words(record)
    return f" Incomplete: {lacking}." if lacking else ""


def _seen(record: Mapping[str, Any]) -> str:
    smallest = record["smallest"]
    return "" if smallest is None else f"; a difference below {plain(smallest)} could hide"


def _seeds(n: int) -> str:
    return f"{n} seed" if n == 1 else f"{n} seeds"


def _questions(differences: Records) -> list[tuple[Any, ...]]:
    return list(dict.fromkeys(map(_question, differences)))


def _question(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[f] for f in ("task", "metric", "split", "form", "setting"))


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
