"""Stores with a spoiled file: format, manifest, note, failure, progress, stored split."""

import json
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from fuzz_mutations import as_json, spoiled, with_other_values
from fuzz_targets import Target
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError
from isogloss.data.encoded import Encoded
from isogloss.data.example import Split, TextExample
from isogloss.data.table import read_table, write_split
from isogloss.data.text import RawText
from isogloss.desk.opened import reopen_study
from isogloss.plan.build import build_plan
from isogloss.plan.pins import Pins
from isogloss.store.garbage import find_garbage
from isogloss.store.inventory import kept_steps
from isogloss.store.live import Live
from isogloss.store.store import Store
from isogloss.study.load import load_study
from toys import STUDY

DONE, FAILED = "0123456789abcdef", "fedcba9876543210"
SPOILED = (
    "format.json",
    f"steps/{DONE}/manifest.json",
    "studies/toy.json",
    f"failures/{FAILED}.json",
    f"progress/{FAILED}.json",
)


@cache
def whole_store() -> dict[str, bytes]:
    """The files of a store that is as it should be."""
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "store"
        store = Store(root)
        record = {"scores": [{"metric": "f1", "value": 0.5, "n_scored": 3, "n_unscored": 0}]}
        store.write(DONE, "evaluate", {"kind": "evaluate"}, record, _fill, seconds=1.0)
        store.fail(FAILED, {"kind": "run", "message": "no memory", "traceback": "", "worker": 0})
        (root / "progress").mkdir()
        Live(root).tell(FAILED, {"kind": "train", "title": "toy", "done": 1, "total": 2})
        path = Path(home) / "toy.yaml"
        path.write_text(STUDY, encoding="utf-8")
        study = load_study(path)
        file = {
            "kind": "folder",
            "files": {"train": ["train.jsonl", "0"], "test": ["t.jsonl", "1"]},
        }
        pins = {"data": dict.fromkeys(study.languages, file), "encoders": {"tiny": {"scratch": {}}}}
        declared = study.model_dump(mode="json", by_alias=True)
        keys = [step.key for step in build_plan(study, Pins(**pins))]
        more = {"pins": {**pins, "notes": [], "remarks": []}, "changes": []}
        store.remember_study("toy", declared, keys, "toy.yaml", **more)
        return {name: (root / name).read_bytes() for name in (*SPOILED, _WEIGHTS)}


_WEIGHTS = f"steps/{DONE}/weights.bin"


def _fill(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"\x00\x01" * 100)


@st.composite
def spoiled_stores(draw) -> tuple[str, bytes]:
    """Which file of the store is spoiled, and what it holds."""
    name = draw(st.sampled_from(SPOILED))
    good = whole_store()[name]
    if draw(st.booleans()):
        return name, draw(spoiled((good,)))
    return name, as_json(draw(with_other_values(json.loads(good))))


def store(folder: Path, given: tuple[str, bytes]) -> None:
    """Read all that a store tells; each part is read or refused."""
    name, content = given
    for path, good in whole_store().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if path == name else good)
    opened = Store(folder)
    assert opened.keys() == (DONE,)
    parts = (
        lambda: dict(opened.manifest(DONE)["record"]),
        lambda: opened.folder(DONE, {"kind": "evaluate"}, bytes_too=True),
        lambda: opened.record(DONE),
        lambda: opened.failure(FAILED),
        lambda: Live(folder).progress(FAILED),
        lambda: [reopen_study(noted, folder).plan for noted in opened.studies()],
        lambda: opened.study("toy"),
        lambda: list(kept_steps(opened)),
        lambda: find_garbage(opened),
    )
    failures = [error for part in parts if (error := _refusal(part)) is not None]
    if failures:
        raise failures[0]


def _refusal(part: Any) -> Exception | None:
    try:
        part()
    except (InputError, RunError) as error:
        return error
    return None


@cache
def stored_split() -> bytes:
    """A split as a step has written it."""
    examples = tuple(TextExample(f"train/{at}", "gut", "positive") for at in range(3))
    with tempfile.TemporaryDirectory() as home:
        write_split(Split("deu-Latn", "train", examples), Path(home) / "split.parquet")
        return (Path(home) / "split.parquet").read_bytes()


def stored_split_of(folder: Path, content: bytes) -> None:
    """Read a stored split, and the same bytes as what they are not."""
    path = folder / "split.parquet"
    path.write_bytes(content)
    for other in (Encoded.read, RawText.read):
        with suppress(RunError):
            other(path)
    assert all(len(example) == 3 for example in read_table(path).examples)


STORE_TARGETS = (
    Target("store", spoiled_stores(), store, 1500),
    Target(
        "stored split",
        st.deferred(lambda: spoiled((stored_split(),))),
        stored_split_of,
        500,
    ),
)
