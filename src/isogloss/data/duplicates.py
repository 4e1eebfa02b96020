"""Texts that stand twice: within a split, and in two splits (leakage).

Two texts are the same *exactly*, or *normalized*: NFKC, case folded, runs of white space as one
space. Empty texts are left out, since the audit counts them by themselves.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from isogloss.data.example import Split, TextExample

EXAMPLES_SHOWN = 5


def normalized(text: str) -> str:
    """Return the form in which texts that differ only by typing are equal.

    >>> normalized(" Good  DAY ") == normalized("ｇｏｏｄ day")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def duplicates(split: Split) -> dict[str, Any]:
    """Count the rows that repeat an earlier row, and the texts that stand with different labels.

    Returns:
        `exact`, `normalized`: repeated rows. `conflicting`: distinct texts, compared normalized,
        that carry more than one label. `examples`, `conflicting_examples`: ids, some pairs each.
    """
    groups = _groups(split.examples, normalized)
    conflicts = [group for group in groups if len({example.label for example in group}) > 1]
    exact = _groups(split.examples, str)
    return {
        "exact": _repeated(exact),
        "normalized": _repeated(groups),
        "conflicting": len(conflicts),
        "examples": _pairs(group for group in groups if len(group) > 1),
        "conflicting_examples": _pairs(_with_other_label(group) for group in conflicts),
    }


def leakage(first: Split, second: Split) -> dict[str, Any]:
    """Count the rows of the second split whose text also stands in the first.

    Returns:
        `splits`, `exact`, `normalized` (which counts the exact ones too), `rows` of the second
        split, and `examples`: pairs of ids, the exact ones first.
    """
    exact = list(_leaks(first, second, str))
    near = list(_leaks(first, second, normalized))
    known = {pair[1] for pair in exact}
    pairs = exact + [pair for pair in near if pair[1] not in known]
    return {
        "splits": [first.name, second.name],
        "exact": len(exact),
        "normalized": len(near),
        "rows": len(second.examples),
        "examples": pairs[:EXAMPLES_SHOWN],
    }


def _leaks(first: Split, second: Split, form: Callable[[str], str]) -> Iterator[list[str]]:
    seen: dict[str, str] = {}
    for example in first.examples:
        seen.setdefault(form(example.text), example.id)
    for example in second.examples:
        same = seen.get(form(example.text))
        if same is not None and example.text.strip():
            yield [same, example.id]


def _groups(examples: Iterable[TextExample], form: Callable[[str], str]) -> list[list[TextExample]]:
    groups: dict[str, list[TextExample]] = defaultdict(list)
    for example in examples:
        if example.text.strip():
            groups[form(example.text)].append(example)
    return list(groups.values())


def _repeated(groups: list[list[TextExample]]) -> int:
    return sum(len(group) - 1 for group in groups)


def _with_other_label(group: list[TextExample]) -> list[TextExample]:
    other = next(example for example in group if example.label != group[0].label)
    return [group[0], other]


def _pairs(groups: Iterable[list[TextExample]]) -> list[list[str]]:
    pairs = [[group[0].id, group[1].id] for group in groups]
    return pairs[:EXAMPLES_SHOWN]
