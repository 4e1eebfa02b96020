"""What one process is asked to do, and what it says when it is done."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import torch

from benchmarks.against_trainer.scale import Scale
from isogloss.efficiency.memory import peak_rss_mb, peak_vram_mb


@final
@dataclass(frozen=True)
class Job:
    """One arm of one task in one round, or one training whose score is asked for."""

    task: str
    arm: str
    round: int
    """From 0."""

    threads: int
    scale: Scale
    folder: Path
    """What `prepare` wrote."""

    scratch: Path
    """Of this process alone."""

    seed: int = 0
    epochs: float = 2.0


@final
@dataclass(frozen=True)
class Trained:
    """The timed steps of a training."""

    steps: int
    seconds: float
    tokens: int
    """Real ones; of a few steps those of as many average rows."""

    positions: int
    """Tokens and padding that were computed."""

    flops: int
    memory_mb: float
    """Most that the process held until then: of the GPU where there is one."""

    precision: str
    train_loss: float
    """Mean over all steps, those before the timed ones too."""


@final
@dataclass(frozen=True)
class Evaluated:
    """Test sets, read once."""

    rows: int
    seconds: float
    tokens: int
    flops: int
    precision: str
    answers: dict[str, dict[int, int]] = field(default_factory=dict)
    """By language and row, the class that was said; empty where nobody compares."""


def now() -> float:
    """Seconds, once the GPU has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def peak_memory_mb() -> float:
    """Most memory that this process held so far.

    Not `ru_maxrss`, which a process inherits from the one that started it.
    """
    return peak_vram_mb() or peak_rss_mb()
