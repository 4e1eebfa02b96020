"""How models were trained, as blocks: device, precision, threads, what was cut and what it took."""

from collections.abc import Iterator

from isogloss.report.html.blocks import Block, Heading, Lines, Words, table_of
from isogloss.report.html.evidence import Scores
from isogloss.report.page import TRAINING_FIELDS, narrow
from isogloss.report.trainings import NONE_SHORT, SHORT, shortage, ways_trained

MOST_OPEN = 12
"""Rows of a table that stands open."""

TIMES = (
    "What training took, as measured where it ran, mean over seeds: runs that shared a machine, or"
    " ran on different ones, do not compare"
)


def how_trained(scores: Scores) -> Iterator[Block]:
    """Say what `report.md` says under the same heading; nothing where no training told of itself.

    Args:
        scores: of what was fine-tuned.
    """
    times = narrow(scores.tables.get("training", ()), TRAINING_FIELDS)
    if not (scores.trainings or times):
        return
    yield Heading("How it was trained")
    if scores.trainings:
        found = ways_trained(scores.trainings)
        if found.warning:
            yield Words(found.warning, tone="warning")
        yield table_of("trained", "What the trainings chose, or were given", found.choices)
        short = shortage(scores.trainings)
        yield Lines([*found.facts, *([] if short else [NONE_SHORT])])
        if short:
            yield table_of("shortage", SHORT, short, folded=len(short) > MOST_OPEN)
    if times:
        yield table_of("training-times", TIMES, times, folded=len(times) > MOST_OPEN)
