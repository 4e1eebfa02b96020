"""The verdict: which one, how sure, at what cost, for whom it fails, and what would change it."""

from collections.abc import Iterator

from isogloss.report.at_chance import zero_shot_notes
from isogloss.report.balance.claim import untested_words
from isogloss.report.html.balanced import glance_block
from isogloss.report.html.blocks import Block, Fold, Heading, Lines, Section, Words, table_of
from isogloss.report.html.choice import choice_facts, extremes
from isogloss.report.html.claimed import claim_caveat, claim_facts, claim_lead
from isogloss.report.html.evidence import Balancing, Comparing, Evidence, Scores
from isogloss.report.html.lone import (
    ends_of,
    lead_of,
    lone_chance,
    lone_facts,
    main_of,
    mean_of,
)
from isogloss.report.html.turns import turn_lines, turn_table, turns_of
from isogloss.report.html.warned import data_warnings
from isogloss.report.trainings import hardly_learned

TRAINED_AND_TESTED = {"train", "test"}

SHOWN = 5
"""So many things that are missing are named here; the provenance has all."""


def verdict(evidence: Evidence) -> Section | None:
    """What the page is opened for, in a few lines."""
    blocks = [
        *(_choice(evidence.comparing, evidence) if evidence.comparing else ()),
        *(_lone(evidence.scores, evidence) if evidence.scores and not evidence.comparing else ()),
        *(_claim(evidence.balancing) if evidence.balancing else ()),
        *_doubts(evidence),
    ]
    return Section("verdict", "Verdict", blocks) if blocks else None


def _choice(comparing: Comparing, evidence: Evidence) -> Iterator[Block]:
    found = comparing.recommendation
    turns = turns_of(comparing.candidates, found.choice)
    yield Words(f"Choice: **{found.choice}**.", tone="lead")
    yield choice_facts(comparing, evidence.frame)
    yield Lines([_led(line) for line in found.lines[1:]])
    yield Heading("What would change it")
    yield Lines(turn_lines(turns))
    lines = turn_table(turns)
    shown = [
        {name: line[name] for name in ("asked", "range", "choice", "as now")} for line in lines
    ]
    table = table_of("turns", "Conditions, and the choice under each", shown, full=lines)
    yield Fold("All weights and limits at which the choice changes", [table])


def _led(line: str) -> str:
    """A line with its first word set off: `Reason`, `Ties`."""
    word, _, rest = line.partition(":")
    return f"**{word}:**{rest}"


def _lone(scores: Scores, evidence: Evidence) -> Iterator[Block]:
    main = main_of(scores.tables["curves"])
    if main is not None:
        mean = mean_of(main, scores.rows, evidence.frame.metric)
        yield Words(lead_of(main, evidence.frame, mean), tone="lead")
        yield lone_facts(main, evidence.frame, mean)


def _of_data(evidence: Evidence) -> Iterator[str]:
    """What is wrong with the data of the languages that the verdict names, and with probes."""
    if evidence.balancing:
        yield from evidence.balancing.also.doubts
    if evidence.scores:
        tables = evidence.scores.tables
        yield from zero_shot_notes(tables.get("regimes", ()), tables.get("baselines", ()))
    if evidence.comparing:
        yield from data_warnings(evidence.audit, extremes(evidence.comparing), TRAINED_AND_TESTED)
    elif evidence.scores and (main := main_of(evidence.scores.tables["curves"])):
        yield from lone_chance(main, evidence.scores.tables.get("baselines", ()))
        yield from data_warnings(evidence.audit, ends_of(main), {"train", main.group.split})


def _claim(balancing: Balancing) -> Iterator[Block]:
    tests, design = balancing.tables["balance_tests"], balancing.design
    if not balancing.claim:
        yield Words(untested_words(design), tone="note")
        return
    if lead := claim_lead(tests, design):
        yield Words(lead, tone="lead")
        if caveat := claim_caveat(balancing.tables, design):
            yield Words(caveat)
    if glance := glance_block(tests, design):
        yield glance
        yield claim_facts(balancing.tables, design)
    yield Fold("Each answer in words", [Lines(balancing.claim)])


def _doubts(evidence: Evidence) -> Iterator[Block]:
    """What makes the verdict doubtful, and what it does not know yet."""
    comparing = evidence.comparing
    doubts = [*comparing.warnings, *comparing.comparison.notes] if comparing else []
    doubts += [*evidence.remarks, *([evidence.uncompared] if evidence.uncompared else [])]
    doubts += hardly_learned(evidence.scores.trainings) if evidence.scores else []
    doubts += _of_data(evidence)
    missing = evidence.provenance.unfinished
    if missing:
        left = evidence.provenance.n_left
        lead = "1 step is" if left == 1 else f"{left:,} steps are"
        doubts.append(f"**{lead} not finished**; this is about the rest.")
        doubts += missing[:SHOWN]
        if len(missing) > SHOWN:
            doubts.append("… the others are named under Provenance")
    if doubts:
        yield Lines(doubts, tone="warning")
