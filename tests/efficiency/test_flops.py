"""The closed form against PyTorch's own counter, product by product."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BertConfig,
    DistilBertConfig,
    ModernBertConfig,
    T5Config,
    XLMRobertaConfig,
)

from isogloss.base.errors import UnknownName
from isogloss.efficiency.flops import forward_flops

COMMON = {"vocab_size": 50, "num_labels": 5, "pad_token_id": 1}
SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 40,
}
CONFIGS = {
    "bert": BertConfig(**COMMON, **SIZES),
    "distilbert": DistilBertConfig(**COMMON, dim=24, n_layers=3, n_heads=4, hidden_dim=40),
    "xlm-roberta": XLMRobertaConfig(**COMMON, **SIZES, max_position_embeddings=140),
    "modernbert": ModernBertConfig(
        **COMMON,
        **SIZES,
        local_attention=8,
        bos_token_id=2,
        eos_token_id=3,
        cls_token_id=2,
        sep_token_id=3,
    ),
}
MODELS = {"text": AutoModelForSequenceClassification, "tags": AutoModelForTokenClassification}


def counted(config, task, n, tokens):
    """What the counter sees; eager attention, since it misses the fused one of the CPU."""
    model = MODELS[task].from_config(config, attn_implementation="eager").eval()
    ids = torch.full((n, tokens), 7)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=ids)
    return counter.get_total_flops()


@pytest.mark.parametrize("task", MODELS)
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize(("n", "tokens"), [(1, 7), (3, 33)])
def test_the_closed_form_is_what_the_counter_counts(name, task, n, tokens):
    config = CONFIGS[name]
    assert forward_flops(config, [tokens] * n, task=task) == counted(config, task, n, tokens)


def test_sequences_add_up_and_long_ones_cost_more_a_token():
    config = CONFIGS["bert"]
    both = forward_flops(config, [5, 50], task="tags")
    short, long = (forward_flops(config, [n], task="tags") for n in (5, 50))
    assert both == short + long
    assert long > 10 * short


def test_base_models_cost_what_the_literature_says():
    config = XLMRobertaConfig(
        vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, num_labels=2
    )
    per_token = forward_flops(config, [128], task="tags") / 128
    assert per_token == pytest.approx(170e6 + 4.7e6, rel=0.005)  # twice 85 M weights, attention


def test_an_unknown_architecture_is_refused_by_name():
    with pytest.raises(UnknownName, match="t5"):
        forward_flops(T5Config(), [3], task="text")
