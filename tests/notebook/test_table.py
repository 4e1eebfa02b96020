"""A table of a notebook: records to go through, numbers to take along."""

import csv
import io

import pytest

from isogloss.notebook.table import Table

RECORDS = [{"language": "deu-Latn", "f1": 0.75}, {"language": "hin-Deva", "f1": None}]


def test_a_table_is_its_records():
    table = Table(RECORDS)
    assert (len(table), table[1], list(table)) == (2, RECORDS[1], RECORDS)


def test_the_numbers_themselves_are_taken_along():
    pytest.importorskip("pandas")
    table = Table(RECORDS)
    assert [row["f1"] for row in csv.DictReader(io.StringIO(table.to_csv()))] == ["0.75", ""]
    frame = table.to_pandas()
    assert list(frame.columns) == ["language", "f1"]
    assert frame["f1"].isna().tolist() == [False, True]
