"""Labeled texts as parts of optimizer steps: which examples, cut and padded how.

What a step learns from is a function of the recipe's seed and the step's number, so a training can
begin at any step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isogloss.data.batches import batches_of, cut, epoch_order, pad
from isogloss.data.encoded import Encoded
from isogloss.train.recipe import Recipe


@final
@dataclass(frozen=True)
class TextPart:
    """Some examples of a step, side by side."""

    input_ids: Tensor
    """[batch, longest]"""

    attention_mask: Tensor | None
    """[batch, longest] 1 on tokens; None when nothing is padding."""

    labels: Tensor
    """[batch] Class ids."""

    n_tokens: int
    """Tokens without padding."""

    def __len__(self) -> int:
        return len(self.labels)


@final
@dataclass(frozen=True)
class Cutting:
    """How batches are cut; changes cost, not what is learned."""

    max_tokens: int
    """Padded tokens that fit the device at once."""

    fixed_cost: float
    """Price of one more pass, in tokens."""

    pad_id: int


def step_indices(n: int, recipe: Recipe, *, first_step: int) -> Iterator[NDArray[np.int64]]:
    """Yield the examples of each step, epoch after epoch without end, from step `first_step` on."""
    epoch, skip = divmod(first_step, recipe.steps_per_epoch(n))
    while True:
        order = epoch_order(n, seed=recipe.seed, epoch=epoch)
        yield from islice(batches_of(order, recipe.examples_per_step), skip, None)
        epoch, skip = epoch + 1, 0


def cut_and_pad(
    encoded: Encoded, indices: NDArray[np.int64], *, cutting: Cutting, device: torch.device
) -> list[TextPart]:
    """Lay the examples of one step on the device, in parts of similar length."""
    lengths = encoded.lengths[indices]
    parts = cut(lengths, fixed_cost=cutting.fixed_cost, max_tokens=cutting.max_tokens)
    return [_part(encoded, indices[part], cutting.pad_id, device) for part in parts]


def _part(
    encoded: Encoded, chosen: NDArray[np.int64], pad_id: int, device: torch.device
) -> TextPart:
    ids, mask = pad(encoded, chosen, pad_id)
    return TextPart(
        input_ids=torch.from_numpy(ids).to(device, non_blocking=True),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(device),
        labels=torch.from_numpy(encoded.labels[chosen]).to(device),
        n_tokens=int(encoded.lengths[chosen].sum()),
    )
