"""Regimes: what training on all languages, on one, or on others gives each language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isogloss.report.figures import regime_figures
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Block, Section, also, table_of
from isogloss.report.html.chance import chance_block
from isogloss.report.html.drawn import drawn
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.first_open import first_open
from isogloss.report.page import GAP_FIELDS, REGIME_FIELDS, named, narrow
from isogloss.report.pivots import parts
from isogloss.report.records import Records

FIELDS = ("encoder", "split", "n_per_language")
CHOSEN_SAID = (
    "best zero-shot: the single source that scores best, chosen on these same scores, so it is"
    " optimistic, and joint minus it too small"
)
MOST_OPEN = 12
"""Models; a longer table is shut at first."""


def regimes(evidence: Evidence) -> Section | None:
    """Joint, single and zero-shot of each encoder, split and size, then the gaps of all models."""
    if evidence.scores is None:
        return None
    tables = evidence.scores.tables
    made = [
        (named(key), _part(key, records, tables.get("baselines", ()), evidence.frame))
        for key, records in parts(tables["regimes"], FIELDS)
    ]
    blocks = [*first_open(made), *_gaps(tables["gaps"])]
    return Section("regimes", "Joint, single and zero-shot", blocks) if blocks else None


def _part(key: Mapping[str, Any], records: Records, known: Records, frame: Frame) -> list[Block]:
    figures = list(regime_figures(records, frame, known))
    ordered = sorted(records, key=_joint_first)
    made = table_of(
        f"{figures[0].name}-numbers",
        f"Scores ({frame.measure}) by regime, and differences paired by seed: {named(key)}",
        narrow(ordered, (*REGIME_FIELDS, "n_seeds")),
        full=ordered,
    )
    return [
        *(drawn(figure, frame) for figure in figures),
        replace(made, common=also(made.common, *_optimistic(records))),
        *chance_block(known, key["split"], [r["language"] for r in records], frame),
    ]


def _optimistic(records: Records) -> list[str]:
    """What is to be said of the best of several sources."""
    several = any(record["zero_shot_best"] is not None for record in records)
    return [CHOSEN_SAID] if several else []


def _joint_first(record: Mapping[str, Any]) -> tuple[bool, float]:
    return record["joint"] is None, -(record["joint"] or 0.0)


def _gaps(records: Records) -> list[Block]:
    """The worst and the best language of each model that was tested on several."""
    several = [record for record in records if record["n_languages"] > 1]
    if not several:
        return []
    caption = "Worst and best language of each model, and how far they are apart"
    folded = len(several) > MOST_OPEN
    return [table_of("gaps", caption, narrow(several, GAP_FIELDS), full=several, folded=folded)]
