"""Averages over languages: each group and each language, in-language and zero-shot, arm by arm.

- **In-language**: probe trained and tested on the same language; for masked words, the language's
  own held-out text.
- **Zero-shot**: of a *target* language, the mean over all other languages as sources. A group's
  zero-shot score is that of its languages as targets.

A group counts each of its languages the same. Averages are taken for each seed first, then over
seeds, and the interval is Student's over seeds: would training again give the same, on these
languages and this test text?

**All arms of a line are averaged over the same pairs of languages**: those that every arm with any
score there has. What is lacking is named in `without`, so a language without data, or a probe that
failed, is never dropped in silence; of a
zero-shot average also how many pairs are lacking. A seed that lacks one of the pairs is left out
for that arm.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from isogloss.base.languages import language_name
from isogloss.report.balance.design import Design, Scope
from isogloss.report.balance.scores import (
    TEACHER,
    Block,
    ByPair,
    Pair,
    Scores,
    Setting,
    settings_of,
)
from isogloss.report.comparison.fields import score_of
from isogloss.report.records import Record
from isogloss.stats.intervals import Interval, mean_interval


def averages(scores: Scores, design: Design) -> list[Record]:
    """Average every block of scores over every group and language.

    Returns:
        One record per block, scope, setting and arm (and `teacher`, where there are teachers):
        `task`, `metric`, `split`, `form`; `scope` ("group" or "language"), `group` (a language's
        groups), `language` (None for a group), `characters` of text to train on; `setting`, `arm`;
        `value` with `_low`, `_high`, `_sd` (None where there is none), `lowest_seed` and
        `highest_seed`, `method`; `n_seeds`,
        `n_languages`, `n_pairs`, the fields of `lacking`; `n_scored` and `n_unscored` over all
        pairs.
    """
    return [
        record
        for block, by_arm in scores.items()
        for setting in settings_of(block.task)
        if any(pair.setting == setting for pairs in by_arm.values() for pair in pairs)
        for scope in design.scopes
        for record in _of_scope(block, by_arm, scope, setting, design)
    ]


def expected_pairs(targets: Sequence[str], setting: Setting, design: Design) -> list[Pair]:
    """The pairs that a full study would have, target by target."""
    if setting == "in_language":
        return [Pair(target, target) for target in targets]
    return [
        Pair(source, target) for target in targets for source in design.languages
        if source != target
    ]  # fmt: skip


def mean_of_targets(values: Mapping[Pair, float]) -> float:
    """The mean over targets of each target's mean over sources.

    >>> mean_of_targets({Pair("a", "b"): 0.25, Pair("c", "b"): 0.75, Pair("a", "c"): 1.0})
    0.75
    """
    by_target: dict[str, list[float]] = {}
    for pair, value in values.items():
        by_target.setdefault(pair.target, []).append(value)
    return fmean(map(fmean, by_target.values()))


def lacking(expected: Sequence[Pair], shared: Sequence[Pair]) -> Record:
    """What an average does not have, as fields of a record.

    Returns:
        `n_pairs_missing` of all `n_pairs_expected`; `without`, codes of the target languages that
        have no pair at all.
    """
    there = {pair.target for pair in shared}
    return {
        "n_pairs_missing": len(expected) - len(shared),
        "n_pairs_expected": len(expected),
        "without": list(dict.fromkeys(p.target for p in expected if p.target not in there)),
    }


def lacking_words(record: Mapping[str, Any]) -> str:
    """What an average does not have, in words; empty if it is whole.

    >>> lacking_words({"without": ["tur-Latn"], "n_pairs_missing": 9, "n_pairs_expected": 24})
    'Turkish; 9 of 24 pairs'
    >>> lacking_words({"without": ["tur-Latn"], "n_pairs_missing": 1, "n_pairs_expected": 4})
    'Turkish'
    """
    missing, names = record["n_pairs_missing"], list(map(language_name, record["without"]))
    pairs = f"{missing} of {record['n_pairs_expected']} pairs" if missing > len(names) else ""
    return "; ".join(filter(None, [", ".join(names), pairs]))


def cut_score(name: str, interval: Interval | None, metric: str) -> Record:
    """Spread an interval over `name`, `name_low`, `name_high` and `name_sd`, cut at 0 and 1.

    With two seeds Student's t reaches far beyond what a score can be. A loss has no top.
    """
    return {
        **score_of(name, interval, metric),
        f"{name}_sd": interval.sd if interval else None,
    }


def _of_scope(
    block: Block, by_arm: Mapping[str, ByPair], scope: Scope, setting: Setting, design: Design
) -> list[Record]:
    expected = expected_pairs(scope.targets, setting, design)
    shared = _shared(by_arm, expected, design.arms)
    arms = [*design.arms, *([TEACHER] if TEACHER in by_arm else [])]
    fields = {**block._asdict(), **_scope_fields(scope, design), "setting": setting}
    counts = {
        "n_languages": len({pair.target for pair in shared}),
        "n_pairs": len(shared),
        **lacking(expected, shared),
    }
    return [
        {**fields, "arm": arm, **_score(by_arm.get(arm, {}), shared, block.metric), **counts}
        for arm in arms
    ]


def _scope_fields(scope: Scope, design: Design) -> Record:
    alone = scope.kind == "language"
    return {
        "scope": scope.kind,
        "group": design.groups_of(scope.name) if alone else scope.name,
        "language": scope.name if alone else None,
        "characters": design.sizes.get(scope.name) if alone else None,
    }


def _shared(
    by_arm: Mapping[str, ByPair], expected: Sequence[Pair], arms: Sequence[str]
) -> list[Pair]:
    """The pairs that every arm has that has any; those of the teachers if no arm has."""
    there = [by_arm[arm] for arm in arms if any(pair in by_arm.get(arm, ()) for pair in expected)]
    there = there or [by_arm.get(TEACHER, {})]
    return [pair for pair in expected if all(pair in pairs for pairs in there)]


def _score(by_pair: ByPair, shared: Sequence[Pair], metric: str) -> Record:
    values = _by_seed(by_pair, shared)
    interval = mean_interval(list(values.values())) if values else None
    seen = [list(by_pair[pair].values()) for pair in shared] if values else []
    return {
        **cut_score("value", interval, metric),
        "lowest_seed": min(values.values(), default=None),
        "highest_seed": max(values.values(), default=None),
        "method": interval.method if interval else None,
        "n_seeds": len(values),
        "n_scored": sum(min(one.n_scored for one in of_pair) for of_pair in seen),
        "n_unscored": sum(max(one.n_unscored for one in of_pair) for of_pair in seen),
    }


def _by_seed(by_pair: ByPair, shared: Sequence[Pair]) -> dict[int, float]:
    """The average of each seed that has all pairs."""
    if not shared or any(pair not in by_pair for pair in shared):
        return {}
    seeds = set.intersection(*(set(by_pair[pair]) for pair in shared))
    return {
        seed: mean_of_targets({pair: by_pair[pair][seed].value for pair in shared})
        for seed in sorted(seeds)
    }
