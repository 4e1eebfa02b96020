"""The last layer where somebody looks: the states and gradients of one that looks everywhere."""

from functools import partial

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    DistilBertConfig,
    DistilBertForMaskedLM,
    EuroBertConfig,
    EuroBertModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from isogloss.model.encoder import first_position
from isogloss.model.last_layer import last_layer_of
from isogloss.model.masked import states_at
from isogloss.model.unpadded import lay_out, narrows, token_states
from row_models import DISTIL, LENGTHS, SHAPE, SIZE, gradients, made

CPU = torch.device("cpu")
BODY = {**SHAPE, "max_position_embeddings": 32, "pad_token_id": 1}
NARROW = {
    "bert": lambda: BertForMaskedLM(BertConfig(**BODY)),
    "distilbert": lambda: DistilBertForMaskedLM(DistilBertConfig(**DISTIL)),
    "roberta": lambda: RobertaForMaskedLM(RobertaConfig(**BODY)),
    "xlm-roberta": lambda: XLMRobertaForMaskedLM(XLMRobertaConfig(**BODY)),
}
WIDE = {
    "modernbert": lambda: ModernBertForMaskedLM(ModernBertConfig(**BODY)),
    "eurobert": lambda: EuroBertModel(EuroBertConfig(**BODY, num_key_value_heads=2)),
}
TOKENS = int(LENGTHS.sum())
GROUPINGS = [(8,), (1,) * 8, (3, 3, 2)]
ASKED = {
    "the first of each": None,
    "every token": np.arange(TOKENS),
    "some": np.array([1, 2, 5, 6, 7, 22, 41, 43, 59]),
    "none of most": np.array([59]),
}


def row_of(model, groups, asked):
    ids = np.random.default_rng(0).integers(5, SIZE, TOKENS)
    first = first_position(model)
    return lay_out(ids, LENGTHS, groups, first_position=first, device=CPU, asked=asked)


def learned(model, states):
    torch.manual_seed(1)
    return gradients(model, (states * torch.randn_like(states)).sum())


def same(found, want, *, tolerance=1e-5):
    return torch.allclose(found, want, atol=tolerance * float(want.detach().abs().max()) + 1e-6)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("groups", GROUPINGS)
@pytest.mark.parametrize("family", NARROW)
def test_states_and_gradients_are_those_of_looking_everywhere(family, groups, asked):
    model = made(NARROW[family])
    batch = row_of(model, groups, ASKED[asked])
    found, want = (token_states(model, batch, narrow=narrow) for narrow in (True, False))
    assert found.shape == (len(batch.asked), 32)
    assert same(found, want)
    ours, theirs = learned(model, found), learned(model, want)
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        assert same(ours[name], gradient, tolerance=1e-4), name


def count(rows, name, module, given, said):
    rows[name] = given[0].shape[1]


@pytest.mark.parametrize("family", NARROW)
def test_only_what_is_asked_for_goes_through_the_rest_of_the_layer(family):
    model, rows = made(NARROW[family]), {}
    layer = last_layer_of(model.base_model).layer
    for name, module in layer.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(partial(count, rows, name))
    token_states(model, row_of(model, (8,), ASKED["some"]), narrow=True)
    wide = {name for name, n in rows.items() if n == TOKENS}
    assert {name.rpartition(".")[2] for name in wide} in ({"key", "value"}, {"k_lin", "v_lin"})
    assert {n for name, n in rows.items() if name not in wide} == {9}


@pytest.mark.parametrize("family", NARROW)
def test_families_of_the_library_let_their_last_layer_be_narrow(family):
    assert narrows(made(NARROW[family]))


@pytest.mark.parametrize("family", WIDE)
def test_families_that_call_their_projections_otherwise_look_everywhere(family):
    assert not narrows(made(WIDE[family]))


class Turning(torch.nn.Module):
    """A projection that depends on where a token stands."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear

    def forward(self, hidden):
        return self.linear(hidden) + torch.linspace(0, 1, hidden.shape[1])[:, None]


def test_a_layer_that_turns_queries_by_their_positions_is_found_out():
    model = made(NARROW["bert"])
    attention = model.bert.encoder.layer[-1].attention.self
    attention.query = Turning(attention.query)
    assert not narrows(model)


def test_a_model_whose_layers_run_again_on_the_way_back_looks_everywhere():
    model = made(NARROW["bert"])
    assert narrows(model)
    model.bert.encoder.layer[0].gradient_checkpointing = True
    assert not narrows(model)


def test_who_has_no_last_layer_is_not_narrow_without_a_word():
    model = made(WIDE["modernbert"])
    with pytest.raises(ValueError, match="no last layer"):
        token_states(model, row_of(model, (8,), None), narrow=True)


@torch.no_grad()
def test_in_half_precision_it_is_as_near_as_half_precision_is():
    model = made(NARROW["bert"])
    batch = row_of(model, (3, 3, 2), ASKED["some"])
    want = token_states(model, batch, narrow=False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, wide = (token_states(model, batch, narrow=narrow) for narrow in (True, False))
    assert found.dtype == wide.dtype
    off = float((wide - want).norm())
    assert float((found - want).norm()) < 1.5 * off
    assert float((found - wide).norm()) < 1.5 * off


class Leaning(torch.nn.Module):
    """A layer that also adds what the neighbor says: it cannot be narrow."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, hidden, *given, **named):
        said = self.layer(hidden, *given, **named)
        return said + said.roll(1, dims=1)


def test_a_layer_that_mixes_neighbors_is_found_out():
    model = made(lambda: BertModel(BertConfig(**BODY)))
    model.encoder.layer[-1] = Leaning(model.encoder.layer[-1])
    assert last_layer_of(model) is not None
    assert not narrows(model)


def test_a_family_is_asked_in_full_precision_whatever_is_computed_in():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert narrows(made(NARROW["bert"]))


def test_layers_that_are_one_and_the_same_have_no_last():
    model = made(NARROW["bert"])
    model.config.num_hidden_layers = 5
    assert last_layer_of(model.base_model) is None
    assert not narrows(model)


def test_no_hook_is_left_after_an_error_in_the_last_layer():
    model = made(NARROW["bert"])
    before = model.config._attn_implementation
    feed_forward = model.bert.encoder.layer[-1].intermediate
    fails = feed_forward.register_forward_pre_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        token_states(model, row_of(model, (8,), None), narrow=True)
    fails.remove()
    assert model.config._attn_implementation == before
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def windows(*, padded):
    ids = torch.from_numpy(np.random.default_rng(0).integers(5, SIZE, (4, 12)))
    mask = (torch.arange(12) < torch.tensor([12, 12, 7, 3])[:, None]).long()
    return ids, mask if padded else None


@pytest.mark.parametrize("places", [[0, 3, 11, 12, 25, 37], [2], []])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("family", NARROW)
def test_windows_side_by_side_are_read_at_their_places_alone(family, padded, places):
    model, (ids, mask) = made(NARROW[family]), windows(padded=padded)
    places = torch.tensor(places, dtype=torch.int64)
    found, want = (states_at(model, ids, mask, places, narrow=narrow) for narrow in (True, False))
    assert found.shape == want.shape == (len(places), 32)
    if len(places):
        assert same(found, want)
        ours, theirs = learned(model, found), learned(model, want)
        for name, gradient in theirs.items():
            assert same(ours[name], gradient, tolerance=1e-4), name


def test_long_windows_keep_the_attention_of_the_library(monkeypatch):
    model, (ids, mask) = made(NARROW["bert"]), windows(padded=True)
    monkeypatch.setattr("isogloss.model.masked.LONGEST_FOR_EAGER_ON_CPU", 11)
    monkeypatch.setattr("isogloss.model.masked.token_states", None)
    found = states_at(model, ids, mask, torch.tensor([1]), narrow=True)
    assert torch.equal(found, states_at(model, ids, mask, torch.tensor([1]), narrow=False))
