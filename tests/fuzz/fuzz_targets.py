"""What is fuzzed: each reader, its good files, and what must hold of whatever it accepts."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import fuzz_seeds as seeds
import pyarrow as pa
import yaml
from fuzz_mutations import (
    LINES,
    VALUES,
    WORDS,
    as_json,
    spoiled,
    with_another_text,
    with_other_values,
)
from huggingface_hub import constants
from hypothesis import strategies as st

from isogloss.base.languages import language_code
from isogloss.data.folder import FolderSource
from isogloss.data.mapping import Columns, read_split
from isogloss.data.readers.registry import read_rows
from isogloss.data.shards import ordered_shards, parse_shard
from isogloss.data.tagging import TagColumns, read_tagged
from isogloss.data.text import read_text
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.report.comparison.read_figures import read_figures
from isogloss.study.document import parse_document, with_changes
from isogloss.study.layout import TEXT_ENDINGS
from isogloss.study.load import load_study

Read = Callable[[Path, Any], Any]


@dataclass(frozen=True)
class Target:
    """A reader and the inputs to try on it."""

    name: str
    inputs: st.SearchStrategy = field(repr=False)
    read: Read = field(repr=False)
    """Given an empty folder and an input."""
    weight: int = 1000
    """Inputs in the slow tier."""


def is_text(value) -> bool:
    """Whether all texts in a value can be written out again."""
    if isinstance(value, str):
        return not any(0xD800 <= ord(character) < 0xE000 for character in value)
    if isinstance(value, dict):
        return all(is_text(key) and is_text(item) for key, item in value.items())
    return all(map(is_text, value)) if isinstance(value, list | tuple) else True


def rows_of(name: str) -> Read:
    """Read a file of this name, as far as it goes."""

    def read(folder: Path, content: bytes) -> None:
        path = folder / name
        path.write_bytes(content)
        for at, row in enumerate(read_rows(path)):
            assert row.index == at
            assert row.place.startswith(str(path))
            assert is_text(dict(row.fields))
            if "conll" in name:
                tags = row.fields["upos" if "conllu" in name else "ner_tags"]
                assert len(row.fields["tokens"]) == len(tags) > 0
                assert all(row.fields["tokens"])
                assert all(tags)

    return read


COLUMNS = Columns(labels=("positive", "negative"), label_names={"0": "positive", "1": "negative"})


def _data(folder: Path, name: str, content: bytes, endings=None) -> FolderSource:
    home = folder / "data" / "de"
    home.mkdir(parents=True)
    (home / name).write_bytes(content)
    return FolderSource(folder / "data", **({"endings": endings} if endings else {}))


def examples_of(name: str) -> Read:
    """Read a split and name its labels."""

    def read(folder: Path, content: bytes) -> None:
        split = read_split(_data(folder, name, content), "de", "train", COLUMNS)
        assert split.examples
        assert all(is_text(one.text) for one in split.examples)
        assert {one.label for one in split.examples} <= set(COLUMNS.labels)

    return read


def tagged_of(name: str, task: str) -> Read:
    """Read a split of words and tags."""
    labels = ("PER", "LOC", "ORG") if task == "ner" else ("NOUN", "ADP", "DET")

    def read(folder: Path, content: bytes) -> None:
        source = _data(folder, name, content)
        found = read_tagged(source, "de", ("train",), TagColumns(task, labels))
        for one in found.examples:
            assert len(one.tokens) == len(one.tags) > 0
            assert is_text(one.tokens)

    return read


def raw_text_of(name: str) -> Read:
    """Read raw text and hold some of it out."""

    def read(folder: Path, content: bytes) -> None:
        source = _data(folder, name, content, TEXT_ENDINGS)
        found = read_text(source, "de", train_splits=("train",), held_out=0.2, column="text")
        assert len(found.train) > 0 < len(found.held_out)
        assert is_text(found.train.lines)

    return read


def label_map(folder: Path, given: Any) -> None:
    """Name labels by a map that came out of a study, for rows that came out of a file."""
    labels, names, rows = given
    columns = Columns(labels=tuple(labels), label_names=names)
    content = b"".join(as_json(row) + b"\n" for row in rows)
    split = read_split(_data(folder, "train.jsonl", content), "de", "train", columns)
    assert {one.label for one in split.examples} <= set(labels)


def study(folder: Path, content: bytes) -> None:
    """Read a study file."""
    path = folder / "study.yaml"
    path.write_bytes(content)
    found = load_study(path)
    json.dumps(found.model_dump(mode="json", by_alias=True), ensure_ascii=False).encode()


def opened_study(folder: Path, content: bytes) -> None:
    """Read a study file and look at all it names, without the Hub."""
    path = folder / "study.yaml"
    path.write_bytes(content)
    for language in ("de", "en"):
        home = folder / "data" / language
        home.mkdir(parents=True)
        (home / "train.jsonl").write_bytes(b"{}\n")
    with patch.object(constants, "HF_HUB_OFFLINE", True):
        build_plan(found := load_study(path), pin_study(found))


def listed_repository(_: Path, paths: list[str]) -> None:
    """Sort the files of a repository into the splits of its languages."""
    shards = [shard for path in paths if (shard := parse_shard(path)) is not None]
    for shard in shards:
        assert ".." not in Path(shard.path).parts
        assert not Path(shard.path).is_absolute()
        assert shard.split
    if shards:
        ordered_shards([one for one in shards if one.split == shards[0].split], "the repository")


def named_folder(folder: Path, names: list[tuple[str, str]]) -> None:
    """Find languages and splits by the names of folders and files."""
    root = folder / "data"
    root.mkdir()
    for language, split in names:
        try:
            (root / language).mkdir(exist_ok=True)
            (root / language / split).write_bytes(b"{}\n")
        except (OSError, ValueError):
            continue  # no such name can be
    source = FolderSource(root)
    for code in source.languages():
        for split in source.splits(code):
            source.path(code, split)
            list(source.rows(code, split))


def changed_study(folder: Path, changes: list[str]) -> None:
    """Read a good study with changes from the command line."""
    path = folder / "study.yaml"
    path.write_bytes(seeds.STUDIES[0])
    load_study(path, changes)
    with_changes(parse_document(seeds.STUDIES[0].decode(), "study"), tuple(changes))


def figures(folder: Path, content: bytes) -> None:
    """Read a table of figures."""
    path = folder / "figures.csv"
    path.write_bytes(content)
    assert len(read_figures(path)) > 1


def language(_: Path, spelling: str) -> None:
    """Read the name of a language."""
    three, _, script = language_code(spelling).partition("-")
    assert (len(three), len(script)) == (3, 4)


STUDY_VALUES = tuple(map(yaml.safe_load, seeds.STUDIES))
FILES = st.builds(
    "/".join,
    st.lists(
        st.sampled_from(
            ["..", ".", "", "german", "de", "train", "test", "data", "0000", "x\\y", "\0"]
        )
        | WORDS,
        max_size=3,
    ),
) | st.builds(
    "{}/train-{:05d}-of-{:05d}.parquet".format, WORDS, st.integers(0, 99999), st.integers(0, 99999)
)
LISTINGS = st.lists(
    FILES.flatmap(lambda path: st.sampled_from([path, f"{path}.parquet"])), max_size=6
)
FOLDERS = st.lists(
    st.tuples(
        st.sampled_from(["de", "German", "deu-Latn", "..", "xx-yy"]) | WORDS,
        st.sampled_from(["train.jsonl", "dev.csv", "valid.tsv.gz", "test.conll", ".."]) | WORDS,
    ),
    min_size=1,
    max_size=4,
)
PATHS = ("name", "data.labels.0", "encoders.0.model", "training.seed", "seeds", "data.source.root")
CHANGES = st.lists(
    st.builds(
        lambda path, sign, value: f"{path}{sign}{value}",
        st.sampled_from(PATHS) | WORDS,
        st.sampled_from(["=", "=", "=", ""]),
        WORDS,
    ),
    max_size=3,
)
ROWS = st.lists(
    st.fixed_dictionaries({"text": WORDS | VALUES, "label": WORDS | VALUES})
    | st.dictionaries(WORDS, VALUES, max_size=3),
    min_size=1,
    max_size=4,
)
SENTENCES = st.lists(
    st.fixed_dictionaries(
        {
            "tokens": st.lists(WORDS, max_size=4) | VALUES,
            "ner_tags": st.lists(WORDS, max_size=4) | VALUES,
        }
    ),
    min_size=1,
    max_size=3,
)
MAPS = st.tuples(
    st.lists(WORDS, min_size=1, max_size=4, unique=True),
    st.dictionaries(WORDS, WORDS, max_size=3),
    ROWS,
)


def _lines(rows) -> bytes:
    return b"".join(as_json(row) + b"\n" for row in rows)


TYPES = st.sampled_from(
    [pa.int8(), pa.int64(), pa.float32(), pa.bool_(), pa.string(), pa.large_string(), pa.binary(),
     pa.date32(), pa.timestamp("us"), pa.duration("s"), pa.time64("ns"), pa.decimal128(9, 2),
     pa.null(), pa.list_(pa.string()), pa.list_(pa.int64()), pa.dictionary(pa.int32(), pa.string()),
     pa.struct([("a", pa.string())]), pa.map_(pa.string(), pa.int64())]
)  # fmt: skip


@st.composite
def tables(draw) -> bytes:
    """Parquet files of any columns, under names that we look for, with metadata of any kind."""
    columns = {}
    for name in draw(st.lists(st.sampled_from(["text", "label", "tokens", "x"]), unique=True)):
        kind = draw(TYPES)
        columns[name] = pa.array([None] * 3, kind) if draw(st.booleans()) else _filled(draw, kind)
    table = pa.table(columns)
    said = draw(st.none() | VALUES | st.builds(lambda names: {"info": {"features": names}}, VALUES))
    if draw(st.booleans()):
        said = {"info": {"features": {"label": {"_type": "ClassLabel", "names": draw(VALUES)}}}}
    metadata = {b"huggingface": as_json(said)}
    return seeds.parquet_bytes(table.replace_schema_metadata(metadata))


def _filled(draw, kind):
    numbers = pa.array(draw(st.lists(st.integers(-2, 100), min_size=3, max_size=3)), pa.int64())
    try:
        return numbers.cast(kind)
    except pa.ArrowException:
        return pa.array([None] * 3, kind)


def _text_targets():
    formats = {
        "jsonl": seeds.JSONL, "csv": seeds.CSV, "tsv": seeds.TSV, "conll": seeds.CONLL,
        "conllu": seeds.CONLLU, "txt": seeds.TEXT,
    }  # fmt: skip
    for ending, good in formats.items():
        lines = LINES.map(lambda found: "\n".join(found).encode("utf-8", "surrogatepass"))
        inputs = spoiled(good) | lines
        yield Target(ending, inputs, rows_of(f"train.{ending}"), 1200)
        packed = spoiled(seeds.packed(good))
        yield Target(f"{ending}.gz", packed, rows_of(f"train.{ending}.gz"), 400)


TARGETS = (
    Target("study, bytes", spoiled(seeds.STUDIES), study, 1000),
    Target(
        "study, values",
        st.one_of(*map(with_other_values, STUDY_VALUES)).map(as_json),
        study,
        1300,
    ),
    Target(
        "study, texts",
        st.one_of(*map(with_another_text, STUDY_VALUES)).map(as_json),
        opened_study,
        700,
    ),
    Target("hub listing", LISTINGS, listed_repository, 700),
    Target("names of folders", FOLDERS, named_folder, 600),
    Target("study, --set", CHANGES, changed_study, 500),
    *_text_targets(),
    Target("parquet, bytes", spoiled(seeds.PARQUET), rows_of("train.parquet"), 1500),
    Target("parquet, values", tables(), rows_of("train.parquet"), 700),
    Target("parquet, labels", tables(), examples_of("train.parquet"), 500),
    Target("rows and labels", ROWS.map(_lines), examples_of("train.jsonl"), 800),
    Target("label map", MAPS, label_map, 800),
    Target("entities", SENTENCES.map(_lines), tagged_of("train.jsonl", "ner"), 700),
    Target("entities, conll", spoiled(seeds.CONLL), tagged_of("train.conll", "ner"), 500),
    Target("parts of speech", spoiled(seeds.CONLLU), tagged_of("train.conllu", "pos"), 500),
    Target("raw text", spoiled(seeds.TEXT), raw_text_of("train.txt"), 500),
    Target("raw text, gz", spoiled(seeds.packed(seeds.TEXT)), raw_text_of("train.txt.gz"), 300),
    Target("figures", spoiled(seeds.FIGURES), figures, 600),
    Target("language", WORDS | st.text(max_size=40), language, 600),
)


def emptied(folder: Path) -> Path:
    """A folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
