"""The worst examples: right ones are never among them, and none is worse than what is shown."""

import numpy as np

from isogloss.report.why.cut import MOST_IN_A_WORD, MOST_WORDS
from isogloss.report.why.said import Said
from isogloss.report.why.worst import worst_sentences, worst_texts
from isogloss.study.tasks import span_tags

LABELS = ("negative", "neutral", "positive")
TAGS = span_tags(["PER", "LOC"])


def texts_said(n=200, seed=0):
    rng = np.random.default_rng(seed)
    predicted = rng.integers(0, 3, n)
    predicted[:5] = -1
    return Said(
        examples=tuple(f"test/{at}" for at in range(n)),
        offsets=np.arange(n + 1),
        names=LABELS,
        gold=rng.integers(0, 3, n),
        predicted=predicted,
        losses=rng.uniform(0, 9, n),
        probabilities=rng.uniform(size=n),
    )


def sentence_said(gold, predicted, losses=None):
    return Said(
        examples=("test/0",),
        offsets=np.array([0, len(gold)]),
        names=TAGS,
        gold=np.array([TAGS.index(tag) for tag in gold]),
        predicted=np.array([TAGS.index(tag) for tag in predicted]),
        losses=np.ones(len(gold)) if losses is None else np.array(losses),
        probabilities=np.ones(len(gold)),
    )


def test_the_worst_texts_are_the_wrong_ones_of_the_highest_loss():
    said = texts_said()
    wrong = [
        (loss, at)
        for at, (gold, told, loss) in enumerate(
            zip(said.gold, said.predicted, said.losses, strict=True)
        )
        if told >= 0 and gold != told
    ]
    wanted = sorted(wrong, reverse=True)[:7]
    found = list(worst_texts(said, 7, lambda ids: {one: f"text of {one}" for one in ids}))
    assert [(one.loss, one.example) for one in found] == [(x, f"test/{at}") for x, at in wanted]
    for one, (_, at) in zip(found, wanted, strict=True):
        assert (one.gold, one.predicted) == (LABELS[said.gold[at]], LABELS[said.predicted[at]])
        assert one.probability == said.probabilities[at]
        assert one.text == f"text of test/{at}"


def test_without_texts_everything_else_is_there():
    found = list(worst_texts(texts_said(), 3, None))
    assert [one.text for one in found] == ["", "", ""]
    assert all(one.gold and one.predicted and one.example for one in found)


def test_a_long_text_is_cut_and_the_rest_counted():
    (one,) = worst_texts(texts_said(), 1, lambda ids: dict.fromkeys(ids, "x" * 100_000))
    assert len(one.text) + one.n_left_out == 100_000
    assert len(one.text) <= 600


def test_a_sentence_is_drawn_twice_with_every_word_in_both():
    gold = ["B-PER", "I-PER", "O", "B-LOC"]
    said = sentence_said(gold, ["B-PER", "O", "O", "B-PER"], [1.0, 2.0, 0.5, 3.0])
    words = ("Ada", "Lovelace", "saw", "Paris")
    (one,) = worst_sentences(said, 5, lambda _: {"test/0": words}, spans=True)
    assert one.loss == 6.5
    for pieces in (one.as_gold, one.as_predicted):
        assert " ".join(piece.text for piece in pieces).split() == list(words)
    marked = [(p.text, p.label, p.note) for p in one.as_gold if p.label]
    assert marked == [("Ada Lovelace", "PER", "wrong boundary"), ("Paris", "LOC", "wrong type")]
    marked = [(p.text, p.label, p.note) for p in one.as_predicted if p.label]
    assert marked == [("Ada", "PER", "wrong boundary"), ("Paris", "PER", "wrong type")]
    assert one.told == (
        "words 1 to 2: PER, said PER in word 1 (wrong boundary)",
        "word 4: LOC, said PER (wrong type)",
    )


def test_a_right_sentence_or_one_whose_entities_are_right_is_not_shown():
    right = sentence_said(["B-PER", "O"], ["B-PER", "O"])
    stray = sentence_said(["B-PER", "O"], ["B-PER", "I-LOC"])
    for said in (right, stray):
        assert list(worst_sentences(said, 5, None, spans=True)) == []


def test_of_parts_of_speech_every_wrong_word_is_marked():
    said = sentence_said(["O", "B-PER", "O"], ["O", "B-LOC", "B-LOC"])
    (one,) = worst_sentences(said, 5, lambda _: {"test/0": ("a", "b", "c")}, spans=False)
    assert [(p.text, p.label) for p in one.as_gold if p.label] == [("b", "B-PER"), ("c", "O")]
    assert one.told == (
        "word 2: B-PER, said B-LOC (wrong type)", "word 3: O, said B-LOC (wrong type)",
    )  # fmt: skip


def test_a_long_sentence_is_cut_around_its_first_mistake():
    words = tuple(f"w{at}" for at in range(1000))
    gold = ["O"] * 1000
    gold[700] = "B-PER"
    (one,) = worst_sentences(
        sentence_said(gold, ["O"] * 1000), 5, lambda _: {"test/0": words}, spans=True
    )
    shown = " ".join(piece.text for piece in one.as_gold).split()
    assert "w700" in shown
    assert len(shown) <= MOST_WORDS
    assert len(shown) + one.n_left_out == 1000


def test_a_word_of_100_kb_is_cut_and_the_rest_counted():
    said = sentence_said(["B-PER", "O"], ["O", "O"])
    (one,) = worst_sentences(said, 5, lambda _: {"test/0": ("x" * 100_000, "b")}, spans=True)
    assert one.as_gold[0].text == f"{'x' * MOST_IN_A_WORD}… (99,920 more characters)"
