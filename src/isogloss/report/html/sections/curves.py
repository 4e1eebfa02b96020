"""Learning curves: what more rows of each language bring."""

from isogloss.report.figures import figures
from isogloss.report.html.blocks import Block, Chart, Section, table_of
from isogloss.report.html.evidence import Evidence


def curves(evidence: Evidence) -> Section | None:
    """The curves of each encoder, and their numbers."""
    if evidence.scores is None:
        return None
    tables = evidence.scores.tables
    drawn = [one for one in figures(tables, evidence.frame) if one.table == "curves"]
    if not drawn:
        return None
    blocks: list[Block] = [Chart(one.name, one.caption, one.spec) for one in drawn]
    blocks.append(table_of("curves", "Score by training rows per language", tables["curves"]))
    return Section("learning", "Learning curves", blocks)
