"""`isogloss run --verify`: every byte is looked at first, and what is damaged is made anew."""

import json
import shutil

from isogloss.store import manifest
from toys import STUDY, write_toy

SMALL = STUDY.replace("languages: [en, de, hi]", "languages: [en]").replace(
    "sizes: [6, 12]}, {regime: single, sizes: [12]}", "sizes: [6]}"
)


def flip(path):
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))


def test_damage_that_nobody_would_have_met_is_found_and_mended(isogloss, tmp_path):
    write_toy(tmp_path, SMALL)
    assert isogloss("run", "toy.yaml").code == 0
    steps = tmp_path / ".isogloss" / "steps"
    (weights,) = steps.glob("*/model.safetensors")
    manifests = sorted(steps.glob("*/manifest.json"))
    sound = weights.read_bytes()
    flip(weights)
    manifests[0].write_text(manifests[0].read_text().replace('"kind": "', '"kind": "x'))
    assert "Nothing to do" in isogloss("run", "toy.yaml").out
    said = isogloss("run", "toy.yaml", "--verify", "--json")
    assert said.code == 0, said.err
    keys = {manifests[0].parent.name, weights.parent.name}
    assert {one["key"] for one in said.json["quarantined"]} == keys
    assert (said.json["done"], said.json["failed"]) == (len(keys), [])
    assert "damaged: train" in said.err
    assert weights.read_bytes() == sound
    again = isogloss("run", "toy.yaml", "--verify", "--json").json
    assert (again["done"], again["quarantined"]) == (0, [])
    assert isogloss("store", "verify").code == 0


def test_data_that_are_damaged_are_read_anew_before_the_rest(isogloss, tmp_path):
    """They are looked at before any step is made, by who checks labels and sizes."""
    write_toy(tmp_path, SMALL)
    assert isogloss("run", "toy.yaml").code == 0
    plan = isogloss("plan", "toy.yaml", "--json").json["steps"]
    key = next(s["key"] for s in plan if s["kind"] == "data" and "train" in s["title"])
    path = tmp_path / ".isogloss" / "steps" / key / "manifest.json"
    path.write_text(path.read_text()[:50])
    said = isogloss("run", "toy.yaml", "--set", "seeds=[2]", "--json")
    assert said.code == 0, said.err
    assert [one["key"] for one in said.json["quarantined"]] == [key]
    assert "manifest.json is no JSON object" in said.err


def test_a_record_with_wrong_scores_is_damage_though_its_digest_fits(isogloss, tmp_path):
    """Whoever changed it has made its digest anew: one message, and the step is made anew."""
    write_toy(tmp_path, SMALL)
    assert isogloss("run", "toy.yaml").code == 0
    steps = tmp_path / ".isogloss" / "steps"
    path = next(p for p in sorted(steps.glob("*/manifest.json")) if '"evaluate"' in p.read_text())
    whole = json.loads(path.read_text())
    score = whole["record"]["scores"][0]
    score["valeu"] = score.pop("value")
    path.write_text(json.dumps(manifest.with_digest(whole)))
    said = isogloss("results", "toy.yaml", "--format", "csv")
    assert said.code == 1
    assert f"{path.parent.name} is damaged" in said.err
    assert "scores[0] of its record" in said.err
    assert "--verify" in said.err
    assert "Traceback" not in said.err
    assert isogloss("run", "toy.yaml", "--verify").code == 0
    assert isogloss("results", "toy.yaml", "--format", "csv").code == 0


def test_a_record_without_scores_names_its_step_and_how_to_redo_it(isogloss, tmp_path):
    write_toy(tmp_path, SMALL)
    assert isogloss("run", "toy.yaml").code == 0
    steps = tmp_path / ".isogloss" / "steps"
    path = next(p for p in sorted(steps.glob("*/manifest.json")) if '"evaluate"' in p.read_text())
    whole = json.loads(path.read_text())
    del whole["record"]["scores"]
    path.write_text(json.dumps(manifest.with_digest(whole)))
    said = isogloss("results", "toy.yaml")
    assert said.code == 1
    assert f"{path.parent.name} is damaged: its record has no scores" in said.err
    assert "isogloss run toy.yaml" in said.err
    shutil.rmtree(path.parent)
    assert isogloss("run", "toy.yaml").code == 0
    assert isogloss("results", "toy.yaml").code == 0
