"""The majority-class baseline is what the metrics themselves make of a constant answer."""

import numpy as np
import pytest

from isogloss.evaluate.probing import Answered, pos_probe_scores
from isogloss.evaluate.tagging import ner_scores
from isogloss.report.chance import Baseline, Place, majority_baselines

LABELS = ("NOUN", "VERB", "X", "SYM")
GOLD = np.array([0, 0, 0, 1, 1, 2])


def rows(counts, *, task="pos", target="deu-Latn", **more):
    return [
        {"task": task, "split": "test", "target_language": target, "metric": f"support/{label}",
         "value": float(count), **more}
        for label, count in counts.items()
    ]  # fmt: skip


COUNTS = {"NOUN": 3, "VERB": 2, "X": 1, "SYM": 0}
WHERE = Place("pos", "test", "deu-Latn")


@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        ("accuracy", 3 / 6),
        ("macro_precision", 3 / 6 / 4),
        ("macro_recall", 1 / 4),
        ("macro_f1", 2 * 3 / (6 + 3) / 4),
        ("class_macro_f1", 2 * 3 / (6 + 3) / 3),
    ],
)
def test_it_is_the_score_of_always_saying_the_most_frequent_label(metric, by_hand):
    said = np.zeros_like(GOLD)
    where = {"offsets": np.array([0, len(GOLD)]), "labels": LABELS}
    scores = pos_probe_scores(GOLD, Answered(said, np.ones(len(GOLD))), **where)
    (want,) = (score.value for score in scores if score.metric == metric)
    found = majority_baselines(rows(COUNTS), metric)[WHERE]
    assert found.label == "NOUN"
    assert found.value == pytest.approx(want)
    assert found.value == pytest.approx(by_hand)


def test_no_constant_answer_scores_higher():
    best = max(float(np.mean(label == GOLD)) for label in range(len(LABELS)))
    assert majority_baselines(rows(COUNTS), "accuracy")[WHERE].value == pytest.approx(best)


def test_whoever_finds_no_entity_has_an_f1_of_nought():
    gold, none = np.array([1, 2, 0]), np.zeros(3, dtype=np.int64)
    scores = ner_scores(gold, none, np.ones(3), offsets=np.array([0, 3]), types=("PER",),
                        tags=("O", "B-PER", "I-PER"))  # fmt: skip
    want = {score.metric: score.value for score in scores}
    told = rows({"PER": 1}, task="ner")
    where = Place("ner", "test", "deu-Latn")
    for metric in ("precision", "recall", "f1", "macro_f1"):
        assert majority_baselines(told, metric)[where] == Baseline("", want[metric])
    assert majority_baselines(told, "accuracy") == {}, "how many words are outside is not known"


def test_each_language_and_split_has_its_own():
    told = [*rows(COUNTS), *rows({"NOUN": 1, "VERB": 3}, target="eus-Latn"),
            *rows({"NOUN": 4}, split="dev")]  # fmt: skip
    found = majority_baselines(told, "accuracy")
    assert {(one.split, one.target): (b.label, b.value) for one, b in found.items()} == {
        ("test", "deu-Latn"): ("NOUN", 0.5),
        ("test", "eus-Latn"): ("VERB", 0.75),
        ("dev", "deu-Latn"): ("NOUN", 1.0),
    }


def test_a_model_that_left_texts_unanswered_does_not_shrink_the_gold():
    fewer = rows({**COUNTS, "NOUN": 1})
    assert majority_baselines([*fewer, *rows(COUNTS)], "accuracy") == majority_baselines(
        rows(COUNTS), "accuracy"
    )


def test_nothing_is_said_of_losses_of_masked_words_or_without_counts():
    loss = [*rows(COUNTS), {**rows(COUNTS)[0], "metric": "eval_loss"}]
    assert majority_baselines(loss, "eval_loss") == {}
    assert majority_baselines([], "accuracy") == {}
    assert majority_baselines(rows({"NOUN": 0}), "accuracy") == {}
    assert majority_baselines(rows(COUNTS, target=None), "accuracy") == {}
