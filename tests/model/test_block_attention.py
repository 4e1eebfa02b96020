"""Attention of blocks: the plain formula, its gradients, its dropout, and what nobody may see."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from isogloss.model import block_attention
from isogloss.model.block_attention import Blocks, attend, by_products
from isogloss.model.blocks import Laid, lay, take_up
from isogloss.model.dropout import draw

N, HEADS, LONGEST, WIDTH = 3, 2, 5, 4
CPU = torch.device("cpu")
MASKS = (
    np.arange(4) < np.array([[2], [4]]),
    np.arange(6) < np.array([[1], [6], [3]]),
    np.ones((1, 2), np.bool_),
)
ROWS, REST = 2 + 4 + 1 + 6 + 3 + 2, 3


def made(*shape, dtype=torch.float64, seed=0):
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn.to(dtype).requires_grad_()


def inputs(dtype=torch.float64, asking=LONGEST):
    query = made(N, HEADS, asking, WIDTH, dtype=dtype)
    return query, *(made(N, HEADS, LONGEST, WIDTH, dtype=dtype, seed=seed) for seed in (1, 2))


def plain(query, key, value, seen=None, *, scale, left=1.0):
    """The formula, step by step; `left` of the shares after dropout."""
    weights = query @ key.transpose(2, 3) * scale
    if seen is not None:
        weights = weights.masked_fill(~seen, torch.finfo(weights.dtype).min)
    return (weights.softmax(-1) * left).to(value.dtype) @ value


def some_seen():
    return (torch.arange(LONGEST) < torch.tensor([[2], [5], [1]]))[:, None, None]


@pytest.mark.parametrize("asking", [LONGEST, 2])
@pytest.mark.parametrize("seen", [None, some_seen()], ids=["all", "some"])
def test_it_says_what_the_formula_says(seen, asking):
    query, key, value = inputs(asking=asking)
    found = by_products(query, key, value, seen, scale=0.3, dropout=0.0)
    assert torch.allclose(found, plain(query, key, value, seen, scale=0.3), atol=1e-12)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("seen", [None, some_seen()], ids=["all", "some"])
def test_gradients_are_those_of_differences(seen, dropout):
    def said(*given):
        torch.manual_seed(3)  # the same draw each time
        return by_products(*given, seen, scale=0.3, dropout=dropout)

    assert torch.autograd.gradcheck(said, inputs())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_dropout_leaves_what_is_drawn_and_scales_it(dtype):
    torch.manual_seed(3)
    drawn = draw(torch.Size((N * HEADS, LONGEST, LONGEST)), 0.4)
    left = drawn.kept.view(N, HEADS, LONGEST, LONGEST) * drawn.scale
    torch.manual_seed(3)
    query, key, value = inputs(dtype)
    found = by_products(query, key, value, None, scale=0.3, dropout=0.4)
    want = plain(*(one.detach().double() for one in (query, key, value)), scale=0.3, left=left)
    assert found.dtype == dtype
    assert torch.allclose(found.double(), want, atol=3e-2 if dtype == torch.bfloat16 else 1e-5)
    assert 0 < int((left == 0).sum()) < left.numel()


def test_all_weights_may_be_dropped():
    assert not by_products(*inputs(), None, scale=1.0, dropout=1.0).any()


def test_who_sees_nothing_looks_at_all_alike():
    seen = torch.zeros(N, 1, 1, LONGEST, dtype=torch.bool)
    query, key, value = inputs(torch.float32)
    found = by_products(query, key, value, seen, scale=1.0, dropout=0.0)
    assert torch.allclose(found, value.mean(2, keepdim=True).expand_as(found), atol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_in_bf16_gradients_are_as_near_as_those_of_the_steps(dropout):
    query, key, value = inputs(torch.bfloat16)
    exact = [one.detach().double().requires_grad_() for one in (query, key, value)]
    pull = made(N, HEADS, LONGEST, WIDTH, seed=5).detach().bfloat16()
    torch.manual_seed(3)
    drawn = draw(torch.Size((N, HEADS, LONGEST, LONGEST)), dropout)
    left = 1.0 if drawn is None else drawn.kept * drawn.scale
    truth = torch.autograd.grad((plain(*exact, scale=0.5, left=left) * pull.double()).sum(), exact)
    far = []
    for way in (partial(by_products, dropout=dropout, seen=None), partial(plain, left=left)):
        torch.manual_seed(3)
        said = way(query, key, value, scale=0.5)
        learned = torch.autograd.grad((said * pull).sum(), (query, key, value))
        pairs = zip(learned, truth, strict=True)
        far.append(max(float((one - true).abs().max()) for one, true in pairs))
    ours, steps = far
    assert ours <= 1.5 * steps


def test_rows_lie_in_blocks_head_by_head_and_come_back():
    laid = Laid(MASKS, REST, CPU)
    rows = made(ROWS + REST, HEADS * WIDTH)
    blocks = lay(rows, laid, HEADS)
    assert [block.shape for block in blocks] == [
        (len(mask), HEADS, mask.shape[1], WIDTH) for mask in MASKS
    ]
    at = 0
    for mask, block in zip(MASKS, blocks, strict=True):
        for run, length in enumerate(mask.sum(1)):
            own = rows[at : at + length].view(length, HEADS, WIDTH)
            assert torch.equal(block[run, :, :length], own.transpose(0, 1))
            last = block[run, :, length - 1 : length]
            assert torch.equal(block[run, :, length:], last.expand_as(block[run, :, length:]))
            at += length
    back = take_up(blocks, laid)
    assert torch.equal(back[:ROWS], rows[:ROWS].view(ROWS, HEADS, WIDTH))
    assert not back[ROWS:].any()


def test_nothing_is_learned_from_padding_nor_from_the_rest():
    laid = Laid(MASKS, REST, CPU)
    rows = made(ROWS + REST, HEADS * WIDTH)
    blocks = lay(rows, laid, HEADS)
    for block in blocks:
        block.retain_grad()
    take_up([block * 2 for block in blocks], laid).sum().backward()
    assert torch.equal(rows.grad[:ROWS], torch.full_like(rows.grad[:ROWS], 2))
    assert not rows.grad[ROWS:].any()
    for mask, block in zip(MASKS, blocks, strict=True):
        padding = ~torch.from_numpy(mask)[:, None, :, None]
        assert not (block.grad * padding).any()


def test_a_run_without_rows_lies_nowhere():
    masks = (np.arange(2) < np.array([[0], [2]]), np.zeros((2, 0), np.bool_))
    laid = Laid(masks, 0, CPU)
    rows = made(2, HEADS * WIDTH)
    assert torch.equal(take_up(lay(rows, laid, HEADS), laid), rows.view(2, HEADS, WIDTH))


def test_other_rows_than_are_laid_are_refused():
    laid = Laid(MASKS, REST, CPU)
    for n_rows in (ROWS, ROWS + REST + 1):
        with pytest.raises(ValueError, match=f"21 rows are laid, and {n_rows} are given"):
            lay(torch.zeros(n_rows, HEADS * WIDTH), laid, HEADS)


def row_of_blocks():
    return Blocks(Laid(MASKS, REST, CPU), Laid(MASKS, 0, CPU))


def each_alone(query, key, value, window=None):
    """What each sequence of a row says by the formula; heads of keys are shared."""
    shared, at, said = query.shape[1] // key.shape[1], 0, []
    for length in np.concatenate([mask.sum(1) for mask in MASKS]):
        q, k, v = (one[:, :, at : at + length] for one in (query, key, value))
        k, v = (one.repeat_interleave(shared, dim=1) for one in (k, v))
        places = torch.arange(length)
        near = (places[:, None] - places).abs() < (window or length)
        said.append(plain(q, k, v, near, scale=WIDTH**-0.5).transpose(1, 2))
        at += length
    return torch.cat(said, dim=1)


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("longest_for_products", [256, 0])
def test_a_row_says_what_each_of_its_sequences_says(window, longest_for_products, monkeypatch):
    monkeypatch.setattr(block_attention, "LONGEST_FOR_EAGER_ON_CPU", longest_for_products)
    row = [made(1, HEADS, ROWS + REST, WIDTH, seed=seed) for seed in range(3)]
    with torch.no_grad():
        found, _ = attend(
            nn.Identity().eval(), *row, None, sliding_window=window, blocks=row_of_blocks()
        )
    assert torch.allclose(found[:, :ROWS], each_alone(*row, window), atol=1e-12)


@pytest.mark.parametrize("learning", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("key_heads", [HEADS, 1])
def test_a_row_learns_what_each_of_its_sequences_learns(key_heads, window, learning):
    heads = (HEADS, key_heads, key_heads)
    row = [
        made(1, n, ROWS + REST, WIDTH, seed=seed).requires_grad_(seed in learning)
        for seed, n in enumerate(heads)
    ]
    pull = made(1, ROWS, HEADS, WIDTH, seed=5).detach()
    found, _ = attend(nn.Identity(), *row, None, sliding_window=window, blocks=row_of_blocks())
    own = [row[index] for index in learning]
    ours = torch.autograd.grad((found[:, :ROWS] * pull).sum(), own)
    theirs = torch.autograd.grad((each_alone(*row, window) * pull).sum(), own)
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_under_autocast_all_are_of_its_type():
    row = [made(1, HEADS, ROWS + REST, WIDTH, dtype=torch.float32, seed=seed) for seed in range(3)]
    given = (row[0], row[1].bfloat16(), row[2])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, _ = attend(nn.Identity(), *given, None, blocks=row_of_blocks())
    found.float().sum().backward()
    assert found.dtype == torch.bfloat16
    assert torch.allclose(found[:, :ROWS].float(), each_alone(*row), atol=5e-2)
    assert all(one.grad.dtype == torch.float32 for one in row)
