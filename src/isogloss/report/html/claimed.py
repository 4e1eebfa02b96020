"""The claim of a pre-training at a glance: for each question and group, is the candidate better?"""

from collections.abc import Iterator, Mapping
from typing import Any

from isogloss.report.balance.claim import answer_words
from isogloss.report.balance.design import Design
from isogloss.report.balance.glance import Line, glance_lines
from isogloss.report.comparison.differences import NOT_COMPARED, TIE
from isogloss.report.html.blocks import Fact, Facts
from isogloss.report.numbers import number, p_text
from isogloss.report.records import Records


def claim_lead(differences: Records, design: Design) -> str:
    """The first answer of the claim in a sentence; empty if nothing was tested."""
    for line in _answers(differences, design):
        where = f"{line.languages[:1].upper()}{line.languages[1:]}, {line.measure}"
        return f"{where}: {answer_words(_first(line, design), differences, design)}"
    return ""


def claim_facts(differences: Records, design: Design) -> Facts:
    """An answer a question and group of the claim, against the first baseline."""
    return Facts([_fact(line, design) for line in _answers(differences, design)])


def _answers(differences: Records, design: Design) -> Iterator[Line]:
    for line in glance_lines(differences, design):
        if design.baselines[0] in line.against:
            yield line


def _first(line: Line, design: Design) -> Mapping[str, Any]:
    return line.against[design.baselines[0]]


def _fact(line: Line, design: Design) -> Fact:
    record = _first(line, design)
    question, other = f"{line.measure}, {line.languages}", record["first"]
    if record["verdict"] == NOT_COMPARED or record["difference"] is None:
        return Fact(question, f"not compared with {other}", ["no seed is shared"])
    is_tie = record["verdict"] == TIE
    answer = f"a tie with {other}" if is_tie else f"{record['verdict']} than {other}"
    by = number(record["difference"], record["difference_low"], record["difference_high"])
    n = record["n_seeds"]
    sure = f"p {p_text(record['p_holm'])} (Holm), {n} seed{'' if n == 1 else 's'}"
    mixed = line.mixed[record["first"]]
    more = [f"mixed: {mixed}"] if mixed else []
    return Fact(question, answer, [f"difference {by}", sure, *more])
