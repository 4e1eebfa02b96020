"""Toys for the tests of training: tiny real models, a real tokenizer, and texts of many lengths."""

import random
from functools import cache

import numpy as np
import pytest

from isogloss.data.encoded import Encoded
from isogloss.model.encoder import make_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import encode_texts, train_tokenizer

LABELS = ("negative", "neutral", "positive")
WORDS = {0: ["bad", "awful", "poor"], 1: ["so", "plain", "usual"], 2: ["good", "fine", "great"]}
FILLER = ["the", "film", "was", "and", "day", "food", "it", "here"]


def make_texts(n, *, seed=0, longest=18):
    rng = random.Random(seed)
    labels = [rng.randrange(3) for _ in range(n)]
    texts = []
    for label in labels:
        words = [rng.choice(FILLER) for _ in range(rng.randint(1, longest))]
        words[rng.randrange(len(words))] = rng.choice(WORDS[label])
        texts.append(" ".join(words))
    return texts, labels


@cache
def make_tokenizer(family):
    texts, _ = make_texts(200)
    return train_tokenizer(
        {"eng-Latn": texts}, algorithm="wordpiece", vocab_size=150, family=family, seed=0, floor=0
    )


def make_model(family="bert", *, dropout=0.0, seed=0, attention="eager"):
    size = Size(32, 2, 2, 64, max_length=24, dropout=dropout)
    config = scratch_config(family, make_tokenizer(family), size)
    return make_classifier(config, LABELS, seed=seed, attention=attention)


def make_split(n, *, family="bert", seed=0):
    texts, labels = make_texts(n, seed=seed)
    encoded = encode_texts(make_tokenizer(family), texts, 24)
    return Encoded(
        *encoded[:2],
        labels=np.array(labels, dtype=np.int64),
        examples=tuple(f"train/{i}" for i in range(n)),
        truncated=encoded.truncated,
        unknown=encoded.unknown,
    )


class Toys:
    """What tests ask for."""

    tokenizer = staticmethod(make_tokenizer)
    model = staticmethod(make_model)
    split = staticmethod(make_split)


@pytest.fixture(scope="session")
def toys():
    return Toys
