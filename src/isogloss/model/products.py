"""Which library multiplies fp32 matrices on a CPU: the default one, or oneDNN where it is better.

PyTorch's default library (MKL) does not use AVX-512 on processors of other makers than its own, and
runs there at less than half of the speed. oneDNN does, but PyTorch gives it fp32 matrices only if
it is allowed to round them to bf16, which it then does where the processor has AMX, and nowhere
else. So nothing is assumed: both are measured once, and oneDNN is taken only where it is as exact
and clearly faster.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

SHAPE = 256, 768, 1024
"""Of the product by which both are measured: tokens, width, outputs."""

AS_EXACT = 4.0
"""Times the default's largest error that still counts as the same; bf16 has 1e4 times."""

FASTER = 1.15
ROUNDS = 8


@contextmanager
def best_products(device: torch.device) -> Iterator[None]:
    """Multiply fp32 matrices inside the context by the better library."""
    if device.type != "cpu" or not takes_onednn():
        yield
        return
    switch = _switch()
    before = switch.fp32_precision
    switch.fp32_precision = "bf16"
    try:
        yield
    finally:
        switch.fp32_precision = before


@lru_cache(maxsize=1)
def takes_onednn() -> bool:
    """Whether oneDNN multiplies fp32 matrices as exactly as the default here, and faster."""
    switch = _switch()
    if switch is None or getattr(switch, "fp32_precision", None) in {None, "bf16"}:
        return False
    drawn = torch.Generator().manual_seed(0)
    left = torch.randn(SHAPE[0], SHAPE[1], generator=drawn)
    right = torch.randn(SHAPE[2], SHAPE[1], generator=drawn)
    default = _tried(left, right)
    before = switch.fp32_precision
    switch.fp32_precision = "bf16"
    try:
        other = _tried(left, right)
    finally:
        switch.fp32_precision = before
    return other[0] <= AS_EXACT * default[0] and FASTER * other[1] <= default[1]


def _tried(left: Tensor, right: Tensor) -> tuple[float, float]:
    """The largest error of a product, and the seconds that it takes at best."""
    exact = left.double() @ right.double().T
    error = float((functional.linear(left, right) - exact).abs().max())
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        functional.linear(left, right)
        seconds.append(time.perf_counter() - start)
    return error, min(seconds)


def _switch() -> Any:
    """PyTorch's switch; versions before 2.9 lack it."""
    return getattr(torch.backends.mkldnn, "matmul", None)
