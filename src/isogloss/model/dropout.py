"""Dropout on a CPU, drawn in less than half of the time: the same chances, other draws.

PyTorch draws there number by number, in one thread, from a Mersenne twister: on a processor that is
quick at products, for as long as all those of a forward pass. Here 16 bits decide on each number;
they come from a generator that fills arrays (numpy's SFC64), begun anew for each array from
PyTorch's own random state: so what is drawn depends on that alone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

CHANCES = 1 << 16
"""Chances are multiples of one over this; what is left is scaled by what its chance is then."""


def dropout(values: Tensor, p: float) -> Tensor:
    """Set each number to 0 with chance `p`, and scale the others up, so that the mean stays.

    Args:
        values: of any shape; on a GPU, PyTorch draws.
        p: from 0 to 1.
    """
    dropped = round(p * CHANCES)
    if not dropped:
        return values
    if values.device.type != "cpu" or not 0 < dropped < CHANCES:
        return functional.dropout(values, p)
    left: Tensor = _Dropout.apply(values, dropped)  # type: ignore[no-untyped-call]
    return left


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
    def forward(ctx: Any, values: Tensor, dropped: int) -> Tensor:
        kept = _drawn(values.numel(), dropped).view(values.shape)
        ctx.save_for_backward(kept)
        ctx.scale = CHANCES / (CHANCES - dropped)
        return _scaled(values, kept, ctx.scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return _scaled(gradient, kept, ctx.scale), None


def _drawn(n: int, dropped: int) -> Tensor:
    """[n] Whether each number is kept."""
    seed = int(torch.empty((), dtype=torch.int64).random_())
    bits = np.random.SFC64(seed).random_raw(-(-n // 4)).view(np.int16)[:n]
    return torch.from_numpy(bits) >= dropped - CHANCES // 2


def _scaled(values: Tensor, kept: Tensor, scale: float) -> Tensor:
    """In one pass; the library has it as the gradient of its own dropout."""
    return torch.ops.aten.native_dropout_backward(values, kept, scale)  # type: ignore[no-any-return]
