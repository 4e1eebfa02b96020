"""The machine's own speed limit: the fastest matrix product we can make it do.

A data sheet's peak is of another clock and another library; one that is measured here says which
share of the reachable a model reaches. It costs about a second a device.
"""

import time

import torch

from isogloss.efficiency.warmup import Clock
from isogloss.model.precision import best_device, native_bf16
from isogloss.model.products import best_products

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
ON_CPU = (1024, 768, 3072)
"""The first product of the feed-forward block of a base encoder, over 1024 tokens."""
ON_GPU = (8192, 8192, 8192)
REPEATS = 12


def peaks_by_device() -> dict[str, dict[str, float]]:
    """FLOP/s by kind of device and precision: of the processor, and of the GPU if there is one."""
    devices = {one.type: one for one in (torch.device("cpu"), best_device())}
    return {name: matmul_peaks(device) for name, device in devices.items()}


def matmul_peaks(device: torch.device, *, clock: Clock = time.perf_counter) -> dict[str, float]:
    """FLOP/s of the best of several matrix products, in each precision that is native."""
    names = ["fp32", "bf16"] if native_bf16(device.type)[0] else ["fp32"]
    size = ON_CPU if device.type == "cpu" else ON_GPU
    return {name: matmul_peak(DTYPES[name], device, size=size, clock=clock) for name in names}


def matmul_peak(
    dtype: torch.dtype,
    device: torch.device,
    *,
    size: tuple[int, int, int],
    clock: Clock,
) -> float:
    """FLOP/s of the fastest of some products [m, k] x [k, n]; a multiply-add counts 2.

    They are multiplied by the library that models are computed with.
    """
    m, k, n = size
    left, right = torch.randn(m, k).to(device, dtype), torch.randn(k, n).to(device, dtype)
    seconds = []
    with torch.inference_mode(), best_products(device):
        for _ in range(REPEATS + 2):
            _wait_for(device)
            start = clock()
            torch.mm(left, right)
            _wait_for(device)
            seconds.append(clock() - start)
    return 2.0 * m * k * n / min(seconds[2:])


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
