"""Differences between encoders, tested: by language and over groups of languages.

A record is one metric of two encoders in one scope: a target language, all that every encoder was
tested on pooled, or of these the sources (in-language) and the others (zero-shot) apart. Pooled
means that the sentences of all languages are one test set, so a large test set weighs more.

The verdict follows the combined p-value (would training again, on another test set, show it?)
after Holm's correction over all languages and pairs of encoders of that metric and setting; pooled
scopes are corrected over the pairs alone. `tie` is "not told apart", which `smallest` puts in
perspective: the difference that this study would have seen in 80 % of cases.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple, final

import numpy as np

from isogloss.base.errors import InputError
from isogloss.report.comparison.directions import direction
from isogloss.report.comparison.fields import difference_of, p_values, percent_of, score_of
from isogloss.report.comparison.measures import PerUnit, gold_of, per_unit, statistic
from isogloss.report.comparison.results import (
    TRAINED_FORM,
    Result,
    Setting,
    main_setting,
    once,
)
from isogloss.report.records import Record
from isogloss.stats.combined import COMPARE_RESAMPLES, compare, score_interval
from isogloss.stats.correction import holm

ScopeName = Literal["language", "all", "in_language", "zero_shot"]

ALPHA = 0.05
"""A corrected p-value from here on is a tie."""

TIE = "tie"
NOT_COMPARED = "not compared"


class Scope(NamedTuple):
    """Targets that are looked at together."""

    name: ScopeName
    targets: tuple[str, ...]


@final
@dataclass(frozen=True)
class Side:
    """One encoder in one scope."""

    encoder: str
    by_seed: Mapping[int, PerUnit]
    """Units of all targets of the scope, one after the other, for each seed that has them all."""


def compare_encoders(
    results: Sequence[Result],
    *,
    metrics: Sequence[str],
    elsewhere: Sequence[str] | None = None,
    resamples: int = COMPARE_RESAMPLES,
) -> list[Record]:
    """Compare every two encoders that were trained alike, in the form that they were trained in.

    Args:
        results: evaluations, any order, all on the same gold (see `gold.check_gold`); the first
            encoder named is the one others differ from.
        metrics: names that `measures.per_unit` knows.
        elsewhere: those of settings other than the main one, of which a matrix of regimes has
            dozens; by default the same.
        resamples: of each bootstrap and each randomization.

    Returns:
        Records with the fields of the setting; `metric`, `scope`, `language` (None for groups);
        `first` and `second` (encoders) with `first_score` and `second_score`; `difference`
        (second - first) and `percent` of the first; all of them with `_low` and `_high`; `p`,
        `p_holm`, `p_randomization`, `smallest`; `verdict` on the second: `better`, `worse`, `tie`
        or `not compared` (no seed is shared); `n_seeds` (shared), `unpaired_seeds`, `n_units`,
        `gold` and `gold_unit` (how many spans, words or texts the metric counts).

    Raises:
        InputError: if no two encoders were trained alike.
        UnknownName: for an unknown metric.
    """
    trained = [one for one in results if one.served == TRAINED_FORM]
    main = main_setting(trained) if trained else None
    others = metrics if elsewhere is None else elsewhere
    records = [
        record
        for setting, group in _settings(trained).items()
        for metric in (metrics if setting == main else others)
        for record in _of_metric(group, setting, metric, resamples)
    ]
    if not records:
        raise InputError(_nothing(trained))
    return records


def shared_targets(results: Iterable[Result]) -> tuple[str, ...]:
    """The targets that every encoder was tested on: what is pooled, so that nobody drops out."""
    tested: dict[str, dict[str, None]] = defaultdict(dict)
    for one in results:
        tested[one.encoder][one.target] = None
    first, *others = tested.values()
    return tuple(target for target in first if all(target in other for other in others))


def scopes(results: Sequence[Result]) -> list[Scope]:
    """Each target alone, then those of all encoders, and of these in-language and zero-shot."""
    targets = once(one.target for one in results)
    found = [Scope("language", (target,)) for target in targets]
    if len(targets) == 1:
        return found
    pooled = shared_targets(results)
    unseen = tuple(t for t in pooled if any(one.zero_shot for one in results if one.target == t))
    seen = tuple(target for target in pooled if target not in unseen)
    if pooled:
        found.append(Scope("all", pooled))
    if seen and unseen:
        found += [Scope("in_language", seen), Scope("zero_shot", unseen)]
    return found


def side(results: Iterable[Result], encoder: str, scope: Scope, metric: str) -> Side:
    """Pool the units of one encoder; a seed that lacks a target of the scope is left out."""
    found: dict[int, dict[str, PerUnit]] = defaultdict(dict)
    for one in results:
        if one.encoder == encoder and one.target in scope.targets:
            found[one.seed][one.target] = per_unit(one.units, metric)
    return Side(
        encoder,
        {
            seed: np.concatenate([of_target[target] for target in scope.targets])
            for seed, of_target in sorted(found.items())
            if len(of_target) == len(scope.targets)
        },
    )


def verdict(metric: str, difference: float | None, p: float | None) -> str:
    """What is said of the second encoder; nothing in a metric of which neither way is better.

    >>> verdict("f1", 0.02, 0.01), verdict("eval_loss", 0.02, 0.01), verdict("f1", 0.02, 0.05)
    ('better', 'worse', 'tie')
    """
    way = direction(metric)
    if difference is None or p is None or way is None:
        return NOT_COMPARED
    if p >= ALPHA or difference == 0:
        return TIE
    return "better" if (difference > 0) == (way == "higher") else "worse"


def judge(records: Iterable[Record], metric: str, family: Callable[[Record], Any]) -> None:
    """Fill in `p_holm`, Holm's over each family of tested differences, and the `verdict`."""
    families: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        families[family(record)].append(record)
    for together in families.values():
        tested = {str(at): one["p"] for at, one in enumerate(together) if one["p"] is not None}
        for at, p in holm(tested).items():
            together[int(at)]["p_holm"] = p
        for one in together:
            one["verdict"] = verdict(metric, one["difference"], one["p_holm"])


def _settings(results: Iterable[Result]) -> dict[Setting, list[Result]]:
    """Results by setting, those settings alone that two encoders have."""
    found: dict[Setting, list[Result]] = defaultdict(list)
    for one in results:
        found[one.setting].append(one)
    return {s: group for s, group in found.items() if len({one.encoder for one in group}) > 1}


def _of_metric(
    results: Sequence[Result], setting: Setting, metric: str, resamples: int
) -> list[Record]:
    """All records of one metric, corrected for being several."""
    records = [
        {**_setting_fields(setting), "metric": metric, **record}
        for scope in scopes(results)
        for record in _of_scope(results, scope, metric, resamples)
    ]
    judge(records, metric, lambda record: record["scope"])
    return records


def _of_scope(
    results: Sequence[Result], scope: Scope, metric: str, resamples: int
) -> Iterator[Record]:
    encoders, targets = once(one.encoder for one in results), set(scope.targets)
    sides = [side(results, encoder, scope, metric) for encoder in encoders]
    gold = {one.target: gold_of(one.units, metric) for one in results if one.target in targets}
    for first, second in combinations([one for one in sides if one.by_seed], 2):
        yield {
            "scope": scope.name,
            "language": scope.targets[0] if scope.name == "language" else None,
            "n_languages": len(scope.targets),
            **_pair(first, second, metric, resamples),
            "gold": sum(of_target.n for of_target in gold.values()),
            "gold_unit": gold[scope.targets[0]].unit,
        }


def _pair(first: Side, second: Side, metric: str, resamples: int) -> Record:
    shared = sorted(first.by_seed.keys() & second.by_seed.keys())
    score = statistic(metric)
    one, other = (
        score_interval({seed: s.by_seed[seed] for seed in shared or s.by_seed}, score)
        for s in (first, second)
    )
    found = compare(first.by_seed, second.by_seed, score, resamples=resamples) if shared else None
    return {
        "first": first.encoder,
        **score_of("first_score", one, metric),
        "second": second.encoder,
        **score_of("second_score", other, metric),
        **difference_of("difference", found, metric),
        **percent_of(found, one.mean, metric),
        **p_values(found),
        "verdict": NOT_COMPARED,
        "n_seeds": len(shared),
        "unpaired_seeds": _unpaired(first, second),
        "n_units": one.n_units,
    }


def _unpaired(first: Side, second: Side) -> str | None:
    """The seeds that only one side has, in words; they are left out of the difference."""
    extra = {
        one.encoder: sorted(one.by_seed.keys() - other.by_seed.keys())
        for one, other in ((first, second), (second, first))
    }
    said = [f"{name}: {', '.join(map(str, seeds))}" for name, seeds in extra.items() if seeds]
    return "; ".join(said) or None


def _setting_fields(setting: Setting) -> Record:
    return {
        "regime": setting.regime,
        "sources": list(setting.sources),
        "n_per_language": setting.n_per_language,
        "split": setting.split,
    }


def _nothing(results: Sequence[Result]) -> str:
    encoders = once(one.encoder for one in results)
    if len(encoders) < 2:
        names = f" ({encoders[0]})" if encoders else ""
        return (
            f"A comparison needs two evaluated encoders; there are {len(encoders)}{names}. "
            "Add an encoder to the study, or forms of serving (`efficiency: {forms: [...]}`) to "
            "compare one encoder with itself, or finish its run."
        )
    return (
        f"{', '.join(encoders)} were not trained alike: no two of them share regime, source "
        "languages, rows per language and split, or none of them shares a target and has every "
        "language of it. Finish the run of the study."
    )
