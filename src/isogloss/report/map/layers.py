"""What a map can show, one at a time: the scores of one way of training, or the difference of two.

All numbers are those of the tables; nothing is computed anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal, NamedTuple, final

from isogloss.base.languages import language_name
from isogloss.report.balance.claim import SETTINGS, TASKS
from isogloss.report.balance.design import QUESTION, Design, measure_words
from isogloss.report.balance.scores import MASKED, TEACHER
from isogloss.report.cells import by_size
from isogloss.report.charts.look import size
from isogloss.report.pivots import parts
from isogloss.report.records import Records

MOST_SOURCES = 20
"""With more models of one language each, only the one that gives most to others is shown."""

WAYS = {
    "joint": "joint training",
    "single": "each language trained alone",
    "leave_one_out": "each language left out of training",
}
"""Regimes in words; another name is that of a group of languages."""

SEEN = {"seen": "trained on", "zero-shot": "zero-shot"}


class Mark(NamedTuple):
    """What one language has."""

    value: float
    low: float | None
    high: float | None
    n_scored: int
    n_unscored: int
    n_seeds: int
    setting: str = ""


@final
@dataclass(frozen=True)
class Layer:
    """One number a language."""

    group: str
    """What it is listed under: an encoder, a task."""

    way: str
    """What tells it from others of the group."""

    measure: str
    """What the numbers are, in words."""

    marks: Mapping[str, Mark]
    """By language."""

    facts: str = ""
    """What else there is to say: the size and the split."""

    kind: Literal["score", "difference"] = "score"
    task: str = ""
    """What is done, if not all layers are about the same: part of the measure."""

    key: tuple[Any, ...] = field(default=(), repr=False)
    """What it is about, for those who look it up."""

    @property
    def title(self) -> str:
        """It in full."""
        return f"{self.group}, {self.way}" if self.group else self.way

    @property
    def scale(self) -> tuple[str, str, str]:
        """Layers of one scale have numbers that can be compared."""
        return self.kind, self.measure, self.task


def score_layers(tables: Mapping[str, Records], measure: str, *, chosen: str = "") -> list[Layer]:
    """The scores of every encoder and way of training, at the size that has most languages.

    Args:
        tables: of `isogloss.report.understand`.
        measure: the score in words.
        chosen: encoder that stands first.
    """
    curves = _of_one_split(tables["curves"])
    found = [
        *(_of_regime(key, points, measure) for key, points in parts(curves, ("encoder", "regime"))),
        *_of_sources(_of_one_split(tables["transfer"]), measure),
    ]
    encoders = list(dict.fromkeys(layer.group for layer in found))
    order = [name for name in encoders if name == chosen] + [e for e in encoders if e != chosen]
    return sorted(found, key=lambda layer: (order.index(layer.group), _rank(layer)))


def difference_layers(
    differences: Records, layers: Sequence[Layer], metric: str
) -> Iterator[Layer]:
    """The tested differences of every two encoders, where they have a layer of the same way.

    Args:
        differences: of `isogloss.report.comparison.differences.compare_encoders`.
        layers: of `score_layers`.
        metric: which of the metrics is shown.
    """
    tested = [
        record for record in differences
        if record["metric"] == metric and record["scope"] == "language"
        and record["difference"] is not None
    ]  # fmt: skip
    by_way: dict[tuple[Any, ...], list[Layer]] = defaultdict(list)
    for layer in layers:
        by_way[layer.key].append(layer)
    for key, alike in by_way.items():
        for one, other in combinations(alike, 2):
            names = {one.group, other.group}
            mine = [r for r in tested if {r["first"], r["second"]} == names and _is_of(r, key)]
            mine = [r for r in mine if r["language"] in one.marks and r["language"] in other.marks]
            if mine:
                yield _difference(mine, one)


def balance_layers(tables: Mapping[str, Records], design: Design) -> Iterator[Layer]:
    """The headline score of every arm, and the tested differences to the baselines.

    Args:
        tables: of `isogloss.report.balance.tables.balance_tables`.
        design: of the study.
    """
    alone = [record for record in tables["balance_averages"] if record["scope"] == "language"]
    for key, records in parts(alone, QUESTION):
        if design.headlines.get(key["task"]) == key["metric"]:
            yield from _of_arms(key, records, design.candidate)
    tests = [r for r in tables["balance_tests"] if r["scope"] == "language"]
    for key, records in parts(tests, (*QUESTION, "first", "second")):
        marks = _marks(records, "difference", "n_units")
        if marks:
            task, words = _task(key), f"{key['second']} minus {key['first']}"
            yield Layer(
                task, words, measure_words(key["metric"]), marks,
                facts=str(key["split"]).replace("_", " "), kind="difference", task=task,
            )  # fmt: skip


def _of_one_split(records: Records) -> Records:
    """Those of the test split, or of the first there is."""
    splits = [record["split"] for record in records]
    split = "test" if "test" in splits else next(iter(splits), None)
    return [record for record in records if record["split"] == split]


def _rank(layer: Layer) -> int:
    """Joint training first, then groups, single, left out, one source."""
    regime, sources = layer.key[0], layer.key[3]
    if sources:
        return 4
    return {"joint": 0, "single": 2, "leave_one_out": 3}.get(regime, 1)


def _of_regime(key: Mapping[str, Any], points: Records, measure: str) -> Layer:
    """One regime of an encoder, languages that it saw and others."""
    n = _fullest(points)
    mine = [point for point in points if point["n_per_language"] == n]
    split = mine[0]["split"]
    return Layer(
        key["encoder"], WAYS.get(key["regime"], f"trained on {key['regime']}"), measure,
        _marks(mine, "value", "n_scored"), facts=f"{size(n)} · {split}",
        key=(key["regime"], n, split, ()),
    )  # fmt: skip


def _of_sources(cells: Records, measure: str) -> Iterator[Layer]:
    """Models of one language each, on all languages: where zero-shot transfer ends."""
    for key, of_encoder in parts(cells, ("encoder",)):
        n = _fullest([cell for cell in of_encoder if cell["value"] is not None])
        mine = [cell for cell in of_encoder if cell["n_per_language"] == n]
        by_source = {key["source"]: found for key, found in parts(mine, ("source",))}
        for source in _donors(by_source):
            marks = _marks(by_source[source], "value", "n_scored", by="target")
            split = mine[0]["split"]
            if len(marks) > 1:
                yield Layer(
                    key["encoder"], f"trained on {language_name(source)} alone", measure,
                    marks, facts=f"{size(n)} · {split}", key=("single", n, split, (source,)),
                )  # fmt: skip


def _donors(by_source: Mapping[str, Records]) -> list[str]:
    """The sources that are shown: all, or of many the one that gives most to other languages."""
    if len(by_source) <= MOST_SOURCES:
        return list(by_source)

    def given(source: str) -> float:
        values = [
            cell["value"] for cell in by_source[source]
            if cell["target"] != source and cell["value"] is not None
        ]  # fmt: skip
        return sum(values) / len(values) if values else float("-inf")

    return [max(by_source, key=given)]


def _fullest(records: Records) -> int | None:
    """The size with the most languages; of several the largest."""
    counts: dict[int | None, int] = defaultdict(int)
    for record in records:
        counts[record["n_per_language"]] += 1
    return max(counts, key=lambda n: (counts[n], by_size(n)), default=None)


def _is_of(record: Mapping[str, Any], key: tuple[Any, ...]) -> bool:
    """Whether a difference is about two models of this way."""
    regime, n, split, sources = key
    if (record["regime"], record["n_per_language"], record["split"]) != (regime, n, split):
        return False
    trained, target = tuple(record["sources"]), record["language"]
    if sources:
        return bool(trained == sources)
    if regime == "single":
        return trained == (target,)
    return regime != "leave_one_out" or target not in trained


def _difference(records: Records, alike: Layer) -> Layer:
    first, second = records[0]["first"], records[0]["second"]
    marks = _marks(records, "difference", "n_units")
    seen = {code: mark.setting for code, mark in alike.marks.items()}
    return Layer(
        f"{second} minus {first}", alike.way, alike.measure,
        {code: mark._replace(setting=seen[code]) for code, mark in marks.items()},
        facts=alike.facts, kind="difference", key=alike.key,
    )  # fmt: skip


def _of_arms(key: Mapping[str, Any], records: Records, candidate: str) -> Iterator[Layer]:
    arms = list(dict.fromkeys(record["arm"] for record in records))
    for arm in sorted(arms, key=lambda arm: (arm != candidate, arm == TEACHER)):
        marks = _marks([record for record in records if record["arm"] == arm], "value", "n_scored")
        if marks:
            name = "the teachers, each in its language" if arm == TEACHER else arm
            facts = str(key["split"]).replace("_", " ")
            task = _task(key)
            yield Layer(task, name, measure_words(key["metric"]), marks, facts=facts, task=task)


def _task(key: Mapping[str, Any]) -> str:
    setting = "" if key["task"] == MASKED else f", {SETTINGS[key['setting']]}"
    layer = f", {key['form']}" if key["form"] else ""
    return f"{TASKS.get(key['task'], key['task'])}{setting}{layer}"


def _marks(records: Records, name: str, count: str, *, by: str = "language") -> dict[str, Mark]:
    """The marks of those languages that have a value."""
    return {
        record[by]: Mark(
            record[name], record[f"{name}_low"], record[f"{name}_high"],
            record[count], record.get("n_unscored", 0), record["n_seeds"],
            _setting(record, by),
        )
        for record in records
        if record[name] is not None
    }  # fmt: skip


def _setting(record: Mapping[str, Any], by: str) -> str:
    if by == "target":
        return SEEN["seen" if record["source"] == record["target"] else "zero-shot"]
    return SEEN.get(record.get("setting", ""), "")
