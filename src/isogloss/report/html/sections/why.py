"""Why the scores are what they are: data, tokenizers, confusions, the worst examples."""

from isogloss.report.html.blocks import Block, Section
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.why.data import data_blocks
from isogloss.report.html.why.errors import confusion_blocks, entity_blocks
from isogloss.report.html.why.examples import example_blocks
from isogloss.report.html.why.tokenizers import tokenizer_blocks


def why(evidence: Evidence) -> Section | None:
    """The section, of the parts that the study has."""
    blocks: list[Block] = [
        *data_blocks(evidence),
        *tokenizer_blocks(evidence),
        *confusion_blocks(evidence),
        *entity_blocks(evidence),
        *example_blocks(evidence),
    ]
    return Section("why", "Why", blocks) if blocks else None
