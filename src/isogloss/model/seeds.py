"""Seeds of torch's random numbers that follow from a few other numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def seed_from(numbers: Sequence[int]) -> int:
    """Give a seed for torch, 0 to 2**63 - 1, that depends on these numbers and their order only.

    Args:
        numbers: 0 or more each; neighbors give seeds that have nothing in common. Zeros at the end
            do not count, so callers give as many each time.

    >>> seed_from([1, 2]) == seed_from([1, 2]), seed_from([1, 2]) == seed_from([2, 1])
    (True, False)
    """
    state: Any = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return int(state[0]) >> 1
