"""Tables in Markdown, from raw numbers alone."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from scipy.stats import t

from benchmarks.against_trainer.arms import TUNED
from benchmarks.against_trainer.figures import (
    Measured,
    Run,
    Spread,
    evaluations,
    memory_gb,
    over_rounds,
    padding_share,
    ratios,
    rows_per_second,
    same_answers,
    seconds_per_step,
    share_of_peak,
    tokens_per_second,
    trainings,
)

Raw = Mapping[str, Any]
NOTES = (
    "Medians over the rounds, with the range in brackets. `x arm` is how many times as fast as "
    "that arm, within a round; for memory how many times as much.",
    "Share of peak: FLOPs over real tokens (padding is no work; a last layer and a head count "
    "where somebody reads what they say) in a second, of the machine's fastest product in the "
    "precision of the arm.",
    "Tokenizers were trained on these texts and are smaller than the tables of embeddings, so rows "
    "above theirs are never read; lengths are those that they give.",
)


def machine_lines(raw: Raw) -> Iterator[str]:
    """What the figures were taken on."""
    machine, peaks = raw["machine"], raw["peaks"]
    libraries = ", ".join(f"{name} {raw['machine']['libraries'][name]}" for name in LIBRARIES)
    yield (
        f"{machine['cpu']}, {machine['physical_cores']} cores, {machine['threads']} threads, "
        f"{' '.join(machine['instructions'])} (PyTorch: {machine['capability']})"
        + (f"; {machine['gpu']}" if machine["gpu"] else "")
    )
    yield f"{libraries}; bf16 {raw['bf16']}"
    fastest = ", ".join(f"{name} {peak / 1e9:,.0f}" for name, peak in peaks.items())
    yield f"fastest matrix product, GFLOP/s: {fastest}"


LIBRARIES = ("torch", "transformers", "tokenizers")


def task_lines(raw: Raw, task: str) -> Iterator[str]:
    """The tables of one task."""
    runs = [run for run in raw["runs"] if run["task"] == task]
    yield f"## {task}"
    yield ""
    yield raw["titles"][task]
    yield ""
    yield from _training_table(trainings(runs), raw["peaks"])
    found = evaluations(runs)
    if found:
        yield ""
        yield from _evaluation_table(found, raw["peaks"])
    yield from _busy_lines(runs)


def _training_table(
    arms: Mapping[str, Sequence[Measured]], peaks: Mapping[str, float]
) -> Iterator[str]:
    bases = _bases(arms)
    yield from _head(
        "training", "computes in", "s per step", "real tokens/s", "padding", "share of peak",
        "peak memory, GB", *(f"x {base}" for base in bases), f"memory x {bases[0]}",
    )  # fmt: skip
    for name, own in arms.items():
        yield _row(
            name,
            own[0]["precision"],
            _spread(over_rounds(own, seconds_per_step), ".3g"),
            _spread(over_rounds(own, tokens_per_second), ",.0f"),
            _spread(over_rounds(own, padding_share), ".0%"),
            _spread(over_rounds(own, share_of_peak(peaks)), ".1%"),
            _spread(over_rounds(own, memory_gb), ".2f"),
            *(_spread(ratios(arms[base], own, seconds_per_step), ".2f") for base in bases),
            _spread(ratios(own, arms[bases[0]], memory_gb), ".2f"),
        )


def _evaluation_table(
    arms: Mapping[str, Sequence[Measured]], peaks: Mapping[str, float]
) -> Iterator[str]:
    bases = _bases(arms)
    answered = any(one["answers"] for one in arms[bases[0]])
    yield from _head(
        "evaluation", "computes in", "rows/s", "real tokens/s", "share of peak",
        *(f"x {base}" for base in bases), *([f"same class as {bases[0]}"] if answered else []),
    )  # fmt: skip
    for name, own in arms.items():
        yield _row(
            name,
            own[0]["precision"],
            _spread(over_rounds(own, rows_per_second), ",.1f"),
            _spread(over_rounds(own, tokens_per_second), ",.0f"),
            _spread(over_rounds(own, share_of_peak(peaks)), ".1%"),
            *(_spread(ratios(own, arms[base], rows_per_second), ".2f") for base in bases),
            *([_same(arms[bases[0]], own)] if answered else []),
        )


def parity_lines(raw: Raw) -> Iterator[str]:
    """Macro-F1 by seed, side by side."""
    runs = raw["runs"]
    arms = list(dict.fromkeys(run["arm"] for run in runs))
    found = {(run["seed"], run["arm"]): run for run in runs}
    yield "## parity"
    yield ""
    yield raw["titles"]["parity"]
    yield ""
    yield from _head("seed", *(f"macro-F1, {arm}" for arm in arms))
    seeds = list(dict.fromkeys(run["seed"] for run in runs))
    for seed in seeds:
        yield _row(str(seed), *(f"{found[seed, arm]['mean']:.4f}" for arm in arms))
    scored = [[found[seed, arm]["mean"] for seed in seeds] for arm in arms]
    losses = [fmean(found[seed, arm]["training"]["train_loss"] for seed in seeds) for arm in arms]
    yield _row("mean", *(f"{fmean(own):.4f}" for own in scored))
    yield _row(f"{arms[-1]} less this", *(_difference(scored[-1], own) for own in scored[:-1]), "")
    yield _row("mean training loss", *(f"{loss:.4f}" for loss in losses))
    yield ""
    yield from _head("language, mean over seeds", *arms)
    for code in runs[0]["macro_f1"]:
        scores = [[found[seed, arm]["macro_f1"][code] for seed in seeds] for arm in arms]
        yield _row(code, *(f"{sum(own) / len(own):.4f}" for own in scores))


def _difference(own: Sequence[float], other: Sequence[float]) -> str:
    """Mean over seeds of the paired differences, and its 95 % interval by Student's t."""
    found = [one - two for one, two in zip(own, other, strict=True)]
    middle = fmean(found)
    if len(found) < 2:
        return f"{middle:+.4f}"
    half = float(t.ppf(0.975, len(found) - 1)) * stdev(found) / math.sqrt(len(found))
    return f"{middle:+.4f} ({middle - half:+.4f} to {middle + half:+.4f})"


def _bases(arms: Mapping[str, Any]) -> list[str]:
    """What the arms are compared with: the first, and the tuned Trainer where it ran."""
    return list(dict.fromkeys([next(iter(arms)), *([TUNED] if TUNED in arms else [])]))


def _same(reference: Sequence[Measured], own: Sequence[Measured]) -> str:
    if not all(one["answers"] for one in own):
        return ""
    same, n = same_answers(reference, own)
    return f"{same / n:.2%} of {n}"


def _busy_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Name what was disturbed."""
    busy = [
        f"{run['arm']} in round {run['round'] + 1} ({run['others_share']:.0%})"
        for run in runs
        if run["busy"]
    ]
    if busy:
        yield ""
        yield f"Disturbed by others, who used as much of the cores: {', '.join(busy)}."


def _spread(found: Spread, form: str) -> str:
    middle, least, most = (format(value, form) for value in found)
    return middle if least == most else f"{middle} ({least} to {most})"


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|---|" + "---:|" * (len(names) - 1)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
