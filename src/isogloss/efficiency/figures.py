"""From raw output to figures: which sample stands for what, in one place and without a clock."""

from collections.abc import Callable, Mapping, Sequence
from statistics import geometric_mean, median
from typing import Any, NamedTuple, TypeVar

from isogloss.efficiency.measured import Measured, percentile
from isogloss.efficiency.offline import Lap, Pass, best_budget
from isogloss.efficiency.server import Run, max_rate

Raw = Mapping[str, Any]
"""What a candidate's process answered, by command; those of rounds are lists."""

One = TypeVar("One")

Peaks = Mapping[str, Mapping[str, float]]
"""FLOP/s of the best matrix product, by kind of device (`cpu`, `cuda`) and precision."""

COUNTS = ("parameters", "embedding_parameters", "body_parameters")
PERCENTILES = (50, 90, 95, 99)
BLOCK = 6
"""Rounds that say together what a query takes."""
SETTLING = 3
"""One in so many rounds of the staircase, the first ones, is on the way from the search."""


class Figures(NamedTuple):
    """What raw output comes to."""

    measured: tuple[Measured, ...]
    missing: dict[str, str]
    """Name of a figure that could have been there, and why it is not."""


class Round(NamedTuple):
    """What a round's passes took, each the median of them: as many samples as there are rounds."""

    total_s: float
    """From text to labels."""

    forward_s: float


def figures_of(raw: Raw, peaks: Peaks) -> Figures:
    """Compute all figures that the raw output allows.

    Args:
        raw: answers of one candidate's process.
        peaks: of the machine, measured.
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


def rounds_of(answers: Sequence[Raw]) -> list[Round]:
    """Return what each offline round took, with the budget that is best over all of them.

    A quick candidate does more passes in a round than a slow one; so the round is the sample, and
    samples of two candidates stand in pairs that were measured one after the other.
    """
    budget = best_budget(passes_of(answers))
    return [_round(passes_of([answer]), budget) for answer in answers]


def _round(passes: Sequence[Pass], budget: int) -> Round:
    laps = [next(lap for lap in one.laps if lap.budget == budget) for one in passes]
    total = [
        one.encode_s + lap.forward_s + lap.decode_s for one, lap in zip(passes, laps, strict=True)
    ]
    return Round(median(total), median(lap.forward_s for lap in laps))


def _offline(answers: Sequence[Raw], missing: dict[str, str]) -> list[Measured]:
    """A sample a round."""
    del missing
    rounds = rounds_of(answers)
    first = passes_of(answers)[0]
    n, tokens = first.n_samples, first.n_tokens
    forward = tuple(n / one.forward_s for one in rounds)
    return [
        Measured("offline_samples_per_second", "samples/s", tuple(n / r.total_s for r in rounds)),
        Measured(
            "offline_tokens_per_second", "tokens/s", tuple(tokens / r.total_s for r in rounds)
        ),
        Measured("offline_forward_samples_per_second", "samples/s", forward),
    ]


def _single_stream(answers: Sequence[Raw], missing: dict[str, str]) -> list[Measured]:
    """A sample a block of rounds, in which every query counts with its least latency.

    All rounds ask the same queries, so what one of them takes is known from several; what comes on
    top is the machine's, not the model's, and the least has least of it (Chen and Revels 2016,
    arXiv:1608.04295). Percentiles are over queries, then: the longest texts make the tail.
    """
    del missing
    return [
        Measured(
            f"single_stream_{kind}p{percent}_ms",
            "ms",
            tuple(percentile(_of_queries(block, key), percent) for block in _blocks(answers)),
        )
        for key, kind in (("total_ms", ""), ("forward_ms", "forward_"))
        for percent in PERCENTILES
    ]


def _blocks(answers: Sequence[One]) -> list[Sequence[One]]:
    """Cut rounds into blocks of `BLOCK`, the last with what is left; fewer rounds are one block."""
    starts = range(0, max(1, len(answers) - BLOCK + 1), BLOCK)
    ends = [*starts[1:], len(answers)]
    return [answers[start:end] for start, end in zip(starts, ends, strict=True)]


def _of_queries(block: Sequence[Raw], key: str) -> list[float]:
    """What each query took at least in a block of rounds."""
    return [min(latencies) for latencies in zip(*(one[key] for one in block), strict=True)]


def _server(answers: Sequence[Raw], missing: dict[str, str]) -> list[Measured]:
    """A sample a block of rounds of the staircase, once settled: the geometric mean of its rates.

    Neighboring rounds go on from one another, so a round alone is no sample of its own.
    """
    search, *rounds = [[Run(**run) for run in answer["runs"]] for answer in answers]
    name = "server_max_rate_per_second"
    if {run.rate for run in search} == {run.rate for run in search if run.holds}:  # a hiccup aside
        missing[name] = (
            f"every rate held, up to {search[-1].rate:.0f} queries per second: "
            "the trials are too short or the bound too wide to find a limit"
        )
        return []
    settled = [runs for runs in rounds[len(rounds) // SETTLING :] if runs]
    if not settled:
        return [Measured(name, "queries/s", (max_rate(search),))]
    blocks = [[run.rate for runs in block for run in runs] for block in _blocks(settled)]
    return [Measured(name, "queries/s", tuple(map(geometric_mean, blocks)))]


def _cold_start(seconds: Sequence[float], missing: dict[str, str]) -> list[Measured]:
    del missing
    return [Measured("cold_start_s", "s", tuple(seconds))]


def _energy(energy: Raw, missing: dict[str, str]) -> list[Measured]:
    name = "energy_wh_per_million_estimated"
    if energy["wh_per_million"] is None:
        missing[name] = energy["reason"]
        return []
    return [Measured(name, "Wh", (energy["wh_per_million"],), estimated=True)]


def _peak_share(raw: Raw, peaks: Peaks, missing: dict[str, str]) -> list[Measured]:
    """FLOPs of real tokens, padding apart, per second of forward time, over the peak.

    The peak is that of the device that the candidate computes on: beside a GPU, ONNX forms stay on
    the processor.
    """
    if "offline" not in raw or "flops" not in raw.get("counts", {}):
        return []
    precision = raw["load"]["precision"]
    device = raw["load"]["device"].partition(":")[0]
    peak = peaks.get(device, {}).get(precision)
    if peak is None:
        missing["peak_share"] = f"the machine's peak on {device} in {precision} is not known"
        return []
    reached = [raw["counts"]["flops"] / one.forward_s for one in rounds_of(raw["offline"])]
    return [Measured("peak_share", "1", tuple(speed / peak for speed in reached))]


_READERS: dict[str, Callable[[Any, dict[str, str]], list[Measured]]] = {
    "counts": _counts,
    "memory": _memory,
    "offline": _offline,
    "single_stream": _single_stream,
    "server": _server,
    "energy": _energy,
    "cold_start": _cold_start,
}
