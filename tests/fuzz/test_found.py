"""What fuzzing and the reading of readers have found, one plain test each."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from isogloss.base.errors import InputError, LeadsOutside, RunError
from isogloss.data.readers.parquet import class_names
from isogloss.data.readers.registry import read_rows
from isogloss.data.shards import parse_shard
from isogloss.data.stored import read_stored
from isogloss.data.table import read_table
from isogloss.plan.hub import cached_commit, remember_commit
from isogloss.plan.pins import pin_study
from isogloss.study.document import parse_document
from isogloss.study.load import load_study
from toys import STUDY


def test_the_key_of_a_change_cannot_write_to_the_terminal(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    with pytest.raises(InputError) as caught:
        load_study(path, ["\x1f="])
    assert "\x1f" not in str(caught.value)


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "/" + "a" * 300, "x/" * 3000 + "y"])
@pytest.mark.parametrize("key", ["data.source.root", "encoders.0.model"])
def test_a_folder_that_can_not_be_is_one_message(tmp_path, name, key):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    changes = [f"{key}={name}"]
    if key.startswith("encoders"):
        changes = [f"encoders=[{{name: tiny, model: '{name}'}}]"]
    with pytest.raises(InputError) as caught:
        pin_study(load_study(path, changes))
    assert len(str(caught.value)) < 3000


def test_brackets_in_each_other_are_refused_before_the_time_grows_with_their_square():
    with pytest.raises(InputError, match="in each other"):
        parse_document("a: " + "[" * 500_000, "study.yaml")


def test_a_number_too_long_to_be_told_is_refused():
    with pytest.raises(InputError, match="whole number"):
        parse_document("seeds: [0x" + "f" * 5000 + "]", "study.yaml")


def test_many_keys_of_which_one_stands_twice_are_refused_soon(tmp_path):
    path = tmp_path / "train.jsonl"
    keys = [f'"k{n}": 1' for n in range(200_000)]
    path.write_text("{" + ", ".join([*keys, keys[-1]]) + "}\n")
    with pytest.raises(InputError, match="the key 'k199999' stands twice"):
        list(read_rows(path))


@pytest.mark.parametrize(
    "features",
    [[], [[]], {"label": {"names": 5, "_type": "ClassLabel"}}, {"label": [5]}, {"label": [None]},
     {"label": {"feature": []}}, "label", None, {"label": {"_type": "ClassLabel"}}],
)  # fmt: skip
def test_metadata_in_another_form_name_no_classes(features):
    said = json.dumps({"info": {"features": features}}).encode()
    assert class_names({b"huggingface": said}) == {}


def test_deep_metadata_name_no_classes():
    assert class_names({b"huggingface": b"[" * 100_000}) == {}


@pytest.mark.parametrize(
    "path",
    ["../train/0000.parquet", "/etc/train.parquet", "a/../0000.parquet", "a\\b/train.parquet",
     "C:/train.parquet", "a/tr\nain/0.parquet", "//x.parquet"],
)  # fmt: skip
def test_a_repository_cannot_name_files_outside_of_its_folder(path):
    with pytest.raises(LeadsOutside):
        parse_shard(path)


def test_a_stored_text_that_is_no_utf_8_is_damage(tmp_path):
    path = tmp_path / "split.parquet"
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xf4")]
    )
    schema = pa.schema([(name, pa.string()) for name in ("id", "text", "label")])
    metadata = {b"isogloss.language": b"deu-Latn", b"isogloss.split": b"train"}
    pq.write_table(pa.table([broken] * 3, schema=schema.with_metadata(metadata)), path)
    with pytest.raises(RunError, match="Remove it"):
        read_table(path)


def test_a_stored_value_that_is_missing_is_not_taken_for_a_number(tmp_path):
    path = tmp_path / "encoded.parquet"
    schema = pa.schema([("ids", pa.int64())])
    pq.write_table(pa.table({"ids": [1, None]}, schema=schema), path)
    with pytest.raises(RunError, match="1 values of ids are missing"):
        read_stored(path, schema, "ids")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "train.txt")
    with pytest.raises(InputError, match="no plain file"):
        list(read_rows(tmp_path / "train.txt"))


HUB = STUDY.replace("{kind: folder, root: data}", "{kind: hub, repo: a/b, revision: 'REVISION'}")


@pytest.mark.parametrize("revision", ["/dev/zero", "../../../x", "a/../../x", "~", "a//b", "a/"])
def test_a_revision_cannot_be_a_path_to_read_without_end_or_to_write_to(tmp_path, revision):
    path = tmp_path / "study.yaml"
    path.write_text(HUB.replace("REVISION", revision))
    with pytest.raises(InputError, match="a revision is the name of a branch"):
        load_study(path)
    if revision.startswith(("/", "..", "a/..")):
        with pytest.raises(LeadsOutside):
            cached_commit("a/b", revision, "dataset")
        with pytest.raises(LeadsOutside):
            remember_commit("a/b", revision, "dataset", "0" * 40)


@pytest.mark.parametrize(
    "revision", ["main", "refs/convert/parquet", "refs/pr/12", "v1.0-rc", "0" * 40]
)
def test_the_names_of_branches_tags_and_commits_are_revisions(tmp_path, revision):
    path = tmp_path / "study.yaml"
    path.write_text(HUB.replace("REVISION", revision))
    assert load_study(path).data.source.revision == revision
