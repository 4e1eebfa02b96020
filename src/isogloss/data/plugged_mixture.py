"""A plug-in's sampler as a mixture: asked once for the languages' shares, then drawn exactly."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isogloss.data.mixture import Mixing
from isogloss.plugins.found import PluginError

EXACT = 1e-9
"""Shares sum to 1 but for this."""


def given_by(sampler: Any, name: str, sizes: Sequence[int], options: Mapping[str, Any]) -> Mixing:
    """Ask a sampler for its shares.

    Args:
        sampler: the plug-in's object, an `isogloss.plugins.Sampler`.
        name: what the study calls it.
        sizes: [languages] Windows of each language.
        options: what the study tells it.

    Raises:
        PluginError: if what it gives are no shares.
    """
    given = np.asarray(sampler(np.array(sizes, dtype=np.int64), dict(options)), dtype=np.float64)
    whole = given.shape == (len(sizes),) and np.isfinite(given).all() and (given >= 0).all()
    if not whole or abs(given.sum() - 1) > EXACT:
        raise PluginError(
            f"The sampler {name!r} gave {given.tolist()} for texts of {list(sizes)} windows, where"
            f" {len(sizes)} shares of at least 0 are wanted that sum to 1. Tell its makers."
        )
    return Mixing("given", shares=tuple(given.tolist()))
