"""What a measurement came to: figures, raw samples, and all that is needed to doubt them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from isogloss.efficiency.busy import Noise
from isogloss.efficiency.cost import cost_per_million
from isogloss.efficiency.measured import Measured
from isogloss.efficiency.protocol import Protocol


@final
@dataclass(frozen=True)
class CandidateResult:
    """One candidate's figures."""

    name: str
    form: str
    measured: tuple[Measured, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    """Raw output by scenario, lengths in tokens, warm-up, device, precision, and why a figure is
    missing (`missing`: name -> reason)."""

    failure: str | None = None
    """Why it could not be measured to the end; what was measured until then is kept."""


@final
@dataclass(frozen=True)
class BenchResult:
    """All candidates of one measurement."""

    machine: dict[str, Any]
    """As `describe_machine` says, and `matmul_peak_flops` by device and precision."""

    protocol: Protocol
    noise: tuple[Noise, ...]
    """What others used of our cores during each turn; empty if nobody looked."""

    lengths: dict[str, Any]
    """Of the samples, in words or characters, whatever the tokenizer."""

    candidates: tuple[CandidateResult, ...]

    @property
    def busy(self) -> tuple[Noise, ...]:
        """The turns that others disturbed."""
        return tuple(noise for noise in self.noise if noise.busy)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            "machine": self.machine,
            "protocol": self.protocol.to_json(),
            "noise": [noise._asdict() for noise in self.noise],
            "lengths": self.lengths,
            "candidates": [
                {
                    "name": one.name,
                    "form": one.form,
                    "measured": [measured.to_json() for measured in one.measured],
                    "facts": one.facts,
                    "failure": one.failure,
                }
                for one in self.candidates
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "BenchResult":
        """Read back what `to_json` gave."""
        return cls(
            machine=dict(stored["machine"]),
            protocol=Protocol.from_json(stored["protocol"]),
            noise=tuple(Noise(**noise) for noise in stored["noise"]),
            lengths=dict(stored["lengths"]),
            candidates=tuple(
                CandidateResult(
                    name=one["name"],
                    form=one["form"],
                    measured=tuple(Measured.from_json(measured) for measured in one["measured"]),
                    facts=dict(one["facts"]),
                    failure=one["failure"],
                )
                for one in stored["candidates"]
            ),
        )


def flat(
    result: BenchResult, *, price_per_hour: float | None = None
) -> dict[str, dict[str, float]]:
    """Return the typical value of each metric by candidate; what was not measured is not there.

    Args:
        result: of a measurement.
        price_per_hour: of the machine; adds `cost_per_million`, in the currency of the price.
    """
    return {one.name: _flat_one(one, price_per_hour) for one in result.candidates}


def _flat_one(one: CandidateResult, price_per_hour: float | None) -> dict[str, float]:
    values = {measured.name: measured.typical for measured in one.measured}
    speed = values.get("offline_samples_per_second")
    if price_per_hour is not None and speed:
        values["cost_per_million"] = cost_per_million(speed, price_per_hour)
    return values
