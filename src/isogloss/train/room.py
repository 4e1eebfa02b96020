"""How much of a step is computed at once, and less of it when memory runs out.

A step keeps its examples, so it stays the same experiment; only how it is cut changes, and that is
recorded. With dropout, another cut draws other numbers, as everywhere where a batch is cut.
"""

import gc
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import torch

from isogloss.base.errors import OutOfMemory
from isogloss.train.lesson import StepOf
from isogloss.train.loop import TooLarge
from isogloss.train.parts import Cutting

_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class Drawn:
    """What the step at hand learns from."""

    n_examples: int = 0

    counts: tuple[int, ...] = (0, 0)
    """Tokens, positions computed, and for each language the tokens that its teacher reads."""

    parts: tuple[int, ...] = ()
    """Positions of each part."""

    @classmethod
    def of(cls, step: StepOf, counts: Sequence[int]) -> "Drawn":
        """Take down a step, whose tensors are not held on to."""
        sizes = tuple(part.input_ids.numel() for part in step.parts)
        return cls(step.n_examples, tuple(counts), sizes)


@final
@dataclass(frozen=True)
class Room:
    """How steps are cut now."""

    cutting: Cutting

    failed: tuple[int, int] = (0, 0)
    """The step that did not fit, and into how many parts it was cut."""

    @classmethod
    def left(cls, cutting: Cutting, cuts: Sequence[Mapping[str, int]]) -> "Room":
        """What earlier attempts of the same training have left."""
        known = [cutting.max_tokens, *(cut["max_tokens"] for cut in cuts)]
        return cls(replace(cutting, max_tokens=min(known)))

    @property
    def max_tokens(self) -> int:
        """Padded tokens that are computed at once."""
        return self.cutting.max_tokens

    def smaller(self, parts: Sequence[int], error: TooLarge) -> "Room":
        """Half of what did not fit.

        Args:
            parts: positions of each part of the step; none if it was not even laid out.
            error: says which step.

        Raises:
            OutOfMemory: if the step is cut as small as it can be.
        """
        failed = (error.step, len(parts))
        half = min(self.max_tokens, max(parts, default=self.max_tokens)) // 2
        if half < 1 or (parts and failed == self.failed):
            raise OutOfMemory(
                f"There is not enough memory for step {error.step}, not even for one example at a"
                " time. Lower max_length, use fewer --jobs, or a smaller encoder."
            ) from error
        _log.warning(
            "Memory ran out at step %d: from here on, %d tokens are computed at once and not %d."
            " The examples of a step stay the same; the record says it.",
            *(error.step, half, self.max_tokens),
        )
        return Room(replace(self.cutting, max_tokens=half), failed)


def give_back_memory(device: torch.device) -> None:
    """Let go what a step that failed has left."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
