"""The order of a transfer matrix: by brute force, and where cells are missing."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.stats.clustering import clustered_order, profile_distance

CODES = "abcdefgh"


def random_cells(k, seed, *, missing=0.0):
    rng = np.random.default_rng(seed)
    return {
        (s, t): None if rng.random() < missing else rng.random()
        for s in CODES[:k]
        for t in CODES[:k]
    }


def distances(cells, codes):
    """By arrays: rows and columns side by side, the two languages themselves struck out."""
    k = len(codes)
    matrix = np.array(
        [[np.nan if (v := cells.get((s, t))) is None else v for t in codes] for s in codes]
    )
    found = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            rest = [place for place in range(k) if place not in (i, j)]
            by = np.concatenate([matrix[i] - matrix[j], matrix[:, i] - matrix[:, j]])
            by = by[[*rest, *(k + place for place in rest)]]
            by = by[~np.isnan(by)]
            if i != j:
                found[i, j] = np.sqrt(np.mean(by**2)) if len(by) else np.nan
    return found


def flips(distances):
    """Every order that a tree of average linkage allows, by joining the nearest two in turn."""
    clusters = [[(place,)] for place in range(len(distances))]
    while len(clusters) > 1:
        between = {
            (i, j): np.mean([distances[a, b] for a in clusters[i][0] for b in clusters[j][0]])
            for i in range(len(clusters))
            for j in range(i)
        }
        i, j = min(between, key=between.__getitem__)
        one, two = clusters.pop(i), clusters.pop(j)
        clusters.append([*(a + b for a in one for b in two), *(b + a for a in one for b in two)])
    return clusters[0]


def length(order, distances):
    return sum(distances[a, b] for a, b in pairwise(order))


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 6), st.integers(0, 10**6))
def test_the_order_is_the_shortest_of_all_that_the_tree_allows(k, seed):
    cells = random_cells(k, seed)
    wanted = distances(cells, CODES[:k])
    order = [CODES.index(code) for code in clustered_order(cells, CODES[:k])]
    allowed = flips(wanted)
    assert tuple(order) in allowed
    assert length(order, wanted) == pytest.approx(min(length(one, wanted) for one in allowed))


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 7), st.integers(0, 10**6))
def test_a_distance_is_that_of_the_cells_which_both_have(k, seed):
    cells = random_cells(k, seed, missing=0.4)
    wanted = distances(cells, CODES[:k])
    got = [[profile_distance(cells, a, b, CODES[:k]) if a != b else 0.0 for b in CODES[:k]]
           for a in CODES[:k]]  # fmt: skip
    assert np.array(got) == pytest.approx(wanted, nan_ok=True)


def test_two_families_that_stand_mixed_are_brought_together():
    family = dict(zip("abcdef", (0, 1, 0, 1, 0, 1), strict=True))
    rng = np.random.default_rng(1)
    cells = {
        (s, t): 0.9 if s == t else (0.6 if family[s] == family[t] else 0.3) + rng.normal(0, 0.01)
        for s in family
        for t in family
    }
    order = clustered_order(cells, "abcdef")
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset("ace"), frozenset("bdf")}
    assert order[0] in "ace"  # it begins at the end of the language that was given first


@pytest.mark.parametrize("given_order", list(permutations("abcd")))
def test_the_neighbors_do_not_hang_on_the_given_order(given_order):
    def pairs(order):
        return {frozenset(two) for two in pairwise(order)}

    cells = random_cells(4, 7)
    assert pairs(clustered_order(cells, given_order)) == pairs(clustered_order(cells, "abcd"))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 8), st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_whatever_is_missing_each_language_stands_once_and_the_order_repeats(k, seed, missing):
    cells = random_cells(k, seed, missing=missing)
    order = clustered_order(cells, CODES[:k])
    assert sorted(order) == sorted(CODES[:k])
    assert order == clustered_order(cells, CODES[:k])


def test_without_anything_to_compare_the_given_order_stays():
    assert clustered_order({}, "cab") == list("cab")
    assert clustered_order({("c", "c"): 0.9, ("a", "a"): 0.1}, "cab") == list("cab")
    assert clustered_order({("b", "a"): 0.5, ("a", "b"): 0.5}, "ba") == list("ba")


def test_languages_without_a_common_cell_stand_as_far_apart_as_the_farthest():
    cells = {("a", "x"): 0.1, ("b", "x"): 0.1, ("c", "x"): 0.9, ("d", "y"): 0.1}
    order = clustered_order(cells, "adcbxy")
    assert abs(order.index("a") - order.index("b")) == 1


def test_sources_that_are_no_targets_are_ordered_by_what_they_give():
    cells = {(s, t): v for s, v in zip("abcd", (0.1, 0.7, 0.12, 0.72), strict=True) for t in "xy"}
    order = [code for code in clustered_order(cells, "abcdxy") if code in "abcd"]
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset("ac"), frozenset("bd")}
