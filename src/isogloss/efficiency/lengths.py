"""How long the samples are: no speed means anything without it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from isogloss.efficiency.answering import Sample

EDGES = (0, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def describe_lengths(lengths: Iterable[int], unit: str) -> dict[str, Any]:
    """Describe lengths: mean, quantiles, and a histogram by powers of two.

    >>> described = describe_lengths([3, 4, 5, 2000], "tokens")
    >>> described["median"], described["histogram"]
    (4.5, {'1-4': 2, '5-8': 1, '1025-': 1})
    """
    values = np.fromiter(lengths, dtype=np.int64)
    bins = np.searchsorted(EDGES, values, side="left")
    names = [f"{low + 1}-{high}" for low, high in pairwise(EDGES)]
    names = ["0", *names, f"{EDGES[-1] + 1}-"]
    counts = np.bincount(bins, minlength=len(names)).tolist()
    return {
        "unit": unit,
        "n": len(values),
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "p95": float(np.quantile(values, 0.95)),
        "max": int(values.max()),
        "histogram": {name: count for name, count in zip(names, counts, strict=True) if count},
    }


def lengths_of_samples(samples: Sequence[Sample]) -> dict[str, Any]:
    """Describe samples before any tokenizer: texts in characters, sentences in words."""
    unit = "characters" if isinstance(samples[0], str) else "words"
    return describe_lengths((len(sample) for sample in samples), unit)
