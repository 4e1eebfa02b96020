"""What of a half-done study is compared, and what is said where nothing can be yet."""

from types import SimpleNamespace

import pytest

from isogloss.base.errors import InputError
from isogloss.desk import evidence
from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Evidence, Provenance

BARE = Evidence(Frame("toy", "macro_f1"), Provenance([], ""))


def opened(*encoders, regime="joint"):
    columns = {"form": None, "target_language": "deu-Latn", "regime": regime}
    return SimpleNamespace(entries=[({**columns, "encoder": name}, {}) for name in encoders])


@pytest.fixture
def refused(monkeypatch):
    def refuse(*_):
        raise InputError("A, B were not trained alike. Finish the run of the study.")

    monkeypatch.setattr(evidence, "compared", refuse)


def test_what_cannot_be_compared_yet_says_why_and_the_page_goes_on(refused):
    found = evidence._with_comparison(BARE, opened("A", "B"), {})
    assert found.comparing is None
    assert found.uncompared == "A, B were not trained alike. Finish the run of the study."


@pytest.mark.parametrize("study", [opened("A"), opened("A", "B", regime="probe")])
def test_one_encoder_and_arms_of_a_pre_training_are_not_compared(refused, study):
    assert evidence._with_comparison(BARE, study, {}) is BARE
