"""Losses over a large vocabulary, some positions at a time.

A multilingual vocabulary has 250,000 entries: the logits of a thousand hidden tokens are a GB, and
autograd keeps them, and their gradient comes to them. Where that is so, the head runs on a chunk of
positions at a time, and once more on the way back; the loss and its gradient are the same.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from isogloss.model.masked import logits_of

LARGEST = 2**26
"""Logits that are there at once: 256 MiB of them in fp32."""

Losses = Callable[[Tensor, slice], Tensor]
"""The losses, [rows], from the logits of some rows, [rows, V], and which they are."""


def in_chunks(model: PreTrainedModel, hidden: Tensor, losses: Losses) -> Tensor:
    """[hidden] The losses of all positions.

    Args:
        model: whose head makes the logits.
        hidden: [hidden, d] The state of its body at the positions.
        losses: of each position by itself; it is called again on the way back.
    """
    n = max(1, LARGEST // int(model.config.vocab_size))
    if len(hidden) <= n:
        return losses(logits_of(model, hidden), slice(0, len(hidden)))

    def of(rows: slice) -> Tensor:
        return losses(logits_of(model, hidden[rows]), rows)

    starts = range(0, len(hidden), n)
    chunks = [slice(start, min(start + n, len(hidden))) for start in starts]
    return torch.cat([checkpoint(of, rows, use_reentrant=False) for rows in chunks])
