"""Predicting tags: each row belongs to its word, however sentences and batches are cut."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from isogloss.evaluate import predict_words as room
from isogloss.evaluate.predict_words import predict_words
from isogloss.model.precision import Precision
from tag_toys import FAMILIES, TAGS, make_model, make_split, make_tokenizer

FP32 = Precision("fp32", "test")


def predicted(model, encoded, *, family="bert", max_tokens=4096, precision=FP32):
    pad_id = make_tokenizer(family).pad_token_id
    return predict_words(model, encoded, precision=precision, pad_id=pad_id, max_tokens=max_tokens)


def one_by_one(model, encoded):
    """[words, tags] Log-probabilities: each word from its own window, given alone."""
    model.eval()
    rows = []
    for window, position in zip(encoded.word_window, encoded.word_position, strict=True):
        start, end = encoded.offsets[window : window + 2]
        ids = torch.from_numpy(encoded.ids[start:end].astype(np.int64))[None]
        with torch.no_grad():
            rows.append(model(input_ids=ids).logits[0, position].log_softmax(-1).numpy())
    return np.stack(rows)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attention", ["eager", "sdpa", "unpadded"])
def test_rows_are_in_the_order_of_words_and_equal_each_window_alone(family, attention, monkeypatch):
    if attention != "unpadded":
        monkeypatch.setattr(room, "reads_unpadded", lambda model: False)
    attention = attention.replace("unpadded", "eager")
    model, encoded = make_model(family, attention=attention), make_split(12, family=family)
    assert encoded.n_windowed > 2
    want = one_by_one(model, encoded)
    for max_tokens in (1, 40, 10_000):
        got = predicted(model, encoded, family=family, max_tokens=max_tokens)
        assert np.allclose(got.probabilities, np.exp(want), atol=1e-6)
        assert np.allclose(got.losses, -want[np.arange(len(want)), encoded.tags], atol=1e-5)


def test_the_parts_are_typed_and_counted():
    model, encoded = make_model(), make_split(12)
    whole = predicted(model, encoded, max_tokens=10_000)
    assert whole.n_batches == 1
    assert whole.probabilities.shape == (encoded.n_words, len(TAGS))
    assert (whole.probabilities.dtype, whole.losses.dtype) == (np.float32, np.float64)
    assert whole.runtime > 0
    assert predicted(model, encoded, max_tokens=1).n_batches == len(encoded.lengths)


def test_a_word_is_answered_the_same_whatever_stands_beside_its_sentence():
    model, encoded = make_model(), make_split(20)
    order = np.random.default_rng(0).permutation(20)
    whole, mixed = predicted(model, encoded), predicted(model, encoded.select(order))
    words = [np.arange(*encoded.word_offsets[at : at + 2]) for at in order]
    assert np.allclose(mixed.probabilities, whole.probabilities[np.concatenate(words)], atol=1e-6)


def test_every_word_is_answered_once_at_any_length_of_windows():
    model = make_model()
    for max_length in (3, 6, 12):
        encoded = make_split(20, max_length=max_length)
        found = predicted(model, encoded)
        assert len(found.losses) == make_split(20).n_words
        assert np.isfinite(found.losses).all()


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_of_the_tagger_is_put_back_and_dropout_is_off(training):
    model, encoded = make_model(dropout=0.5), make_split(6)
    model.train(training)
    one, two = predicted(model, encoded), predicted(model, encoded)
    assert model.training is training
    assert np.array_equal(one.probabilities, two.probabilities)


def test_the_mode_is_put_back_after_an_error():
    model, encoded = make_model(), make_split(6)
    model.train()
    with pytest.raises(IndexError):
        predicted(model, replace(encoded, ids=encoded.ids + 10_000))
    assert model.training


def test_an_empty_split_gives_no_rows():
    got = predicted(make_model(), make_split(6).select([]))
    assert got.probabilities.shape == (0, len(TAGS))
    assert (len(got.losses), got.n_batches) == (0, 0)


def test_half_precision_is_close_and_its_softmax_exact():
    model, encoded = make_model(), make_split(12)
    exact, rough = (
        predicted(model, encoded, precision=Precision(name, "test")) for name in ("fp32", "bf16")
    )
    assert np.allclose(rough.probabilities, exact.probabilities, atol=0.02)
    assert not np.array_equal(rough.probabilities, exact.probabilities)
    assert np.allclose(rough.probabilities.sum(1), 1, atol=1e-6)
