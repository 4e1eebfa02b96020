"""How much memory the measuring process took at most: peak, not present, because peaks kill."""

import resource
import sys
from pathlib import Path

import torch

from isogloss.efficiency.busy import PROC

MB = 1e6
"""Bytes in a megabyte, here as everywhere in this room."""


def peak_rss_mb(status: Path = PROC / "self" / "status") -> float:
    """Most main memory this process ever held, in MB.

    `VmHWM` belongs to this program; `ru_maxrss`, which stands in for it elsewhere, may be that of
    the process that started us.
    """
    kibibytes = _field(status, "VmHWM")
    if kibibytes is not None:
        return kibibytes * 1024 / MB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / MB


def peak_vram_mb() -> float | None:
    """Most GPU memory that tensors of this process held, in MB; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    return torch.cuda.max_memory_allocated() / MB


def _field(status: Path, name: str) -> int | None:
    try:
        lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) if found else None
