"""Every table and chart of a page under an id of its own.

Ids come from the names of encoders, and of two encoders only the letters that are safe may be the
same: `Tiny` and `tiny`, `a+b` and `a-b`. A button would act on the first of two parts with one id.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from isogloss.report.distinct import distinct
from isogloss.report.html.blocks import Block, Chart, Fold, Section, Table, Widget


def with_own_ids(sections: Sequence[Section]) -> list[Section]:
    """Put a number behind the id of a block that an earlier one has."""
    ids = distinct([one.id for section in sections for one in _with_ids(section.blocks)])
    return [replace(section, blocks=_renamed(section.blocks, ids)) for section in sections]


def _with_ids(blocks: Sequence[Block]) -> Iterator[Table | Chart | Widget]:
    for block in blocks:
        if isinstance(block, Fold):
            yield from _with_ids(block.blocks)
        elif isinstance(block, Table | Chart | Widget):
            yield block


def _renamed(blocks: Sequence[Block], ids: Iterator[str]) -> list[Block]:
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Fold):
            made.append(replace(block, blocks=_renamed(block.blocks, ids)))
        elif isinstance(block, Table | Chart | Widget):
            made.append(replace(block, id=next(ids)))
        else:
            made.append(block)
    return made
