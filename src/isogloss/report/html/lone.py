"""One encoder at a glance: how good it is, where it is best and worst, and how sure that is."""

import math
from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Fact, Facts
from isogloss.report.numbers import number, plain, rounded_value
from isogloss.report.records import Records


class Group(NamedTuple):
    """Points of learning curves that belong together: models that were trained alike."""

    encoder: str
    split: str
    regime: str
    n_per_language: int | None
    n_languages: int


class Main(NamedTuple):
    """What an encoder is judged by: the training that a product would use."""

    group: Group
    seen: Records
    """A record per language that it was trained on."""

    unseen: Records


def main_of(curves: Records) -> Main | None:
    """Choose the training that a product would use: joint, most languages, most rows, on test.

    Args:
        curves: records of `curve_tables.curves`.
    """
    groups: dict[Group, list[Mapping[str, Any]]] = defaultdict(list)
    for record in curves:
        groups[Group(*(record[field] for field in Group._fields))].append(record)
    whole = {key: found for key, found in groups.items() if any(map(_is_seen, found))}
    if not whole:
        return None
    key = max(whole, key=_weight)
    records = whole[key]
    return Main(key, [r for r in records if _is_seen(r)], [r for r in records if not _is_seen(r)])


def lead_of(main: Main, frame: Frame) -> str:
    """The answer in a sentence."""
    n = len(main.seen)
    if n == 1:
        only = main.seen[0]
        of = f", {_over(main)}" if main.group.n_languages > 1 else ""
        return f"**{main.group.encoder}**: {frame.measure} {_score(only)} in {_name(only)}{of}."
    mean = plain(fmean(r["value"] for r in main.seen))
    worst, best = _ends(main.seen)
    return (
        f"**{main.group.encoder}**: {frame.measure} {mean} on average over {_over(main)}, from"
        f" {_plain(worst)} ({_name(worst)}) to {_plain(best)} ({_name(best)})."
    )


def lone_facts(main: Main, frame: Frame) -> Facts:
    """The answers on one encoder."""
    worst, best = _ends(main.seen)
    group = main.group
    size = "all rows" if group.n_per_language is None else f"{group.n_per_language:,} rows"
    trained = f"{group.regime} training, {size} per language, tested on {group.split}"
    more = [trained]
    if len(main.seen) < group.n_languages:
        more.append(f"mean over {_over(main)}; the others are not tested")
    good = f"{plain(fmean(r['value'] for r in main.seen))} {frame.measure}"
    facts = [Fact("How good", good, more)]
    if len(main.seen) > 1:
        facts += [
            Fact("Best language", _name(best), [_score(best)]),
            Fact("Worst language", _name(worst), [_score(worst)]),
        ]
    if main.unseen:
        lowest = min(main.unseen, key=lambda record: record["value"])
        mean = plain(fmean(record["value"] for record in main.unseen))
        facts.append(
            Fact(
                "Languages not trained on", f"{mean} on average",
                [f"worst of {len(main.unseen)}: {_name(lowest)} {_score(lowest)}"],
            )
        )  # fmt: skip
    return Facts([*facts, _how_sure(main)])


def _over(main: Main) -> str:
    """How many languages the mean is over, of those that it was trained on."""
    n, whole = len(main.seen), max(len(main.seen), main.group.n_languages)
    return f"{n} languages" if n == whole else f"{n} of {whole} languages"


def _how_sure(main: Main) -> Fact:
    seeds = min(record["n_seeds"] for record in main.seen)
    tested = sum(record["n_scored"] for record in main.seen)
    unscored = sum(record["n_unscored"] for record in main.seen)
    methods = ", ".join(dict.fromkeys(record["method"] for record in main.seen))
    more = [f"{tested:,} predictions scored by each", f"intervals: {methods}"]
    if unscored:
        more.append(f"{unscored:,} could not be scored")
    if seeds == 1:
        more.append("another training may differ by more")
    return Fact("How sure", "1 training" if seeds == 1 else f"{seeds} trainings", more)


def _weight(group: Group) -> tuple[float, ...]:
    n = group.n_per_language
    return (
        group.regime == "joint",
        group.split == "test",
        group.n_languages,
        math.inf if n is None else n,
    )


def _is_seen(record: Mapping[str, Any]) -> bool:
    return bool(record["setting"] == "seen")


def _ends(records: Records) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    ordered = sorted(records, key=lambda record: record["value"])
    return ordered[0], ordered[-1]


def _name(record: Mapping[str, Any]) -> str:
    return language_name(record["language"])


def _score(record: Mapping[str, Any]) -> str:
    return number(record["value"], record["value_low"], record["value_high"])


def _plain(record: Mapping[str, Any]) -> str:
    return rounded_value(record["value"], record["value_low"], record["value_high"])
