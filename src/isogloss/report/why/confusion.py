"""Confusion matrices: what was gold, and what was said instead.

Of texts they are read off the rows of results, where a score keeps the counts behind it. Of tagged
words they are counted from the stored predictions: parts of speech as they are, entities by the
type of each word, whatever its place in the entity. Seeds are added up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import numpy.typing as npt

from isogloss.report.cells import Cell, read_cells
from isogloss.report.comparison.results import Setting
from isogloss.report.records import Row
from isogloss.report.understand import AS_TRAINED
from isogloss.report.why.said import OUTSIDE, Said
from isogloss.stats.confusion import confusion_counts

Counts = npt.NDArray[np.int64]


class Place(NamedTuple):
    """What a matrix is of: a way of training an encoder, tested on one language."""

    encoder: str
    setting: Setting
    target: str


@final
@dataclass(frozen=True, eq=False)
class Confusion:
    """One matrix, all seeds together."""

    place: Place
    labels: tuple[str, ...]

    counts: Counts
    """`[gold, predicted]`."""

    n_seeds: int

    n_unscored: int = 0
    """Texts or words without a usable prediction; they are in no cell."""


def confusions_of_rows(
    rows: Iterable[Row], labels: Sequence[str], metric: str
) -> Iterator[Confusion]:
    """The matrices of texts, from the rows of results; none where the rows hold none.

    Args:
        rows: the long table of results.
        labels: the study's, in the order of the rows.
        metric: any score that all the rows have.
    """
    wanted = [r for r in rows if r.get("form") in AS_TRAINED and r["split"] != "efficiency"]
    for cell, by_seed in read_cells(wanted, metric).items():
        counts = [seen.counts for seen in by_seed.values() if seen.counts is not None]
        if counts:
            unscored = sum(seen.n_unscored for seen in by_seed.values())
            total = np.sum(counts, axis=0).astype(np.int64)
            yield Confusion(_place(cell), tuple(labels), total, len(counts), unscored)


def confusion_of_words(place: Place, evaluations: Sequence[Said]) -> Confusion:
    """The matrix of tagged words, over the evaluations of all seeds."""
    types, of_name = types_of(evaluations[0].names)
    total = np.zeros((len(types), len(types)), dtype=np.int64)
    unscored = 0
    for said in evaluations:
        usable = said.predicted >= 0
        pairs = of_name[said.gold[usable]], of_name[said.predicted[usable]]
        total += confusion_counts(*pairs, len(types)).astype(np.int64)
        unscored += int((~usable).sum())
    return Confusion(place, types, total, len(evaluations), unscored)


def types_of(names: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """What the words of a matrix are called, and which of these each tag stands for.

    >>> types_of(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])[0]
    ('O', 'PER', 'LOC')
    >>> types_of(["NOUN", "VERB"])[0]
    ('NOUN', 'VERB')
    """
    spans = OUTSIDE in names and all(name == OUTSIDE or name[1:2] == "-" for name in names)
    short = [name[2:] if spans and name != OUTSIDE else name for name in names]
    types = tuple(dict.fromkeys(short))
    return types, np.array([types.index(name) for name in short], dtype=np.int64)


def _place(cell: Cell) -> Place:
    model = cell.model
    setting = Setting(model.regime, model.sources, model.n_per_language, cell.split)
    return Place(model.encoder, setting, cell.target)
