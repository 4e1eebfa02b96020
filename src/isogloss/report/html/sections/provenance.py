"""Where everything comes from, and how to get it again."""

from isogloss.report.html.blocks import Block, Code, Fold, Lines, Section
from isogloss.report.html.evidence import Evidence


def provenance(evidence: Evidence) -> Section | None:
    """Commands, the study file, and what is missing."""
    told = evidence.provenance
    blocks: list[Block] = [Code("\n".join(told.commands), "To get this page again")]
    if told.unfinished:
        blocks.insert(0, Lines(told.unfinished, tone="warning"))
    blocks.append(Fold("The study file, as it was read", [Code(told.study)]))
    return Section("provenance", "Provenance", blocks)
