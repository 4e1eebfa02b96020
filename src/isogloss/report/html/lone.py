"""One encoder at a glance: how good it is, where it is best and worst, and how sure that is."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.at_chance import chance_notes
from isogloss.report.cells import Cell, read_cells, values
from isogloss.report.comparison.fields import score_of
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Fact, Facts
from isogloss.report.numbers import number, plain, rounded_value
from isogloss.report.records import Records, Row
from isogloss.report.understand import AS_TRAINED
from isogloss.stats.intervals import Interval, mean_interval


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


def mean_of(main: Main, rows: Iterable[Row], metric: str) -> Interval | None:
    """The mean over the languages that it was trained on, with its interval over seeds.

    Each seed's mean is taken first. With one seed, or seeds that differ between languages, no
    interval of it is known, and none is made up from those of the languages.

    Args:
        main: the training.
        rows: the long table of results.
        metric: that the verdict is about.
    """
    group = main.group
    wanted = {record["language"] for record in main.seen}
    own = [row for row in rows if row.get("form") in AS_TRAINED and row["split"] == group.split]
    by_language = {
        cell.target: values(by_seed)
        for cell, by_seed in read_cells(own, metric).items()
        if _is_of(cell, group) and cell.target in wanted
    }
    seeds = {frozenset(by_seed) for by_seed in by_language.values()}
    if len(by_language) < len(wanted) or len(seeds) != 1:
        return None
    (shared,) = seeds
    if len(shared) < 2:
        return None
    return mean_interval(
        [fmean(of[seed] for of in by_language.values()) for seed in sorted(shared)]
    )


def _is_of(cell: Cell, group: Group) -> bool:
    """Whether a cell is of this training, tested on a language that it was trained on."""
    model = cell.model
    trained = (model.encoder, model.regime, model.n_per_language, len(model.sources))
    wanted = (group.encoder, group.regime, group.n_per_language, group.n_languages)
    return trained == wanted and cell.target in model.sources


def ends_of(main: Main) -> dict[str, str]:
    """The worst and the best language by code, and what the verdict calls them."""
    worst, best = _ends(main.seen)
    if len(main.seen) == 1:
        return {worst["language"]: "the one language"}
    return {worst["language"]: "the worst language", best["language"]: "the best language"}


def lead_of(main: Main, frame: Frame, mean: Interval | None = None) -> str:
    """The answer in a sentence.

    Args:
        main: the training.
        frame: the study and its metric.
        mean: of `mean_of`.
    """
    n = len(main.seen)
    if n == 1:
        only = main.seen[0]
        of = f", {_over(main)}" if main.group.n_languages > 1 else ""
        return f"**{main.group.encoder}**: {frame.measure} {_score(only)} in {_name(only)}{of}."
    worst, best = _ends(main.seen)
    return (
        f"**{main.group.encoder}**: {frame.measure} {_mean(main, frame, mean)} on average over"
        f" {_over(main)}, from {_plain(worst)} ({_name(worst)}) to {_plain(best)} ({_name(best)})."
    )


def _mean(main: Main, frame: Frame, mean: Interval | None) -> str:
    """The mean with its interval, if there is one, cut at what a score can be."""
    if mean is None:
        return plain(fmean(record["value"] for record in main.seen))
    fields = score_of("mean", mean, frame.metric)
    return number(fields["mean"], fields["mean_low"], fields["mean_high"])


def lone_facts(main: Main, frame: Frame, mean: Interval | None = None) -> Facts:
    """The answers on one encoder; arguments as `lead_of`."""
    worst, best = _ends(main.seen)
    group = main.group
    size = "all rows" if group.n_per_language is None else f"{group.n_per_language:,} rows"
    trained = f"{group.regime} training, {size} per language, tested on {group.split}"
    more = [trained]
    if len(main.seen) < group.n_languages:
        more.append(f"mean over {_over(main)}; the others are not tested")
    value, _, interval = _mean(main, frame, mean).partition(" ")
    if interval:
        more.insert(0, f"95 % interval over seeds {interval}")
    good = f"{value} {frame.measure}"
    facts = [Fact("How good", good, more)]
    if len(main.seen) > 1:
        facts += [
            Fact("Best language", _name(best), [_score(best)]),
            Fact("Worst language", _name(worst), [_score(worst)]),
        ]
    if main.unseen:
        lowest = min(main.unseen, key=lambda record: record["value"])
        average = plain(fmean(record["value"] for record in main.unseen))
        facts.append(
            Fact(
                "Languages not trained on", f"{average} on average",
                [f"worst of {len(main.unseen)}: {_name(lowest)} {_score(lowest)}"],
            )
        )  # fmt: skip
    return Facts([*facts, _how_sure(main)])


def lone_chance(main: Main, known: Records) -> list[str]:
    """Where the encoder is no better than chance, in lines.

    Args:
        main: the training.
        known: the records of `baselines`.
    """
    scores = {record["language"]: [record["value"]] for record in (*main.seen, *main.unseen)}
    seen = {record["language"] for record in main.seen}
    return chance_notes(scores, known, main.group.split, seen)


def _over(main: Main) -> str:
    """How many languages the mean is over, of those that it was trained on."""
    n, whole = len(main.seen), max(len(main.seen), main.group.n_languages)
    return f"{n} languages" if n == whole else f"{n} of {whole} languages"


def _how_sure(main: Main) -> Fact:
    seeds = min(record["n_seeds"] for record in main.seen)
    tested = sum(record["n_scored"] for record in main.seen)
    unscored = sum(record["n_unscored"] for record in main.seen)
    methods = ", ".join(dict.fromkeys(record["method"] for record in main.seen))
    of_each = "" if seeds == 1 else " by each"
    more = [f"{tested:,} predictions scored{of_each}", f"intervals: {methods}"]
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
