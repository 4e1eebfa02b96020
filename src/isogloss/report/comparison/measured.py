"""Where and how costs were measured, told in lines: a figure without its machine is no figure."""

from collections.abc import Iterator, Mapping
from typing import Any


def how_measured(record: Mapping[str, Any]) -> Iterator[str]:
    """Tell a measurement in lines of plain words.

    Args:
        record: of a `measure` step: `machine`, `busy`, `lengths` and `parts` by candidate.
    """
    yield _machine(record["machine"])
    lengths = record["lengths"]
    yield (
        f"Samples: {lengths['n']} test texts of {lengths['mean']:.1f} {lengths['unit']} on average"
        f" (median {lengths['median']:.0f}, longest {lengths['max']})"
    )
    yield _busy(record["busy"])
    for name, part in record["parts"].items():
        if part["failure"]:
            yield f"**{name} failed**: {part['failure']}"
    yield from _missing(record["parts"])


def _machine(machine: Mapping[str, Any]) -> str:
    peaks = ", ".join(
        f"{flops / 1e9:.0f} GFLOP/s in {name}"
        for name, flops in machine.get("matmul_peak_flops", {}).items()
    )
    libraries = ", ".join(f"{name} {v}" for name, v in machine["libraries"].items() if v)
    device = machine["gpu"] or "no GPU"
    return (
        f"Machine: {machine['cpu']}, {machine['physical_cores']} cores, {machine['threads']}"
        f" threads used, {machine['ram_gb']:.0f} GB, {device}; best matrix product {peaks};"
        f" {libraries}"
    )


def _busy(turns: list[Mapping[str, Any]]) -> str:
    if not turns:
        return "Nothing else used the machine in any turn"
    worst = max(turns, key=lambda turn: turn["share"] or 0.0)
    return (
        f"**Others used the machine** in {len(turns)} turns, most in {worst['during']}"
        f" ({worst['share']:.0%} of the cores): measure again when it is idle"
    )


def _missing(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Figures that could have been there, each reason once."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, part in parts.items():
        for figure, reason in part["missing"].items():
            reasons.setdefault((figure, reason), []).append(name)
    for (figure, reason), names in reasons.items():
        who = "any candidate" if len(names) == len(parts) else ", ".join(names)
        yield f"No {figure} of {who}: {reason}"
