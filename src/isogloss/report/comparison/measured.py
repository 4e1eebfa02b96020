"""Where and how costs were measured, told in lines: a figure without its machine is no figure."""

from collections.abc import Iterator, Mapping
from typing import Any


def how_measured(record: Mapping[str, Any]) -> Iterator[str]:
    """Tell a measurement in lines of plain words.

    Args:
        record: of a `measure` step: `machine`, `rounds`, `busy`, `lengths`, and `parts` by
            candidate.
    """
    yield _machine(record["machine"])
    lengths = record["lengths"]
    yield (
        f"Samples: {lengths['n']} test texts of {lengths['mean']:.1f} {lengths['unit']} on average"
        f" (median {lengths['median']:.0f}, longest {lengths['max']})"
    )
    yield _rounds(record["rounds"])
    yield from _computed(record["parts"])
    yield from _unstable(record["parts"])
    yield _busy(record["busy"], watched=record["watched"])
    for name, part in record["parts"].items():
        if part["failure"]:
            yield f"**{name} failed**: {part['failure']}"
    yield from _missing(record["parts"])


def _machine(machine: Mapping[str, Any]) -> str:
    best = ", ".join(
        f"{flops / 1e9:.0f} GFLOP/s on {device} in {precision}"
        for device, peaks in machine.get("matmul_peak_flops", {}).items()
        for precision, flops in peaks.items()
    )
    libraries = ", ".join(f"{name} {v}" for name, v in machine["libraries"].items() if v)
    gpu = machine["gpu"] or "no GPU"
    return (
        f"Machine: {machine['cpu']}, {machine['physical_cores']} cores, {machine['threads']}"
        f" threads used, {machine['ram_gb']:.0f} GB, {gpu}; best matrix product {best};"
        f" {libraries}"
    )


def _rounds(n: int) -> str:
    return "Rounds: 1" if n == 1 else f"Rounds: {n}, in each of which every candidate took its turn"


def _computed(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Where each candidate computed, and in which precision; once if it is the same for all."""
    where = {
        name: f"on {part['device']} in {part['precision']}"
        for name, part in parts.items()
        if part["device"] is not None
    }
    if len(set(where.values())) == 1:
        yield f"Computed {next(iter(where.values()))}"
    elif where:
        told = "; ".join(f"{name} {place}" for name, place in where.items())
        yield f"Computed differently: {told}"


def _unstable(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    names = [name for name, part in parts.items() if part["stable"] is False]
    if names:
        yield (
            f"**The warm-up did not become stable** for {', '.join(names)}: figures of these may"
            " not repeat"
        )


def _busy(turns: list[Mapping[str, Any]], *, watched: bool) -> str:
    if not watched:
        return "Nobody watched what else used the machine: figures may not repeat"
    if not turns:
        return "Nothing else used the machine in any turn"
    worst = max(turns, key=lambda turn: turn["share"] or 0.0)
    return (
        f"**Others used the machine** in {len(turns)} turns, most {_when(worst['during'])}"
        f" ({worst['share']:.0%} of the cores): measure again when it is idle"
    )


def _when(turn: str) -> str:
    return "before the first" if turn == "before" else f"in {turn}"


def _missing(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Figures that could have been there, each reason once."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, part in parts.items():
        for figure, reason in part["missing"].items():
            reasons.setdefault((figure, reason), []).append(name)
    for (figure, reason), names in reasons.items():
        who = "any candidate" if len(names) == len(parts) else ", ".join(names)
        yield f"No {figure} of {who}: {reason}"
