"""The machine that figures were taken on, as far as it decides them."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from isogloss.base.threads import allowed_cores, available_cores
from isogloss.efficiency.busy import PROC

LIBRARIES = ("torch", "transformers", "tokenizers", "onnxruntime")
INSTRUCTIONS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "bf16",
    "i8mm",
    "sve",
)
"""Of the processor's flags those that matrix products are made of."""


def describe_machine(threads: int) -> dict[str, Any]:
    """Describe processor, memory, system, libraries and GPU.

    Args:
        threads: what the measured processes compute with.
    """
    blocks = _cpu_blocks(PROC / "cpuinfo")
    first = blocks[0] if blocks else {}
    flags = set(first.get("flags", first.get("Features", "")).split())
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "cpu": first.get("model name", platform.processor() or platform.machine()),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "physical_cores": physical_cores(),
        "logical_cores": available_cores(),
        "threads": threads,
        "ram_gb": _ram_gb(),
        "gpu": gpu,
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def physical_cores(cpuinfo: Path = PROC / "cpuinfo") -> int:
    """Count the physical cores that this process may use: two threads of one core share its units.

    Where the system does not tell, every logical core is taken for a physical one.
    """
    allowed = {str(core) for core in allowed_cores()}
    cores = {
        (block.get("physical id"), block["core id"])
        for block in _cpu_blocks(cpuinfo)
        if block.get("processor") in allowed and "core id" in block
    }
    return len(cores) or len(allowed)


def _cpu_blocks(cpuinfo: Path) -> list[dict[str, str]]:
    """One mapping a logical core."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [dict(_pairs(block)) for block in text.strip().split("\n\n") if block]


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()


def _ram_gb() -> float | None:
    """Main memory in units of 10^9 bytes."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError):
        return None


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
