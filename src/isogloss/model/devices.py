"""What PyTorch computes with on this machine, told as JSON by a process of its own.

`python -m isogloss.model.devices` is asked by `isogloss doctor`: a PyTorch that is missing, broken
or made for another processor ends that process, and not the one that has to tell it.
"""

import json
import sys
from typing import Any

import torch

from isogloss.model.precision import best_device, choose_attention, choose_precision
from isogloss.model.products import takes_onednn

LENGTHS = (128, 512)
"""Tokens of a text for which the attention kernel is told."""

GIB = 2**30


def describe_devices() -> dict[str, Any]:
    """Say which devices there are, and what a training would choose here.

    Returns:
        `device`, `gpus` (name, memory in GiB), `threads`, `precision` with its `reason`,
        `attention` by length, `onednn` (whether it multiplies fp32 matrices), `built_for_cuda`.
    """
    device = best_device()
    precision = choose_precision("auto", device)
    return {
        "torch": torch.__version__,
        "device": str(device),
        "gpus": [_gpu(number) for number in range(torch.cuda.device_count())],
        "threads": torch.get_num_threads(),
        "precision": precision.name,
        "reason": precision.reason,
        "attention": {str(length): choose_attention(length, device) for length in LENGTHS},
        "onednn": device.type == "cpu" and takes_onednn(),
        "built_for_cuda": torch.version.cuda,
    }


def _gpu(number: int) -> dict[str, Any]:
    found = torch.cuda.get_device_properties(number)
    return {"name": found.name, "gib": round(found.total_memory / GIB, 1)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe_devices()) + "\n")
