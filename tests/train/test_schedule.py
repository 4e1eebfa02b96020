"""The learning rate is that of transformers, as a pure function."""

import pytest
import torch
from transformers import get_scheduler

from isogloss.base.errors import UnknownName
from isogloss.train.schedule import SHAPES, learning_rate_at, warmup_of


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("warmup", [0, 3, 0.25, 0.01, 12])
def test_the_rate_equals_that_of_transformers(kind, warmup):
    total, peak = 12, 2e-5
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler = get_scheduler(
        kind, optimizer, num_warmup_steps=warmup_of(warmup, total), num_training_steps=total
    )
    rate = learning_rate_at(kind, peak, warmup_steps=warmup, total_steps=total)
    for step in range(total):
        assert rate(step) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-18)
        optimizer.step()
        scheduler.step()


def test_the_shapes_are_the_ones_that_a_study_may_name():
    assert list(SHAPES) == ["linear", "cosine", "constant", "constant_with_warmup"]


def test_an_unknown_shape_gets_the_nearest_name():
    with pytest.raises(UnknownName, match="Did you mean 'linear'"):
        learning_rate_at("liner", 1.0, warmup_steps=0, total_steps=1)
