"""Many parts of one kind on a page: the first open, the others a click away."""

from collections.abc import Sequence

from isogloss.report.html.blocks import Block, Fold


def first_open(parts: Sequence[tuple[str, Sequence[Block]]]) -> list[Block]:
    """The first of some parts as it is, each other one behind a line that opens it."""
    blocks: list[Block] = []
    for place, (summary, inner) in enumerate(parts):
        blocks += inner if place == 0 else [Fold(summary, inner)]
    return blocks
