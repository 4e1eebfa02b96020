"""The long table keeps every value with its counts, in every form it is written in."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError
from isogloss.store import results
from isogloss.store.results import (
    ROW_COLUMNS,
    query,
    results_reader,
    results_table,
    to_csv,
    to_file,
    to_json,
    to_parquet,
)

GIVEN = {
    "study": "reviews",
    "encoder": "tiny",
    "task": "sentiment",
    "regime": "joint",
    "source_languages": ["deu-Latn", "eng-Latn"],
    "n_per_language": None,
    "n_train": 200,
    "seed": 42,
    "target_language": "deu-Latn",
    "split": "test",
    "step": "aa",
    "form": "torch",
}


def score(metric: str, value: float) -> dict:
    return {"metric": metric, "value": value, "n_scored": 99, "n_unscored": 1}


def entry(*scores: dict, **changes):
    return {**GIVEN, **changes}, {"scores": list(scores), "n_train": 200}


@pytest.fixture
def table():
    train = entry(score("train_loss", 0.1 + 0.2), target_language=None, split="train", step="bb")
    return results_table([train, entry(score("accuracy", 0.5), score("confusion/a/b", 7))])


def test_there_is_one_row_per_value_with_the_columns_in_their_order(table):
    assert table.column_names == [
        "study",
        "encoder",
        "task",
        "regime",
        "source_languages",
        "n_per_language",
        "n_train",
        "seed",
        "target_language",
        "split",
        "metric",
        "value",
        "n_scored",
        "n_unscored",
        "step",
        "form",
    ]
    assert tuple(table.column_names) == ROW_COLUMNS
    rows = table.to_pylist()
    assert [(row["step"], row["metric"], row["value"]) for row in rows] == [
        ("bb", "train_loss", 0.1 + 0.2),
        ("aa", "accuracy", 0.5),
        ("aa", "confusion/a/b", 7.0),
    ]
    assert rows[1] == {**GIVEN, **score("accuracy", 0.5)}


def test_json_is_one_array_of_rows_with_lists_as_lists_and_missing_as_null(table):
    rows = json.loads("".join(to_json(table)))
    assert rows == table.to_pylist()
    assert list(rows[0]) == list(ROW_COLUMNS)
    assert rows[0]["source_languages"] == ["deu-Latn", "eng-Latn"]
    assert rows[0]["n_per_language"] is None


def test_no_results_are_a_table_with_columns_and_no_rows():
    table = results_table([])
    assert table.column_names == list(ROW_COLUMNS)
    assert json.loads("".join(to_json(table))) == []
    assert "".join(to_csv(table)).splitlines() == [",".join(ROW_COLUMNS)]


@given(value=st.floats(allow_nan=False, allow_infinity=False), label=st.text())
def test_values_and_labels_come_back_from_every_text_as_they_were(value, label):
    table = results_table([entry(score(f"f1/{label}", value), encoder=label)])
    (row,) = json.loads("".join(to_json(table)))
    assert (row["value"], row["metric"], row["encoder"]) == (value, f"f1/{label}", label)
    if "\r" not in label and "\x00" not in label:
        (line,) = csv.DictReader(io.StringIO("".join(to_csv(table)), newline=""))
        assert float(line["value"]) == value
        assert (line["metric"], line["encoder"]) == (f"f1/{label}", label)


def test_csv_joins_lists_by_a_plus_and_leaves_missing_empty(table):
    line = next(csv.DictReader(io.StringIO("".join(to_csv(table)))))
    assert line["source_languages"] == "deu-Latn+eng-Latn"
    assert line["n_per_language"] == line["target_language"] == ""
    assert line["n_train"] == "200"


def test_parquet_comes_back_as_it_was(table, tmp_path):
    to_parquet(table, tmp_path / "results.parquet")
    assert pq.read_table(tmp_path / "results.parquet").equals(table)
    assert [path.name for path in tmp_path.iterdir()] == ["results.parquet"]


@pytest.mark.parametrize("write", [to_json, to_csv])
@pytest.mark.parametrize("n", [0, 1, 3, 4, 10])
def test_rows_that_come_as_they_are_asked_for_are_the_same_text(write, n, monkeypatch):
    entries = [entry(score("accuracy", number / 7), step=str(number)) for number in range(n)]
    whole = "".join(write(results_table(entries)))
    monkeypatch.setattr(results, "_BATCH_ROWS", 3)
    assert "".join(write(results_reader(entries))) == whole


def test_no_more_entries_are_read_than_the_rows_at_hand_need(monkeypatch):
    monkeypatch.setattr(results, "_BATCH_ROWS", 3)
    read = []

    def entries():
        for number in range(10):
            read.append(number)
            yield entry(score("accuracy", 0.5))

    chunks = to_csv(results_reader(entries()))
    next(chunks)
    next(chunks)
    assert len(read) == 3


def test_parquet_of_rows_that_come_as_they_are_asked_for(table, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "_BATCH_ROWS", 1)
    entries = [entry(score("accuracy", 0.5), score("loss", 0.25)), entry(score("loss", 1.0))]
    to_parquet(results_reader(entries), tmp_path / "results.parquet")
    assert pq.read_table(tmp_path / "results.parquet").equals(results_table(entries))


@pytest.mark.parametrize("place", ["file/results.csv", "folder"])
def test_text_to_a_place_that_cannot_be_written_is_told(table, tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        to_file(to_csv(table), tmp_path / place)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


@pytest.mark.parametrize("place", ["file/results.parquet", "folder"])
def test_parquet_to_a_place_that_cannot_be_written_is_told(table, tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        to_parquet(table, tmp_path / place)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


@pytest.mark.parametrize("batch", [1, 7, 8, 1000])
def test_how_many_rows_are_made_at_a_time_does_not_change_them(monkeypatch, batch):
    monkeypatch.setattr(results, "_BATCH_ROWS", batch)
    entries = [entry(score("accuracy", i / 7), score("n", i), seed=i) for i in range(100)]
    table = results_table(entries)
    assert table["value"].to_pylist() == [x for i in range(100) for x in (i / 7, i)]
    assert table["seed"].to_pylist() == [i for i in range(100) for _ in range(2)]
    assert table.to_pylist() == json.loads("".join(to_json(table)))


def test_the_table_answers_questions(table):
    answer = query(
        table, "select split, avg(value) m, count(*) n from results group by 1 order by 1"
    )
    assert answer.to_pylist() == [
        {"split": "test", "m": 3.75, "n": 2},
        {"split": "train", "m": 0.1 + 0.2, "n": 1},
    ]


def test_answers_have_plain_json(table):
    sql = """select sum(seed) whole, 'nan'::double nothing, 1.5::decimal(4, 1) half,
             date '2026-01-02' at_day, list(value order by value) many from results"""
    assert json.loads("".join(to_json(query(table, sql)))) == [
        {
            "whole": 126,
            "nothing": None,
            "half": 1.5,
            "at_day": "2026-01-02",
            "many": [0.1 + 0.2, 0.5, 7],
        }
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select from where", "syntax error"),
        ("select score from results", "score"),
        ("select * from result", "does not exist"),
        ("", "Not one SELECT"),
        ("select 1; select 2", "Not one SELECT"),
        ("create table x as select 1", "Not one SELECT"),
        ("set threads = 1", "Not one SELECT"),
        ("pragma version", "Not one SELECT"),
        ("select 1 as a, 2 as a", "a twice"),
        ("select error('told')", "told"),
    ],
)
def test_a_bad_question_is_told(table, sql, words):
    with pytest.raises(InputError, match=words):
        query(table, sql)


@pytest.mark.parametrize(
    "time", ["date 'infinity'", "timestamp '-infinity'", "date '290000-01-01'"]
)
def test_a_time_that_python_cannot_write_is_told(table, time):
    with pytest.raises(InputError, match=r"The query's odd .* AS VARCHAR"):
        query(table, f"select {time} as odd, 1 as other")
    assert query(table, f"select cast({time} as varchar) as odd").num_rows == 1
    assert query(table, "select date '9999-12-31' as last").to_pylist()[0]["last"].year == 9999


def test_a_question_reaches_no_file(table, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("password\n123\n")
    out = tmp_path / "out.csv"
    for sql in (
        f"select * from '{secret}'",
        f"select * from read_csv('{secret}')",
        f"select content from read_text('{secret}')",
        f"select * from glob('{tmp_path}/*')",
        f"copy results to '{out}'",
        f"attach '{tmp_path / 'x.db'}'",
        "install httpfs",
        "set enable_external_access = true",
    ):
        with pytest.raises(InputError):
            query(table, sql)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_question_sees_no_variable_of_the_program(table):
    other = pa.table({"x": [1]})
    with pytest.raises(InputError, match="other does not exist"):
        query(table, "select * from other")
    assert other.num_rows == 1
