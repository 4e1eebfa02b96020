"""Texts end to end say what each says alone, whatever the family, and learn the same."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    DistilBertForTokenClassification,
    EuroBertConfig,
    EuroBertForTokenClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    ModernBertForTokenClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaForTokenClassification,
)

from isogloss.model import block_attention
from isogloss.model.block_attention import attend
from isogloss.model.encoder import first_position
from isogloss.model.unpadded import (
    lay_out,
    reads_unpadded,
    text_logits,
    token_logits,
)
from row_models import DISTIL, LENGTHS, SHAPE, SIZE, gradients, made

BODY = {**SHAPE, "num_labels": 3}
XLMR = {"pad_token_id": 1, "max_position_embeddings": 32}
MODERN = {"pad_token_id": 0, "local_attention": 6}
CLASSIFIERS = {
    "bert": lambda: BertForSequenceClassification(BertConfig(**BODY)),
    "distilbert": lambda: DistilBertForSequenceClassification(
        DistilBertConfig(num_labels=3, **DISTIL)
    ),
    "xlm-roberta": lambda: XLMRobertaForSequenceClassification(XLMRobertaConfig(**BODY, **XLMR)),
    "modernbert": lambda: ModernBertForSequenceClassification(ModernBertConfig(**BODY, **MODERN)),
    "modernbert, means": lambda: ModernBertForSequenceClassification(
        ModernBertConfig(**BODY, **MODERN, classifier_pooling="mean")
    ),
}
TAGGERS = {
    "bert": lambda: BertForTokenClassification(BertConfig(**BODY)),
    "distilbert": lambda: DistilBertForTokenClassification(
        DistilBertConfig(num_labels=3, **DISTIL)
    ),
    "xlm-roberta": lambda: XLMRobertaForTokenClassification(XLMRobertaConfig(**BODY, **XLMR)),
    "modernbert": lambda: ModernBertForTokenClassification(ModernBertConfig(**BODY, **MODERN)),
    "eurobert": lambda: EuroBertForTokenClassification(
        EuroBertConfig(**BODY, pad_token_id=0, num_key_value_heads=2)
    ),
}
GROUPINGS = [(8,), (1,) * 8, (3, 3, 2), (2, 1, 4, 1)]


def texts_of(lengths=LENGTHS, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(2, SIZE, length) for length in lengths]


def batch_of(model, texts, groups, asked=None):
    lengths = np.array([len(text) for text in texts])
    return lay_out(
        np.concatenate(texts),
        lengths,
        groups,
        first_position=first_position(model),
        device=torch.device("cpu"),
        asked=asked,
    )


def of_all(model, texts, groups):
    return batch_of(model, texts, groups, asked=np.arange(sum(map(len, texts))))


def alone(model, texts):
    return [model(input_ids=torch.from_numpy(text)[None]).logits for text in texts]


@pytest.mark.parametrize("groups", GROUPINGS)
@pytest.mark.parametrize("family", CLASSIFIERS)
def test_classifiers_say_and_learn_of_a_row_what_they_do_of_each_text(family, groups):
    model, texts = made(CLASSIFIERS[family]), texts_of()
    pull = torch.randn(len(texts), 3)
    found = text_logits(model, batch_of(model, texts, groups))
    want = torch.cat(alone(model, texts))
    assert torch.allclose(found, want, atol=1e-5 * float(want.detach().abs().max()))
    ours, theirs = (gradients(model, (said * pull).sum()) for said in (found, want))
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        scale = float(gradient.abs().max())
        assert torch.allclose(ours[name], gradient, atol=1e-4 * scale + 1e-6), name


@pytest.mark.parametrize("gradients_too", [True, False])
@pytest.mark.parametrize("family", CLASSIFIERS)
def test_long_texts_are_read_by_the_kernel_of_pytorch_and_say_the_same(
    family, gradients_too, monkeypatch
):
    model, texts = made(CLASSIFIERS[family]), texts_of()
    pull, calls = torch.randn(len(texts), 3), []
    kernel = functional.scaled_dot_product_attention

    def counted(*given, **more):
        calls.append(1)
        return kernel(*given, **more)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", counted)
    ours = []
    for longest in (0, 256):
        monkeypatch.setattr(block_attention, "LONGEST_FOR_EAGER_ON_CPU", longest)
        with torch.set_grad_enabled(gradients_too):
            said = text_logits(model, batch_of(model, texts, (8,)))
        learned = gradients(model, (said * pull).sum()) if gradients_too else {}
        ours.append((said.detach(), learned, len(calls)))
    (found, learned, n_calls), (want, wanted, n_all) = ours
    assert 0 < n_calls == n_all
    assert torch.allclose(found, want, atol=1e-5 * float(want.abs().max()))
    for name, gradient in wanted.items():
        scale = float(gradient.abs().max())
        assert torch.allclose(learned[name], gradient, atol=1e-4 * scale + 1e-6), name


@pytest.mark.parametrize("groups", GROUPINGS)
@pytest.mark.parametrize("family", TAGGERS)
def test_taggers_say_of_a_row_what_they_say_of_each_sentence(family, groups):
    model, texts = made(TAGGERS[family]), texts_of()
    found = token_logits(model, of_all(model, texts, groups))
    want = torch.cat([said[0] for said in alone(model, texts)])
    assert found.shape == (sum(map(len, texts)), 3)
    assert torch.allclose(found, want, atol=1e-5 * float(want.detach().abs().max()))


@pytest.mark.parametrize("family", TAGGERS)
def test_no_text_sees_its_neighbors(family):
    model, texts = made(TAGGERS[family]), texts_of()
    changed = [text.copy() for text in texts]
    changed[3] = texts_of(seed=1)[3]
    one, two = (token_logits(model, of_all(model, some, (8,))) for some in (texts, changed))
    own = slice(sum(LENGTHS[:3]), sum(LENGTHS[:4]))
    others = torch.ones(len(one), dtype=torch.bool)
    others[own] = False
    assert torch.equal(one[others], two[others])
    assert not torch.allclose(one[own], two[own], atol=1e-3)


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_families_of_the_library_are_read_unpadded(family):
    assert reads_unpadded(made(CLASSIFIERS[family]))


@pytest.mark.parametrize("family", TAGGERS)
def test_taggers_of_the_library_are_read_unpadded(family):
    assert reads_unpadded(made(TAGGERS[family]))


def test_an_encoder_with_an_attention_of_its_own_is_padded():
    model = made(lambda: DebertaV2ForSequenceClassification(DebertaV2Config(**BODY)))
    assert not reads_unpadded(model)


def test_what_is_no_model_is_padded():
    assert not reads_unpadded(nn.Linear(2, 2))


def test_asking_changes_nothing():
    model = made(CLASSIFIERS["bert"]).train()
    state = torch.get_rng_state()
    assert reads_unpadded(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert model.config._attn_implementation in {"eager", "sdpa"}
    assert not model.base_model._forward_hooks


def test_the_model_is_as_before_after_an_error():
    model = made(CLASSIFIERS["bert"])
    batch = batch_of(model, [np.array([SIZE + 5])], (1,))
    with pytest.raises(IndexError):
        text_logits(model, batch)
    assert model.config._attn_implementation in {"eager", "sdpa"}
    assert not model.base_model._forward_hooks


def test_dropout_is_drawn_in_training_only():
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(**BODY, hidden_dropout_prob=0.0))
    batch = batch_of(model, texts_of(), (8,))
    model.train()
    assert not torch.equal(text_logits(model, batch), text_logits(model, batch))
    model.eval()
    assert torch.equal(text_logits(model, batch), text_logits(model, batch))


def test_rows_need_blocks():
    one = torch.zeros(1, 2, 3, 4)
    with pytest.raises(ValueError, match="rows without padding"):
        attend(nn.Identity(), one, one, one, None)


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_padding_at_the_end_of_a_row_changes_nothing(family):
    model, texts = made(CLASSIFIERS[family]), texts_of()
    pull, ids = torch.randn(len(texts), 3), np.concatenate(texts)
    said, learned = [], []
    for width in (0, 64, 70):
        batch = lay_out(
            ids,
            LENGTHS,
            (3, 3, 2),
            first_position=first_position(model),
            device=torch.device("cpu"),
            width=width,
        )
        assert batch.input_ids.shape == batch.position_ids.shape == (1, max(width, len(ids)))
        assert batch.n_tokens == len(ids)
        said.append(text_logits(model, batch))
        learned.append(gradients(model, (said[-1] * pull).sum()))
    for found, slopes in zip(said[1:], learned[1:], strict=True):
        assert torch.allclose(found, said[0], atol=1e-6 * float(said[0].detach().abs().max()))
        for name, gradient in learned[0].items():
            scale = float(gradient.abs().max())
            assert torch.allclose(slopes[name], gradient, atol=1e-5 * scale + 1e-7), name
