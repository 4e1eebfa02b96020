"""Encoders made from scratch: the library's own classes at a size that a study chooses.

Small ones train on two cores where no checkpoint can be downloaded, and they are the students and
the hard-label baselines of small languages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

from transformers import (
    BertConfig,
    DistilBertConfig,
    ModernBertConfig,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
    XLMRobertaConfig,
)

from isogloss.base.errors import InputError, UnknownName
from isogloss.model.plugged import plugged_config


@final
@dataclass(frozen=True)
class Size:
    """How big an encoder made from scratch is."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_length: int
    """Longest input in tokens, special tokens included."""
    dropout: float
    """One number for every place where the architecture has dropout, the head included."""
    initializer_range: float = 0.02
    """Standard deviation of the weights drawn, embeddings included."""
    global_attn_every_n_layers: int = 3
    """ModernBERT only: 1 makes every layer global. At 3, the library's default, two layers in three
    see 64 tokens to either side, which hides something from windows of more than 65 tokens, and
    turn their positions faster (a base of 10,000, where global layers have 160,000)."""


def scratch_config(
    architecture: str,
    tokenizer: PreTrainedTokenizerBase,
    size: Size,
    *,
    plugins: Sequence[Mapping[str, str]] = (),
) -> PreTrainedConfig:
    """Describe an encoder with the library's own class, fitting a tokenizer.

    Args:
        architecture: one of ours, or a plug-in's.
        tokenizer: whose vocabulary it reads.
        size: how big it is.
        plugins: identities of the step's plug-ins; one of an architecture describes the encoder.

    Raises:
        UnknownName: for an architecture that we do not make.
        PluginError: if a plug-in gives no configuration that the library has models of.
        InputError: if the width is not a multiple of the number of heads.
    """
    for identity in plugins:
        if identity["kind"] == "architecture":
            return plugged_config(identity, asdict(size), _vocabulary(tokenizer), ARCHITECTURES)
    if architecture not in ARCHITECTURES:
        raise UnknownName("architecture", architecture, ARCHITECTURES)
    if size.hidden_size % size.num_attention_heads:
        raise InputError(
            f"hidden_size {size.hidden_size} is not a multiple of "
            f"num_attention_heads {size.num_attention_heads}."
        )
    return ARCHITECTURES[architecture](size, _vocabulary(tokenizer))


def _bert(size: Size, vocabulary: dict[str, Any]) -> PreTrainedConfig:
    return BertConfig(
        **_common(size, vocabulary),
        max_position_embeddings=size.max_length,
        hidden_dropout_prob=size.dropout,
        attention_probs_dropout_prob=size.dropout,
    )


def _xlm_roberta(size: Size, vocabulary: dict[str, Any]) -> PreTrainedConfig:
    return XLMRobertaConfig(
        **_common(size, vocabulary),
        max_position_embeddings=size.max_length + vocabulary["pad_token_id"] + 1,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        hidden_dropout_prob=size.dropout,
        attention_probs_dropout_prob=size.dropout,
    )


def _distilbert(size: Size, vocabulary: dict[str, Any]) -> PreTrainedConfig:
    return DistilBertConfig(
        vocab_size=vocabulary["vocab_size"],
        pad_token_id=vocabulary["pad_token_id"],
        dim=size.hidden_size,
        n_layers=size.num_hidden_layers,
        n_heads=size.num_attention_heads,
        hidden_dim=size.intermediate_size,
        max_position_embeddings=size.max_length,
        initializer_range=size.initializer_range,
        dropout=size.dropout,
        attention_dropout=size.dropout,
        seq_classif_dropout=size.dropout,
    )


def _modernbert(size: Size, vocabulary: dict[str, Any]) -> PreTrainedConfig:
    return ModernBertConfig(
        **_common(size, vocabulary),
        cls_token_id=vocabulary["bos_token_id"],
        sep_token_id=vocabulary["eos_token_id"],
        max_position_embeddings=size.max_length,
        layer_types=[
            "sliding_attention" if layer % size.global_attn_every_n_layers else "full_attention"
            for layer in range(size.num_hidden_layers)
        ],
        sparse_prediction=False,
        embedding_dropout=size.dropout,
        attention_dropout=size.dropout,
        mlp_dropout=size.dropout,
        classifier_dropout=size.dropout,
    )


ARCHITECTURES: dict[str, Callable[[Size, dict[str, Any]], PreTrainedConfig]] = {
    "bert": _bert,
    "distilbert": _distilbert,
    "modernbert": _modernbert,
    "xlm-roberta": _xlm_roberta,
}


def _common(size: Size, vocabulary: dict[str, Any]) -> dict[str, Any]:
    return {
        **vocabulary,
        "hidden_size": size.hidden_size,
        "num_hidden_layers": size.num_hidden_layers,
        "num_attention_heads": size.num_attention_heads,
        "intermediate_size": size.intermediate_size,
        "initializer_range": size.initializer_range,
    }


def _vocabulary(tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
    }
