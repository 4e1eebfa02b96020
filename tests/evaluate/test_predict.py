"""Predicting: each row belongs to its example, however the split is cut."""

import random

import numpy as np
import pytest
import torch
from torch.nn import functional

from isogloss.data.encoded import Encoded
from isogloss.data.unpadded import lay_row
from isogloss.evaluate import predict as room
from isogloss.evaluate.predict import predict
from isogloss.model.encoder import make_classifier
from isogloss.model.precision import Precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import encode_texts, train_tokenizer

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
FP32 = Precision("fp32", "test")


def toys(family="bert", n=23, dropout=0.0):
    rng = random.Random(1)
    words = ["good", "bad", "day", "food", "so"]
    texts = [" ".join(rng.choices(words, k=rng.randint(0, 15))) for _ in range(n)]
    tokenizer = train_tokenizer(
        {"eng-Latn": texts}, algorithm="wordpiece", vocab_size=100, family=family, seed=0, floor=0
    )
    encoded = encode_texts(tokenizer, texts, 16)
    split = Encoded(
        *encoded[:2],
        labels=np.array([rng.randrange(3) for _ in texts], dtype=np.int64),
        examples=tuple(map(str, range(n))),
        truncated=encoded.truncated,
        unknown=encoded.unknown,
    )
    config = scratch_config(family, tokenizer, Size(32, 2, 2, 64, max_length=16, dropout=dropout))
    return (
        make_classifier(config, ["a", "b", "c"], seed=0, attention="sdpa"),
        split,
        tokenizer.pad_token_id,
    )


def test_a_row_has_a_width_that_comes_again():
    model, *_ = toys()
    lengths = np.full(100, 10)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    row = room.batch_of(model, np.ones(1000, np.int32), lay_row(offsets, np.arange(100)))
    assert row.input_ids.shape == (1, 1024)
    assert row.n_tokens == 1000


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("max_tokens", [1, 40, 10_000])
def test_rows_equal_those_of_each_text_alone(family, max_tokens, padded, monkeypatch):
    if padded:
        monkeypatch.setattr(room, "reads_unpadded", lambda model: False)
    model, split, pad_id = toys(family)
    assert room.reads_unpadded(model) is not padded
    got = predict(model, split, precision=FP32, pad_id=pad_id, max_tokens=max_tokens)
    model.eval()
    for i in range(len(split)):
        ids = torch.from_numpy(split.select([i]).ids.astype(np.int64))[None]
        with torch.no_grad():
            logits = model(input_ids=ids).logits
        want = logits.softmax(-1)[0].numpy()
        loss = functional.cross_entropy(logits, torch.tensor([split.labels[i]]))
        assert np.allclose(got.probabilities[i], want, atol=1e-6)
        assert got.losses[i] == pytest.approx(float(loss), abs=1e-5)


def test_the_parts_are_typed_and_counted():
    model, split, pad_id = toys()
    whole = predict(model, split, precision=FP32, pad_id=pad_id, max_tokens=10_000)
    assert whole.n_batches == 1
    assert whole.probabilities.shape == (23, 3)
    assert whole.probabilities.dtype == np.float32
    assert whole.losses.dtype == np.float64
    assert np.allclose(whole.probabilities.sum(1), 1, atol=1e-6)
    assert whole.runtime > 0
    assert predict(model, split, precision=FP32, pad_id=pad_id, max_tokens=1).n_batches == 23


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_of_the_model_is_put_back_and_dropout_is_off(training):
    model, split, pad_id = toys(dropout=0.5)
    model.train(training)
    one, two = (
        predict(model, split, precision=FP32, pad_id=pad_id, max_tokens=4096) for _ in range(2)
    )
    assert model.training is training
    assert np.array_equal(one.probabilities, two.probabilities)


def test_the_mode_is_put_back_after_an_error():
    model, split, pad_id = toys()
    model.train()
    broken = Encoded(
        split.ids + 10_000, split.offsets, split.labels, split.examples, split.truncated,
        split.unknown,
    )  # fmt: skip
    with pytest.raises(IndexError):
        predict(model, broken, precision=FP32, pad_id=pad_id, max_tokens=4096)
    assert model.training


def test_an_empty_split_gives_no_rows():
    model, split, pad_id = toys()
    got = predict(model, split.select([]), precision=FP32, pad_id=pad_id, max_tokens=4096)
    assert got.probabilities.shape == (0, 3)
    assert (len(got.losses), got.n_batches) == (0, 0)


def test_half_precision_is_close_and_its_softmax_exact():
    model, split, pad_id = toys()
    exact = predict(model, split, precision=FP32, pad_id=pad_id, max_tokens=4096)
    rough = predict(
        model, split, precision=Precision("bf16", "test"), pad_id=pad_id, max_tokens=4096
    )
    assert np.allclose(rough.probabilities, exact.probabilities, atol=0.02)
    assert not np.array_equal(rough.probabilities, exact.probabilities)
    assert np.allclose(rough.probabilities.sum(1), 1, atol=1e-6)
