"""A sampler: languages are drawn by a root of their size, the square root unless told otherwise."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss import InputError


def square_root(sizes: NDArray[np.int64], options: Mapping[str, Any]) -> NDArray[np.float64]:
    """[languages] Shares that go with size^(1/root); `root` is the only option, 2 by default."""
    root = options.get("root", 2)
    if set(options) - {"root"} or not isinstance(root, int | float) or root < 1:
        raise InputError(f"sampler sqrt takes `root`, a number from 1; it was given {options}.")
    weights = (sizes / sizes.max()) ** (1 / root)
    return np.asarray(weights / weights.sum())
