"""How unequal a model is over languages, and what training on others costs or gives each one."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import final

from isogloss.stats.intervals import Interval, mean_interval, paired_interval

BySeed = Mapping[int, float]
"""The score of each seed."""


@final
@dataclass(frozen=True)
class LanguageGap:
    """One model over all languages."""

    mean: float
    """Mean over languages of the seed means: every language counts the same."""

    worst: str
    worst_score: Interval

    best: str
    best_score: Interval

    gap: Interval | None
    """Best minus worst, paired by seed; None if they share none."""

    sd: float | None
    """Standard deviation between languages (n - 1) of the seed means; None for one language."""

    n: int
    """Languages with a score."""

    n_missing: int
    """Languages without one."""


def language_gap(scores: Mapping[str, BySeed], *, confidence: float = 0.95) -> LanguageGap | None:
    """Find the worst and the best language of one model; None if no language has a score.

    The languages are chosen by their mean over seeds and then kept, so with all seeds there
    `gap.mean` is the difference of two means in the table. It is the largest of many differences,
    hence biased upwards when scores are noisy; its interval does not correct that. The first one
    wins a tie.
    """
    present = {code: by_seed for code, by_seed in scores.items() if by_seed}
    if not present:
        return None
    means = {code: fmean(by_seed.values()) for code, by_seed in present.items()}
    worst, best = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return LanguageGap(
        mean=fmean(means.values()),
        worst=worst,
        worst_score=mean_interval(list(present[worst].values()), confidence),
        best=best,
        best_score=mean_interval(list(present[best].values()), confidence),
        gap=paired_interval(present[best], present[worst], confidence),
        sd=stdev(means.values()) if len(means) > 1 else None,
        n=len(means),
        n_missing=len(scores) - len(means),
    )


@final
@dataclass(frozen=True)
class RegimeComparison:
    """One target language under three ways of training, with N rows per source language."""

    joint: Interval | None
    """Trained on all languages, the target among them."""

    single: Interval | None
    """Trained on the target alone."""

    zero_shot_mean: Interval | None
    """Mean over models trained on one foreign language each."""

    zero_shot_best: Interval | None
    """The best of them."""

    best_source: str | None
    """The foreign language that gives it."""

    joint_minus_single: Interval | None
    joint_minus_zero_shot: Interval | None
    """Joint minus `zero_shot_best`."""

    single_minus_zero_shot: Interval | None
    """Single minus `zero_shot_best`: what own rows buy over the best neighbor's."""

    n_sources: int
    """Foreign sources with a score."""

    n_missing: int
    """Foreign sources without one."""


def compare_regimes(
    joint: BySeed,
    single: BySeed,
    foreign: Mapping[str, BySeed],
    *,
    confidence: float = 0.95,
) -> RegimeComparison:
    """Compare joint, single and zero-shot on one target at one N per language.

    Differences are paired by seed and None where no seed is shared. The joint model sees N rows of
    *every* language, so it has more rows in all: the comparison holds the target's rows equal, not
    the cost. The best source is chosen by the very scores that are shown, which flatters it.
    `zero_shot_mean` runs over the seeds that all present sources share.
    """
    present = {source: by_seed for source, by_seed in foreign.items() if by_seed}
    best = max(present, key=lambda source: fmean(present[source].values()), default=None)
    from_best: BySeed = present[best] if best is not None else {}
    return RegimeComparison(
        joint=_interval(joint, confidence),
        single=_interval(single, confidence),
        zero_shot_mean=_interval(mean_over_sources(present), confidence),
        zero_shot_best=_interval(from_best, confidence),
        best_source=best,
        joint_minus_single=paired_interval(joint, single, confidence),
        joint_minus_zero_shot=paired_interval(joint, from_best, confidence),
        single_minus_zero_shot=paired_interval(single, from_best, confidence),
        n_sources=len(present),
        n_missing=len(foreign) - len(present),
    )


def mean_over_sources(by_source: Mapping[str, BySeed]) -> dict[int, float]:
    """Mean over sources for each seed that all of them share.

    >>> mean_over_sources({"a": {0: 0.25, 1: 0.5}, "b": {0: 0.75}})
    {0: 0.5}
    """
    if not by_source:
        return {}
    shared = set.intersection(*(set(by_seed) for by_seed in by_source.values()))
    return {seed: fmean(by_seed[seed] for by_seed in by_source.values()) for seed in sorted(shared)}


def _interval(by_seed: BySeed, confidence: float) -> Interval | None:
    return mean_interval(list(by_seed.values()), confidence) if by_seed else None
