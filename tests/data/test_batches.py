"""Batches: nothing dropped, nothing repeated, and the cheapest cut."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.data.batches import (
    batches_of,
    cut,
    epoch_order,
    pad,
    token_budget,
)
from isogloss.data.encoded import Encoded

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=9)


def encoded_of(lengths):
    lengths = np.asarray(lengths, dtype=np.int64)
    return Encoded(
        ids=np.arange(10, 10 + lengths.sum(), dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.zeros(len(lengths), np.int64),
        examples=tuple(map(str, range(len(lengths)))),
        truncated=np.zeros(len(lengths), np.bool_),
        unknown=np.zeros(len(lengths), np.int64),
    )


def price(lengths, parts, fixed_cost):
    return sum(fixed_cost + len(part) * max(lengths[i] for i in part) for part in parts)


def cheapest_by_trying_all(lengths, fixed_cost, max_tokens):
    ascending = sorted(lengths)
    n, best = len(ascending), float("inf")
    for k in range(n):
        for ends in combinations(range(1, n), k):
            edges = [0, *ends, n]
            runs = [ascending[a:b] for a, b in pairwise(edges)]
            if all(len(run) == 1 or len(run) * run[-1] <= max_tokens for run in runs):
                best = min(best, sum(fixed_cost + len(run) * run[-1] for run in runs))
    return best


@given(LENGTHS, st.floats(0, 100), st.integers(5, 200))
def test_the_cut_is_as_cheap_as_the_best_of_all_cuts(lengths, fixed_cost, max_tokens):
    parts = cut(np.array(lengths), fixed_cost=fixed_cost, max_tokens=max_tokens)
    want = cheapest_by_trying_all(lengths, fixed_cost, max_tokens)
    assert price(lengths, parts, fixed_cost) == pytest.approx(want)


@given(LENGTHS, st.integers(5, 200))
def test_a_cut_neither_drops_nor_repeats_an_example(lengths, max_tokens):
    for parts in (
        cut(np.array(lengths), fixed_cost=20, max_tokens=max_tokens),
        token_budget(np.array(lengths), max_tokens),
    ):
        assert sorted(i for part in parts for i in part.tolist()) == list(range(len(lengths)))


@given(LENGTHS, st.integers(5, 200))
def test_each_part_fits_unless_it_is_a_single_example(lengths, max_tokens):
    for parts in (
        cut(np.array(lengths), fixed_cost=20, max_tokens=max_tokens),
        token_budget(np.array(lengths), max_tokens),
    ):
        for part in parts:
            assert len(part) == 1 or len(part) * max(lengths[i] for i in part) <= max_tokens


@pytest.mark.parametrize(("fixed_cost", "n_parts"), [(0, 3), (1e9, 1)])
def test_the_price_of_a_pass_decides_how_many_there_are(fixed_cost, n_parts):
    lengths = np.array([5, 9, 5, 7, 9])
    assert len(cut(lengths, fixed_cost=fixed_cost, max_tokens=10_000)) == n_parts


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (9, 3), (2, 5), (1, 1), (0, 4)])
def test_an_epoch_deals_out_every_example_once(n, batch_size):
    batches = list(batches_of(epoch_order(n, seed=3, epoch=0), batch_size))
    assert sorted(i for batch in batches for i in batch.tolist()) == list(range(n))
    assert all(len(batch) == batch_size for batch in batches[:-1])


def test_the_order_is_a_function_of_seed_and_epoch():
    def order(seed, epoch):
        return epoch_order(50, seed=seed, epoch=epoch).tolist()

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


@given(LENGTHS)
def test_padding_keeps_every_token_and_masks_the_rest(lengths):
    encoded = encoded_of(lengths)
    indices = np.arange(len(lengths))[::-1]
    ids, mask = pad(encoded, indices, pad_id=1)
    assert ids.dtype == np.int64
    assert (mask is None) == (len(set(lengths)) == 1)
    for row, index in enumerate(indices):
        length = lengths[index]
        assert ids[row, :length].tolist() == encoded.select([index]).ids.tolist()
        assert (ids[row, length:] == 1).all()
        if mask is not None:
            assert mask[row].tolist() == [1] * length + [0] * (ids.shape[1] - length)
