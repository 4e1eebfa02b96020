"""A split of token ids: selecting, joining and the trip to disk."""

import numpy as np
import pytest

from isogloss.base.errors import RunError
from isogloss.data.encoded import Encoded


def toy(lengths, *, first=0):
    lengths = np.asarray(lengths, dtype=np.int64)
    return Encoded(
        ids=np.arange(first, first + lengths.sum(), dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.arange(len(lengths), dtype=np.int64) % 3,
        examples=tuple(f"train/{first + i}" for i in range(len(lengths))),
        truncated=lengths > 4,
        unknown=lengths // 2,
    )


def same(one, other):
    arrays = ("ids", "offsets", "labels", "truncated", "unknown")
    equal = all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays)
    types = all(getattr(one, a).dtype == getattr(other, a).dtype for a in arrays)
    return equal and types and one.examples == other.examples


@pytest.mark.parametrize("lengths", [[3, 1, 5, 2], [1], [], [7, 7]])
def test_a_split_comes_back_from_disk_exactly(lengths, tmp_path):
    encoded = toy(lengths)
    encoded.write(tmp_path / "split.parquet")
    assert same(Encoded.read(tmp_path / "split.parquet"), encoded)


def test_selecting_agrees_with_picking_one_by_one():
    encoded = toy([3, 1, 5, 2])
    chosen = encoded.select([2, 0, 2])
    rows = np.split(encoded.ids, encoded.offsets[1:-1])
    assert chosen.ids.tolist() == [token for i in (2, 0, 2) for token in rows[i]]
    assert chosen.lengths.tolist() == [5, 3, 5]
    assert chosen.examples == ("train/2", "train/0", "train/2")
    assert chosen.labels.tolist() == [2, 0, 2]
    assert (chosen.n_truncated, chosen.n_unknown) == (2, 5)


def test_selecting_nothing_is_an_empty_split():
    assert len(toy([3, 1]).select([])) == 0


def test_joining_undoes_cutting():
    encoded = toy([3, 1, 5, 2])
    assert same(Encoded.concatenate([encoded.select([0]), encoded.select([1, 2, 3])]), encoded)


def test_joining_nothing_is_an_empty_split():
    assert len(Encoded.concatenate([])) == 0


def test_arrays_that_do_not_fit_together_are_refused():
    encoded = toy([3, 1])
    with pytest.raises(ValueError, match="do not fit"):
        Encoded(
            encoded.ids[:-1],
            encoded.offsets,
            encoded.labels,
            encoded.examples,
            encoded.truncated,
            encoded.unknown,
        )


@pytest.mark.parametrize("content", [b"", b"not parquet", None])
def test_a_broken_or_missing_file_says_what_to_do(content, tmp_path):
    path = tmp_path / "split.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"split\.parquet.*delete it"):
        Encoded.read(path)


def test_half_a_file_is_refused(tmp_path):
    path = tmp_path / "split.parquet"
    toy([3, 1, 5]).write(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError):
        Encoded.read(path)
