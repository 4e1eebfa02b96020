"""Toys for the tests of models: a little text in three scripts and tokenizers trained on it."""

import random

import pytest

from isogloss.model.scratch import Size
from isogloss.model.tokenizer import train_tokenizer

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
TINY = Size(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_length=24,
    dropout=0.0,
)
SYLLABLES = {
    "deu-Latn": ["Ä", "ba", "ge", "ß", "lö", "Ti", "nu"],
    "hin-Deva": ["कि", "ता", "ब", "मे", "रा", "क्ष", "णु"],
    "zho-Hans": list("天地人你我他好大小中国学生工作"),
}


def make_texts(n=120, seed=0):
    rng = random.Random(seed)

    def word(language):
        return "".join(rng.choice(SYLLABLES[language]) for _ in range(rng.randint(1, 4)))

    def text(language):
        space = "" if language == "zho-Hans" else " "
        return space.join(word(language) for _ in range(rng.randint(2, 8)))

    return {language: [text(language) for _ in range(n)] for language in SYLLABLES}


@pytest.fixture(scope="session")
def texts():
    return make_texts()


@pytest.fixture(scope="session")
def tokenizers(texts):
    return {
        family: train_tokenizer(
            texts, algorithm="wordpiece", vocab_size=300, family=family, seed=0, floor=0
        )
        for family in FAMILIES
    }
