"""The identities behind what a study names: of its own encoders, and of what plug-ins bring."""

import pytest

from isogloss.base.errors import InputError
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import study_from
from isogloss.study.spec import identity
from plugin_toys import install  # noqa: F401

TOY = """
name: toy
data: {source: {kind: odd, options: {half: first}}, labels: [a, b]}
languages: [en, de]
encoders: [{name: tiny, scratch: {hidden_size: 32}}]
evaluation: {metrics: [luck]}
regimes: [{regime: joint, sizes: [4]}]
seeds: [1]
"""
ODD = """
class Odd:
    def __init__(self, root, options):
        self.half = options["half"]

    def pin(self, language, split):
        return f"{self.half} {language} {split}" if PIN is None else PIN

    def rows(self, language, split):
        return []


def luck(predictions):
    return 0.5


luck.tasks = ("sentiment",)
PIN = None
"""


def study_of(*changes):
    return study_from(with_changes(parse_document(TOY, "toy"), changes))


@pytest.fixture
def odd(install):  # noqa: F811
    """A distribution with a source and a metric."""
    groups = {"isogloss.sources": {"odd": "odd:Odd"}, "isogloss.metrics": {"luck": "odd:luck"}}

    def make(text=ODD):
        install("isogloss-odd", groups, odd=text)

    return make


def test_an_encoder_made_here_is_its_declaration(odd):
    odd()
    study = study_of()
    assert pin_study(study).encoders == {"tiny": {"scratch": identity(study.encoders[0].scratch)}}


def test_the_data_of_a_plug_in_are_what_it_says_whose_it_is_and_what_it_was_told(odd):
    odd()
    pins = pin_study(study_of()).data
    assert list(pins) == ["eng-Latn", "deu-Latn"]
    pin = pins["deu-Latn"]
    assert pin["files"]["train"] == ["train", "first deu-Latn train"]
    assert (pin["kind"], pin["options"]) == ("odd", {"half": "first"})
    assert "isogloss-odd" in str(pin["plugins"])


@pytest.mark.parametrize("given", ["5", "b'x'", "''"])
def test_a_pin_that_is_no_text_is_refused(odd, given):
    odd(ODD.replace("PIN = None", f"PIN = {given}"))
    with pytest.raises(InputError, match="as the pin of eng-Latn train, where a text is wanted"):
        pin_study(study_of())


def test_a_score_hangs_on_the_metric_whose_it_is_and_the_test(odd):
    """If this fails, scores of plug-ins are made again: raise the step's VERSION on purpose."""
    odd()
    study = study_of()
    plan = build_plan(study, pin_study(study))
    tests, scores = plan.of_kind("evaluate"), plan.of_kind("score")
    assert [score.needs for score in scores] == [(test.key,) for test in tests]
    for score in scores:
        assert score.identity["version"] == 1
        assert score.payload["metric"] == "luck"
        assert score.payload["labels"] == ["a", "b"]
        assert "isogloss-odd" in str(score.payload)
