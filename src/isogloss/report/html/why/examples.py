"""The worst examples: what the text is, what it is in gold, what the model said."""

from collections.abc import Iterator, Sequence
from typing import Any

from isogloss.base.languages import language_tag
from isogloss.report.comparison.results import words_of
from isogloss.report.html.blocks import Block, Heading, Lines, Widget, Words
from isogloss.report.html.evidence import Evidence
from isogloss.report.html.own_names import both_names
from isogloss.report.numbers import plain
from isogloss.report.why.worst import Mistake, Piece, Worst

CAPTION = "Of what was predicted wrong, that with the highest loss"
SUMMED = ", of a sentence the sum over its words"
RIGHT, WRONG = "✓", "✗"


def example_blocks(evidence: Evidence) -> Iterator[Block]:
    """Some examples of each encoder and language, one language at a time."""
    errors = evidence.errors
    if errors is None or not errors.worst:
        return
    with_any = [one for one in errors.worst if one.mistakes]
    yield Heading("Worst examples")
    if not errors.texts:
        yield Words("The texts are left out of this page; ids name split and row.", "note")
    if with_any:
        yield Widget("why-examples", "examples", CAPTION, {}, parts=_parts(with_any))
    flawless = [one for one in errors.worst if not one.mistakes]
    if flawless:
        yield Lines(_without_mistakes(flawless))


def _without_mistakes(flawless: Sequence[Worst]) -> list[str]:
    names = both_names(one.target for one in flawless)
    return [
        f"{one.encoder}, {names[one.target]}: {one.n_wrong:,} of {one.n:,} wrong, none to show"
        for one in flawless
    ]


def _parts(worst: Sequence[Worst]) -> dict[str, Any]:
    names = both_names(one.target for one in worst)
    encoders = list(dict.fromkeys(one.encoder for one in worst))
    return {
        "about": f"Said by the model of the first seed: {words_of(worst[0].setting)}. Loss in nats"
        f"{SUMMED if any(one.as_gold or one.told for one in worst[0].mistakes) else ''}.",
        "encoders": encoders,
        "languages": [(language_tag(code), name) for code, name in names.items()],
        "groups": [
            {
                "encoder": one.encoder,
                "encoder_at": encoders.index(one.encoder),
                "language_at": list(names).index(one.target),
                "tag": language_tag(one.target),
                "name": names[one.target],
                "seed": one.seed,
                "wrong": f"{one.n_wrong:,} of {one.n:,} wrong",
                "mistakes": [_mistake(mistake) for mistake in one.mistakes],
            }
            for one in worst
        ],
    }


def _mistake(one: Mistake) -> dict[str, Any]:
    probability = "" if one.probability is None else f"{one.probability:.3f}"
    words = bool(one.as_gold or one.as_predicted)
    unit = "words" if words else "characters"
    return {
        "id": one.example,
        "loss": plain(one.loss),
        "gold": one.gold,
        "predicted": one.predicted,
        "probability": probability,
        "text": one.text,
        "left_out": f"… {one.n_left_out:,} more {unit}" if one.n_left_out else "",
        "rows": [
            ("gold", [_piece(piece) for piece in one.as_gold]),
            ("predicted", [_piece(piece) for piece in one.as_predicted]),
        ]
        if words
        else [],
        "told": one.told,
    }


def _piece(piece: Piece) -> dict[str, str]:
    wrong = bool(piece.note) and piece.note != "found"
    return {
        "text": piece.text,
        "label": piece.label,
        "note": piece.note,
        "mark": WRONG if wrong else RIGHT,
        "tone": "wrong" if wrong else "right",
    }
