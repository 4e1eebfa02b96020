"""Spans: entities as tallies, for every sentence at once.

An entity counts as found when its type, its first and its last word are all right. Two readings of
a sequence of tags, which differ only on predictions that break the scheme (an I- where nothing of
its type has begun):

- **strict**: an entity begins at B-; an I- without beginning belongs to none. It is what seqeval
  does with `mode="strict", scheme=IOB2`.
- **lenient**: such an I- begins an entity. It is the reading of the CoNLL-2000 script `conlleval`,
  and what seqeval does by default.

Gold tags keep the scheme, so both read them alike. An entity never runs over the end of a sentence.
Nothing here loops over words: 25,000 words take milliseconds.

Sources: Tjong Kim Sang and Buchholz 2000 (conlleval); Ramshaw and Marcus 1995 (IOB).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from isogloss.stats.tallies import Ids, count_by_unit, unit_of_words

Mode = Literal["strict", "lenient"]


class TagTable(NamedTuple):
    """What each tag says. The last row is of no tag, so that an id of -1 reads as O."""

    types: tuple[str, ...]
    """Entity types, in the order in which the tags name them first."""

    type_of: npt.NDArray[np.int64]
    """`[tags + 1]`; -1 outside of entities."""

    begins: npt.NDArray[np.bool_]
    """`[tags + 1]`; true for B-."""


class Spans(NamedTuple):
    """Where entities begin, in one sequence of tags."""

    starts: npt.NDArray[np.bool_]
    """`[words]`: an entity begins at this word."""

    end: npt.NDArray[np.int64]
    """`[words]`: the word after its last one; means nothing where none begins."""

    type_of: npt.NDArray[np.int64]
    """`[words]`: its type."""


def span_tallies(
    gold: Ids,
    predicted: Ids,
    offsets: npt.NDArray[np.int64],
    tags: Sequence[str],
    *,
    mode: Mode = "strict",
) -> npt.NDArray[np.int64]:
    """Tally the entities of each sentence, `[sentences, types, 3]`: hits, predicted, gold.

    Args:
        gold: id of the tag of each word, `[words]`.
        predicted: the same for the prediction; -1 reads as O.
        offsets: `[sentences + 1]`; sentence s holds the words `offsets[s]` to `offsets[s + 1]`.
        tags: the IOB2 tags, "O", "B-<type>" and "I-<type>"; the types keep their order.
        mode: how an I- without beginning is read, see above.

    Raises:
        ValueError: for a tag that is not IOB2, an id outside its range, or arrays that do not fit.

    >>> tags = ("O", "B-PER", "I-PER")
    >>> gold, predicted = np.array([1, 2, 0]), np.array([2, 2, 0])
    >>> span_tallies(gold, predicted, np.array([0, 3]), tags).tolist()
    [[[0, 0, 1]]]
    >>> span_tallies(gold, predicted, np.array([0, 3]), tags, mode="lenient").tolist()
    [[[1, 1, 1]]]
    """
    table = tag_table(tags)
    unit = unit_of_words(gold, predicted, offsets, len(tags))
    opens = np.zeros(len(gold) + 1, dtype=np.bool_)
    opens[offsets[:-1]] = True  # the one behind the last word is for empty sentences
    true = _spans(gold, opens[:-1], table, mode)
    said = _spans(predicted, opens[:-1], table, mode)
    found = true.starts & said.starts & (true.end == said.end) & (true.type_of == said.type_of)
    shape = len(offsets) - 1, len(table.types)
    return np.stack(
        [
            count_by_unit(unit[found], true.type_of[found], *shape),
            count_by_unit(unit[said.starts], said.type_of[said.starts], *shape),
            count_by_unit(unit[true.starts], true.type_of[true.starts], *shape),
        ],
        axis=-1,
    )


def tag_table(tags: Sequence[str]) -> TagTable:
    """Take IOB2 tags apart.

    Raises:
        ValueError: for a tag that is not "O", "B-<type>" or "I-<type>".

    >>> tag_table(("O", "B-PER", "I-PER", "B-LOC", "I-LOC")).types
    ('PER', 'LOC')
    """
    types: dict[str, int] = {}
    type_of = np.full(len(tags) + 1, -1, dtype=np.int64)
    begins = np.zeros(len(tags) + 1, dtype=np.bool_)
    for tag_id, tag in enumerate(tags):
        if tag == "O":
            continue
        prefix, _, name = tag.partition("-")
        if prefix not in ("B", "I") or not name:
            raise ValueError(f"tag {tag_id}, {tag!r}, is not O, B-<type> or I-<type>")
        type_of[tag_id] = types.setdefault(name, len(types))
        begins[tag_id] = prefix == "B"
    return TagTable(tuple(types), type_of, begins)


def _spans(ids: Ids, opens: npt.NDArray[np.bool_], table: TagTable, mode: Mode) -> Spans:
    """Find where entities begin and end; `opens` is true at the first word of a sentence."""
    type_of, begins = table.type_of[ids], table.begins[ids]
    before = np.concatenate([[-1], type_of[:-1]])
    before[opens] = -1
    follows = (type_of >= 0) & ~begins & (type_of == before)
    starts = begins if mode == "strict" else (type_of >= 0) & ~follows
    # In strict mode an I- may follow an I- that is in no entity; the run then has no start.
    stops = np.append(np.flatnonzero(~follows), len(ids))
    end = stops[np.searchsorted(stops, np.arange(len(ids)), side="right")]
    return Spans(starts, end, type_of)
