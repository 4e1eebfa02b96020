"""Learning curves: what more rows of each language bring."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isogloss.report.cells import cut_ends
from isogloss.report.figures import curve_figures
from isogloss.report.html.blocks import Block, Cell, Lines, Section
from isogloss.report.html.chance import chance_block
from isogloss.report.html.drawn import drawn, highlight
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.first_open import first_open
from isogloss.report.html.matrix import matrix
from isogloss.report.names import names_of
from isogloss.report.numbers import CUT_SAID, number
from isogloss.report.page import counts, named
from isogloss.report.pivots import by_fields, parts
from isogloss.report.records import Records
from isogloss.report.trainings import hardly_learned

FIELDS = ("encoder", "split", "regime", "setting")


def curves(evidence: Evidence) -> Section | None:
    """The curves of each encoder, split, regime and setting, and their numbers."""
    if evidence.scores is None:
        return None
    tables = evidence.scores.tables
    gains = by_fields(tables["gains"], FIELDS)
    made = [
        (named(key), blocks)
        for key, points in parts(tables["curves"], FIELDS)
        if (blocks := _part(key, points, gains.get(tuple(key.values()), ()), evidence))
    ]
    stuck = list(hardly_learned(evidence.scores.trainings))
    warned = [Lines(stuck, tone="warning")] if stuck else []
    return Section("learning", "Learning curves", [*warned, *first_open(made)]) if made else None


def _part(
    key: Mapping[str, Any], points: Records, gains: Records, evidence: Evidence
) -> list[Block]:
    """One figure with its table; nothing where there is no size but one."""
    frame = evidence.frame
    known = evidence.scores.tables.get("baselines", ()) if evidence.scores else ()
    blocks: list[Block] = []
    for figure in curve_figures(points, frame, known):
        names = sorted(names_of(point["language"] for point in points).values())
        control = highlight(names, "language")
        controls = [control] if len(names) > 1 else []
        caption = f"Scores ({frame.measure}) by training rows per language: {named(key)}"
        blocks += [
            drawn(figure, frame, controls=controls, scales=True),
            replace(
                matrix(
                    f"{figure.name}-numbers",
                    f"{caption}; {counts(points)}",
                    points,
                    ("language", "n_per_language"),
                    more=_gained(gains),
                ),
                common=_explained(points, gains),
            ),
            *chance_block(known, key["split"], [one["language"] for one in points], frame),
        ]
    return blocks


def _explained(points: Records, gains: Records) -> str:
    """What the intervals are over, and what the last columns are."""
    methods = dict.fromkeys(p["method"] for p in points if p["value_low"] is not None)
    return " · ".join(
        [
            *([f"intervals: {', '.join(methods)}"] if methods else []),
            *(["gain: largest minus smallest size, paired by seed"] if gains else []),
            *(["per doubling: slope over the logarithm of the size"] if gains else []),
            *([CUT_SAID] if _is_cut(points, gains) else []),
        ]
    )


def _is_cut(points: Records, gains: Records) -> bool:
    return any(any(cut_ends(one, "value")) for one in points) or any(
        any(cut_ends(one, "gain")) for one in gains
    )


def _gained(gains: Records) -> dict[str, dict[str, Cell]]:
    """What each curve gained, as further columns; none if no curve has two sizes."""
    if not gains:
        return {}
    return {
        "gain": {
            gain["language"]: Cell(
                number(
                    gain["gain"], gain["gain_low"], gain["gain_high"], cut=cut_ends(gain, "gain")
                ),
                gain["gain"],
            )
            for gain in gains
        },
        "per doubling": {
            gain["language"]: Cell(number(gain["gain_per_doubling"]), gain["gain_per_doubling"])
            for gain in gains
        },
    }
