"""Dropout on a CPU, drawn in less than half of the time: the same chances, other draws.

PyTorch draws there number by number, in one thread, from a Mersenne twister: on a processor that is
quick at products, for as long as all those of a forward pass. Here 16 bits decide on each number;
they come from a generator that fills arrays (numpy's SFC64), begun anew for each array from
PyTorch's own random state: so what is drawn depends on that alone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

CHANCES = 1 << 16
"""Chances are multiples of one over this; what is left is scaled by what its chance is then."""

_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
"""The whole numbers of as many bytes as a number has: times 0 or 1 is quicker than to choose."""


class Draw(NamedTuple):
    """What is left of numbers."""

    kept: Tensor
    """[as the numbers] int16; 1 for each that is kept, else 0."""

    scale: float
    """One over the chance of being kept; 1 where none is."""


def dropout(values: Tensor, p: float) -> Tensor:
    """Set each number to 0 with chance `p`, and scale the others up, so that the mean stays.

    Args:
        values: of any shape; on a GPU, PyTorch draws.
        p: from 0 to 1.

    Raises:
        ValueError: for a chance that is none.
    """
    if values.device.type != "cpu":
        return functional.dropout(values, p)
    drawn = draw(values.shape, p)
    if drawn is None:
        return values
    left: Tensor = _Dropout.apply(values, drawn)  # type: ignore[no-untyped-call]
    return left


def draw(shape: torch.Size, p: float) -> Draw | None:
    """Draw which numbers of an array on the CPU are kept; None where no chance is left to drop any.

    Raises:
        ValueError: for a chance that is none.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a chance of dropout is between 0 and 1, not {p}")
    dropped = round(p * CHANCES)
    if not dropped:
        return None
    if dropped == CHANCES:
        return Draw(torch.zeros(shape, dtype=torch.int16), 1.0)
    n = shape.numel()
    seed = int(torch.empty((), dtype=torch.int64).random_())
    bits = np.random.SFC64(seed).random_raw(-(-n // 4)).view(np.int16)[:n]
    kept = torch.from_numpy(bits).ge_(dropped - CHANCES // 2)
    return Draw(kept.view(shape), CHANCES / (CHANCES - dropped))


def kept_of(values: Tensor, kept: Tensor) -> Tensor:
    """Leave numbers as they are or set them to 0, NaN and infinity too; `kept` as in `Draw`.

    Not differentiable.
    """
    kind = _INTEGERS[values.itemsize]
    return (values.view(kind) * kept.to(kind)).view(values.dtype)


@contextmanager
def quick_dropout(model: nn.Module) -> Iterator[None]:
    """Let the layers of a model that drop out draw so inside the context."""
    layers = [one for one in model.modules() if type(one) is nn.Dropout and not one.inplace]
    _become(layers, _QuickDropout)
    try:
        yield
    finally:
        _become(layers, nn.Dropout)


def _become(layers: Iterable[nn.Module], kind: type[nn.Module]) -> None:
    for one in layers:
        object.__setattr__(one, "__class__", kind)  # a module's own way asks the library first


class _QuickDropout(nn.Dropout):
    def forward(self, input: Tensor) -> Tensor:
        return dropout(input, self.p) if self.training else input


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, drawn: Draw) -> Tensor:
        ctx.save_for_backward(drawn.kept)
        ctx.scale = drawn.scale
        return kept_of(values, drawn.kept).mul_(drawn.scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return kept_of(gradient, kept).mul_(ctx.scale), None
