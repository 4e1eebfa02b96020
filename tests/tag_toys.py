"""Toy taggers: words that say their tags, sentences longer than the encoder, tiny real models."""

import random
from functools import cache

import numpy as np

from isogloss.data.encoded_words import EncodedWords
from isogloss.model.encoder import make_tagger
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer
from isogloss.model.words import encode_words
from isogloss.study.tasks import span_tags

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
TYPES = ("PER", "LOC")
TAGS = span_tags(TYPES)
NAMES = {"ada": "B-PER", "paris": "B-LOC", "zero\u200bwidth": "B-LOC"}
FILLER = ("the", "extraordinarily", "was", "and", "unpronounceable", "\u200b", "in", "it")
LONGEST = 12
"""Sub-tokens of a window; sentences have up to `MOST_WORDS` words."""
MOST_WORDS = 25


def make_sentences(n, *, seed=0):
    rng = random.Random(seed)
    pool = [*NAMES, *FILLER]
    return [[rng.choice(pool) for _ in range(rng.randint(1, MOST_WORDS))] for _ in range(n)]


@cache
def make_tokenizer(family="bert"):
    texts = [" ".join(words) for words in make_sentences(200)]
    return train_tokenizer(
        {"eng-Latn": texts}, algorithm="wordpiece", vocab_size=90, family=family, seed=0, floor=0
    )


def make_split(n, *, family="bert", seed=0, max_length=LONGEST):
    """Sentences as windows; the tag of a word is a function of the word."""
    sentences = make_sentences(n, seed=seed)
    tags = [TAGS.index(NAMES.get(word, "O")) for words in sentences for word in words]
    found = encode_words(make_tokenizer(family), sentences, max_length)
    return EncodedWords(
        **found._asdict(),
        tags=np.array(tags, dtype=np.int64),
        examples=tuple(f"train/{at}" for at in range(n)),
    )


def make_model(family="bert", *, dropout=0.0, seed=0, attention="eager"):
    size = Size(16, 1, 2, 32, max_length=LONGEST, dropout=dropout)
    config = scratch_config(family, make_tokenizer(family), size)
    return make_tagger(config, TAGS, seed=seed, attention=attention)
