"""From raw output to figures: which sample stands for what, in one place and without a clock."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from isogloss.efficiency.measured import Measured, percentile
from isogloss.efficiency.offline import Lap, Pass, best_budget
from isogloss.efficiency.server import Run, max_rate

Raw = Mapping[str, Any]
"""What a candidate's process answered, by command; those of rounds are lists."""

COUNTS = ("parameters", "embedding_parameters", "body_parameters")
PERCENTILES = (50, 90, 95, 99)


class Figures(NamedTuple):
    """What raw output comes to."""

    measured: tuple[Measured, ...]
    missing: dict[str, str]
    """Name of a figure that could have been there, and why it is not."""


def figures_of(raw: Raw, peaks: Mapping[str, float]) -> Figures:
    """Compute all figures that the raw output allows.

    Args:
        raw: answers of one candidate's process.
        peaks: FLOP/s of the machine's best matrix product, by precision.
    """
    missing: dict[str, str] = {}
    measured: list[Measured] = []
    for key, read in _READERS.items():
        if key in raw:
            measured.extend(read(raw[key], missing))
    measured.extend(_peak_share(raw, peaks, missing))
    return Figures(tuple(measured), missing)


def passes_of(answers: Sequence[Raw]) -> list[Pass]:
    """Read back the passes of all rounds of the offline scenario."""
    return [
        Pass(
            one["n_samples"],
            one["n_tokens"],
            one["encode_s"],
            tuple(Lap(**lap) for lap in one["laps"]),
        )
        for answer in answers
        for one in answer["passes"]
    ]


def _counts(counts: Raw, missing: dict[str, str]) -> list[Measured]:
    measured = [Measured(name, "weights", (float(counts[name]),)) for name in COUNTS]
    measured.append(Measured("disk_mb", "MB", (counts["disk_mb"],)))
    if "flops" in counts:
        per_token = counts["flops"] / counts["n_tokens"]
        measured.append(Measured("flops_per_token", "FLOP/token", (per_token,)))
    else:
        missing["flops_per_token"] = counts["flops_reason"]
    return measured


def _memory(memory: Raw, missing: dict[str, str]) -> list[Measured]:
    measured = [Measured("peak_rss_mb", "MB", (memory["peak_rss_mb"],))]
    if memory["peak_vram_mb"] is None:
        missing["peak_vram_mb"] = "no GPU"
    else:
        measured.append(Measured("peak_vram_mb", "MB", (memory["peak_vram_mb"],)))
    return measured


def _offline(answers: Sequence[Raw], missing: dict[str, str]) -> list[Measured]:
    """A sample a pass, each with the budget that is best over all of them."""
    del missing
    passes = passes_of(answers)
    budget = best_budget(passes)
    total: list[float] = []
    forward: list[float] = []
    for one in passes:
        lap = _lap_of(one, budget)
        total.append(one.encode_s + lap.forward_s + lap.decode_s)
        forward.append(lap.forward_s)
    n, tokens = passes[0].n_samples, passes[0].n_tokens
    return [
        Measured("offline_samples_per_second", "samples/s", tuple(n / s for s in total)),
        Measured("offline_tokens_per_second", "tokens/s", tuple(tokens / s for s in total)),
        Measured("offline_forward_samples_per_second", "samples/s", tuple(n / s for s in forward)),
    ]


def _single_stream(answers: Sequence[Raw], missing: dict[str, str]) -> list[Measured]:
    """A sample a round: the percentile of its queries; so one bad round moves none of them."""
    del missing
    return [
        Measured(
            f"single_stream_{kind}p{percent}_ms",
            "ms",
            tuple(percentile(one[key], percent) for one in answers),
        )
        for key, kind in (("total_ms", ""), ("forward_ms", "forward_"))
        for percent in PERCENTILES
    ]


def _server(server: Raw, missing: dict[str, str]) -> list[Measured]:
    runs = [Run(**run) for run in server["runs"]]
    if all(run.holds for run in runs):
        missing["server_max_rate_per_second"] = (
            f"every rate held, up to {runs[-1].rate:.0f} queries per second: "
            "the run is too short or the bound too wide to find a limit"
        )
        return []
    return [Measured("server_max_rate_per_second", "queries/s", (max_rate(runs),))]


def _cold_start(seconds: Sequence[float], missing: dict[str, str]) -> list[Measured]:
    del missing
    return [Measured("cold_start_s", "s", tuple(seconds))]


def _energy(energy: Raw, missing: dict[str, str]) -> list[Measured]:
    name = "energy_wh_per_million"
    if energy["wh_per_million"] is None:
        missing[name] = energy["reason"]
        return []
    return [Measured(name, "Wh", (energy["wh_per_million"],), estimated=True)]


def _peak_share(raw: Raw, peaks: Mapping[str, float], missing: dict[str, str]) -> list[Measured]:
    """FLOPs of real tokens, padding apart, per second of forward time, over the peak."""
    if "offline" not in raw or "flops" not in raw.get("counts", {}):
        return []
    precision = raw["load"]["precision"]
    if precision not in peaks:
        missing["peak_share"] = f"the machine's peak in {precision} is not known"
        return []
    passes = passes_of(raw["offline"])
    budget = best_budget(passes)
    speeds = [raw["counts"]["flops"] / _lap_of(one, budget).forward_s for one in passes]
    return [Measured("peak_share", "1", tuple(speed / peaks[precision] for speed in speeds))]


def _lap_of(one: Pass, budget: int) -> Lap:
    return next(lap for lap in one.laps if lap.budget == budget)


_READERS: dict[str, Callable[[Any, dict[str, str]], list[Measured]]] = {
    "counts": _counts,
    "memory": _memory,
    "offline": _offline,
    "single_stream": _single_stream,
    "server": _server,
    "energy": _energy,
    "cold_start": _cold_start,
}
