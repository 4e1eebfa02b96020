"""Dropout of our own: chances, means and gradients, and what its draws depend on."""

import copy
import math

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from isogloss.model.dropout import CHANCES, dropout, kept_of, quick_dropout

N = 1 << 20


def kept(p, *, seed=0, shape=(N,)):
    torch.manual_seed(seed)
    return dropout(torch.ones(shape), p) != 0


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 1 / 3])
def test_each_number_is_dropped_with_its_chance_and_the_mean_stays(p):
    torch.manual_seed(0)
    left = dropout(torch.ones(N), p)
    off = math.sqrt(p * (1 - p) / N)
    assert float((left == 0).double().mean()) == pytest.approx(p, abs=5 * off)
    assert float(left.double().mean()) == pytest.approx(1, abs=5 * off / (1 - p))
    assert left.unique().numel() == 2
    assert float(left.max()) == pytest.approx(1 / (1 - p), rel=2 / CHANCES / (1 - p))


@pytest.mark.parametrize("shift", [1, 2, 3, 4, 768])
def test_neighbors_know_nothing_of_each_other(shift):
    one = kept(0.1).double() - 0.9
    together = float((one[:-shift] * one[shift:]).mean() / 0.09)
    assert abs(together) < 5 / math.sqrt(N)


def test_calls_know_nothing_of_each_other():
    torch.manual_seed(0)
    one, two = (dropout(torch.ones(N), 0.5).ne(0).double() - 0.5 for _ in range(2))
    assert abs(float((one * two).mean() / 0.25)) < 5 / math.sqrt(N)


def test_draws_depend_on_the_random_state_of_pytorch_alone():
    assert torch.equal(kept(0.1, seed=3), kept(0.1, seed=3))
    assert not torch.equal(kept(0.1, seed=3), kept(0.1, seed=4))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_gradient_goes_where_numbers_were_kept(dtype):
    values = torch.full((3, 5, 7), 2.0, dtype=dtype, requires_grad=True)
    left = dropout(values.transpose(0, 2), 0.4)
    left.sum().backward()
    assert left.shape == (7, 5, 3)
    assert left.dtype == values.grad.dtype == dtype
    assert torch.equal(values.grad * 2, left.detach().transpose(0, 2))
    assert 0 < int((left == 0).sum()) < left.numel()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_kept_numbers_are_as_they_were_and_the_others_nothing(dtype):
    values = torch.randn(64, 9, dtype=dtype)
    values[0, :5] = torch.tensor([-0.0, 0.0, torch.inf, -torch.inf, torch.nan])
    kept = (torch.arange(values.numel()).view_as(values) % 3).clamp(max=1).to(torch.int16)
    for one, own in ((values, kept), (values.t(), kept.t())):
        found, want = kept_of(one, own), torch.where(own.bool(), one, 0)
        assert found.dtype == dtype
        assert torch.equal(found.nan_to_num(7), want.nan_to_num(7))
        assert torch.equal(found.signbit()[own.bool()], want.signbit()[own.bool()])


@pytest.mark.parametrize("p", [0.0, 1.0, 1e-9])
def test_the_ends_are_those_of_pytorch(p):
    values = torch.ones(4, 4)
    assert torch.equal(dropout(values, p), nn.functional.dropout(values, p))


def test_nothing_is_dropped_of_nothing():
    assert dropout(torch.ones(0, 3), 0.1).shape == (0, 3)


def test_a_chance_that_is_none_is_refused():
    for none in (1.5, -0.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            dropout(torch.ones(2), none)


def test_layers_draw_so_inside_the_context_and_in_training_only():
    layers = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5, inplace=True), nn.Dropout(0.0))
    values = torch.ones(64)
    with quick_dropout(layers):
        torch.manual_seed(0)
        found = layers[0](values)
        assert torch.equal(layers.eval()[0](values), values)
    torch.manual_seed(0)
    assert torch.equal(found, dropout(values, 0.5))
    torch.manual_seed(0)
    theirs = layers.train()[0](values)
    torch.manual_seed(0)
    assert torch.equal(theirs, nn.functional.dropout(values, 0.5))
    assert [type(one) for one in layers] == [nn.Dropout] * 3


def test_layers_are_as_before_after_an_error_and_a_copy_draws_by_itself():
    model = BertForSequenceClassification(
        BertConfig(vocab_size=9, hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
    )
    with pytest.raises(KeyError), quick_dropout(model):
        _lose()
    assert type(model.dropout) is nn.Dropout
    twin = _copied(model)
    assert model.dropout.training
    assert not twin.dropout.training


def _copied(model):
    with quick_dropout(model):
        return copy.deepcopy(model).eval()


def _lose():
    raise KeyError
