"""What every pre-training reads off its payload: dev losses of the least text there is."""

import math

import numpy as np
import pytest
import torch

from isogloss.data.packing import Packed
from isogloss.execute.kinds.learning import Corpus, dev_of
from isogloss.model.masked import make_masked_lm
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer

PAYLOAD = {"training": {"mlm_probability": 0.15, "precision": "fp32"}, "seed": 1}
SETTINGS = {"max_tokens": 999}


@pytest.fixture(scope="module")
def tokenizer():
    texts = {"eng-Latn": ["ba ge lo ti nu schu we ra", "nula bage rati gelo"]}
    return train_tokenizer(
        texts, algorithm="wordpiece", vocab_size=60, family="bert", seed=0, floor=0
    )


def windows(tokenizer, *texts):
    """A window a text, as it stands."""
    ids = [np.array(tokenizer(text)["input_ids"], np.int32) for text in texts]
    flat = np.concatenate(ids)
    characters = np.where(np.isin(flat, tokenizer.all_special_ids), 0, 2).astype(np.int32)
    return Packed(flat, np.cumsum([0, *map(len, ids)]), characters)


def losses_of(tokenizer, *dev):
    size = Size(32, 1, 2, 32, max_length=64, dropout=0.0)
    model = make_masked_lm(scratch_config("bert", tokenizer, size), seed=0, attention="eager")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()  # says the same of all
    corpus = Corpus(tuple(map(str, range(len(dev)))), (), dev, tokenizer)
    return dev_of(corpus, PAYLOAD, SETTINGS)(model)


def test_a_dev_loss_is_that_of_the_hidden_tokens(tokenizer):
    text = " ".join(["nula bage rati gelo"] * 8)
    found = losses_of(tokenizer, windows(tokenizer, text, text), windows(tokenizer, text))
    assert found == pytest.approx([math.log(len(tokenizer))] * 2, abs=1e-5)


def test_a_dev_text_of_nothing_known_has_no_loss(tokenizer):
    assert np.isnan(losses_of(tokenizer, windows(tokenizer, "☃"))).all()


@pytest.mark.parametrize("text", ["ba", "ge", "lo", "ti", "nu"])
def test_the_shortest_dev_text_has_a_token_to_guess(tokenizer, text):
    """The last window of a text may hold one token only, which chance seldom hides."""
    found = losses_of(tokenizer, windows(tokenizer, text))
    assert found == pytest.approx([math.log(len(tokenizer))], abs=1e-5)
