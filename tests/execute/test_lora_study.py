"""LoRA beside full fine-tuning in one study, from the file to the table; both tasks."""

import json
import warnings
from pathlib import Path

import pytest
import torch
import train_toy
from safetensors.torch import load_file
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

from isogloss.model import lora as lora_room
from isogloss.store.store import Store
from tag_study import write_tagged
from tag_toys import make_model, make_tokenizer
from toys import write_toy

peft = pytest.importorskip("peft", reason="peft is not installed: pip install 'isogloss[lora]'")

TEXTS = """
name: toy
data:
  source: {kind: folder, root: data}
  labels: [negative, neutral, positive]
languages: [en, de]
encoders:
  - {name: whole, model: ./checkpoint}
  - name: adapted
    model: ./checkpoint
    training: {method: lora, learning_rate: 2.0e-2, lora: {r: 2, lora_dropout: 0.1}}
training: {learning_rate: 1.0e-2, num_train_epochs: 3, max_length: 12, precision: fp32}
sizes: [12]
seeds: [1]
"""
WORDS = """
name: tagged
task: ner
data: {source: {kind: folder, root: data}, labels: [PER, LOC]}
languages: [en]
encoders:
  - name: adapted
    model: ./checkpoint
    training: {method: lora, learning_rate: 2.0e-2, lora: {target_modules: all-linear}}
training: {max_steps: 12, max_length: 12, precision: fp32}
seeds: [1]
"""
SENTENCES = (1, 2, 3, 2, 3, 4)
"""Words in each; all of a sentence must fit the pipeline's input."""


def write_checkpoint(folder: Path) -> None:
    make_model("xlm-roberta").save_pretrained(folder / "checkpoint")
    make_tokenizer("xlm-roberta").save_pretrained(folder / "checkpoint")


@pytest.fixture
def study(tmp_path):
    write_checkpoint(tmp_path)
    return write_toy(tmp_path, TEXTS)


def trained(plan, name):
    (step,) = (step for step in plan.of_kind("train") if step.settings["encoder"] == name)
    return step


def with_adapter(auto, base, folder, names):
    """The encoder as it was, with what LoRA has learned, put together by peft."""
    model = auto.from_pretrained(
        base, num_labels=len(names), id2label=dict(enumerate(names)), ignore_mismatched_sizes=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers will drop
        return peft.PeftModel.from_pretrained(model, str(folder / "adapter")).eval()


def test_two_arms_of_one_encoder_are_compared_by_name(study, isogloss):
    said = isogloss("run", str(study))
    assert said.code == 0, said.err
    rows = isogloss("results", str(study), "--json").json
    tested = {
        (row["encoder"], row["target_language"]) for row in rows if row["metric"] == "macro_f1"
    }
    assert tested == {(n, c) for n in ("whole", "adapted") for c in ("eng-Latn", "deu-Latn")}
    compared = isogloss("compare", str(study), "--json")
    assert compared.code == 0, compared.err
    assert {"whole", "adapted"} <= set(json.dumps(compared.json).replace('"', " ").split())

    store = Store(study.parent / ".isogloss")
    steps = {row["encoder"]: row["step"] for row in rows if row["split"] == "train"}
    whole, adapted = (store.record(steps[name]) for name in ("whole", "adapted"))
    n = sum(
        t.numel() for t in load_file(store.folder(steps["whole"]) / "model.safetensors").values()
    )
    assert (whole["n_weights"], whole["n_weights_trained"]) == (n, n)
    small = load_file(store.folder(steps["adapted"]) / "adapter" / "adapter_model.safetensors")
    assert adapted["n_weights"] == n
    assert adapted["n_weights_trained"] == sum(t.numel() for t in small.values()) < n / 2
    assert adapted["lora_targets"] == "query, value"
    assert not (store.folder(steps["whole"]) / "adapter").exists()

    before = load_file(study.parent / "checkpoint" / "model.safetensors")
    after = load_file(store.folder(steps["adapted"]) / "model.safetensors")
    changed = {name for name, t in after.items() if not torch.equal(t, before.get(name, t * 0))}
    assert all(
        name.startswith("classifier.") or name.endswith((".query.weight", ".value.weight"))
        for name in changed
    )
    assert any(name.endswith(".query.weight") for name in changed)

    report = isogloss("report", str(study), "-o", "out")
    assert report.code == 0, report.err
    page = Path("out/report.md").read_text(encoding="utf-8")
    assert f"adapted: {adapted['n_weights_trained']:,} of {n:,} weights learned" in page
    assert "whole: " not in page


def test_the_stored_classifier_its_pipeline_and_its_adapter_say_the_same(study, tmp_path):
    store = Store(tmp_path / "store")
    plan = train_toy.train(study, store)
    folder = store.folder(trained(plan, "adapted").key)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    apart = with_adapter(
        AutoModelForSequenceClassification, study.parent / "checkpoint", folder, "abc"
    )
    inputs = tokenizer(["ada was in paris", "it"], padding=True, return_tensors="pt")
    with torch.no_grad():
        merged, beside = model(**inputs).logits, apart(**inputs).logits
    assert torch.allclose(merged, beside, atol=1e-6)
    said = pipeline("text-classification", model=str(folder), device="cpu")("ada was in paris")
    assert said[0]["label"] == ["negative", "neutral", "positive"][int(merged[0].argmax())]


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_to_the_same_bytes(study, tmp_path):
    """A real SIGKILL in the middle of the LoRA arm."""
    only = study.parent / "only.yaml"
    text = TEXTS.replace("  - {name: whole, model: ./checkpoint}\n", "")
    only.write_text(text.replace("num_train_epochs: 3", "num_train_epochs: 60, save_seconds: 0"))
    whole, cut = Store(tmp_path / "whole"), Store(tmp_path / "cut")
    train_toy.train_until_killed(only, cut)
    rarely = "training.save_seconds=1000"
    step = trained(train_toy.train(only, whole, rarely), "adapted")
    assert cut.has_begun(step.key)
    train_toy.train(only, cut, rarely)
    for name in ("model.safetensors", "adapter/adapter_model.safetensors"):
        one, other = (store.folder(step.key) / name for store in (whole, cut))
        assert one.read_bytes() == other.read_bytes()
    assert (whole.record(step.key)["n_resumed"], cut.record(step.key)["n_resumed"]) == (0, 1)


def test_a_tagger_adapted_by_lora_is_exported_with_its_adapter(tmp_path, isogloss):
    write_checkpoint(tmp_path)
    study = write_tagged(tmp_path, WORDS, SENTENCES)
    assert isogloss("run", str(study)).code == 0
    said = isogloss("export", "model", str(study), "out", "--json")
    assert said.code == 0, said.err
    folder = Path("out")
    assert sorted(said.json["files"]) == sorted(
        str(path) for path in folder.rglob("*") if path.is_file()
    )
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    assert [model.config.id2label[at] for at in range(5)] == names
    apart = with_adapter(AutoModelForTokenClassification, tmp_path / "checkpoint", folder, names)
    inputs = AutoTokenizer.from_pretrained(folder)("ada was in paris", return_tensors="pt")
    with torch.no_grad():
        assert torch.allclose(model(**inputs).logits, apart(**inputs).logits, atol=1e-6)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| `method` | lora |" in card
    assert "dense, key, query, value" in card
    (folder / "adapter" / "notes").mkdir()
    assert isogloss("export", "model", str(study), "out", "--force").code == 2
    (folder / "adapter" / "notes").rmdir()
    assert isogloss("export", "model", str(study), "out", "--force").code == 0


def test_a_study_that_needs_peft_says_so_before_anything_is_trained(study, isogloss, monkeypatch):
    monkeypatch.setattr(lora_room, "find_spec", lambda name: None)
    for command in ("validate", "run"):
        said = isogloss(command, str(study))
        assert said.code == 2, said.err
        assert "pip install 'isogloss[lora]'" in " ".join(said.err.split())
    store = Store(Path(".isogloss"))
    keys = store.keys()
    kinds = {store.manifest(key)["kind"] for key in keys}
    assert kinds == {"data"}
    only_full = ("--set", "encoders.1.training={weight_decay: 0.5}")
    assert isogloss("validate", str(study), *only_full).code == 0


def test_a_layer_that_is_not_there_is_found_before_anything_is_trained(study, isogloss):
    change = "encoders.1.training.lora.target_modules=[q_lin]"
    for command in ("validate", "run"):
        said = isogloss(command, str(study), "--set", change)
        assert said.code == 2, said.err
        assert "has no layer 'q_lin'" in " ".join(said.err.split())


def test_results_are_read_without_peft(study, isogloss, monkeypatch):
    assert isogloss("run", str(study)).code == 0
    monkeypatch.setattr(lora_room, "find_spec", lambda name: None)
    assert isogloss("results", str(study)).code == 0
    assert isogloss("run", str(study)).code == 0, "nothing is left to train"
