"""What of a half-done study is compared, and what is said where nothing can be yet."""

from types import SimpleNamespace

import pytest

from isogloss.base.errors import InputError
from isogloss.desk import evidence


def opened(*encoders, regime="joint"):
    columns = {"form": None, "target_language": "deu-Latn", "regime": regime}
    return SimpleNamespace(entries=[({**columns, "encoder": name}, {}) for name in encoders])


@pytest.fixture
def refused(monkeypatch):
    def refuse(*_):
        raise InputError("A, B were not trained alike. Finish the run of the study.")

    monkeypatch.setattr(evidence, "compared", refuse)


def test_what_cannot_be_compared_yet_says_why_and_the_page_goes_on(refused):
    study = opened("A", "B")
    found, why = evidence._comparing(study, {})
    assert found is None
    assert why == "A, B were not trained alike. Finish the run of the study."


@pytest.mark.parametrize("study", [opened("A"), opened("A", "B", regime="probe")])
def test_one_encoder_and_arms_of_a_pre_training_are_not_compared(refused, study):
    assert evidence._comparing(study, {}) == (None, "")
