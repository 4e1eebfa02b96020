"""Scores of probes: those of taggers, and the macro F1 over classes of words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from isogloss.evaluate.features import word_features
from isogloss.evaluate.metrics import UNUSABLE
from isogloss.evaluate.probing import (
    CLASS_MACRO_F1,
    answered,
    class_macro_f1,
    ner_probe_scores,
    pos_probe_scores,
)
from isogloss.evaluate.tagging import ner_scores, pos_scores
from isogloss.model.precision import Precision
from isogloss.study.tasks import span_tags
from isogloss.train.probe import fit_probe, probabilities
from tag_toys import TAGS, TYPES, make_model, make_split, make_tokenizer

OFFSETS = np.array([0, 2, 4])


def values(scores):
    assert len({score.metric for score in scores}) == len(scores)
    return {score.metric: score.value for score in scores}


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 60), used=st.integers(1, 7))
def test_the_mean_over_classes_is_that_of_scikit_learn(seed, n, used):
    rng = np.random.default_rng(seed)
    gold, said = rng.integers(used, size=(2, n))
    want = f1_score(gold, said, average="macro", zero_division=0)
    assert class_macro_f1(gold, said, 7).value == pytest.approx(want)


def test_a_half_found_entity_counts_by_word_and_not_as_a_span():
    gold = np.array([TAGS.index(tag) for tag in ("B-PER", "I-PER", "O", "O")])
    probabilities_ = np.eye(len(TAGS))[[TAGS.index("B-PER"), 0, 0, 0]]
    said = answered(gold, probabilities_)
    found = ner_probe_scores(gold, said, offsets=OFFSETS, types=TYPES, tags=TAGS)
    assert values(found)["f1"] == 0.0
    assert values(found)[CLASS_MACRO_F1] == pytest.approx((1 + 0 + 0.8) / 3)
    tagging = ner_scores(gold, said.predicted, said.losses, offsets=OFFSETS, types=TYPES, tags=TAGS)
    assert found[:-1] == tagging


def test_parts_of_speech_are_scored_as_a_tagger_s():
    gold = np.array([0, 1, 1, 0])
    said = answered(gold, np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.7, 0.3, 0], [1, 0, 0]]))
    labels = ("NOUN", "VERB", "X")
    found = pos_probe_scores(gold, said, offsets=OFFSETS, labels=labels)
    assert found[:-1] == pos_scores(
        gold, said.predicted, said.losses, offsets=OFFSETS, labels=labels
    )
    assert values(found)["macro_f1"] == pytest.approx(values(found)[CLASS_MACRO_F1] * 2 / 3)


def test_a_class_that_was_never_seen_costs_an_infinite_loss_that_is_left_out():
    gold = np.array([0, 1, 1, 2])
    said = answered(gold, np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0.5, 0.5, 0], [0.5, 0.5, 0]]))
    assert said.losses[-1] == np.inf
    found = pos_probe_scores(gold, said, offsets=OFFSETS, labels=("A", "B", "C"))
    loss = next(score for score in found if score.metric == "eval_loss")
    assert loss.value == pytest.approx(np.log(2))
    assert (loss.n_scored, loss.n_unscored) == (3, 1)
    assert values(found)["n_gold"] == 4


def test_words_without_an_answer_are_wrong_and_counted():
    gold = np.array([0, 0, 1, 1])
    said = answered(gold, np.array([[1, 0], [np.nan, np.nan], [0, 1], [0, 1.0]]))
    assert said.predicted.tolist() == [0, UNUSABLE, 1, 1]
    found = pos_probe_scores(gold, said, offsets=OFFSETS, labels=("A", "B"))
    last = found[-1]
    assert (last.metric, last.n_scored, last.n_unscored) == (CLASS_MACRO_F1, 3, 1)
    assert last.value == pytest.approx((2 / 3 + 1) / 2)


def test_a_probe_learns_what_is_in_the_embeddings_and_finds_it_in_other_sentences():
    """The tag of a toy word is a function of the word, so its first sub-token holds it."""
    model, train, test = make_model(), make_split(150), make_split(60, seed=1)
    how = {"precision": Precision("fp32", "test"), "max_tokens": 4096}
    pad_id = make_tokenizer().pad_token_id
    seen, asked = (
        word_features(model, one, layers=(0,), pad_id=pad_id, **how)[0] for one in (train, test)
    )
    probe = fit_probe(seen, train.tags, len(TAGS), l2=1e-3)
    assert probe.converged
    said = answered(test.tags, probabilities(probe, asked))
    found = values(
        ner_probe_scores(test.tags, said, offsets=test.word_offsets, types=TYPES, tags=TAGS)
    )
    assert found["f1"] > 0.95
    assert found["n_gold"] == test.n_words
    assert span_tags(TYPES) == TAGS
