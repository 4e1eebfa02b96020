"""Labeled texts as parts of optimizer steps: which examples, cut and padded how.

What a step learns from is a function of the recipe's seed and the step's number, so a training can
begin at any step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from isogloss.data.batches import batches_of, cut, epoch_order, pad
from isogloss.data.encoded import Encoded
from isogloss.data.shares import WHOLE, Share
from isogloss.data.unpadded import Row, lay_row, rounded, rows_of
from isogloss.model.unpadded import UnpaddedBatch, lay_out, text_logits
from isogloss.train.recipe import Recipe

EVERY = 16
"""Widths on a GPU are multiples of it: a finer division pads less and makes more shapes."""


@dataclass(frozen=True)
class Padded:
    """Sequences side by side."""

    input_ids: Tensor
    """[batch, longest]"""

    attention_mask: Tensor | None
    """[batch, longest] 1 on tokens; None when nothing is padding."""

    def logits(self, model: PreTrainedModel) -> Tensor:
        """Return [batch, labels], or [batch, longest, tags] of a tagger."""
        logits: Tensor = model(input_ids=self.input_ids, attention_mask=self.attention_mask).logits
        return logits


@final
@dataclass(frozen=True)
class TextPart(Padded):
    """Some examples of a step, side by side."""

    labels: Tensor
    """[batch] Class ids."""

    n_tokens: int
    """Tokens without padding."""

    def __len__(self) -> int:
        return len(self.labels)


@final
@dataclass(frozen=True)
class TextRow:
    """Some examples of a step, end to end."""

    batch: UnpaddedBatch

    labels: Tensor
    """[batch] Class ids."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def input_ids(self) -> Tensor:
        """[1, width] Ids."""
        return self.batch.input_ids

    @property
    def n_tokens(self) -> int:
        """Tokens without padding."""
        return self.batch.n_tokens

    def logits(self, model: PreTrainedModel) -> Tensor:
        """Return [batch, labels]."""
        return text_logits(model, self.batch)


@final
@dataclass(frozen=True)
class Cutting:
    """How batches are cut and laid; changes cost, not what is learned."""

    max_tokens: int
    """Padded tokens that fit the device at once."""

    fixed_cost: float
    """Price of one more pass, in tokens."""

    pad_id: int

    first_position: int | None = None
    """Where the model counts positions from, if it reads texts end to end; None lays them side by
    side, with padding."""

    widths: tuple[int, ...] = ()
    """To which parts are padded, ascending; with none, each is as wide as its longest sequence.
    A GPU plans its attention anew for each width, which takes longer than many steps."""

    records: bool = False
    """Whether the passes over parts are recorded and replayed, which only a GPU can."""

    few_shapes: bool = True
    """Whether parts are of few shapes: a step that has to be cut brings new ones again and again,
    and a GPU then does not plan for each."""

    share: Share = WHOLE
    """What of each step is laid here, where several processes train together."""

    def cut(self, lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Cut sequences of these lengths into parts, at the widths to which they are padded."""
        if self.widths:
            lengths = np.asarray(self.widths)[np.searchsorted(self.widths, lengths)]
        return cut(lengths, fixed_cost=self.fixed_cost, max_tokens=self.max_tokens)


def widths_for(lengths: NDArray[np.int64]) -> tuple[int, ...]:
    """To which widths sequences of these lengths are padded; none is wider than the longest.

    >>> widths_for(np.array([3, 40, 20]))
    (16, 32, 40)
    """
    longest = int(lengths.max(initial=1))
    return (*range(EVERY, longest, EVERY), longest)


def is_never_cut(n: int, longest: int, max_tokens: int, fixed_cost: float) -> bool:
    """Whether `n` sequences are one part, whatever their lengths.

    They are where they fit, and where one more pass would cost more than all their padding.
    """
    return n * longest <= min(max_tokens, fixed_cost)


def step_indices(n: int, recipe: Recipe, *, first_step: int) -> Iterator[NDArray[np.int64]]:
    """Yield the examples of each step, epoch after epoch without end, from step `first_step` on."""
    epoch, skip = divmod(first_step, recipe.steps_per_epoch(n))
    while True:
        order = epoch_order(n, seed=recipe.seed, epoch=epoch)
        yield from islice(batches_of(order, recipe.examples_per_step), skip, None)
        epoch, skip = epoch + 1, 0


def cut_and_pad(
    encoded: Encoded, indices: NDArray[np.int64], *, cutting: Cutting, device: torch.device
) -> Sequence[TextPart | TextRow]:
    """Lay this process's examples of one step on the device, in parts of similar length."""
    indices = indices[cutting.share.of(encoded.lengths[indices])]
    lengths = encoded.lengths[indices]
    if cutting.first_position is not None:
        rows = rows_of(lengths, cutting.max_tokens)
        return [_row(encoded, indices[row], cutting, device) for row in rows]
    parts = cutting.cut(lengths)
    return [_part(encoded, indices[part], cutting, device) for part in parts]


def _part(
    encoded: Encoded, chosen: NDArray[np.int64], cutting: Cutting, device: torch.device
) -> TextPart:
    ids, mask = pad(encoded, chosen, cutting.pad_id, cutting.widths)
    return TextPart(
        input_ids=torch.from_numpy(ids).to(device, non_blocking=True),
        attention_mask=None if mask is None else torch.from_numpy(mask).to(device),
        labels=torch.from_numpy(encoded.labels[chosen]).to(device),
        n_tokens=int(encoded.lengths[chosen].sum()),
    )


def _row(
    encoded: Encoded, chosen: NDArray[np.int64], cutting: Cutting, device: torch.device
) -> TextRow:
    row = lay_row(encoded.offsets, chosen)
    return TextRow(
        batch=row_on_device(encoded.ids, row, cutting, device),
        labels=torch.from_numpy(encoded.labels[chosen[row.order]]).to(device),
    )


def row_on_device(
    ids: NDArray[np.int32],
    row: Row,
    cutting: Cutting,
    device: torch.device,
    asked: NDArray[np.int64] | None = None,
) -> UnpaddedBatch:
    """Bring a row of a split's tokens to a device, of a width that comes again; see `lay_out`."""
    return lay_out(
        ids[row.places],
        row.lengths,
        row.groups,
        first_position=cutting.first_position or 0,
        device=device,
        asked=asked,
        width=min(rounded(len(row.places)), cutting.max_tokens),
    )
