"""Encoders over sequences end to end, without padding: exact, whatever the family.

An attention of our own, registered in transformers, sees to it that no sequence looks at another;
every other layer takes a row of tokens as it is. Which families can be read so is not a list: each
model is asked once whether it says the same both ways.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PreTrainedModel

from isogloss.model.encoder import TAGGER, first_position
from isogloss.model.precision import LONGEST_FOR_EAGER_ON_CPU
from isogloss.model.used_entries import entries_of

NAME = "isogloss_unpadded"

TOLERANCE = 1e-5
"""Largest difference of logits, relative to the largest of them, that counts as the same (fp32)."""

LENGTHS, GROUPS = (3, 5, 5, 5, 9), (2, 2, 1)
"""Of the texts by which a model is asked: groups of one length and of several."""


@final
@dataclass(frozen=True)
class Block:
    """Neighboring sequences that attention takes at once, on the device."""

    start: int
    stop: int
    n: int
    longest: int
    places: Tensor | None
    """[stop - start] Where each token lies in [n * longest]; None where all are of one length."""
    real: Tensor | None
    """[n, 1, 1, longest] Whether a key is a token."""


@final
@dataclass(frozen=True)
class UnpaddedBatch:
    """Sequences end to end, on the device."""

    input_ids: Tensor
    """[1, tokens]"""

    position_ids: Tensor
    """[1, tokens]"""

    first: Tensor
    """[n] Where each sequence begins."""

    blocks: tuple[Block, ...]

    def __len__(self) -> int:
        return len(self.first)


def lay_out(
    ids: NDArray[Any],
    lengths: NDArray[np.int64],
    groups: Sequence[int],
    *,
    first_position: int,
    device: torch.device,
) -> UnpaddedBatch:
    """Bring sequences to a device.

    Args:
        ids: [tokens] sequence after sequence.
        lengths: [n] of each.
        groups: how many neighboring sequences attention takes at once, in order; all in all `n`.
        first_position: where the model begins to count positions.
        device: the model's.
    """
    positions = np.concatenate([np.arange(length) for length in lengths]) + first_position
    ends = np.cumsum(lengths)
    return UnpaddedBatch(
        input_ids=torch.from_numpy(ids.astype(np.int64))[None].to(device),
        position_ids=torch.from_numpy(positions)[None].to(device),
        first=torch.from_numpy(ends - lengths).to(device),
        blocks=tuple(_blocks(lengths, groups, device)),
    )


def _blocks(
    lengths: NDArray[np.int64], groups: Sequence[int], device: torch.device
) -> Iterator[Block]:
    done = start = 0
    for n in groups:
        own = lengths[done : done + n]
        longest, stop = int(own.max()), start + int(own.sum())
        mask = np.arange(longest) < own[:, None]
        places = real = None
        if not mask.all():
            places = torch.from_numpy(np.flatnonzero(mask)).to(device)
            real = torch.from_numpy(mask)[:, None, None].to(device)
        yield Block(start, stop, n, longest, places, real)
        start, done = stop, done + n


def text_logits(model: PreTrainedModel, batch: UnpaddedBatch) -> Tensor:
    """What a classifier says of each sequence, [n, labels].

    A head reads the first token of each text, or the mean over it, so it is given only that, as
    texts of one token.
    """
    means = getattr(model.config, "classifier_pooling", "cls") == "mean"

    def pooled(body: nn.Module, _: Any, outputs: Any) -> Any:
        row = outputs.last_hidden_state[0]
        hidden = (_means(row, batch.first) if means else row[batch.first])[:, None]
        outputs.last_hidden_state = hidden
        pooler = getattr(body, "pooler", None)
        if pooler is not None:
            outputs.pooler_output = pooler(hidden)
        return outputs

    handle = model.base_model.register_forward_hook(pooled)
    try:
        logits: Tensor = _run(model, batch).logits
    finally:
        handle.remove()
    return logits


def _means(row: Tensor, first: Tensor) -> Tensor:
    """[n, width] Mean over each sequence."""
    lengths = torch.diff(first, append=first.new_tensor([len(row)]))
    return torch.segment_reduce(row.float(), "mean", lengths=lengths).to(row.dtype)


def token_logits(model: PreTrainedModel, batch: UnpaddedBatch) -> Tensor:
    """What a tagger says of each token, [tokens, tags]."""
    logits: Tensor = _run(model, batch).logits
    return logits[0]


def _run(model: PreTrainedModel, batch: UnpaddedBatch) -> Any:
    with _attention(model):
        return model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            blocks=batch.blocks,
        )


@contextmanager
def _attention(model: PreTrainedModel) -> Iterator[None]:
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


def attend(  # noqa: PLR0913, PLR0917
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    blocks: tuple[Block, ...] | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Softmax attention within each sequence of a row, as transformers calls it.

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

    Returns:
        [1, tokens, heads, width], and no weights.
    """
    if blocks is None:
        raise ValueError(f"attention {NAME} is for rows without padding; no blocks were given")
    heads, width = query.shape[1], query.shape[3]
    scale = width**-0.5 if scaling is None else scaling
    flat = [_flat(one, heads) for one in (query, key, value)]
    drops = dropout if module.training else 0.0
    said = []
    for block in blocks:
        q, k, v = (_lay(one[block.start : block.stop], block, heads) for one in flat)
        seen = _seen(block, sliding_window, query.device)
        if _fused(block, sliding_window, drops):
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)
        else:
            mixed = _by_products(q, k, v, seen, scale=scale, dropout=drops)
        mixed = mixed.transpose(1, 2).reshape(-1, heads * width)
        said.append(mixed if block.places is None else _take(mixed, block.places))
    return torch.cat(said).view(1, -1, heads, width), None


def _fused(block: Block, window: int | None, dropout: float) -> bool:
    """Whether PyTorch's kernel is faster and right: for long sequences without dropout.

    A place of padding far from its sequence sees nothing through a window, and the kernel's
    gradients there are not numbers.
    """
    long = block.longest > LONGEST_FOR_EAGER_ON_CPU
    return long and not dropout and (window is None or not torch.is_grad_enabled())


def _by_products(
    query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, *, scale: float, dropout: float
) -> Tensor:
    """[n, heads, longest, width] Its memory grows with the square of the length."""
    weights = torch.matmul(query * scale, key.transpose(2, 3))
    if seen is not None:
        weights = weights.masked_fill(~seen, torch.finfo(weights.dtype).min)
    shares = functional.softmax(weights, dim=-1, dtype=torch.float32).to(value.dtype)
    return torch.matmul(functional.dropout(shares, p=dropout), value)


def _flat(one: Tensor, heads: int) -> Tensor:
    """[1, heads or fewer, tokens, width] -> [tokens, heads * width]; fewer are shared."""
    shared = heads // one.shape[1]
    if shared > 1:
        one = one.repeat_interleave(shared, dim=1)
    return one[0].transpose(0, 1).reshape(one.shape[2], -1)


def _lay(tokens: Tensor, block: Block, heads: int) -> Tensor:
    """[tokens, heads * width] -> [n, heads, longest, width]."""
    if block.places is not None:
        tokens = _put(tokens, block.places, block.n * block.longest)
    return tokens.view(block.n, block.longest, heads, -1).transpose(1, 2)


def _seen(block: Block, window: int | None, device: torch.device) -> Tensor | None:
    """What each token may look at, [n or 1, 1, longest or 1, longest]; None is all."""
    if window is None or block.longest <= window:
        return block.real
    places = torch.arange(block.longest, device=device)
    near = (places[:, None] - places).abs() < window
    return near if block.real is None else near & block.real


def _put(rows: Tensor, places: Tensor, n: int) -> Tensor:
    laid: Tensor = _Put.apply(rows, places, n)  # type: ignore[no-untyped-call]
    return laid


def _take(laid: Tensor, places: Tensor) -> Tensor:
    rows: Tensor = _Take.apply(laid, places)  # type: ignore[no-untyped-call]
    return rows


class _Put(torch.autograd.Function):
    """Rows to their places among zeros."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, places: Tensor, n: int) -> Tensor:
        ctx.save_for_backward(places)
        laid = rows.new_zeros(n, rows.shape[1])
        laid[places] = rows
        return laid

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (places,) = ctx.saved_tensors
        return gradient[places], None, None


class _Take(torch.autograd.Function):
    """Rows from different places."""

    @staticmethod
    def forward(ctx: Any, laid: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        ctx.n = laid.shape[0]
        return laid[places]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (places,) = ctx.saved_tensors
        laid = gradient.new_zeros(ctx.n, gradient.shape[1])
        laid[places] = gradient
        return laid, None


AttentionInterface.register(NAME, attend)

_asked: "WeakKeyDictionary[PreTrainedModel, bool]" = WeakKeyDictionary()


def reads_unpadded(model: object) -> bool:
    """Whether a classifier or tagger says the same of texts end to end as of texts with padding.

    Asked once a model, with a few made texts, without dropout. A family whose attention or head
    does not take rows (attention of its own, a head that reads more than the first token) answers
    no, and so does one on another device than a CPU, where padding costs less than many groups.
    """
    if not isinstance(model, PreTrainedModel) or model.device.type != "cpu":
        return False
    if model not in _asked:
        _asked[model] = _says_the_same(model)
    return _asked[model]


def _says_the_same(model: PreTrainedModel) -> bool:
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return _difference(model) <= TOLERANCE
    except (TypeError, ValueError, RuntimeError, AttributeError, IndexError):
        return False
    finally:
        model.train(was_training)


def _difference(model: PreTrainedModel) -> float:
    """Between both ways, relative to the largest logit."""
    lengths, ids = np.array(LENGTHS), _made_ids(model)
    batch = lay_out(ids, lengths, GROUPS, first_position=first_position(model), device=model.device)
    texts = [torch.from_numpy(text)[None] for text in np.split(ids, np.cumsum(lengths)[:-1])]
    if type(model).__name__.endswith(TAGGER.ending):
        found = token_logits(model, batch)
        want = torch.cat([model(input_ids=text).logits[0] for text in texts])
    else:
        found = text_logits(model, batch)
        want = torch.cat([model(input_ids=text).logits for text in texts])
    return float((found - want).abs().max() / want.abs().max())


def _made_ids(model: PreTrainedModel) -> NDArray[np.int64]:
    """Ids that the model can look up, none of them the padding."""
    entries = entries_of(model).numpy()
    others = entries[entries != model.config.pad_token_id]
    return np.random.default_rng(0).choice(others, sum(LENGTHS))
