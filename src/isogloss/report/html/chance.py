"""What chance scores, below the tables of scores."""

from collections.abc import Iterable

from isogloss.report.baseline_tables import chance_lines
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Lines
from isogloss.report.records import Records


def chance_block(known: Records, split: str, languages: Iterable[str], frame: Frame) -> list[Lines]:
    """A line each way of knowing nothing; no block where the counts of gold do not tell.

    Args:
        known: the records of `baselines`.
        split: that the table is of.
        languages: codes of those that it shows.
        frame: the study and its score.
    """
    told = chance_lines(known, split, list(dict.fromkeys(languages)), frame.measure)
    return [Lines(told, tone="note")] if told else []
