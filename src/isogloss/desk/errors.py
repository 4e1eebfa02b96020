"""What the models of an opened study get wrong, from its stored predictions and texts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from isogloss.execute.kinds.data import read_examples, read_tagged_examples
from isogloss.report.balance.scores import REGIMES
from isogloss.report.comparison.results import Setting, setting_of_most
from isogloss.report.html.evidence import Errors
from isogloss.report.why.confusion import (
    Confusion,
    Place,
    confusion_of_words,
    confusions_of_rows,
)
from isogloss.report.why.entities import count_matches, entity_records
from isogloss.report.why.said import Said, read_said
from isogloss.report.why.worst import Worst, worst_sentences, worst_texts
from isogloss.study.tasks import SPAN_TASKS, tags_of

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened
    from isogloss.report.records import Record, Row

MOST_SHOWN = 5
"""Examples of one encoder and language."""

MOST_IN_ALL = 400
"""Examples of a page; with very many encoders and languages there are fewer of each."""

Reading = Callable[[str], Said]
"""Gives what was predicted in a step."""

Tested = dict[Place, dict[int, str]]
"""The evaluations of each place: seed -> step."""


def errors_of(opened: "Opened", rows: "Sequence[Row]", *, texts: bool) -> Errors | None:
    """Gather confusions, missed entities and the worst examples.

    Args:
        opened: the study.
        rows: its long table of results, of what was fine-tuned.
        texts: whether texts of the data may be shown.
    """
    tested = _tested(opened)
    if not tested:
        return None
    main = setting_of_most((place.encoder, place.setting) for place in tested)
    n_inside = sum(place.setting == main for place in tested)
    most = max(1, min(MOST_SHOWN, MOST_IN_ALL // n_inside))
    confusions = [] if opened.study.is_tagging else list(_of_rows(opened, rows))
    entities: list[Record] = []
    worst: list[Worst] = []
    for place, steps in tested.items():
        said = cache(partial(_said, opened))  # each file is read once, and forgotten with its place
        if opened.study.is_tagging:
            confusions.append(confusion_of_words(place, list(map(said, steps.values()))))
        if place.setting == main:
            entities += _entities(opened, place, steps, said)
            worst.append(_worst(opened, place, steps, said, most=most, texts=texts))
    return Errors(main, confusions, entities, worst, texts)


def _tested(opened: "Opened") -> Tested:
    """Finished evaluations of models as they were trained."""
    found: Tested = {}
    for columns, _ in opened.entries:
        trained_form = columns["form"] == "torch" and columns["regime"] not in REGIMES
        if columns["target_language"] is None or not trained_form:
            continue
        sources = tuple(columns["source_languages"])
        setting = Setting(columns["regime"], sources, columns["n_per_language"], columns["split"])
        place = Place(columns["encoder"], setting, columns["target_language"])
        found.setdefault(place, {})[columns["seed"]] = columns["step"]
    return found


def _of_rows(opened: "Opened", rows: "Sequence[Row]") -> Iterable[Confusion]:
    return confusions_of_rows(rows, opened.study.labels, opened.study.metric)


def _entities(
    opened: "Opened", place: Place, steps: Mapping[int, str], said: Reading
) -> "Iterable[Record]":
    if opened.study.task not in SPAN_TASKS:
        return ()
    counts = count_matches(map(said, steps.values()))
    return entity_records(place.encoder, place.target, counts, len(steps))


def _worst(
    opened: "Opened",
    place: Place,
    steps: Mapping[int, str],
    said: Reading,
    *,
    most: int,
    texts: bool,
) -> Worst:
    """The worst examples of the first seed."""
    seed = min(steps, key=opened.study.seeds.index)
    of_seed = said(steps[seed])
    data = _data_of(opened, steps[seed]) if texts else None
    if opened.study.is_tagging:
        words = partial(_words, opened, data) if data else None
        spans = opened.study.task in SPAN_TASKS
        found = worst_sentences(of_seed, most, words, spans=spans)
    else:
        found = worst_texts(of_seed, most, partial(_texts, opened, data) if data else None)
    wrong = int(of_seed.wrong.sum())
    return Worst(
        place.encoder, place.setting, place.target, seed, wrong, len(of_seed), tuple(found)
    )


def _said(opened: "Opened", step: str) -> Said:
    task, labels = opened.study.task, opened.study.labels
    names = tags_of(task, labels)
    return read_said(opened.store.folder(step), task=task, names=names)


def _data_of(opened: "Opened", evaluated: str) -> str | None:
    """The data step that an evaluation was made on, if the store still has it."""
    prepared = opened.plan.by_key[evaluated].needs[1]
    data = opened.plan.by_key[prepared].needs[0]
    return data if data in opened.store else None


def _texts(opened: "Opened", data: str, wanted: Sequence[str]) -> dict[str, str]:
    ids = set(wanted)
    split = read_examples(opened.store.folder(data))
    return {example.id: example.text for example in split.examples if example.id in ids}


def _words(opened: "Opened", data: str, wanted: Sequence[str]) -> dict[str, Any]:
    ids = set(wanted)
    split = read_tagged_examples(opened.store.folder(data))
    return {example.id: example.tokens for example in split.examples if example.id in ids}
