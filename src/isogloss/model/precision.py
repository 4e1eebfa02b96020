"""Which numbers a model computes with, and why: bf16 only where the processor does it itself.

bf16 with fp32 master weights is two to six times as fast where it is native and up to a hundred
times slower where it is emulated, so we probe, choose once, and record the reason. The attention
kernel is chosen in the same spirit: on a CPU a batched matrix product beats the fused kernel for
short texts (which with dropout falls back to a slow path anyway), on a GPU it is the reverse.
"""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, final

import torch

from isogloss.base.errors import InputError, UnknownName
from isogloss.model.products import best_products, takes_onednn

Asked = Literal["auto", "bf16", "fp32"]
Attention = Literal["eager", "sdpa"]

LONGEST_FOR_EAGER_ON_CPU = 256


@final
@dataclass(frozen=True)
class Precision:
    """What the model computes with; its weights are fp32 in any case."""

    name: Literal["bf16", "fp32"]
    reason: str
    """One clause for people: why this and not the other."""

    @contextmanager
    def autocast(self, device: torch.device) -> Iterator[None]:
        """Compute in this precision inside the context; fp32 switches autocast off."""
        enabled = self.name == "bf16"
        with (
            best_products(device),
            torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled),
        ):
            yield


def best_device() -> torch.device:
    """Return the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_precision(asked: Asked, device: torch.device) -> Precision:
    """Choose bf16 where it is native, unless fp32 is asked for.

    Raises:
        InputError: if bf16 is asked for where it would be emulated.
        UnknownName: if `asked` is none of the three.
    """
    if asked not in {"auto", "bf16", "fp32"}:
        raise UnknownName("precision", asked, ["auto", "bf16", "fp32"])
    if asked == "fp32":
        return _fp32("asked for", device)
    native, evidence = native_bf16(device.type)
    if native:
        return Precision("bf16", f"native: {evidence}" if asked == "auto" else "asked for")
    if asked == "bf16":
        raise InputError(
            f"precision bf16 is emulated on this {device.type} ({evidence}) and many times slower "
            "than fp32. Write precision: auto, or fp32."
        )
    return _fp32(f"bf16 is not native: {evidence}", device)


def _fp32(reason: str, device: torch.device) -> Precision:
    by = "; products by oneDNN" if device.type == "cpu" and takes_onednn() else ""
    return Precision("fp32", reason + by)


def choose_attention(max_length: int, device: torch.device) -> Attention:
    """Choose the attention kernel for texts of up to `max_length` tokens.

    `eager` is a batched matrix product whose memory grows with the square of the length; `sdpa` is
    PyTorch's fused kernel. Both precisions agree on the choice so far: on AVX-512 the product took
    10 ms against 19 in fp32 and 8 against 34 in bf16 (8 x 128 tokens, forward and backward).
    """
    short = max_length <= LONGEST_FOR_EAGER_ON_CPU
    return "eager" if device.type == "cpu" and short else "sdpa"


@contextmanager
def without_plans() -> Iterator[None]:
    """Leave cuDNN's attention alone inside the context.

    It is the fastest on a GPU, and makes a plan for each shape first: 50 ms on an H100, as much as
    ten batches take. So it is for shapes that come again.
    """
    before = torch.backends.cuda.cudnn_sdp_enabled()  # type: ignore[no-untyped-call]
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


@lru_cache(maxsize=4)
def native_bf16(device_type: str) -> tuple[bool, str]:
    """Say whether bf16 is computed natively, and by what; probed once."""
    if device_type == "cuda":
        name = torch.cuda.get_device_name()
        return torch.cuda.is_bf16_supported(including_emulation=False), name
    if device_type != "cpu":
        return False, f"{device_type} is not probed"
    return _cpu_bf16()


def _cpu_bf16() -> tuple[bool, str]:
    for probe, name in (
        ("_is_avx512_bf16_supported", "AVX512-BF16"),
        ("_is_amx_tile_supported", "AMX"),
    ):
        if _says_yes(torch.cpu, probe):
            return True, name
    if platform.machine() in {"aarch64", "arm64"}:
        return _arm_bf16()
    return False, "the CPU has neither AVX512-BF16 nor AMX"


def _arm_bf16() -> tuple[bool, str]:
    ask = getattr(torch.cpu, "get_capabilities", None)
    if ask is not None and ask().get("bf16"):
        return True, "ARM BF16"
    return False, "the CPU has no ARM BF16"


def _says_yes(module: object, probe: str) -> bool:
    """Ask a probe that some versions of PyTorch lack."""
    ask = getattr(module, probe, None)
    return bool(ask is not None and ask())
