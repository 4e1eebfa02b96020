"""Windows of one length: nothing lost, nothing repeated, nothing padded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError
from isogloss.data.packing import Frame, Lines, Packed, cut_to, pack, split_dev

FRAME = Frame(first=1, last=2)
TEXT = 10  # ids of text begin here

LENGTHS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=12)


def lines_of(lengths):
    n = sum(lengths)
    return Lines(
        ids=np.arange(TEXT, TEXT + n, dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        characters=(np.arange(n, dtype=np.int32) % 5) + 1,
    )


def packed_of(characters):
    """One window a number: two special tokens and a token of so many characters."""
    n = len(characters)
    counts = np.zeros((n, 3), np.int32)
    counts[:, 1] = characters
    ids = np.tile(np.array([1, 10, 2], np.int32), n)
    return Packed(ids, np.arange(n + 1, dtype=np.int64) * 3, counts.reshape(-1))


def windows(packed):
    return [window.tolist() for window in np.split(packed.ids, packed.offsets[1:-1])]


def same(one, other):
    arrays = ("ids", "offsets", "characters")
    return all(
        np.array_equal(getattr(one, a), getattr(other, a))
        and getattr(one, a).dtype == getattr(other, a).dtype
        for a in arrays
    )


def by_hand(lengths, documents, max_length):
    """One token after the other, as a person would do it."""
    stream, before = [], None
    ids = iter(range(TEXT, TEXT + sum(lengths)))
    for length, document in zip(lengths, documents, strict=True):
        if length and before is not None and document != before:
            stream.append(FRAME.last)
        stream += [next(ids) for _ in range(length)]
        before = document if length else before
    room = max_length - 2
    cuts = [stream[at : at + room] for at in range(0, len(stream), room)]
    return [[FRAME.first, *cut, FRAME.last] for cut in cuts]


@given(lines=LENGTHS, max_length=st.integers(3, 9))
def test_windows_are_those_packed_by_hand(lines, max_length):
    lengths = [length for length, _ in lines]
    documents = np.cumsum([new for _, new in lines], dtype=np.int64)
    packed = pack(lines_of(lengths), documents, FRAME, max_length)
    want = by_hand(lengths, documents.tolist(), max_length)
    assert (windows(packed) if len(packed) else []) == want


@given(lines=LENGTHS, max_length=st.integers(3, 9))
def test_taking_the_special_tokens_away_gives_the_text(lines, max_length):
    lengths = [length for length, _ in lines]
    text = lines_of(lengths)
    documents = np.cumsum([new for _, new in lines], dtype=np.int64)
    packed = pack(text, documents, FRAME, max_length)
    is_text = packed.ids >= TEXT
    assert packed.ids[is_text].tolist() == text.ids.tolist()
    assert packed.characters[is_text].tolist() == text.characters.tolist()
    assert not packed.characters[~is_text].any()
    assert packed.n_characters == text.characters.sum() == packed.window_characters.sum()
    assert (packed.lengths[:-1] == max_length).all()
    assert (packed.lengths >= 3).all()
    assert (packed.lengths <= max_length).all()
    assert packed.ids.dtype == packed.characters.dtype == np.int32


@pytest.mark.parametrize("max_length", [-1, 0, 2])
def test_a_window_without_place_for_text_is_refused(max_length):
    with pytest.raises(InputError, match="no place for text beside its 2 special"):
        pack(lines_of([3]), np.zeros(1, np.int64), FRAME, max_length)


def test_arrays_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="do not fit together"):
        Packed(np.zeros(3, np.int32), np.array([0, 3]), np.zeros(2, np.int32))


@pytest.mark.parametrize("characters", [[], [4], [3, 0, 9]])
def test_windows_come_back_from_disk_exactly(characters, tmp_path):
    packed = packed_of(characters)
    packed.write(tmp_path / "windows.parquet")
    back = Packed.read(tmp_path / "windows.parquet")
    assert same(back, packed)
    back.ids[:] = 0  # not lent by Arrow


@pytest.mark.parametrize("content", [b"", b"not parquet", None])
def test_a_broken_or_missing_file_says_what_to_do(content, tmp_path):
    path = tmp_path / "windows.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"windows\.parquet.*delete it"):
        Packed.read(path)


def test_selecting_agrees_with_picking_one_by_one():
    packed = pack(lines_of([5, 2, 4]), np.zeros(3, np.int64), FRAME, 5)
    chosen = packed.select([3, 0, 3])
    assert windows(chosen) == [windows(packed)[at] for at in (3, 0, 3)]
    assert chosen.window_characters.tolist() == packed.window_characters[[3, 0, 3]].tolist()
    assert len(packed.select([])) == 0


@pytest.mark.parametrize(
    ("n", "asked", "n_dev"),
    [(100, 3, 3), (100, 50, 5), (101, 50, 6), (2, 50, 1), (1, 50, 0), (0, 50, 0), (100, 0, 0)],
)
def test_the_last_windows_are_kept_for_choosing_but_never_many(n, asked, n_dev):
    packed = packed_of(list(range(n)))
    train, dev = split_dev(packed, asked)
    assert len(dev) == n_dev
    assert train.window_characters.tolist() == list(range(n - n_dev))
    assert dev.window_characters.tolist() == list(range(n - n_dev, n))


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=30),
    budget=st.integers(0, 500),
    seed=st.integers(0, 50),
)
def test_a_cut_holds_at_most_the_budget_and_no_window_more_would_fit(sizes, budget, seed):
    chosen = cut_to(packed_of(sizes), budget, seed=seed)
    taken = sum(sizes[at] for at in chosen)
    left_out = [size for at, size in enumerate(sizes) if at not in chosen]
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert chosen.dtype == np.int64
    if budget < min(sizes):
        assert [sizes[at] for at in chosen] == [min(sizes)]
    else:
        assert taken <= budget
        assert all(taken + size > budget for size in left_out)


def test_a_cut_is_a_function_of_its_seed_and_takes_windows_from_everywhere():
    packed = packed_of([5] * 1000)
    one, again, other = (cut_to(packed, 2500, seed=seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    assert len(one) == 500
    assert 200 < (one < 500).sum() < 300


def test_a_cut_of_nothing_is_empty_and_one_of_all_is_whole():
    assert cut_to(packed_of([]), 10, seed=0).tolist() == []
    assert cut_to(packed_of([3, 4]), 7, seed=0).tolist() == [0, 1]
