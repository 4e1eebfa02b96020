"""How sequences of a row come to lie side by side, head by head, for attention alone.

A row holds sequences end to end. Attention looks at each as a whole: for it, neighbors of similar
length are laid side by side in a block, which is as wide as the longest of them. What lies where
nothing is (padding) is another row, of the same sequence if it has one: numbers like any others, so
that nothing has to be set to zero before; nobody sees them, and nothing is learned from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable


class ByHead(NamedTuple):
    """Where the parts of rows that belong to a head lie; of each row, head after head."""

    sources: tuple[Tensor, ...]
    """Of each block, [n * heads * longest]: which part of which row lies there."""

    padding: tuple[Tensor, ...]
    """Of each block, [any]: where nothing is."""

    places: Tensor
    """[rows * heads] Where each part lies, counted from the first block on."""

    rest: int
    """Parts of rows after the last run, which lie nowhere."""


@final
@dataclass(frozen=True, eq=False)
class Laid:
    """Runs of rows, side by side in blocks."""

    masks: tuple[NDArray[np.bool_], ...]
    """Of each block, [n, longest]: where a row is, each run from the left on."""

    rest: int
    """Rows after the last run, which belong to none."""

    device: torch.device

    _known: dict[int, ByHead] = field(init=False, default_factory=dict, repr=False)

    @cached_property
    def real(self) -> tuple[Tensor | None, ...]:
        """[n, 1, 1, longest] of each block: whether a row is there; None where all are."""
        return tuple(
            None if mask.all() else torch.from_numpy(mask)[:, None, None].to(self.device)
            for mask in self.masks
        )

    def by_head(self, heads: int) -> ByHead:
        """Find out where the parts of each head lie; once for all layers."""
        if heads not in self._known:
            self._known[heads] = _by_head(self, heads)
        return self._known[heads]


def _by_head(laid: Laid, heads: int) -> ByHead:
    n_rows = sum(int(mask.sum()) for mask in laid.masks)
    places = np.zeros((n_rows + laid.rest) * heads, np.int64)
    sources, padding, first, at = [], [], 0, 0
    for mask in laid.masks:
        rows = _rows_in(mask, first).clip(max=n_rows - 1)  # a last run may have none
        source = (rows[:, None] * heads + np.arange(heads)[:, None]).ravel()
        there = np.broadcast_to(mask[:, None], (len(mask), heads, mask.shape[1])).ravel()
        real = np.flatnonzero(there)
        places[source[real]] = at + real
        sources.append(torch.from_numpy(source).to(laid.device))
        padding.append(torch.from_numpy(np.flatnonzero(~there)).to(laid.device))
        first, at = first + int(mask.sum()), at + len(source)
    back = torch.from_numpy(places).to(laid.device)
    return ByHead(tuple(sources), tuple(padding), back, laid.rest * heads)


def _rows_in(mask: NDArray[np.bool_], first: int) -> NDArray[np.int64]:
    """[n, longest] Which row lies where; the last of a run is said again where nothing is."""
    lengths = mask.sum(axis=1)
    begins = first + np.cumsum(lengths) - lengths
    within = np.minimum(np.arange(mask.shape[1]), np.maximum(lengths - 1, 0)[:, None])
    rows: NDArray[np.int64] = begins[:, None] + within
    return rows


def lay(rows: Tensor, laid: Laid, heads: int) -> list[Tensor]:
    """Lay rows in blocks.

    Args:
        rows: [rows, heads * width]
        laid: where they come to lie.
        heads: how many.

    Returns:
        Of each block, [n, heads, longest, width].

    Raises:
        ValueError: if there are more or fewer rows than are laid.
    """
    by_head = laid.by_head(heads)
    if len(rows) * heads != len(by_head.places):
        raise ValueError(f"{len(by_head.places) // heads} rows are laid, and {len(rows)} are given")
    width = rows.shape[1] // heads
    flat = rows.reshape(rows.shape[0] * heads, width)
    blocks = _Lay.apply(flat, by_head)  # type: ignore[no-untyped-call]
    shapes = [mask.shape for mask in laid.masks]
    return [
        block.view(n, heads, longest, width)
        for block, (n, longest) in zip(blocks, shapes, strict=True)
    ]


def take_up(blocks: Sequence[Tensor], laid: Laid) -> Tensor:
    """Make rows of blocks again: the way back of `lay`, [rows, heads, width].

    Rows that belong to no run are zeros.
    """
    _, heads, _, width = blocks[0].shape
    flat = [block.reshape(-1, width) for block in blocks]
    rows: Tensor = _TakeUp.apply(laid.by_head(heads), *flat)  # type: ignore[no-untyped-call]
    return rows.view(rows.shape[0] // heads, heads, width)


class _Lay(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, by_head: ByHead) -> tuple[Tensor, ...]:
        ctx.by_head = by_head
        return tuple(rows.index_select(0, source) for source in by_head.sources)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _together(gradients, ctx.by_head), None


class _TakeUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, by_head: ByHead, *blocks: Tensor) -> Tensor:
        ctx.by_head = by_head
        return _together(blocks, by_head)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        by_head: ByHead = ctx.by_head
        return None, *(
            gradient.index_select(0, source).index_fill_(0, padding, 0)
            for source, padding in zip(by_head.sources, by_head.padding, strict=True)
        )


def _together(blocks: Sequence[Tensor], by_head: ByHead) -> Tensor:
    """Parts of rows as they stand in the row; zeros at its rest."""
    rows = torch.cat(list(blocks)).index_select(0, by_head.places)
    if by_head.rest:
        rows[-by_head.rest :] = 0
    return rows
