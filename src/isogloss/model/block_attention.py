"""Attention within each sequence of a row, registered in transformers under a name of our own.

Sequences of similar length lie side by side in blocks (`blocks.py`), and each block is a few
batched matrix products. Forward and back are written out here: what autograd does step by step
takes twice the time on a processor that is quick at products, and keeps more of the weights.
"""

from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers import AttentionInterface

from isogloss.model.blocks import Laid, lay, take_up
from isogloss.model.dropout import draw, kept_of
from isogloss.model.last_layer import Whole
from isogloss.model.precision import LONGEST_FOR_EAGER_ON_CPU

NAME = "isogloss_unpadded"


@final
@dataclass(frozen=True)
class Blocks:
    """Neighboring sequences that attention takes at once, on the device."""

    tokens: Laid

    asked: Laid
    """The tokens that are asked for."""


def attend(  # noqa: PLR0913, PLR0917
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    blocks: Blocks | None = None,
    whole: Whole | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Softmax attention within each sequence of a row, as transformers calls it; on a CPU.

    Args:
        module: the layer.
        query: [1, heads, tokens, width of a head]; `key` and `value` likewise.
        key: see there.
        value: see there.
        attention_mask: not looked at.
        scaling: of the products; by default one over the root of the width.
        dropout: on the weights; 0 outside training.
        sliding_window: a token sees those fewer than this many places away.
        blocks: where the sequences are.
        whole: where the keys and values of all tokens are, if `query` is of the tokens that are
            asked for alone; `key` and `value` are not looked at then.

    Returns:
        [1, tokens, heads, width], of those in `query`, and no weights.
    """
    if blocks is None:
        raise ValueError(f"attention {NAME} is for rows without padding; no blocks were given")
    if whole is not None and sliding_window is not None:
        raise ValueError("attention through a window asks for all tokens")
    heads, width = query.shape[1], query.shape[3]
    scale = width**-0.5 if scaling is None else scaling
    if whole is None:
        keys, values, asking = _flat(key, heads), _flat(value, heads), blocks.tokens
    else:
        keys, values, asking = whole.key[0], whole.value[0], blocks.asked
    dtype = _computes_in(query)
    laid = [
        lay(rows.to(dtype), how, heads)
        for rows, how in (
            (_flat(query, heads), asking),
            (keys, blocks.tokens),
            (values, blocks.tokens),
        )
    ]
    drops = dropout if module.training else 0.0
    said = []
    for real, q, k, v in zip(blocks.tokens.real, *laid, strict=True):
        seen = _seen(k.shape[2], real, sliding_window, k.device)
        if _fused(k.shape[2], sliding_window, drops):
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)
        else:
            mixed = by_products(q, k, v, seen, scale=scale, dropout=drops)
        said.append(mixed)
    return take_up(said, asking)[None], None


def _flat(one: Tensor, heads: int) -> Tensor:
    """[1, heads or fewer, tokens, width] -> [tokens, heads * width]; fewer are shared."""
    shared = heads // one.shape[1]
    if shared > 1:
        one = one.repeat_interleave(shared, dim=1)
    return one[0].transpose(0, 1).reshape(one.shape[2], -1)


def _computes_in(one: Tensor) -> torch.dtype:
    """What products of a tensor are computed in: under autocast, as it says."""
    kind = one.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else one.dtype


def _fused(longest: int, window: int | None, dropout: float) -> bool:
    """Whether PyTorch's kernel is faster and right: for long sequences without dropout.

    A place of padding far from its sequence sees nothing through a window, and the kernel's
    gradients there are not numbers.
    """
    long = longest > LONGEST_FOR_EAGER_ON_CPU
    return long and not dropout and (window is None or not torch.is_grad_enabled())


def _seen(
    longest: int, real: Tensor | None, window: int | None, device: torch.device
) -> Tensor | None:
    """What each token may look at, as a shape that spreads to [n, heads, asking, longest]."""
    if window is None or longest <= window:
        return real
    places = torch.arange(longest, device=device)
    near = (places[:, None] - places).abs() < window
    return near if real is None else near & real


def by_products(
    query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, *, scale: float, dropout: float
) -> Tensor:
    """Softmax attention on a CPU, in another type than fp16; its memory grows with the square.

    Args:
        query: [n, heads, asking, width], of the same type as the others.
        key: [n, heads, longest, width]; `value` likewise.
        value: see there.
        seen: what each may look at, of a shape that spreads to [n, heads, asking, longest]; None is
            all. Who sees nothing, looks at all alike.
        scale: of the products.
        dropout: chance of each share to be set to 0.

    Returns:
        [n, heads, asking, width]
    """
    mixed: Tensor = _ByProducts.apply(  # type: ignore[no-untyped-call]
        query * scale, key, value, seen, dropout
    )
    return mixed


class _ByProducts(torch.autograd.Function):
    """Batched products over [n * heads, ...]; what dropout leaves is scaled after the product."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, p: float
    ) -> Tensor:
        q, k, v = (one.flatten(0, 1) for one in (query, key, value))
        with torch.autocast(q.device.type, enabled=False):
            scores = torch.bmm(q, k.transpose(1, 2))
            if seen is not None:
                by_head = scores.view(*query.shape[:3], key.shape[2])  # changed in place
                by_head += _bias(seen, scores.dtype)
            shares = torch.softmax(scores, dim=-1)
            drawn = draw(shares.shape, p)
            if drawn is None:
                mixed = torch.bmm(shares, v)
            else:
                mixed = torch.bmm(kept_of(shares, drawn.kept), v).mul_(drawn.scale)
        ctx.dropout_scale = None if drawn is None else drawn.scale
        ctx.save_for_backward(q, k, v, shares, None if drawn is None else drawn.kept)
        return mixed.view_as(query)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, shares, kept = ctx.saved_tensors
        shape, of_mixed = gradient.shape, gradient.flatten(0, 1)
        if kept is None:
            of_value = torch.bmm(shares.transpose(1, 2), of_mixed)
            of_shares = torch.bmm(of_mixed, v.transpose(1, 2))
        else:
            of_mixed = of_mixed * ctx.dropout_scale
            of_value = torch.bmm(kept_of(shares, kept).transpose(1, 2), of_mixed)
            of_shares = kept_of(torch.bmm(of_mixed, v.transpose(1, 2)), kept)
        of_scores = _of_softmax(of_shares, shares)
        of_query, of_key = torch.bmm(of_scores, k), torch.bmm(of_scores.transpose(1, 2), q)
        all_keys = (*shape[:2], k.shape[1], shape[3])
        return of_query.view(shape), of_key.view(all_keys), of_value.view(all_keys), None, None


def _bias(seen: Tensor, dtype: torch.dtype) -> Tensor:
    """What is added to the products: nothing, or so much less that no share is left."""
    least = torch.finfo(dtype).min
    return torch.zeros_like(seen, dtype=dtype).masked_fill_(~seen, least)


def _of_softmax(gradient: Tensor, shares: Tensor) -> Tensor:
    """The gradient of what a softmax was of, by the library's own way, in one pass."""
    return torch.ops.aten._softmax_backward_data(  # type: ignore[no-any-return]
        gradient, shares, -1, shares.dtype
    )


AttentionInterface.register(NAME, attend)
