"""What is taken for what: confusion matrices, and entities that were not found."""

from collections.abc import Iterator, Sequence
from typing import Any

from isogloss.report.comparison.results import Setting, training_words, words_of
from isogloss.report.html.blocks import Block, Heading, Widget, Words, table_of
from isogloss.report.html.evidence import Errors, Evidence
from isogloss.report.html.own_names import both_names, in_own_names
from isogloss.report.html.page import clean
from isogloss.report.records import Record
from isogloss.report.why.confusion import Confusion
from isogloss.report.why.cut import cut
from isogloss.report.why.entities import KINDS
from isogloss.report.why.said import OUTSIDE

MOST_COUNTS = 60_000
"""Counts that a page holds, zeros apart; those of the main setting come first."""

LONGEST_LABEL = 40
CAPTION = "Confusion matrix: counts, and the share of each row"
READING = (
    "An entity counts as found when its type and both its ends are right. Gold and predicted"
    " entities are paired once each: gold = found + wrong type + wrong boundary + both wrong +"
    " missed. Counts are sums over seeds."
)


def confusion_blocks(evidence: Evidence) -> Iterator[Block]:
    """A matrix of the reader's choice."""
    errors = evidence.errors
    if errors is None or not errors.confusions:
        return
    kept = _kept(errors)
    yield Heading("What is taken for what")
    yield Widget("why-confusion", "confusion", CAPTION, _data(kept))
    gone = len(errors.confusions) - len(kept)
    if gone:
        yield Words(
            f"{gone:,} matrices of other ways of training are left out, so that the page stays"
            " small; `isogloss results` has their counts.",
            "note",
        )


def entity_blocks(evidence: Evidence) -> Iterator[Block]:
    """Entities found, missed and mistaken: a table of languages, and one of types."""
    errors = evidence.errors
    if errors is None or not errors.entities:
        return
    whole = [_without_type(one) for one in errors.entities if one["type"] is None]
    by_type = [dict(one) for one in errors.entities if one["type"] is not None]
    caption = f"Entities: found, mistaken, missed ({words_of(errors.main)})"
    yield in_own_names(table_of("why-entities", caption, whole, full=errors.entities), whole)
    yield Words(READING, "note")
    types = table_of("why-entities-by-type", "The same by type of entity", by_type, folded=True)
    yield in_own_names(types, by_type)


def _without_type(record: Any) -> Record:
    shown = {name: record[name] for name in ("encoder", "language", "gold", *KINDS)}
    return {**shown, "found (share)": _share(record["found"], record["gold"])}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _kept(errors: Errors) -> list[Confusion]:
    """As many matrices as fit, in the order of the study, the main setting's first."""
    order = sorted(errors.confusions, key=lambda one: one.place.setting != errors.main)
    kept: list[Confusion] = []
    room = MOST_COUNTS
    for one in order:
        room -= int((one.counts > 0).sum())
        if room < 0 and kept:
            break
        kept.append(one)
    return kept


def _data(kept: Sequence[Confusion]) -> dict[str, Any]:
    encoders = list(dict.fromkeys(one.place.encoder for one in kept))
    settings = list(dict.fromkeys(one.place.setting for one in kept))
    targets = list(dict.fromkeys(one.place.target for one in kept))
    names = both_names(targets)
    labels = kept[0].labels
    return {
        "labels": list(labels),
        "shown": [_label(label) for label in labels],
        "encoders": encoders,
        "settings": _words(settings),
        "targets": [{"code": code, "name": names[code]} for code in targets],
        "matrices": [
            {
                "at": [
                    encoders.index(one.place.encoder),
                    settings.index(one.place.setting),
                    targets.index(one.place.target),
                ],
                "seeds": one.n_seeds,
                "unscored": one.n_unscored,
                "counts": _sparse(one),
            }
            for one in kept
        ],
    }


def _label(label: str) -> str:
    """What stands above a column: a name, cut where it is too long for that."""
    kept, gone = cut(clean(label), LONGEST_LABEL)
    return "O (no entity)" if label == OUTSIDE else f"{kept}…" if gone else kept


def _words(settings: Sequence[Setting]) -> list[str]:
    """Each setting in words; the split is said only where there are several."""
    one_split = len({setting.split for setting in settings}) == 1
    return [training_words(s) if one_split else words_of(s) for s in settings]


def _sparse(one: Confusion) -> list[int]:
    """Place in the flat matrix and count, one after the other, of every count that is not 0."""
    flat = one.counts.ravel()
    return [int(number) for at in flat.nonzero()[0] for number in (at, flat[at])]
