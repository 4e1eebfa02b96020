"""Division that scores use: a share of nothing is 0, as scikit-learn's `zero_division=0` has it."""

from typing import Any

import numpy as np
import numpy.typing as npt


def divide(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Divide element by element; 0 where the denominator is.

    >>> divide(np.array([1, 1]), np.array([2, 0])).tolist()
    [0.5, 0.0]
    """
    safe = np.where(denominator == 0, 1, denominator)
    return np.asarray(np.where(denominator == 0, 0.0, numerator / safe), dtype=np.float64)
