"""Ranks of a whole text: each token once, however it is cut, and equal to one window at a time."""

import math
import random

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from isogloss.base.errors import InputError, RunError
from isogloss.data.masking import folds
from isogloss.data.packing import Frame, Lines, Packed, pack
from isogloss.evaluate import masked as masked_module
from isogloss.evaluate.masked import NO_RANK, Ranks, Scoring, masked_scores, rank_masked
from isogloss.model.lines import encode_lines, frame_of, maskable_ids
from isogloss.model.masked import logits_of, make_masked_lm
from isogloss.model.precision import Precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer

FAMILIES = ("bert", "distilbert", "xlm-roberta", "modernbert")
FP32 = Precision("fp32", "test")
SYLLABLES = ["ba", "ge", "lo", "ti", "nu", "sch", "we", "ra"]
WORDS = [one + other for one in SYLLABLES for other in SYLLABLES] + ["[MASK]", "odd☃"] * 5


def toys(family="bert", *, n=100, dropout=0.0):
    """A model with weights that differ much, a text with unknown tokens and two documents."""
    rng = random.Random(1)
    lines = [" ".join(rng.choices(WORDS, k=rng.randint(0, 5))) for _ in range(n)]
    known = [line.replace("☃", "").replace("[MASK]", "") for line in lines]
    tokenizer = train_tokenizer(
        {"eng-Latn": known}, algorithm="wordpiece", vocab_size=150, family=family, seed=0, floor=0
    )
    encoded = encode_lines(tokenizer, lines)
    documents = np.repeat([0, 1], [n // 2, n - n // 2])
    packed = pack(Lines(*encoded[:3]), documents, Frame(*frame_of(tokenizer)), 16)
    size = Size(32, 2, 2, 64, max_length=16, dropout=dropout, global_attn_every_n_layers=1)
    model = make_masked_lm(scratch_config(family, tokenizer, size), seed=0, attention="eager")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
    return model, packed, scoring(tokenizer)


def scoring(tokenizer, **changes):
    settled = {"n_folds": 7, "seed": 3, "max_tokens": 10_000, "precision": FP32} | changes
    return Scoring(
        mask_id=tokenizer.mask_token_id,
        pad_id=tokenizer.pad_token_id,
        maskable=maskable_ids(tokenizer),
        **settled,
    )


def changed(how, **changes):
    return Scoring(**({name: getattr(how, name) for name in how.__dataclass_fields__} | changes))


def one_window_at_a_time(model, packed, how):
    """Every window alone, every fold alone, the whole model, a sorted list of logits."""
    asked = how.maskable[packed.ids]
    fold_of = folds(packed.offsets, asked, n_folds=how.n_folds, seed=how.seed)
    rows = []
    for window in range(len(packed)):
        here = slice(packed.offsets[window], packed.offsets[window + 1])
        ids, fold = packed.ids[here].astype(np.int64), fold_of[here]
        for one in range(how.n_folds):
            masked = np.where(fold == one, how.mask_id, ids)
            with torch.no_grad():
                logits = model(input_ids=torch.from_numpy(masked)[None]).logits[0]
            for position in np.flatnonzero(fold == one):
                gold = int(ids[position])
                ranked = sorted(logits[position].tolist(), reverse=True)
                rank = 1 + ranked.index(float(logits[position, gold]))
                loss = functional.cross_entropy(logits[position], torch.tensor(gold))
                rows.append((window, int(position), rank, float(loss)))
    return sorted(rows)


def same(one, other):
    return (
        np.array_equal(one.window, other.window)
        and np.array_equal(one.position, other.position)
        and np.array_equal(one.rank, other.rank)
        and np.array_equal(one.characters, other.characters)
        and np.allclose(one.loss, other.loss, atol=1e-4)
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("max_tokens", [1, 50, 10_000])
def test_ranks_equal_those_of_each_window_and_fold_alone(family, max_tokens):
    model, packed, how = toys(family)
    got = rank_masked(model, packed, changed(how, max_tokens=max_tokens))
    want = one_window_at_a_time(model.eval(), packed, how)
    assert len(got.rank) == len(want) > 150
    window, position, rank, loss = (np.array(column) for column in zip(*want, strict=True))
    assert np.array_equal(got.window, window)
    assert np.array_equal(got.position, position)
    assert np.array_equal(got.rank, rank)
    assert np.allclose(got.loss, loss, atol=1e-4)
    assert len(set(rank.tolist())) > 20


def test_every_maskable_token_is_scored_exactly_once_and_no_special_one():
    model, packed, how = toys()
    ranks = rank_masked(model, packed, how)
    places = packed.offsets[ranks.window] + ranks.position
    assert places.tolist() == np.flatnonzero(how.maskable[packed.ids]).tolist()
    special = np.flatnonzero(~how.maskable)
    assert not set(packed.ids[places].tolist()) & set(special.tolist())
    assert np.array_equal(ranks.characters, packed.characters[places])
    n_text = int((packed.characters > 0).sum())
    assert len(ranks.rank) < n_text  # the unknown tokens are text, and not asked for


@pytest.mark.parametrize("max_tokens", [1, 16, 40, 100])
def test_neither_the_batches_nor_their_order_decide_anything(max_tokens, monkeypatch):
    model, packed, how = toys("modernbert")
    whole = rank_masked(model, packed, how)
    small = changed(how, max_tokens=max_tokens)
    assert same(whole, rank_masked(model, packed, small))
    budget = masked_module.token_budget
    monkeypatch.setattr(masked_module, "token_budget", lambda *args: budget(*args)[::-1])
    assert same(whole, rank_masked(model, packed, small))


def test_a_vocabulary_too_large_for_all_logits_at_once_is_taken_in_parts(monkeypatch):
    model, packed, how = toys()
    whole = rank_masked(model, packed, how)
    monkeypatch.setattr(masked_module, "LEAST_ROWS", 1)
    for most in (1, 1000):
        monkeypatch.setattr(masked_module, "MOST_LOGITS", most)
        assert same(whole, rank_masked(model, packed, how))


def test_the_seed_decides_what_is_masked_together_and_more_folds_hide_less():
    model, packed, how = toys()
    one, same_seed, other = (rank_masked(model, packed, changed(how, seed=s)) for s in (3, 3, 4))
    assert np.array_equal(one.loss, same_seed.loss)
    assert not np.array_equal(one.loss, other.loss)
    every = rank_masked(model, packed, changed(how, n_folds=1))
    assert len(every.rank) == len(one.rank)
    assert every.loss.std() > 0


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_of_the_model_is_put_back_dropout_is_off_and_no_gradient_kept(training):
    model, packed, how = toys(dropout=0.5)
    model.train(training)
    one, two = (rank_masked(model, packed, how) for _ in range(2))
    assert model.training is training
    assert np.array_equal(one.loss, two.loss)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_body_in_bf16_has_a_head_in_fp32_so_that_logits_do_not_fall_together(monkeypatch):
    model, packed, how = toys("modernbert")
    exact = rank_masked(model, packed, how)
    said = []

    def spy(model, hidden):
        said.append(logits_of(model, hidden))
        return said[-1]

    monkeypatch.setattr(masked_module, "logits_of", spy)
    half = rank_masked(model, packed, changed(how, precision=Precision("bf16", "test")))
    assert 0 < np.abs(half.loss - exact.loss).mean() < 0.2
    logits = torch.cat(said)
    assert logits.dtype == torch.float32
    assert logits.shape == (len(half.rank), model.config.vocab_size)

    def mean_distinct(rows):
        return np.mean([len(row.unique()) for row in rows])

    assert mean_distinct(logits) > 0.99 * model.config.vocab_size
    assert mean_distinct(logits.bfloat16()) < mean_distinct(logits) - 2


def test_equal_logits_count_in_favor_of_the_gold_token():
    model, packed, how = toys()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    ranks = rank_masked(model, packed, how)
    assert set(ranks.rank.tolist()) == {1}
    assert np.allclose(ranks.loss, math.log(model.config.vocab_size), atol=1e-5)


def test_a_model_that_has_diverged_is_said_to_have_and_is_not_perfect():
    model, packed, how = toys()
    with torch.no_grad():
        model.get_input_embeddings().weight.fill_(float("nan"))
    ranks = rank_masked(model, packed, how)
    assert set(ranks.rank.tolist()) == {NO_RANK}
    with pytest.raises(RunError, match="has diverged"):
        masked_scores(ranks, 0)


def test_a_text_without_tokens_to_score_has_no_ranks_and_no_scores():
    model, packed, how = toys()
    empty = rank_masked(model, packed.select([]), how)
    nothing = rank_masked(model, packed, changed(how, maskable=np.zeros_like(how.maskable)))
    assert len(empty.rank) == len(nothing.rank) == 0
    assert [one.dtype.name for one in (empty.rank, empty.loss, empty.characters)] == [
        "int64",
        "float64",
        "int32",
    ]
    with pytest.raises(InputError, match="held-out text is empty"):
        masked_scores(empty, 0)


def test_a_window_with_fewer_tokens_than_folds_is_scored_whole():
    model, _, how = toys()
    text = np.flatnonzero(how.maskable)[:3].astype(np.int32)
    ids = np.array([2, *text, 3], np.int32)
    packed = Packed(ids, np.array([0, 5]), np.array([0, 1, 2, 3, 0], np.int32))
    ranks = rank_masked(model, packed, how)
    assert ranks.position.tolist() == [1, 2, 3]
    assert ranks.characters.tolist() == [1, 2, 3]


def ranks_of(rank, loss, characters):
    n = len(rank)
    return Ranks(
        window=np.zeros(n, np.int64),
        position=np.arange(n),
        rank=np.array(rank, np.int64),
        loss=np.array(loss, np.float64),
        characters=np.array(characters, np.int32),
    )


def test_scores_are_those_of_a_sum_on_paper():
    ranks = ranks_of([1, 2, 5, 10], [math.log(2), math.log(4), math.log(8), 0.0], [1, 2, 0, 3])
    scores = {score.metric: score for score in masked_scores(ranks, n_unscored=2)}
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {
            "mrr": (1 + 1 / 2 + 1 / 5 + 1 / 10) / 4,
            "top1_accuracy": 1 / 4,
            "top5_accuracy": 3 / 4,
            "eval_loss": 6 * math.log(2) / 4,
            "bits_per_character": 6 / 6,
        }
    )
    assert {(score.n_scored, score.n_unscored) for score in scores.values()} == {(4, 2)}


def test_a_guess_that_is_not_finite_is_unscored_and_never_right():
    ranks = ranks_of([NO_RANK, 2, NO_RANK], [float("nan"), 1.0, float("inf")], [5, 4, 5])
    scores = {score.metric: score for score in masked_scores(ranks, n_unscored=1)}
    assert scores["mrr"].value == 0.5
    assert scores["bits_per_character"].value == pytest.approx(1 / math.log(2) / 4)
    assert {(score.n_scored, score.n_unscored) for score in scores.values()} == {(1, 3)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 20), st.integers(1, 9)), min_size=1))
def test_scores_are_means_over_tokens_whatever_their_order(rows):
    one = masked_scores(ranks_of(*zip(*rows, strict=True)), 0)
    other = masked_scores(ranks_of(*zip(*rows[::-1], strict=True)), 0)
    assert [score.value for score in one] == pytest.approx([score.value for score in other])
    values = {score.metric: score.value for score in one}
    assert values["top1_accuracy"] <= values["mrr"] <= 1
    assert values["top1_accuracy"] <= values["top5_accuracy"]
    nats = sum(loss for _, loss, _ in rows)
    characters = sum(count for *_, count in rows)
    assert values["bits_per_character"] == pytest.approx(nats / math.log(2) / characters)


def test_ranks_are_the_same_after_a_trip_to_disk(tmp_path):
    model, packed, how = toys()
    ranks = rank_masked(model, packed, how)
    ranks.write(tmp_path / "ranks.parquet")
    table = pq.read_table(tmp_path / "ranks.parquet")
    for name, written in ranks._asdict().items():
        came_back = table[name].to_numpy()
        assert np.array_equal(written, came_back)
        assert written.dtype == came_back.dtype
