"""Cards: what the Hub reads is YAML, what people read is the provenance."""

import pytest
import yaml

from isogloss.model.card import model_card

FACTS = {
    "name": "soft-balanced",
    "languages": ["eus-Latn", "nor-Latn", "srp-Latn"],
    "study": "balance_mini",
    "arm": "soft-balanced",
    "seed": 1234,
    "steps": 1600,
    "tokens_seen": 6553600,
    "sizes": {
        "eus-Latn": {"characters": 700000, "windows": 3100},
        "nor-Latn": {"characters": 700001},
    },
    "weight": "0.5, halved for every 0.1 nats past the teacher's loss + 0.0",
    "temperature": 2.0,
    "teachers": {"eus-Latn": "teacher/eus-Latn", "nor-Latn": "a | b"},
    "key": "0123456789abcdef",
    "versions": {"torch": "2.6", "isogloss": "0.1.0"},
    "command": "isogloss run studies/balance_mini.yaml",
    "license": "cc-by-sa-4.0",
}


def front(card):
    return yaml.safe_load(card.split("---")[1])


def test_the_front_matter_is_what_the_hub_reads():
    assert front(model_card(FACTS)) == {
        "language": ["eu", "no", "sr"],  # as text: a bare "no" would be read as false
        "library_name": "transformers",
        "pipeline_tag": "fill-mask",
        "tags": ["isogloss", "masked-lm", "multilingual", "distillation"],
        "license": "cc-by-sa-4.0",
    }


def test_what_decides_a_model_is_on_its_card():
    card = model_card(FACTS)
    for line in (
        "# soft-balanced",
        "An encoder of Basque, Norwegian and Serbian (Latin), trained by masked-language modeling "
        "on soft labels of the teachers below.",
        "| seed | 1234 |",
        "| updates | 1,600 |",
        "| tokens seen | 6,553,600 |",
        "| key in the store | 0123456789abcdef |",
        "| weight of soft labels | 0.5, halved for every 0.1 nats past the teacher's loss + 0.0 |",
        "| temperature of soft labels | 2.0 |",
        "| Basque | 700,000 | 3,100 |",
        "| Norwegian | 700,001 |  |",
        "| Basque | teacher/eus-Latn |",
        "| Norwegian | a \\| b |",
        "| isogloss | 0.1.0 |",
        "isogloss run studies/balance_mini.yaml",
    ):
        assert line in card.splitlines()


def test_the_card_of_a_teacher_speaks_of_one_language_and_its_own_text():
    card = model_card({"name": "teacher/eus-Latn", "languages": ["eus-Latn"]})
    assert "An encoder of Basque, trained by masked-language modeling on the text's own" in card
    assert front(card)["tags"] == ["isogloss", "masked-lm"]
    assert "## " not in card


def test_a_fact_without_a_place_or_a_card_without_a_name_is_a_mistake():
    with pytest.raises(ValueError, match=r"unknown \['sede'\]"):
        model_card({**FACTS, "sede": 1})
    with pytest.raises(ValueError, match=r"missing \['languages'\]"):
        model_card({"name": "one"})
