"""Step `data`: splits of one language, read, mapped to label or tag names, pooled."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from isogloss.data.example import Split, TaggedSplit
from isogloss.data.folder import FolderSource
from isogloss.data.hub import HubSource
from isogloss.data.mapping import Columns, read_pool
from isogloss.data.plugged import PluggedRows
from isogloss.data.sample import SampleSource
from isogloss.data.source import Rows
from isogloss.data.table import read_table, write_split
from isogloss.data.tagged_table import read_tagged_table, write_tagged
from isogloss.data.tagging import TagColumns, read_tagged
from isogloss.execute.bench import Bench, Made, Making
from isogloss.plugins.found import same_as
from isogloss.store.step_files import EXAMPLES
from isogloss.study.data import SOURCES
from isogloss.study.layout import ENDINGS, language_folder


def make_data(bench: Bench) -> Making:
    """Read the splits that the step names."""
    yield from ()
    payload = bench.payload
    source = open_source(bench.step.settings["source"], payload["source"], payload["language"])
    declared = {**payload["columns"], "labels": tuple(payload["columns"]["labels"])}
    place = payload["language"], payload["splits"]
    if "task" in declared:
        tagged = read_tagged(source, *place, TagColumns(**declared))
        record = _tagged_record(tagged, declared["task"], declared["labels"])
        return Made(record, lambda folder: write_tagged(tagged, folder / EXAMPLES))
    split = read_pool(source, *place, Columns(**declared))
    record = _text_record(split, declared["labels"])
    return Made(record, lambda folder: write_split(split, folder / EXAMPLES))


def read_examples(folder: Path) -> Split:
    """Read back what a data step of texts has written."""
    return read_table(folder / EXAMPLES)


def read_tagged_examples(folder: Path) -> TaggedSplit:
    """Read back what a data step of tagged sentences has written."""
    return read_tagged_table(folder / EXAMPLES)


def read_texts(folder: Path, *, tagged: bool) -> list[str]:
    """The texts that a data step has written; words joined by spaces."""
    if tagged:
        return [" ".join(example.tokens) for example in read_tagged_examples(folder).examples]
    return [example.text for example in read_examples(folder).examples]


def open_source(
    declared: dict[str, Any],
    pin: dict[str, Any],
    language: str,
    endings: tuple[str, ...] = ENDINGS,
) -> Rows:
    """The source that a study declares, held to the bytes that its plan was made for."""
    if declared["kind"] == "hub":
        return hub_source(declared["repo"], pin["commit"])
    if declared["kind"] == "sample":
        return SampleSource(declared["seed"])
    if "plugins" in pin:
        return _plugged(declared, pin)
    root = Path(declared["root"])
    folders = {code: Path(folder) for code, folder in declared["folders"].items()}
    name = language_folder(root, language, folders, endings).name
    expected = {f"{name}/{file}": digest for file, digest in pin["files"].values()}
    return FolderSource(root, expected, folders, endings)


def _plugged(declared: dict[str, Any], pin: dict[str, Any]) -> PluggedRows:
    opened = same_as(pin["plugins"][0], SOURCES)
    root = Path(declared["root"]) if declared["root"] else None
    pins: dict[str, str] = dict(pin["files"].values())
    return PluggedRows(declared["kind"], opened(root, declared["options"]), pins)


@cache
def hub_source(repo: str, commit: str) -> HubSource:
    """One source for all steps of a process, so that the Hub is asked once what it has."""
    return HubSource(repo, commit)


def _text_record(split: Split, labels: tuple[str, ...]) -> dict[str, Any]:
    counts = Counter(example.label for example in split.examples)
    return {
        "language": split.language,
        "split": split.name,
        "rows": len(split.examples),
        "labels": {label: counts[label] for label in labels},
    }


def _tagged_record(split: TaggedSplit, task: str, labels: tuple[str, ...]) -> dict[str, Any]:
    """`labels` counts entities by type, or words by part of speech."""
    tags = Counter(tag for example in split.examples for tag in example.tags)
    counts = {label: tags[f"B-{label}" if task == "ner" else label] for label in labels}
    return {
        "language": split.language,
        "split": split.name,
        "rows": len(split.examples),
        "words": sum(tags.values()),
        "labels": counts,
        "n_repaired": split.n_repaired,
    }
