"""Forward FLOPs of an encoder in closed form, from its configuration alone.

A multiply-add counts 2. Matrix products are counted, nothing else: look-ups are free, and
normalization, activation and softmax are some percent of the work that depends on kernels. Per
layer and sequence of t tokens, with hidden size h and inner size i:

    projections of queries, keys, values and output   4 * 2 t h h
    scores and their weighted sum                     2 * 2 t t h
    feed-forward                                      2 * 2 t h i   (3 * with a gate)

and the head. (Kaplan et al. 2020, arXiv:2001.08361, count the same way, per token.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

from transformers import PreTrainedConfig

from isogloss.base.errors import UnknownName
from isogloss.efficiency.candidate import Task


@final
@dataclass(frozen=True)
class Shape:
    """What the cost of an architecture depends on."""

    hidden: int
    inner: int
    layers: int
    labels: int
    inner_products: int
    """2 for a plain feed-forward block, 3 for one with a gate."""

    head_dense: Literal["none", "sequence", "token"]
    """Where a dense layer h x h stands before the classifier: a pooler counts as one."""


def forward_flops(config: PreTrainedConfig, lengths: Sequence[int], *, task: Task) -> int:
    """Return the FLOPs of one forward pass over sequences without padding.

    Layers with local attention count in full: kernels here compute the whole product and mask it.

    Args:
        config: of the encoder with its head.
        lengths: tokens of each sequence, special tokens included.
        task: `text` for one answer a sequence, `tags` for one a token.

    Raises:
        UnknownName: for an architecture whose form we do not know.
    """
    shape = _shape_of(config, task)
    return sum(_sequence(shape, int(tokens), task) for tokens in lengths)


def masked_flops(config: PreTrainedConfig, lengths: Sequence[int], n_asked: int) -> int:
    """Return the FLOPs of one forward pass of a masked language model.

    The head, a dense layer and the product with the vocabulary, runs where something is asked only.

    Args:
        config: of the model.
        lengths: tokens of each sequence, special tokens included.
        n_asked: positions asked for in all of them.

    Raises:
        UnknownName: for an architecture whose form we do not know.
    """
    shape = _shape_of(config, "tags")
    head = 2 * shape.hidden * (shape.hidden + config.vocab_size) * n_asked
    return sum(_body(shape, int(tokens)) for tokens in lengths) + int(head)


def _shape_of(config: PreTrainedConfig, task: Task) -> Shape:
    if config.model_type not in SHAPES:
        raise UnknownName("architecture", config.model_type, SHAPES)
    return SHAPES[config.model_type](config, task)


def _sequence(shape: Shape, tokens: int, task: Task) -> int:
    return _body(shape, tokens) + _head(shape, tokens, task)


def _body(shape: Shape, tokens: int) -> int:
    h = shape.hidden
    products = 4 * h * h + shape.inner_products * h * shape.inner
    return (2 * tokens * products + 4 * tokens * tokens * h) * shape.layers


def _head(shape: Shape, tokens: int, task: Task) -> int:
    answers = tokens if task == "tags" else 1
    dense = {"none": 0, "sequence": 1, "token": answers}[shape.head_dense]
    return 2 * shape.hidden * (shape.hidden * dense + shape.labels * answers)


def _bert(config: PreTrainedConfig, task: Task) -> Shape:
    """BERT and RoBERTa: a pooler, or the dense layer of the head, for texts only."""
    return Shape(
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        layers=config.num_hidden_layers,
        labels=config.num_labels,
        inner_products=2,
        head_dense="sequence" if task == "text" else "none",
    )


def _distilbert(config: PreTrainedConfig, task: Task) -> Shape:
    return Shape(
        hidden=config.dim,
        inner=config.hidden_dim,
        layers=config.n_layers,
        labels=config.num_labels,
        inner_products=2,
        head_dense="sequence" if task == "text" else "none",
    )


def _modernbert(config: PreTrainedConfig, task: Task) -> Shape:
    """A gated feed-forward block, a dense layer in both heads, local attention in most layers."""
    return Shape(
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        layers=config.num_hidden_layers,
        labels=config.num_labels,
        inner_products=3,
        head_dense="sequence" if task == "text" else "token",
    )


SHAPES: dict[str, Callable[[PreTrainedConfig, Task], Shape]] = {
    "bert": _bert,
    "camembert": _bert,
    "distilbert": _distilbert,
    "modernbert": _modernbert,
    "roberta": _bert,
    "xlm-roberta": _bert,
}
