"""The candidate against every other arm, tested: by language and by group of languages.

A difference is the candidate's score minus the other's, paired by seed and by test unit (window of
text, or sentence), with its interval over seeds and units together. A zero-shot score of a target
is the mean over sources, a group's score the mean over its languages. The languages are taken as
they are: nothing here is about other low-resource languages.

p-values are Holm's: by language, over all languages and baselines of a task and setting; of a
group, over the baselines, over the controls, and over all other arms (variants). Only baselines are
compared by language too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, final

import numpy as np
import numpy.typing as npt

from isogloss.report.balance.averages import expected_pairs, lacking
from isogloss.report.balance.design import CLAIMED, Design, Role, Scope
from isogloss.report.balance.scores import Pair, Setting, settings_of
from isogloss.report.balance.trials import Trial, check_gold, score_of_sums
from isogloss.report.comparison.differences import NOT_COMPARED, judge
from isogloss.report.comparison.fields import difference_of, p_values
from isogloss.report.comparison.measures import Statistic
from isogloss.report.records import Record
from isogloss.stats.combined import compare
from isogloss.stats.resample import Apart, PerUnit, scores

RESAMPLES = 2000
"""Of each bootstrap and each randomization: enough for a standard error."""

ByPair = Mapping[Pair, Mapping[int, Trial]]


class Question(NamedTuple):
    """What is tested together: one task and metric in one setting."""

    task: str
    metric: str
    split: str
    form: str | None
    setting: Setting


@final
@dataclass(frozen=True)
class Match:
    """The candidate and one other arm over some pairs of languages."""

    pairs: tuple[Pair, ...]
    first: Mapping[int, Apart]
    """Of the other arm: `[units, sources, ...]` of each target, by seed."""

    second: Mapping[int, Apart]
    """Of the candidate."""

    statistic: Statistic
    """From sums over units to the mean over targets of the mean over sources."""


def differences(
    trials: Sequence[Trial], design: Design, *, resamples: int = RESAMPLES
) -> list[Record]:
    """Compare the candidate with its baselines, its controls and all other arms.

    Args:
        trials: all evaluations of these arms, any order.
        design: of the study: groups, candidate, baselines, controls, headline metrics.
        resamples: of each bootstrap and each randomization.

    Returns:
        One record per task, setting, scope and other arm: `task`, `metric`, `split`, `form`,
        `setting`; `scope`, `group` and `language` as in `averages`; `role` ("baseline",
        "control" or "variant"), `first` (the other arm) and `second` (the candidate) with
        `first_score` and `second_score`; `difference` (second - first) with `_low` and `_high`;
        `p`, `p_holm`, `p_randomization`, `smallest` (difference that such a study finds in 80 % of
        cases); `verdict` on the candidate (`better`, `worse`, `tie`, `not compared`); `method`,
        `n_seeds`, `n_units`, `n_languages`, `n_pairs` and the fields of `averages.lacking`.

    Raises:
        InputError: if two models are scored on different gold.
        UnknownName: if a headline metric cannot be computed from the stored predictions.
    """
    check_gold(trials)
    return [
        record
        for asked, by_arm in _asked(trials, design).items()
        for record in _of_question(asked, by_arm, design, resamples)
    ]


def _asked(
    trials: Iterable[Trial], design: Design
) -> dict[Question, dict[str, dict[Pair, dict[int, Trial]]]]:
    """Evaluations by question, arm, pair and seed."""
    found: dict[Question, dict[str, dict[Pair, dict[int, Trial]]]] = {}
    for one in trials:
        if one.task not in design.headlines:
            continue
        setting = one.pair.setting
        if setting in settings_of(one.task):
            asked = Question(one.task, design.headlines[one.task], one.split, one.form, setting)
            by_pair = found.setdefault(asked, {}).setdefault(one.arm, {})
            by_pair.setdefault(one.pair, {})[one.seed] = one
    return found


def _of_question(
    asked: Question, by_arm: Mapping[str, ByPair], design: Design, resamples: int
) -> Iterator[Record]:
    records = [
        _record(asked, scope, (arm, role), by_arm, design, resamples=resamples)
        for arm, role in design.opponents
        if arm in by_arm and design.candidate in by_arm
        for scope in design.scopes
        if _is_compared(scope, role)
    ]
    judge(records, asked.metric, _family)
    yield from records


def _family(record: Record) -> tuple[str, str | None]:
    """A role by language, or a role in a group."""
    return record["role"], record["group"] if record["scope"] == "group" else None


def _is_compared(scope: Scope, role: Role) -> bool:
    """Languages against baselines alone; a group of one, but for the claim, is that language."""
    if scope.kind == "language":
        return role == "baseline"
    return len(scope.targets) > 1 or scope.name in CLAIMED


def _record(
    asked: Question,
    scope: Scope,
    other: tuple[str, Role],
    by_arm: Mapping[str, ByPair],
    design: Design,
    *,
    resamples: int,
) -> Record:
    arm, role = other
    expected = expected_pairs(scope.targets, asked.setting, design)
    match = _match(by_arm[arm], by_arm[design.candidate], expected, asked)
    alone = scope.kind == "language"
    return {
        **asked._asdict(),
        "scope": scope.kind,
        "group": design.groups_of(scope.name) if alone else scope.name,
        "language": scope.name if alone else None,
        "role": role,
        "first": arm,
        "second": design.candidate,
        **_difference_fields(match, asked.metric, resamples),
        "n_languages": len({pair.target for pair in match.pairs}),
        "n_pairs": len(match.pairs),
        **lacking(expected, match.pairs),
    }


def _match(first: ByPair, second: ByPair, expected: Sequence[Pair], asked: Question) -> Match:
    """Lay out the pairs that both arms have, for the seeds that have all of them."""
    pairs = tuple(pair for pair in expected if first.get(pair, {}) and second.get(pair, {}))
    score = weighted(score_of_sums(asked.task, asked.metric), weights_of(pairs))
    return Match(
        pairs,
        _by_seed(first, pairs, asked.metric),
        _by_seed(second, pairs, asked.metric),
        score,
    )


def _by_seed(by_pair: ByPair, pairs: Sequence[Pair], metric: str) -> dict[int, Apart]:
    if not pairs:
        return {}
    seeds = set.intersection(*(set(by_pair[pair]) for pair in pairs))
    return {
        seed: laid_out({pair: by_pair[pair][seed].per_unit(metric) for pair in pairs})
        for seed in sorted(seeds)
    }


def laid_out(arrays: Mapping[Pair, PerUnit]) -> Apart:
    """Lay the pairs of each target side by side, `[units, sources, ...]`.

    They share its units, so a resample draws them together.

    Args:
        arrays: `[units, ...]` by pair, target by target; pairs of one target have the same units in
            the same order.
    """
    return tuple(
        np.stack([array for _, array in of_target], axis=1)
        for _, of_target in groupby(arrays.items(), key=lambda item: item[0].target)
    )


def weights_of(pairs: Sequence[Pair]) -> npt.NDArray[np.float64]:
    """What each pair counts in the mean over targets of the mean over sources; they sum to 1.

    >>> weights_of([Pair("a", "b"), Pair("c", "b"), Pair("a", "c")]).tolist()
    [0.25, 0.25, 0.5]
    """
    targets = [pair.target for pair in pairs]
    n = len(set(targets))
    return np.array([1 / (n * targets.count(target)) for target in targets], dtype=np.float64)


def weighted(score: Statistic, weights: npt.NDArray[np.float64]) -> Statistic:
    """The statistic of `laid_out`: a weighted mean of the scores of all pairs."""
    return lambda sums: np.asarray(score(sums)) @ weights


def _difference_fields(match: Match, metric: str, resamples: int) -> Record:
    shared = sorted(match.first.keys() & match.second.keys())
    found = (
        compare(match.first, match.second, match.statistic, resamples=resamples) if shared else None
    )
    return {
        "first_score": _mean(match.first, shared, match.statistic),
        "second_score": _mean(match.second, shared, match.statistic),
        **difference_of("difference", found, metric),
        **p_values(found),
        "verdict": NOT_COMPARED,
        "method": found.method if found else None,
        "n_seeds": len(shared),
        "n_units": found.n_units if found else 0,
    }


def _mean(by_seed: Mapping[int, Apart], seeds: Sequence[int], statistic: Statistic) -> float | None:
    if not seeds:
        return None
    return float(scores([by_seed[seed] for seed in seeds], statistic).mean())
