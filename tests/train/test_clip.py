"""Gradients are clipped as PyTorch clips them."""

import pytest
import torch
from torch import nn

from isogloss.train.clip import clip_gradients


@pytest.fixture
def model():
    return made()


def made():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Embedding(7, 6), nn.Conv1d(3, 2, 5), nn.Linear(6, 4))
    layers.scale = nn.Parameter(torch.tensor(2.0))
    for parameter in layers.parameters():
        parameter.grad = torch.randn_like(parameter)
    layers.unused = nn.Parameter(torch.ones(3))
    return layers


@pytest.mark.parametrize("longest", [0.5, 1.0, 1e3, float("inf")])
def test_norm_and_gradients_are_those_of_pytorch(model, longest):
    twin = made()
    norm = clip_gradients(list(model.parameters()), longest)
    want = nn.utils.clip_grad_norm_(twin.parameters(), longest)
    assert norm.shape == ()
    assert torch.allclose(norm, want, rtol=1e-6)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        if theirs.grad is None:
            assert ours.grad is None
        else:
            assert torch.allclose(ours.grad, theirs.grad, rtol=1e-6)


def test_what_is_no_number_is_told_and_left_alone(model):
    model[2].weight.grad[0, 0] = torch.nan
    before = model[0].weight.grad.clone()
    norm = clip_gradients(list(model.parameters()), 1.0)
    assert torch.isnan(norm)
    assert torch.equal(model[0].weight.grad, before)


def test_without_any_gradient_the_norm_is_nothing():
    model = nn.Linear(2, 2)
    assert clip_gradients(list(model.parameters()), 1.0) == 0
