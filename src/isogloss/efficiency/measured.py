"""A measured value: its unit and its raw samples belong to it.

The headline is the median, so that one slow lap does not move it; the samples are kept, so that
anyone can ask for something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, final


@final
@dataclass(frozen=True)
class Measured:
    """One figure of one candidate."""

    name: str
    """With the unit where it has one: `single_stream_p50_ms`."""

    unit: str
    """Part of the value: two of different units never meet in one column."""

    samples: tuple[float, ...]
    """One a repeat (a round, a start, a whole run); a count has one."""

    estimated: bool = False
    """True if a model of the machine had to stand in for an instrument."""

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError(f"{self.name} has no samples")

    @property
    def typical(self) -> float:
        """Median of the samples."""
        return float(median(self.samples))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes; `typical` is there for people and is not read back."""
        return {
            "name": self.name,
            "unit": self.unit,
            "typical": self.typical,
            "samples": list(self.samples),
            "estimated": self.estimated,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Measured":
        """Read back what `to_json` gave."""
        return cls(stored["name"], stored["unit"], tuple(stored["samples"]), stored["estimated"])


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile: the smallest sample that `percent` % do not exceed.

    It is always a sample that was seen, never a mean of two, as a bound on latency is checked
    (numpy calls it `inverted_cdf`). The rank is computed in whole numbers.

    Args:
        samples: in any order.
        percent: 1 to 100.

    Raises:
        ValueError: if there are no samples, or the percentage is out of range.

    >>> percentile([5.0, 1.0, 3.0, 2.0, 4.0], 50), percentile([1.0, 9.0], 99)
    (3.0, 9.0)
    """
    if not samples or not 1 <= percent <= 100:
        raise ValueError(f"no percentile {percent} of {len(samples)} samples")
    return sorted(samples)[rank(len(samples), percent) - 1]


def rank(n: int, percent: int) -> int:
    """Return the nearest rank, from 1, of a percentile among `n` samples: the ceiling of n p / 100.

    >>> rank(100, 99), rank(101, 99), rank(1, 50)
    (99, 100, 1)
    """
    return -(-percent * n // 100)
