"""What would turn a choice around: other weights, tighter limits, one criterion alone.

Nothing here has arithmetic of its own: every answer is what `recommend` says under the conditions
that it is asked about. All that is computed is where to ask. Between two weights at which two
candidates score the same, and between two limits that no candidate stands between, the choice
cannot change, so one question in each such stretch is enough.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from isogloss.report.recommend.candidate import Candidate
from isogloss.report.recommend.constraints import KINDS, Constraints
from isogloss.report.recommend.recommend import recommend
from isogloss.report.recommend.weights import CRITERIA, weigh

QUALITY = "quality"


class Stretch(NamedTuple):
    """Conditions under which the choice stays the same."""

    choice: str | None
    """None: nobody is left."""

    start: float
    end: float
    """Of the weights or limits that have this choice; limits run from the loosest on."""


def alone(candidates: Sequence[Candidate]) -> dict[str, str]:
    """The choice if one criterion counted and nothing else, by criterion; measured ones only."""
    return {
        name: recommend(candidates, Constraints(), {name: 1.0}).choice
        for name, criterion in CRITERIA.items()
        if any(getattr(one, criterion.field) is not None for one in candidates)
    }


def by_weight(candidates: Sequence[Candidate], name: str) -> list[Stretch]:
    """Who is chosen as a criterion's weight goes from 0 to 1, with the rest on quality.

    Candidates that were not measured on it are no part of this. Nothing where nobody was.

    Args:
        candidates: of a study.
        name: the criterion; not quality itself.
    """
    field = CRITERIA[name].field
    known = [one for one in candidates if getattr(one, field) is not None]
    if not known:
        return []
    places = [0.0, *sorted(_crossings(known, name)), 1.0]
    return _merged(
        Stretch(_weighed(known, name, (start + end) / 2), start, end)
        for start, end in pairwise(places)
        if start < end
    )


def by_limit(candidates: Sequence[Candidate], name: str) -> list[Stretch]:
    """Who is chosen as a limit tightens, from one that all keep to, to one that nobody does.

    Those that were not measured keep to none, as everywhere.

    Args:
        candidates: of a study.
        name: a field of `Constraints`.

    Returns:
        Stretches from the loosest limit (infinite, or 0 of a least score), each to the last value
        at which its choice still holds; the last stretch is nobody's. Nothing where nobody was
        measured.
    """
    field, is_most = KINDS[name].field, KINDS[name].is_most
    values = {value for one in candidates if (value := getattr(one, field)) is not None}
    values = {value for value in values if value > 0}
    loosest = math.inf if is_most else 0.0
    places = [loosest, *sorted(values, reverse=is_most)]
    stretches = [
        Stretch(recommend(candidates, Constraints(**{name: end})).choice, start, end)
        for start, end in pairwise(places)
    ]
    if stretches:
        stretches.append(Stretch(None, places[-1], 0.0 if is_most else 1.0))
    return _merged(stretches)


def _weighed(candidates: Sequence[Candidate], name: str, weight: float) -> str:
    return recommend(candidates, Constraints(), {QUALITY: 1 - weight, name: weight}).choice


def _crossings(candidates: Sequence[Candidate], name: str) -> Iterable[float]:
    """The weights at which two candidates score the same.

    The logarithm of a score is a straight line over the weight, from the share of quality to that
    of the criterion; a share of 0 never wins between the ends.
    """
    weighed = weigh(candidates, {QUALITY: 0.5, name: 0.5})
    lines = [
        (math.log(one.shares[QUALITY]), math.log(one.shares[name]))
        for one in weighed
        if min(one.shares.values()) > 0
    ]
    found = set()
    for (first, first_end), (second, second_end) in combinations(lines, 2):
        start, end = first - second, first_end - second_end
        if start * end < 0:
            found.add(start / (start - end))
    return found


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches beside each other that have the same choice."""
    made: list[Stretch] = []
    for one in stretches:
        if made and made[-1].choice == one.choice:
            made[-1] = made[-1]._replace(end=one.end)
        else:
            made.append(one)
    return made
