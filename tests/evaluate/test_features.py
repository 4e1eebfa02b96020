"""Features of words: each from its own window at its first sub-token, whatever stands beside it."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoModelForMaskedLM

from isogloss.base.errors import InputError
from isogloss.evaluate.features import word_features
from isogloss.model.precision import Precision
from isogloss.model.scratch import Size, scratch_config
from tag_toys import FAMILIES, LONGEST, make_model, make_split, make_tokenizer

FP32 = Precision("fp32", "test")
N_LAYERS, WIDTH = 2, 16


def make_body(family="bert", *, auto=AutoModel, dropout=0.0):
    size = Size(WIDTH, N_LAYERS, 2, 32, max_length=LONGEST, dropout=dropout)
    torch.manual_seed(0)
    config = scratch_config(family, make_tokenizer(family), size)
    return auto.from_config(config, attn_implementation="eager")


def features(body, encoded, *, family="bert", layers=(-1,), max_tokens=4096, precision=FP32):
    how = {"precision": precision, "max_tokens": max_tokens}
    pad_id = make_tokenizer(family).pad_token_id
    return word_features(body, encoded, layers=layers, pad_id=pad_id, **how)


def one_by_one(body, encoded):
    """[layers + 1, words, width] Each word from its own window, given alone."""
    body.eval()
    rows = []
    for window, position in zip(encoded.word_window, encoded.word_position, strict=True):
        start, end = encoded.offsets[window : window + 2]
        ids = torch.from_numpy(encoded.ids[start:end].astype(np.int64))[None]
        with torch.no_grad():
            states = body(input_ids=ids, output_hidden_states=True).hidden_states
        rows.append(torch.stack([state[0, position] for state in states]).numpy())
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_are_in_the_order_of_words_and_equal_each_window_alone(family):
    body, encoded = make_body(family), make_split(12, family=family)
    assert encoded.n_windowed > 2
    want = one_by_one(body, encoded)
    for max_tokens in (1, 40, 10_000):
        got = features(
            body, encoded, family=family, layers=(2, 0, 1, -1, -2, -3), max_tokens=max_tokens
        )
        assert list(got) == [2, 0, 1, -1, -2, -3]
        for layer, found in got.items():
            assert np.allclose(found, want[layer], atol=1e-5), layer
            assert (found.shape, found.dtype) == ((encoded.n_words, WIDTH), np.float32)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_layer_is_what_the_encoder_gives_and_0_are_the_embeddings(family):
    body, encoded = make_body(family), make_split(6, family=family)
    last = features(body, encoded, family=family)[-1]
    got = features(body, encoded, family=family, layers=(0, 2))
    assert np.allclose(got[2], last, atol=1e-6)
    ids = torch.from_numpy(encoded.ids[: encoded.offsets[1]].astype(np.int64))[None]
    with torch.no_grad():
        embedded = body.eval().embeddings(input_ids=ids)[0].numpy()
        given = body(input_ids=ids).last_hidden_state[0].numpy()
    here = encoded.word_position[encoded.word_window == 0]
    assert np.allclose(got[0][: len(here)], embedded[here], atol=1e-6)
    assert np.allclose(last[: len(here)], given[here], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_of_a_model_with_a_head_the_encoder_is_taken(family):
    encoded = make_split(6, family=family)
    for model in (make_body(family, auto=AutoModelForMaskedLM), make_model(family)):
        alone = features(model.base_model, encoded, family=family)
        assert np.array_equal(features(model, encoded, family=family)[-1], alone[-1])


def test_a_word_is_the_same_whatever_stands_beside_its_sentence():
    body, encoded = make_body(), make_split(20)
    order = np.random.default_rng(0).permutation(20)
    whole, mixed = (features(body, one)[-1] for one in (encoded, encoded.select(order)))
    words = [np.arange(*encoded.word_offsets[at : at + 2]) for at in order]
    assert np.allclose(mixed, whole[np.concatenate(words)], atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_the_encoder_stays_as_it_was_and_dropout_is_off(training):
    body, encoded = make_body(dropout=0.5), make_split(6)
    body.train(training)
    before = {name: weight.clone() for name, weight in body.state_dict().items()}
    one, two = features(body, encoded), features(body, encoded)
    assert body.training is training
    assert np.array_equal(one[-1], two[-1])
    assert all(torch.equal(weight, before[name]) for name, weight in body.state_dict().items())
    assert all(weight.grad is None for weight in body.parameters())


def test_an_empty_split_gives_no_rows():
    got = features(make_body(), make_split(6).select([]), layers=(0, -1))
    assert {layer: found.shape for layer, found in got.items()} == {0: (0, WIDTH), -1: (0, WIDTH)}


def test_half_precision_is_close_and_kept_as_fp32():
    body, encoded = make_body(), make_split(12)
    exact, rough = (
        features(body, encoded, precision=Precision(name, "test"))[-1] for name in ("fp32", "bf16")
    )
    assert rough.dtype == np.float32
    assert np.allclose(rough, exact, atol=0.1)
    assert not np.array_equal(rough, exact)


@pytest.mark.parametrize("layer", [3, -4])
def test_a_layer_that_is_not_there_is_refused(layer):
    with pytest.raises(InputError, match=rf"no layer {layer} in an encoder of 2 layers.* to -3"):
        features(make_body(), make_split(2), layers=(0, layer))
