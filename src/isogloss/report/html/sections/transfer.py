"""Transfer: what each language gives to and gets from each other one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isogloss.report.charts.transfer import ORDER, ORDERS
from isogloss.report.figures import transfer_figures
from isogloss.report.html.blocks import Block, Control, Section, Words, table_of
from isogloss.report.html.chance import chance_block
from isogloss.report.html.drawn import drawn
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.first_open import first_open
from isogloss.report.html.matrix import matrix
from isogloss.report.page import DONOR_FIELDS, counts, named, narrow
from isogloss.report.pivots import by_fields, parts
from isogloss.report.records import Records

FIELDS = ("encoder", "split", "n_per_language")
LEAST = 3
"""Languages; fewer can stand in one order only."""


def transfer(evidence: Evidence) -> Section | None:
    """The matrix of each encoder, split and size, with the means of its rows and columns."""
    if evidence.scores is None:
        return None
    tables = evidence.scores.tables
    margins = by_fields(tables["donors"], FIELDS)
    made = [
        (named(key), blocks)
        for key, cells in _largest_first(tables["transfer"])
        if (blocks := _part(key, cells, margins.get(tuple(key.values()), ()), evidence))
    ]
    return Section("transfer", "Transfer between languages", first_open(made)) if made else None


def _largest_first(records: Records) -> list[tuple[dict[str, Any], Records]]:
    """By encoder and split; all rows, or the most, come first."""
    found = list(parts(records, FIELDS))
    groups = list(dict.fromkeys((key["encoder"], key["split"]) for key, _ in found))

    def place(item: tuple[dict[str, Any], Records]) -> tuple[int, bool, int]:
        size = item[0]["n_per_language"]
        group = groups.index((item[0]["encoder"], item[0]["split"]))
        return group, size is not None, -(size or 0)

    return sorted(found, key=place)


def _part(
    key: Mapping[str, Any], cells: Records, donors: Records, evidence: Evidence
) -> list[Block]:
    frame = evidence.frame
    known = evidence.scores.tables.get("baselines", ()) if evidence.scores else ()
    blocks: list[Block] = []
    for figure in transfer_figures(cells, donors, frame):
        caption = f"Scores ({frame.measure}) by source (down) and target (across): {named(key)}"
        blocks += [
            *_missing(cells),
            drawn(figure, frame, controls=_order(cells)),
            *chance_block(known, key["split"], [cell["target"] for cell in cells], frame),
            table_of(
                f"{figure.name}-margins",
                "What each language gives (donor mean) and gets (recipient mean); the gap is its "
                f"in-language score minus what it gets: {named(key)}",
                narrow(donors, DONOR_FIELDS),
                full=donors,
            ),
            replace(
                matrix(
                    f"{figure.name}-numbers",
                    f"{caption}; {counts(cells)}",
                    cells,
                    ("source", "target"),
                    bounds=False,
                ),
                folded=True,
            ),
        ]
    return blocks


def _missing(cells: Records) -> list[Block]:
    missing = sum(cell["value"] is None for cell in cells)
    if not missing:
        return []
    said = f"**{missing} of {len(cells)} cells were not run**; they are empty, and in no mean."
    return [Words(said, tone="warning")]


def _order(cells: Records) -> list[Control]:
    languages = {cell[end] for end in ("source", "target") for cell in cells}
    if len(languages) < LEAST:
        return []
    first = next(iter(ORDERS))
    return [Control(ORDER, "Languages", first, options=list(ORDERS.items()))]
