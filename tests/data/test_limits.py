"""Files made to fill the memory are refused early; those of real people are not."""

import gzip
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from isogloss.base.errors import InputError, OverLimit
from isogloss.data import lines
from isogloss.data.readers import parquet
from isogloss.data.readers.registry import read_rows


def refusal(path):
    with pytest.raises(OverLimit) as caught:
        for _ in read_rows(path):
            pass
    return str(caught.value)


def test_an_archive_that_grows_beyond_measure_is_refused_before_it_is_unpacked(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(lines, "ALWAYS_UNPACKED", 10_000)
    path = tmp_path / "train.txt.gz"
    path.write_bytes(gzip.compress(b"a\n" * 1_000_000))
    assert "ISOGLOSS_MAX_EXPANSION" in refusal(path)
    read = []
    with pytest.raises(OverLimit):
        read.extend(row.index for row in read_rows(path))
    assert len(read) < 500_000  # of a million
    monkeypatch.setenv("ISOGLOSS_MAX_EXPANSION", "2000")
    assert sum(1 for _ in read_rows(path)) == 1_000_000


def test_a_file_beyond_the_limit_is_refused_packed_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_FILE_BYTES", "1K")
    for name, write in (("a.txt", lambda data: data), ("a.txt.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(write(b"line\n" * 1000))
        assert "ISOGLOSS_MAX_FILE_BYTES" in refusal(path)


def test_a_word_and_a_sentence_beyond_the_limit_are_refused_with_their_line(tmp_path, monkeypatch):
    path = tmp_path / "train.conll"
    path.write_text("ok O\n" + "w" * 5000 + " O\n")
    assert ":2: a word of 5,000 characters" in refusal(path)
    monkeypatch.setenv("ISOGLOSS_MAX_SENTENCE_WORDS", "3")
    path.write_text("\na O\nb O\nc O\n\n")
    assert len(list(read_rows(path))) == 1
    path.write_text("\na O\nb O\nc O\nd O\n")
    assert ":2: a sentence of more than 3 words" in refusal(path)
    path = tmp_path / "train.conllu"
    path.write_text("".join(f"{n}\tw\t_\tX\t_\t_\t_\t_\t_\t_\n" for n in range(1, 5)))
    assert ":1: a sentence of more than 3 words" in refusal(path)


def test_a_row_of_many_lines_is_no_longer_than_a_line_may_be(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", "100")
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + 'one,"two\nlines"\n' * 50)
    assert len(list(read_rows(path))) == 50
    path.write_text('text,label\n"begins\n' + 'ab","cd\n' * 50)
    assert ":2: the row that begins here is longer" in refusal(path)


def test_too_many_columns_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_COLUMNS", "3")
    path = tmp_path / "a.csv"
    path.write_text("a,b,c,d\n1,2,3,4\n")
    assert "4 columns" in refusal(path)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({name: [1] for name in "abcd"}), path)
    assert "4 columns" in refusal(path)


def test_a_parquet_file_that_repeats_a_value_beyond_measure_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "train.parquet"
    text = pa.array(["x" * 1000]).dictionary_encode()
    pq.write_table(pa.table({"text": text.take(pa.array([0] * 50_000))}), path)
    assert path.stat().st_size < 10_000
    assert sum(1 for _ in read_rows(path)) == 50_000
    monkeypatch.setattr(lines, "ALWAYS_UNPACKED", 10_000)
    assert "ISOGLOSS_MAX_EXPANSION" in refusal(path)


@pytest.mark.parametrize("value", ["x" * 200, b"x" * 200, ["x"] * 200, {"a": "x" * 200}], ids=type)
def test_a_value_of_a_parquet_file_beyond_the_limit_is_refused(tmp_path, monkeypatch, value):
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", "100")
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"text": pa.array([None, value])}), path)
    assert "'text'" in refusal(path)


def test_many_short_lists_are_not_one_long_value(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", "100")
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"tokens": [["a", "b"]] * 300}), path)
    assert sum(1 for _ in read_rows(path)) == 300


def test_an_unpacked_parquet_of_many_row_groups_is_counted_over_all(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_ROWS", 10)
    monkeypatch.setenv("ISOGLOSS_MAX_FILE_BYTES", "1K")
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"text": [f"text {n}" for n in range(200)]}), path, row_group_size=20)
    assert "ISOGLOSS_MAX_FILE_BYTES" in refusal(path)


def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "train.jsonl"
    os.mkfifo(path)
    with pytest.raises(InputError, match="no plain file"):
        list(read_rows(path))
