"""Balanced samples per language: seeded, nested across sizes, and honest about shortage.

A sample of N over k classes takes N // k of each, as the reference notebook does (100 over three
classes is 33 each). Every class of every language has one shuffled order per seed, and a sample is
a beginning of it: so a larger sample contains the smaller ones, and a learning curve adds examples
instead of drawing new ones. Rows are put in the order of the SHA-256 of seed, language, class and
their number within the class: no random generator whose stream may change with its library, and no
dependence on the other languages and classes. It costs about a microsecond a row.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from isogloss.base.errors import InputError, UnknownName
from isogloss.base.languages import language_name
from isogloss.study.data import Shortage

SHORTAGE_POLICIES: tuple[str, ...] = get_args(Shortage)


@dataclass(frozen=True)
class Sample:
    """Which rows were taken, and how far that is from what was asked.

    Attributes:
        indices: positions in the data, ascending; a repeated row stands as often as it was taken.
        counts: rows taken per class.
        requested: the N that was asked for; `None` means all.
        n_missing: rows that the classes could not give (policy `take_all`).
        n_repeated: rows that are second or later copies (policy `resample`).
        shortage: the policy.
    """

    indices: tuple[int, ...]
    counts: Mapping[str, int]
    requested: int | None
    n_missing: int
    n_repeated: int
    shortage: str


def sample_balanced(
    labels: Sequence[str],
    n: int | None,
    classes: Sequence[str],
    *,
    seed: int,
    language: str,
    shortage: str,
) -> Sample:
    """Take n // len(classes) rows of each class.

    Args:
        labels: the label of every row.
        n: rows to take in all, or `None` for all rows as they are.
        classes: the labels to balance over.
        seed: names the draw, with the language and the class.
        language: canonical code of the language of the data.
        shortage: what to do when a class has too few rows: `error`, `take_all` (fewer rows) or
            `resample` (with replacement, after every row was taken once).

    Raises:
        InputError: n is less than one per class, or a class is too small under `error`, or has no
            row at all under `resample`.
        UnknownName: the policy is unknown.

    >>> sample = sample_balanced(list("aabbcc"), 3, "abc", seed=0, language="x", shortage="error")
    >>> sample.counts
    {'a': 1, 'b': 1, 'c': 1}
    """
    if shortage not in SHORTAGE_POLICIES:
        raise UnknownName("shortage policy", shortage, SHORTAGE_POLICIES)
    if n is None:
        counts = Counter(labels)
        every = {name: counts[name] for name in classes}
        return Sample(tuple(range(len(labels))), every, None, 0, 0, shortage)
    if n < len(classes):
        raise InputError(
            f"A balanced sample of {n} over {len(classes)} classes ({', '.join(classes)}) has no "
            f"row for some of them. Ask for at least {len(classes)}."
        )
    want = n // len(classes)
    rows = {name: [i for i, label in enumerate(labels) if label == name] for name in classes}
    short = {name: len(found) for name, found in rows.items() if len(found) < want}
    _check_shortage(short, want, n, language=language, shortage=shortage)
    taken = {
        name: _draw(found, want, f"{seed}/{language}/{name}", repeat=shortage == "resample")
        for name, found in rows.items()
    }
    lacking = sum(want - size for size in short.values())
    return Sample(
        indices=tuple(sorted(index for drawn in taken.values() for index in drawn)),
        counts={name: len(drawn) for name, drawn in taken.items()},
        requested=n,
        n_missing=lacking if shortage == "take_all" else 0,
        n_repeated=lacking if shortage == "resample" else 0,
        shortage=shortage,
    )


def _check_shortage(
    short: Mapping[str, int], want: int, n: int, *, language: str, shortage: str
) -> None:
    who = ", ".join(f"{name} has {size}" for name, size in short.items())
    if short and shortage == "error":
        raise InputError(
            f"A balanced sample of {n} needs {want} rows of each class, but in "
            f"{language_name(language)} ({language}) {who}. Ask for fewer, or set shortage to "
            "take_all or resample."
        )
    empty = [name for name, size in short.items() if size == 0]
    if empty and shortage == "resample":
        raise InputError(
            f"{language_name(language)} ({language}) has no row labeled {', '.join(empty)}: "
            "there is nothing to resample. Set shortage to take_all, or leave the language out."
        )


def _draw(rows: Sequence[int], want: int, name: str, *, repeat: bool) -> list[int]:
    """Take the beginning of the order that `name` names; go on with replacement if asked."""
    order = sorted(range(len(rows)), key=lambda rank: _digest(f"{name}/{rank}"))
    missing = max(0, want - len(rows)) if repeat else 0
    again = [int.from_bytes(_digest(f"{name}/again/{turn}")) % len(rows) for turn in range(missing)]
    return [rows[rank] for rank in order[:want] + again]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
