"""A split written and read back is the same split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError
from isogloss.data.example import Split, TextExample
from isogloss.data.table import read_table, write_split

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
SPLITS = st.builds(
    Split,
    TEXT,
    TEXT,
    st.lists(st.builds(TextExample, TEXT, TEXT, TEXT), max_size=5).map(tuple),
)


@given(split=SPLITS)
def test_any_split_comes_back_exactly(split, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "split.parquet"
    write_split(split, path)
    assert read_table(path) == split


def test_half_a_surrogate_pair_is_refused_with_the_id(tmp_path):
    examples = (TextExample("train/0", "a", "x"), TextExample("train/1", "\ud83d", "x"))
    with pytest.raises(InputError, match=r"deu-Latn train/1: .*half of a surrogate pair"):
        write_split(Split("deu-Latn", "train", examples), tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [None, b"", b"PAR1 broken"])
def test_a_missing_or_broken_table_is_a_run_error(tmp_path, content):
    path = tmp_path / "a.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"a.parquet: cannot be read"):
        read_table(path)
