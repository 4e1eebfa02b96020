"""Toys for the tests of training: tiny real models, a real tokenizer, and texts of many lengths."""

import random
from functools import cache

import numpy as np
import pytest

from isogloss.data.encoded import Encoded
from isogloss.model.encoder import make_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import encode_texts, train_tokenizer
from isogloss.train.recipe import Recipe

LABELS = ("negative", "neutral", "positive")
WORDS = {0: ["bad", "awful", "poor"], 1: ["so", "plain", "usual"], 2: ["good", "fine", "great"]}
RECIPE = {
    "learning_rate": 2e-5,
    "num_train_epochs": 5.0,
    "max_steps": None,
    "per_device_train_batch_size": 32,
    "gradient_accumulation_steps": 1,
    "weight_decay": 0.01,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
    "lr_scheduler_type": "linear",
    "warmup_steps": 0,
    "early_stopping_patience": None,
    "early_stopping_threshold": 0.0,
    "eval_strategy": "no",
    "eval_steps": None,
    "load_best_model_at_end": False,
    "seed": 0,
    "precision": "auto",
    "logging_steps": 10,
    "save_seconds": 60.0,
}
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


def make_recipe(**changes):
    return Recipe(**{**RECIPE, **changes})


class Toys:
    """What tests ask for."""

    tokenizer = staticmethod(make_tokenizer)
    model = staticmethod(make_model)
    split = staticmethod(make_split)
    recipe = staticmethod(make_recipe)


@pytest.fixture(scope="session")
def toys():
    return Toys
