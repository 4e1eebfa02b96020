"""The claim of a pre-training in a sentence and three answers: at what cost, why, and how sure."""

from collections.abc import Iterator

from isogloss.report.balance.at_chance import UNREAD
from isogloss.report.balance.certainty import certainty_of
from isogloss.report.balance.claim import answer_words, teachers_reason
from isogloss.report.balance.compute import compute_of
from isogloss.report.balance.design import Design
from isogloss.report.balance.glance import Line, glance_lines
from isogloss.report.balance.tables import Tables
from isogloss.report.html.blocks import Fact, Facts
from isogloss.report.records import Records
from isogloss.report.words import capital


def claim_lead(differences: Records, design: Design) -> str:
    """The first answer of the claim in a sentence; empty if nothing was tested."""
    line = _first(differences, design)
    if line is None:
        return ""
    where = f"{capital(line.languages)}, {line.measure}"
    careful = f" **Careful**: {line.chance}; {UNREAD}." if line.chance else ""
    answer = answer_words(line.against[design.baselines[0]], differences, design)
    return f"{where}: {answer}{careful}"


def _first(differences: Records, design: Design) -> Line | None:
    lines = glance_lines(differences, design)
    return next((line for line in lines if design.baselines[0] in line.against), None)


def claim_caveat(tables: Tables, design: Design) -> str:
    """What must be read with that sentence: at what cost, and whether it is the teachers.

    The latter names its question where that is not the one of the sentence.
    """
    compute = compute_of(tables["balance_costs"], design)
    said = [f"At {compute.answer}."] if compute else []
    if reason := teachers_reason(tables["balance_tests"], design):
        lead = _first(tables["balance_tests"], design)
        is_same = lead is not None and lead.measure.startswith(reason.asked)
        answer = reason.answer if is_same else f"of {reason.asked}, {reason.answer}"
        said.append(f"Is it the teachers? {capital(answer)}.")
    return " ".join(said)


def claim_facts(tables: Tables, design: Design) -> Facts:
    """What must stand beside the verdicts of a balance study, as far as its records tell.

    Args:
        tables: of `balance_tables`.
        design: of the study.
    """
    return Facts(list(_facts(tables, design)))


def _facts(tables: Tables, design: Design) -> Iterator[Fact]:
    differences = tables["balance_tests"]
    compute = compute_of(tables["balance_costs"], design)
    if compute is None:
        yield Fact("At what cost", "not known", ["the operations were not counted"])
    else:
        took = [f"{design.candidate} {compute.parts}", compute.baselines]
        yield Fact("At what cost", compute.answer, took)
    if reason := teachers_reason(differences, design):
        words = [f"{capital(reason.asked)}: {reason.words}"]
        yield Fact("Is it the teachers?", reason.answer, words)
    if certainty := certainty_of(differences):
        yield Fact("How sure", certainty.answer, certainty.more)
