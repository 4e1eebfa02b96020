"""Step `data`: splits of one language, read, mapped to label names, pooled."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from isogloss.data.example import Split
from isogloss.data.folder import FolderSource
from isogloss.data.hub import HubSource
from isogloss.data.mapping import Columns, read_pool
from isogloss.data.sample import SampleSource
from isogloss.data.source import Source
from isogloss.data.table import read_table, write_split
from isogloss.execute.bench import Bench, Made, Making
from isogloss.study.layout import language_folder

FILE = "examples.parquet"


def make_data(bench: Bench) -> Making:
    """Read the splits that the step names."""
    yield from ()
    payload = bench.payload
    source = open_source(bench.step.settings["source"], payload["source"], payload["language"])
    columns = Columns(**{**payload["columns"], "labels": tuple(payload["columns"]["labels"])})
    split = read_pool(source, payload["language"], payload["splits"], columns)
    return Made(_record(split, columns.labels), lambda folder: write_split(split, folder / FILE))


def read_examples(folder: Path) -> Split:
    """Read back what a data step has written."""
    return read_table(folder / FILE)


def open_source(declared: dict[str, Any], pin: dict[str, Any], language: str) -> Source:
    """The source that a study declares, held to the bytes that its plan was made for."""
    if declared["kind"] == "hub":
        return hub_source(declared["repo"], pin["commit"])
    if declared["kind"] == "sample":
        return SampleSource(declared["seed"])
    root = Path(declared["root"])
    name = language_folder(root, language).name
    expected = {f"{name}/{file}": digest for file, digest in pin["files"].values()}
    return FolderSource(root, expected)


@cache
def hub_source(repo: str, commit: str) -> HubSource:
    """One source for all steps of a process, so that the Hub is asked once what it has."""
    return HubSource(repo, commit)


def _record(split: Split, labels: tuple[str, ...]) -> dict[str, Any]:
    counts = Counter(example.label for example in split.examples)
    return {
        "language": split.language,
        "split": split.name,
        "rows": len(split.examples),
        "labels": {label: counts[label] for label in labels},
    }
