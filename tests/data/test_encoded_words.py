"""Tagged sentences as windows: selected, joined, padded and stored, against laying them plainly."""

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import RunError
from isogloss.data.encoded_words import EncodedWords, pad_windows

WORD = st.tuples(st.integers(0, 4), st.integers(0, 9))
"""A tag and a position."""

WINDOW = st.tuples(st.lists(st.integers(0, 99), min_size=1, max_size=5), st.lists(WORD, max_size=3))
"""Sub-tokens, and the words that the window answers for."""

SENTENCES = st.lists(st.lists(WINDOW, min_size=1, max_size=3), max_size=5)


def lay(sentences, names=None):
    """Sentences, each a list of windows, as arrays: the plainest way."""
    ids, offsets, of, words, tags, window, position = [], [0], [], [0], [], [], []
    for at, windows in enumerate(sentences):
        for sub_tokens, answered in windows:
            for tag, place in answered:
                tags.append(tag)
                window.append(len(of))
                position.append(place)
            ids += sub_tokens
            offsets.append(len(ids))
            of.append(at)
        words.append(len(tags))
    return EncodedWords(
        ids=np.array(ids, dtype=np.int32),
        offsets=np.array(offsets, dtype=np.int64),
        window_sentence=np.array(of, dtype=np.int64),
        examples=tuple(names or (f"train/{at}" for at in range(len(sentences)))),
        word_offsets=np.array(words, dtype=np.int64),
        tags=np.array(tags, dtype=np.int64),
        word_window=np.array(window, dtype=np.int64),
        word_position=np.array(position, dtype=np.int64),
        n_unknown=3,
        n_empty=1,
    )


def assert_same(one, other):
    for name in (field.name for field in fields(EncodedWords)):
        mine, theirs = getattr(one, name), getattr(other, name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, name
            assert mine.tolist() == theirs.tolist(), name
        else:
            assert mine == theirs, name


@given(sentences=SENTENCES)
def test_a_split_comes_back_from_disk_exactly(sentences, tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "split.parquet"
    encoded = lay(sentences)
    encoded.write(path)
    again = EncodedWords.read(path)
    assert_same(again, encoded)
    again.ids[:] = 0  # what Arrow lends could not be written to


@given(sentences=SENTENCES.filter(bool), data=st.data())
def test_selecting_agrees_with_laying_the_chosen_sentences(sentences, data):
    chosen = data.draw(st.lists(st.integers(0, len(sentences) - 1), max_size=6))
    names = [f"train/{at}" for at in chosen]
    want = lay([sentences[at] for at in chosen], names)
    assert_same(lay(sentences).select(chosen), want)


@given(parts=st.lists(SENTENCES, max_size=4))
def test_joining_agrees_with_laying_all_at_once(parts):
    names = [f"train/{at}" for part in parts for at in range(len(part))]
    want = lay([sentence for part in parts for sentence in part], names)
    joined = EncodedWords.concatenate([lay(part) for part in parts])
    assert_same(joined, replace(want, n_unknown=3 * len(parts), n_empty=len(parts)))


@given(sentences=SENTENCES)
def test_counts_agree_with_counting(sentences):
    encoded = lay(sentences)
    each = [len(windows) for windows in sentences]
    assert len(encoded) == len(sentences)
    assert encoded.n_words == sum(len(words) for one in sentences for _, words in one)
    assert encoded.n_windowed == sum(n > 1 for n in each)
    assert encoded.lengths.tolist() == [len(ids) for one in sentences for ids, _ in one]
    assert encoded.sentence_windows.tolist() == [sum(each[:at]) for at in range(len(each) + 1)]


@given(sentences=SENTENCES.filter(bool), data=st.data())
def test_padding_lays_windows_side_by_side(sentences, data):
    encoded = lay(sentences)
    rows = [ids for one in sentences for ids, _ in one]
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=6))
    ids, mask = pad_windows(encoded, np.array(chosen), pad_id=-7)
    longest = max(len(rows[at]) for at in chosen)
    assert ids.dtype == np.int64
    assert ids.tolist() == [rows[at] + [-7] * (longest - len(rows[at])) for at in chosen]
    want = [[1] * len(rows[at]) + [0] * (longest - len(rows[at])) for at in chosen]
    if mask is None:
        assert all(all(row) for row in want)
    else:
        assert mask.tolist() == want
        assert not all(all(row) for row in want)


@pytest.mark.parametrize("lost", ["tags", "word_window", "ids", "offsets", "word_offsets"])
def test_arrays_that_do_not_fit_together_are_refused(lost):
    encoded = lay([[([1, 2], [(0, 0)])], [([3], [(1, 0)])]])
    with pytest.raises(ValueError, match="fit"):
        replace(encoded, **{lost: getattr(encoded, lost)[:-1]})


@pytest.mark.parametrize("content", [b"", b"not parquet", None, "another table"])
def test_a_broken_or_missing_file_says_what_to_do(content, tmp_path):
    path = tmp_path / "split.parquet"
    if content == "another table":
        pq.write_table(pa.table({"example": ["a"]}), path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"split\.parquet.*delete it"):
        EncodedWords.read(path)


def test_a_file_with_a_value_that_is_missing_is_refused(tmp_path):
    path = tmp_path / "split.parquet"
    lay([[([1, 2], [(0, 0)])]]).write(path)
    table = pq.read_table(path)
    names = pa.array([None], table.schema.field("example").type)
    pq.write_table(table.set_column(0, table.schema.field("example"), names), path)
    with pytest.raises(RunError, match="example are missing"):
        EncodedWords.read(path)


def test_half_a_file_is_refused(tmp_path):
    path = tmp_path / "split.parquet"
    lay([[([1, 2], [(0, 0)])]]).write(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError):
        EncodedWords.read(path)
