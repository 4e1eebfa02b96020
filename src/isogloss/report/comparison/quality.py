"""The quality of a candidate: one encoder in one serving form, as the mean over languages.

The mean runs over the target languages that the models were trained on, each counted the same, so
that a product in N languages is not judged by the one with the most test sentences. Its interval is
over seeds and test units together, as everywhere; a form is scored on its own predictions, never on
those of the model that it was made from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from isogloss.report.comparison.measures import (
    PerUnit,
    Statistic,
    averaged,
    mean_over_languages,
    per_unit,
    statistic,
)
from isogloss.report.comparison.results import TRAINED_FORM, Result, Setting, once
from isogloss.stats.combined import Combined, Difference, compare, score_interval
from isogloss.stats.resample import Apart

RESAMPLES = 2000
"""Enough for a standard error; many pairs of candidates are compared."""


class CandidateKey(NamedTuple):
    """What tells one candidate from another."""

    encoder: str
    form: str

    @property
    def name(self) -> str:
        """The candidate in words.

        >>> CandidateKey("mBERT", "torch").name, CandidateKey("mBERT", "onnx-int8").name
        ('mBERT', 'mBERT (onnx-int8)')
        """
        return self.encoder if self.form == TRAINED_FORM else f"{self.encoder} ({self.form})"


@final
@dataclass(frozen=True, eq=False)
class Quality:
    """The test units of one candidate on the languages that it was trained on."""

    key: CandidateKey
    metric: str
    by_seed: Mapping[int, Apart]
    """`[units, 1, ...]` of each language, for each seed that has all of them."""

    by_language: Mapping[str, Mapping[int, PerUnit]]
    """`[units, ...]` by language and seed."""

    @property
    def statistic(self) -> Statistic:
        """From sums over units to the mean of the languages' scores."""
        return averaged(statistic(self.metric))

    @property
    def interval(self) -> Combined:
        """The mean over languages and seeds."""
        return score_interval(self.by_seed, self.statistic)

    @property
    def language_means(self) -> dict[str, float]:
        """The score of each language, as a mean over seeds."""
        score = statistic(self.metric)
        return {
            language: sum(float(score(a.sum(axis=0))) for a in by_seed.values()) / len(by_seed)
            for language, by_seed in self.by_language.items()
        }


def qualities(results: Iterable[Result], setting: Setting, metric: str) -> list[Quality]:
    """The quality of each candidate of a setting that was tested on all of its own languages.

    All candidates are judged on the same languages: those sources that any of them was tested on,
    or all targets where no source was tested on.

    Raises:
        UnknownName: for a metric that cannot be computed from test units.
    """
    mine = [one for one in results if one.setting == setting]
    trained = [one for one in mine if not one.zero_shot] or mine
    languages = once(one.target for one in trained)
    keys = list(dict.fromkeys(CandidateKey(one.encoder, one.served) for one in trained))
    found = [_quality(trained, key, metric, languages) for key in keys]
    return [quality for quality in found if quality.by_seed]


def difference(first: Quality, second: Quality) -> Difference | None:
    """The quality of the second minus that of the first, paired; None if no seed is shared."""
    if not first.by_seed.keys() & second.by_seed.keys():
        return None
    return compare(first.by_seed, second.by_seed, first.statistic, resamples=RESAMPLES)


def _quality(
    results: Sequence[Result], key: CandidateKey, metric: str, languages: Sequence[str]
) -> Quality:
    by_language: dict[str, dict[int, PerUnit]] = {language: {} for language in languages}
    for one in results:
        if (one.encoder, one.served) == key:
            by_language[one.target][one.seed] = per_unit(one.units, metric)
    shared = set.intersection(*(set(by_seed) for by_seed in by_language.values()))
    by_seed = {
        seed: mean_over_languages([by_language[language][seed] for language in languages])
        for seed in sorted(shared)
    }
    return Quality(key, metric, by_seed, by_language)
