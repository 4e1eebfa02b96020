"""Limits stand in one place, and whoever runs the command may raise them."""

import pytest

from isogloss.base.errors import InputError, OverLimit
from isogloss.base.limits import Limit, check_limit


@pytest.mark.parametrize(
    ("said", "bytes_"), [("100", 100), ("64K", 65536), ("2m", 2 * 2**20), (" 3G ", 3 * 2**30)]
)
def test_a_variable_of_the_environment_says_otherwise(monkeypatch, said, bytes_):
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", said)
    assert Limit.LINE_BYTES.now == bytes_


@pytest.mark.parametrize("said", ["much", "-1", "0", "1.5G", "9" * 30, "1GB"])
def test_what_is_no_size_is_refused_with_the_name_of_the_variable(monkeypatch, said):
    monkeypatch.setenv("ISOGLOSS_MAX_FILE_BYTES", said)
    with pytest.raises(InputError, match="ISOGLOSS_MAX_FILE_BYTES"):
        _ = Limit.FILE_BYTES.now


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("ISOGLOSS_MAX_COLUMNS", "")
    assert Limit.COLUMNS.now == Limit.COLUMNS.default


def test_the_refusal_names_place_limit_and_variable():
    check_limit(Limit.COLUMNS, 10_000, "a.csv:1", "10,000 columns")
    with pytest.raises(OverLimit) as caught:
        check_limit(Limit.COLUMNS, 10_001, "a.csv:1", "10,001 columns", "Look at it.")
    assert str(caught.value) == (
        "a.csv:1: 10,001 columns; the limit is 10,000. Look at it. If it should be so large, set"
        " ISOGLOSS_MAX_COLUMNS."
    )
