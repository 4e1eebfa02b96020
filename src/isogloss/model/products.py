"""Which library multiplies fp32 matrices on a CPU: the default one, or oneDNN where it is better.

PyTorch's default library (MKL) does not use AVX-512 on processors of other makers than its own, and
can run there at less than half of the speed. oneDNN does, but PyTorch gives it fp32 matrices only
if it is allowed to round them to bf16, which it then does where the processor has AMX, and nowhere
else. So it is taken on AVX-512 processors of other makers, after one product has shown that nothing
is rounded. No stopwatch decides: two libraries sum in another order, and every process of one
machine has to come to the same bits.
"""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

SHAPE = 256, 768, 1024
"""Of the product that is tried: tokens, width, outputs."""

AS_EXACT = 4.0
"""Times the default's largest error that still counts as the same; bf16 has 1e4 times."""

CPU_INFO = Path("/proc/cpuinfo")


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
    """Whether oneDNN is the faster library here and multiplies fp32 matrices as exactly."""
    switch = _switch()
    if switch is None or getattr(switch, "fp32_precision", None) in {None, "bf16"}:
        return False
    if not _default_is_slow():
        return False
    drawn = torch.Generator().manual_seed(0)
    left = torch.randn(SHAPE[0], SHAPE[1], generator=drawn)
    right = torch.randn(SHAPE[2], SHAPE[1], generator=drawn)
    default = _error(left, right)
    before = switch.fp32_precision
    switch.fp32_precision = "bf16"
    try:
        return _error(left, right) <= AS_EXACT * default
    finally:
        switch.fp32_precision = before


def _default_is_slow() -> bool:
    """Whether the default is MKL on a processor with AVX-512 that is not of its maker."""
    mkl: Any = torch.backends.mkl
    wide = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return wide and mkl.is_available() and _maker() not in {"", "GenuineIntel"}


def _maker() -> str:
    """The processor's maker as it calls itself, empty where nothing says."""
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor().rpartition(", ")[2]  # so on Windows
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("vendor_id"))
    return next(named, "")


def _error(left: Tensor, right: Tensor) -> float:
    """The largest error of a product."""
    exact = left.double() @ right.double().T
    return float((functional.linear(left, right) - exact).abs().max())


def _switch() -> Any:
    """PyTorch's switch; versions before 2.9 lack it."""
    return getattr(torch.backends.mkldnn, "matmul", None)
