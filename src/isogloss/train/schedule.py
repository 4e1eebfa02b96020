"""The learning rate as a pure function of the step: nothing to save, nothing to restore.

Names, shapes and the meaning of warm-up are those of `transformers.get_scheduler`.
"""

import math
from collections.abc import Callable

from isogloss.base.errors import UnknownName


def warmup_of(warmup_steps: float, total_steps: int) -> int:
    """Return the steps of warm-up: a number of steps, or a share of all of them when below 1.

    >>> warmup_of(0.1, 25), warmup_of(7, 25)
    (3, 7)
    """
    return int(warmup_steps) if warmup_steps >= 1 else math.ceil(total_steps * warmup_steps)


def learning_rate_at(
    kind: str, peak: float, *, warmup_steps: float, total_steps: int
) -> Callable[[int], float]:
    """Return the learning rate as a function of the optimizer steps already done (from 0).

    `constant` has no warm-up, whatever `warmup_steps` says; `constant_with_warmup` has.

    Raises:
        UnknownName: for a shape that we do not know.
    """
    if kind not in SHAPES:
        raise UnknownName("lr_scheduler_type", kind, SHAPES)
    warmup = 0 if kind == WITHOUT_WARMUP else warmup_of(warmup_steps, total_steps)
    shape = SHAPES[kind]

    def rate(done: int) -> float:
        if done < warmup:
            return peak * done / max(1, warmup)
        return peak * shape((done - warmup) / max(1, total_steps - warmup))

    return rate


def _linear(progress: float) -> float:
    return max(0.0, 1.0 - progress)


def _cosine(progress: float) -> float:
    return max(0.0, 0.5 * (1.0 + math.cos(math.pi * progress)))


def _constant(progress: float) -> float:
    del progress
    return 1.0


SHAPES: dict[str, Callable[[float], float]] = {
    "linear": _linear,
    "cosine": _cosine,
    "constant": _constant,
    "constant_with_warmup": _constant,
}
WITHOUT_WARMUP = "constant"
