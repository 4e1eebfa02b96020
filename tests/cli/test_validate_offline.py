"""A study of which the Hub tells nothing is read as far as it lies here."""

import json

import pytest
from huggingface_hub import constants

from toys import STUDY, write_toy

BESIDE = STUDY.replace("encoders:\n", "encoders:\n  - nobody/nothing\n")
ELSEWHERE = STUDY.replace("{kind: folder, root: data}", "{kind: hub, repo: nobody/data}")


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no_cache"))


def test_what_is_local_is_read_and_its_mistakes_are_told(isogloss, tmp_path):
    write_toy(tmp_path, BESIDE)
    good = isogloss("validate", "toy.yaml", "--json")
    assert good.code == 0
    assert (good.json["valid"], good.json["checked"]) == (True, False)
    with (tmp_path / "data" / "de" / "train.jsonl").open("a") as file:
        file.write('{"text": "Hm.", "label": "mixed"}\n')
    bad = isogloss("validate", "toy.yaml")
    assert bad.code == 2
    assert "mixed" in bad.err


def test_a_language_without_text_for_the_tokenizer_is_told_before_a_run(isogloss, tmp_path):
    write_toy(tmp_path)
    train = tmp_path / "data" / "de" / "train.jsonl"
    rows = [json.loads(line) for line in train.read_text().splitlines()]
    train.write_text("".join(json.dumps({**row, "text": ""}) + "\n" for row in rows))
    for command in ("validate", "run"):
        said = isogloss(command, "toy.yaml")
        assert said.code == 2
        assert "Every training text of German (deu-Latn) is empty" in said.err
        assert "English" not in said.err


def test_local_encoders_are_looked_at(isogloss, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"")
    write_toy(tmp_path, BESIDE.replace("  - nobody", "  - ./model\n  - nobody"))
    said = isogloss("validate", "toy.yaml")
    assert said.code == 2
    assert "names no model_type" in said.err


def test_data_of_which_nothing_is_known_are_passed_over(isogloss, tmp_path):
    write_toy(tmp_path, ELSEWHERE)
    said = isogloss("validate", "toy.yaml")
    assert said.code == 0
    assert "as far as can be seen without the Hub" in said.out
    assert "nobody/data" in said.err


def test_a_run_does_not_begin(isogloss, tmp_path):
    write_toy(tmp_path, BESIDE)
    said = isogloss("run", "toy.yaml")
    assert said.code == 1
    assert "cannot be run from here" in said.err
    assert not (tmp_path / ".isogloss").exists()
