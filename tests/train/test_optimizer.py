"""The optimizer groups parameters as the Trainer of transformers does."""

import pytest
from transformers import Trainer

from isogloss.train.optimizer import decaying_names, make_adamw

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_parameters_decay_as_in_the_trainer(family, toys):
    model = toys.model(family)
    want = Trainer.get_decay_parameter_names(None, model)
    assert sorted(decaying_names(model)) == sorted(want)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_parameter_is_moved_once(family, toys):
    model = toys.model(family)
    optimizer = make_adamw(model, toys.recipe(weight_decay=0.3))
    groups = optimizer.param_groups
    moved = [id(p) for group in groups for p in group["params"]]
    assert sorted(moved) == sorted(map(id, model.parameters()))
    assert [group["weight_decay"] for group in groups] == [0.3, 0.0]
    assert all(group["fused"] for group in groups)


def test_frozen_parameters_are_left_out(toys):
    model = toys.model()
    model.bert.embeddings.requires_grad_(False)
    optimizer = make_adamw(model, toys.recipe())
    frozen = set(map(id, model.bert.embeddings.parameters()))
    assert not frozen & {id(p) for group in optimizer.param_groups for p in group["params"]}
