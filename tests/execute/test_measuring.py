"""Names of what is measured without a study: short, and different."""

import pytest

from isogloss.base.errors import InputError
from isogloss.execute.measuring import names_of


def test_models_are_called_by_their_last_part():
    assert names_of(["google/bert", "/somewhere/xlmr"]) == ["bert", "xlmr"]


def test_models_of_one_name_are_told_apart_by_the_part_before():
    assert names_of(["a/model", "b/model", "c/other"]) == ["a-model", "b-model", "other"]
    assert names_of(["model", "b/model"]) == ["model", "b-model"]


def test_folders_are_told_apart_wherever_they_are_named_from(tmp_path, monkeypatch):
    for owner in ("a", "b"):
        (tmp_path / owner / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    assert names_of(["model", "../b/model"]) == ["a-model", "b-model"]


@pytest.mark.parametrize("models", [["a/model", "a/model"], ["x/a/model", "y/a/model"]])
def test_what_is_given_twice_is_refused(models):
    with pytest.raises(InputError, match="called a-model: give each one once"):
        names_of(models)
