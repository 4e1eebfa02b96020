"""Which languages transfer alike, and an order that puts such languages side by side.

Two languages are close if they give much the same to each other language and get much the same from
it. Scores in the two languages themselves are left out of that: a language does best on its own
rows, which would push every pair apart. Clusters are joined by their average distance, and of all
orders that the tree allows the one with the shortest way from end to end is taken (Bar-Joseph et
al. 2001, optimal leaf ordering; that of SciPy does not always find it, scipy/scipy#11227).
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from isogloss.stats.transfer import Cells

Distances = npt.NDArray[np.float64]

Ways = dict[tuple[int, int], tuple[float, tuple[int, ...]]]
"""The shortest way through a cluster from one leaf to another: its length, and the leaves on it."""


def profile_distance(cells: Cells, first: str, second: str, languages: Sequence[str]) -> float:
    """How differently two languages transfer: the root mean square difference of their scores.

    Args:
        cells: the score of each (source, target).
        first: a language.
        second: another one.
        languages: all of them; compared is what the two give to and get from the others.

    Returns:
        NaN if there is no cell that both have.

    >>> cells = {("a", "c"): 0.5, ("b", "c"): 0.8, ("c", "a"): 0.3, ("c", "b"): 0.7}
    >>> round(profile_distance(cells, "a", "b", "abc"), 6)  # root of (0.3 ** 2 + 0.4 ** 2) / 2
    0.353553
    """
    pairs = list(_differences(cells, first, second, languages))
    return math.sqrt(sum(by * by for by in pairs) / len(pairs)) if pairs else math.nan


def clustered_order(cells: Cells, languages: Sequence[str]) -> list[str]:
    """Order languages so that those which transfer alike stand side by side.

    The order is the same for the same input, and begins at the end whose language comes first in
    `languages`. Languages without a cell in common are taken to be as far apart as the farthest;
    where nothing can be compared, the given order is kept.

    Args:
        cells: the score of each (source, target); a missing pair or None was not run.
        languages: sources and targets, each once.

    >>> near = {("a", "b"): 0.9, ("a", "c"): 0.1, ("b", "a"): 0.9, ("b", "c"): 0.1}
    >>> clustered_order({**near, ("c", "a"): 0.2, ("c", "b"): 0.2}, ["a", "c", "b"])
    ['a', 'b', 'c']
    """
    given = list(languages)
    if len(given) < 3:
        return given
    distances = _distances(cells, given)
    if distances is None:
        return given
    order = _shortest(distances)
    return [given[place] for place in (order[::-1] if order[0] > order[-1] else order)]


def _shortest(distances: Distances) -> tuple[int, ...]:
    """The shortest of the orders that the tree of average linkage allows."""
    clusters: list[Ways] = [{(leaf, leaf): (0.0, (leaf,))} for leaf in range(len(distances))]
    for left, right, *_ in linkage(squareform(distances), method="average"):
        clusters.append(_joined(clusters[int(left)], clusters[int(right)], distances))
    return min(clusters[-1].values())[1]


def _joined(left: Ways, right: Ways, distances: Distances) -> Ways:
    """All shortest ways through two clusters, one after the other, in both directions."""
    entries = sorted({first for first, _ in right})
    over: Ways = {}  # from a leaf of the left one to a leaf of the right one, before that one
    for (first, last), (length, order) in left.items():
        for entry in entries:
            step = (length + float(distances[last, entry]), order)
            over[first, entry] = min(over.get((first, entry), step), step)
    found: Ways = {}
    for (entry, last), (length, order) in right.items():
        for first in sorted({first for first, _ in left}):
            before, way = over[first, entry]
            whole = (before + length, (*way, *order))
            found[first, last] = min(found.get((first, last), whole), whole)
    turned = {
        (last, first): (length, order[::-1]) for (first, last), (length, order) in found.items()
    }
    return found | turned


def _differences(
    cells: Cells, first: str, second: str, languages: Sequence[str]
) -> Iterator[float]:
    for other in languages:
        if other in {first, second}:
            continue
        gives = cells.get((first, other)), cells.get((second, other))
        gets = cells.get((other, first)), cells.get((other, second))
        for one, two in (gives, gets):
            if one is not None and two is not None:
                yield one - two


def _distances(cells: Cells, languages: Sequence[str]) -> Distances | None:
    """All distances, symmetric; None if nothing can be compared."""
    found = np.array(
        [
            [0.0 if one == two else profile_distance(cells, one, two, languages)
             for two in languages]
            for one in languages
        ]
    )  # fmt: skip
    unknown = np.isnan(found)
    if (unknown | np.eye(len(languages), dtype=bool)).all():
        return None
    found[unknown] = np.nanmax(found)
    return found
