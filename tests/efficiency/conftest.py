"""Toys for the tests of efficiency: two tiny encoders in folders, and a clock that one sets."""

import random

import pytest

from isogloss.efficiency.candidate import Candidate
from isogloss.model.encoder import make_classifier, save_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer

LABELS = ("bad", "good", "so-so")


class FakeClock:
    """Time stands still unless someone sleeps or works."""

    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


def make_texts(n=60):
    rng = random.Random(0)
    words = ["good", "fine", "bad", "poor", "lamp", "Tisch", "Stuhl", "mesa", "cadeira"]
    return [" ".join(rng.choice(words) for _ in range(rng.randint(1, 9))) for _ in range(n)]


@pytest.fixture(scope="session")
def texts():
    return make_texts()


def write_tiny(folder, texts, architecture="bert", layers=2):
    tokenizer = train_tokenizer(
        {"eng-Latn": texts},
        algorithm="unigram" if architecture == "xlm-roberta" else "wordpiece",
        vocab_size=80,
        family=architecture,
        seed=0,
        floor=0,
    )
    size = Size(
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_length=32,
        dropout=0.0,
    )
    config = scratch_config(architecture, tokenizer, size)
    model = make_classifier(config, LABELS, seed=0, attention="eager")
    save_classifier(model, tokenizer, folder)
    return folder


@pytest.fixture(scope="session")
def candidates(tmp_path_factory, texts):
    home = tmp_path_factory.mktemp("candidates")
    return [
        Candidate(
            name=name,
            folder=str(write_tiny(home / name, texts, architecture)),
            labels=LABELS,
            attention="eager",
            max_length=32,
        )
        for name, architecture in (("small", "bert"), ("other", "xlm-roberta"))
    ]


@pytest.fixture
def clock():
    return FakeClock()
