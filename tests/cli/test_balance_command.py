"""Pre-training by the command: what goes wrong ends in one message, and the rest goes on."""

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from balance_toys import CODES, LENGTH, SMALL, write_small, write_tags
from isogloss.data.mixture import Mixing, draw_steps
from isogloss.data.text import RawText
from isogloss.desk.opened import open_study
from isogloss.efficiency.flops import masked_flops
from isogloss.model.masked import make_masked_lm, save_masked_lm
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer
from isogloss.store.step_files import TRAIN
from isogloss.store.store import Store

HARD = SMALL.replace("[hard-all, hard-balanced, soft-balanced]", "[hard-all, hard-balanced]")
"""The same study without teachers."""


def refused(said, *words: str) -> None:
    """One message, no traceback, exit code 2, nothing trained."""
    assert said.code == 2, said.err
    assert said.err.count("Error") == 1
    told = " ".join(said.err.split())
    for word in words:
        assert word in told, told
    assert not list(Path().glob(".isogloss/steps/*/model.safetensors"))


def text_of(folder: Path, language: str, split: str = "train") -> Path:
    return folder / "text" / language / f"{split}.txt"


# ---- text


@pytest.mark.parametrize("command", ["run", "validate", "plan"])
def test_a_language_whose_folder_is_missing_is_named(isogloss, tmp_path, command):
    study = write_small(tmp_path, HARD.replace("[en, de]", "[en, de, fr]"))
    refused(isogloss(command, study.name), "fra-Latn")


def test_a_language_without_text_is_named(isogloss, tmp_path):
    study = write_small(tmp_path, HARD)
    text_of(tmp_path, "de").write_text("")
    text_of(tmp_path, "en").write_text("\n \n")
    for command in ("run", "validate"):
        refused(isogloss(command, study.name), "German (deu-Latn) has no text", "English (eng-Lat")


def test_no_share_of_a_text_of_one_line_is_held_out(isogloss, tmp_path):
    root = "{kind: folder, root: text}"
    study = write_small(tmp_path, HARD.replace(root, f"{root}, held_out: 0.1"))
    text_of(tmp_path, "de").write_text("Der Satz.\nDer Satz.\n")
    said = "nothing is left to hold out"
    refused(isogloss("run", study.name), "German (deu-Latn) has a text of one line", said)


def test_a_text_of_one_window_fails_with_its_reason(isogloss, tmp_path):
    """Known once the vocabulary is there."""
    study = write_small(tmp_path, HARD)
    text_of(tmp_path, "de").write_text("Der Satz.\nDie Katze.\n")
    said = isogloss("run", study.name, "--json")
    assert said.code == 1
    (failed,) = (one for one in said.json["failed"] if one["status"] == "failed")
    assert "The training text of German (deu-Latn) fills 1 window" in failed["message"]


def test_an_empty_held_out_text_is_refused(isogloss, tmp_path):
    study = write_small(tmp_path, HARD)
    text_of(tmp_path, "de", "validation").write_text("\n")
    refused(isogloss("run", study.name), "The held-out text of German (deu-Latn) is empty")
    text_of(tmp_path, "de", "validation").unlink()
    refused(isogloss("run", study.name), "validation")


# ---- teachers


@pytest.fixture
def tokenizer(tmp_path):
    """The vocabulary of a study, in the folder `own`."""
    return _tokenizer(tmp_path, "own", 300)


def _tokenizer(folder: Path, name: str, vocab_size: int):
    if not (folder / "text").is_dir():
        write_small(folder)
    texts = {
        code: text_of(folder, language).read_text(encoding="utf-8").splitlines()
        for language, code in CODES.items()
        if text_of(folder, language).is_file()
    }
    tokenizer = train_tokenizer(
        texts, algorithm="wordpiece", vocab_size=vocab_size, family="modernbert", seed=0
    )
    tokenizer.save_pretrained(folder / name)
    return tokenizer


def checkpoint(
    folder: Path, tokenizer, *, fill: float | None = None, length: int = LENGTH, width: int = 16
) -> Path:
    """A masked language model as anybody would have saved it; all its weights one number."""
    size = Size(width, 1, 2, 2 * width, max_length=length, dropout=0.0)
    config = scratch_config("modernbert", tokenizer, size)
    model = make_masked_lm(config, seed=0, attention="eager")
    if fill is not None:
        with torch.no_grad():
            for weights in model.parameters():
                weights.fill_(fill)
    save_masked_lm(model, tokenizer, folder)
    return folder


def given(model: str, text: str = SMALL) -> str:
    """The study with a tokenizer and the teacher of German that were there."""
    return text.replace("tokenizer: {vocab_size: 300}", "tokenizer_from: own").replace(
        "  arms:", f"  teachers: {{models: {{de: {model}}}}}\n  arms:"
    )


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_teacher_with_another_vocabulary_is_refused_before_any_training(
    isogloss, tmp_path, tokenizer, command
):
    checkpoint(tmp_path / "strange", _tokenizer(tmp_path, "strange", 260))
    study = write_small(tmp_path, given("./strange"))
    refused(
        isogloss(command, study.name), "strange has another vocabulary than the student",
        f"against {len(tokenizer)}",
    )  # fmt: skip


def test_teachers_that_cannot_teach_are_refused_before_any_training(isogloss, tmp_path, tokenizer):
    checkpoint(tmp_path / "short", tokenizer, length=LENGTH // 2)
    study = write_small(tmp_path, given("./short"))
    refused(isogloss("run", study.name), "short", str(LENGTH // 2))
    shaped = tmp_path / "shaped"
    checkpoint(shaped, tokenizer)
    config = json.loads((shaped / "config.json").read_text())
    (shaped / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    study = write_small(tmp_path, given("./shaped"))
    refused(isogloss("run", study.name), "shaped", "gpt2")
    study = write_small(tmp_path, given("./nowhere"))
    refused(isogloss("run", study.name), "nowhere does not exist")


def test_a_teacher_of_another_vocabulary_than_one_trained_here_fails_alone(isogloss, tmp_path):
    """Before the vocabulary is there nobody can know; the second time it is known at once."""
    checkpoint(tmp_path / "strange", _tokenizer(tmp_path, "strange", 260))
    text = SMALL.replace("  arms:", "  teachers: {models: {de: ./strange}}\n  arms:")
    study = write_small(tmp_path, text)
    said = isogloss("run", study.name, "--json")
    assert said.code == 3
    failed = {
        one["title"]: one["message"] for one in said.json["failed"] if one["status"] == "failed"
    }
    assert failed.keys() == {"soft-balanced seed=1", "teacher/deu-Latn on deu-Latn"}
    assert all("has another vocabulary than the student" in why for why in failed.values())
    again = isogloss("run", study.name)
    assert again.code == 2
    assert "has another vocabulary than the student" in " ".join(again.err.split())


def test_a_loss_that_is_no_number_fails_one_arm_and_the_others_go_on(isogloss, tmp_path, tokenizer):
    checkpoint(tmp_path / "broken", tokenizer, fill=float("nan"))
    study = write_small(tmp_path, given("./broken"))
    said = isogloss("run", study.name, "--json")
    assert said.code == 3
    failed = {(one["status"], one["title"]): one["message"] for one in said.json["failed"]}
    assert "is nan at step 1" in failed.pop(("failed", "soft-balanced seed=1"))
    assert "losses are not finite" in failed.pop(("failed", "teacher/deu-Latn on deu-Latn"))
    assert set(failed) == {
        ("blocked", f"soft-balanced seed=1 on {code}") for code in ("eng-Latn", "deu-Latn")
    }
    status = isogloss("status", study.name, "--json").json
    told = {one["title"] for one in status["failures"]}
    assert told == {"soft-balanced seed=1", "teacher/deu-Latn on deu-Latn"}
    rows = isogloss("results", study.name, "--json").json
    tested = {row["encoder"] for row in rows if row["split"] == "held_out"}
    assert tested == {"hard-all", "hard-balanced", "teacher/eng-Latn"}
    report = isogloss("report", study.name, "-o", "out")
    assert report.code == 0, report.err
    page = (tmp_path / "out" / "balance.md").read_text(encoding="utf-8")
    assert "soft-balanced seed=1: failed: The loss is nan at step 1" in page


def test_a_learning_rate_that_is_far_too_large_is_told_for_every_arm(isogloss, tmp_path):
    study = write_small(tmp_path, HARD)
    said = isogloss("run", study.name, "--json", "--set", "pretraining.training.learning_rate=1e38")
    assert said.code == 1
    failed = [one for one in said.json["failed"] if one["status"] == "failed"]
    assert {one["title"] for one in failed} == {"hard-all seed=1", "hard-balanced seed=1"}
    assert all("Lower learning_rate" in one["message"] for one in failed)
    again = isogloss("run", study.name, "--set", "pretraining.training.learning_rate=1e38")
    assert again.code == 1
    assert "Next:" not in again.out, "there is nothing to report"


def test_a_student_that_weighs_a_broken_teacher_fails_alone(isogloss, tmp_path, tokenizer):
    """Its dev losses are no numbers either."""
    checkpoint(tmp_path / "broken", tokenizer, fill=float("nan"))
    policy = "{arm: soft-balanced, distillation: {listening: {policy: adaptive, eval_steps: 1}}}"
    study = write_small(
        tmp_path, given("./broken", SMALL.replace(", soft-balanced", f", {policy}"))
    )
    said = isogloss("run", study.name, "--json")
    assert said.code == 3
    failed = {
        one["title"]: one["message"] for one in said.json["failed"] if one["status"] == "failed"
    }
    assert "nan" in failed.pop("soft-balanced seed=1")
    assert "losses are not finite" in failed.pop("teacher/deu-Latn on deu-Latn")
    assert not failed


@pytest.mark.parametrize("targets", ["online", "{kind: sampled, n: 4, views: 1}"])
def test_what_a_larger_teacher_takes_is_counted_by_its_own_size(
    isogloss, tmp_path, tokenizer, targets
):
    large = checkpoint(tmp_path / "large", tokenizer, width=64)
    arm = f"{{arm: soft-balanced, distillation: {{targets: {targets}}}}}"
    study = write_small(tmp_path, given("./large", SMALL.replace(", soft-balanced", f", {arm}")))
    said = isogloss("run", study.name, "--json")
    assert (said.code, said.json["failed"]) == (0, [])
    opened = open_study(study, tmp_path / ".isogloss", None)
    (step,) = opened.plan.of_kind("distill")
    record = opened.store.record(step.key)
    told = {score["metric"]: score["value"] for score in record["scores"]}
    configs = [AutoConfig.from_pretrained(f) for f in (opened.store.folder(step.key), large)]
    own, other = (
        masked_flops(config, [LENGTH], 0)
        + masked_flops(config, [], 1) * record["n_scored"] / record["n_train"]
        for config in configs
    )
    assert other > 4 * own
    windows = [size["windows"] for size in record["sizes"].values()]  # kept: each once
    if targets == "online":  # balanced: as many of each
        windows = [record["n_train"] / 2] * 2
    assert told["teacher_flops"] == pytest.approx(windows[0] * own + windows[1] * other, rel=0.1)


@pytest.mark.parametrize("targets", ["online", "{kind: sampled, n: 4, views: 1}"])
def test_a_teacher_with_more_outputs_than_its_vocabulary_is_refused_and_named(
    isogloss, tmp_path, tokenizer, targets
):
    model = AutoModelForMaskedLM.from_pretrained(checkpoint(tmp_path / "padded", tokenizer))
    model.resize_token_embeddings(len(tokenizer) + 20, mean_resizing=False)
    save_masked_lm(model, tokenizer, tmp_path / "padded")
    arm = f"{{arm: soft-balanced, distillation: {{targets: {targets}}}}}"
    study = write_small(tmp_path, given("./padded", SMALL.replace(", soft-balanced", f", {arm}")))
    said = isogloss("run", study.name, "--json")
    assert said.code == 3
    failed = {
        one["title"]: one["message"] for one in said.json["failed"] if one["status"] == "failed"
    }
    outputs = f"has {len(tokenizer) + 20} outputs and the student {len(tokenizer)}"
    assert len(failed) == 2
    assert all(outputs in why for why in failed.values())
    assert isogloss("report", study.name, "-o", "out").code == 0
    page = (tmp_path / "out" / "balance.md").read_text(encoding="utf-8")
    assert all(f"{title}: failed:" in page for title in failed)
    assert outputs in page


def test_the_page_says_how_often_a_mixture_that_changes_draws_each_language(isogloss, tmp_path):
    arm = "{name: slow, labels: hard, mixing: {kind: annealed, alpha: 1, alpha_end: 0}}"
    text = SMALL.replace("[hard-all, hard-balanced, soft-balanced]", f"[{arm}]")
    study = write_small(tmp_path, text.replace("max_steps: 3", "max_steps: 60"), en=240)
    assert isogloss("run", study.name).code == 0
    assert isogloss("report", study.name, "-o", "out").code == 0
    with (tmp_path / "out" / "tables" / "balance_mixing.csv").open() as stream:
        told = list(csv.DictReader(stream))
    sizes = [int(row["n_windows"]) for row in told]
    mixing = Mixing("annealed", alpha=1, alpha_end=0)
    steps = list(draw_steps(mixing, sizes, per_step=4, total_steps=60, seed=1))
    drawn = np.bincount(np.concatenate([step.languages for step in steps]))
    shares = [float(row["share"]) for row in told]
    assert shares == pytest.approx((drawn / drawn.sum()).tolist(), abs=0.01)
    assert shares[0] > 0.6


def test_arms_teach_arms_and_what_they_say_may_be_kept(isogloss, tmp_path):
    kept = "targets: {kind: sampled, n: 4, views: 2}"
    arms = (
        f"[hard-all, {{arm: soft-all, name: pupil, distillation: {{teachers: hard-all, {kept}}}}},"
        f" {{arm: soft-balanced, name: grandchild, distillation: {{teachers: pupil}}}},"
        f" {{arm: self-teachers, name: own, distillation: {{{kept}}}}},"
        " {arm: soft-balanced, name: strict, distillation: {listening: {policy: threshold,"
        " eval_steps: 1}}}, {arm: hard-balanced, name: cut, mixing: {characters: 500}}]"
    )
    study = write_small(
        tmp_path,
        SMALL.replace("[hard-all, hard-balanced, soft-balanced]", arms).replace("[1]", "[1, 2]"),
    )
    said = isogloss("run", study.name, "--json")
    assert (said.code, said.json["failed"]) == (0, [])
    plan = open_study(study, tmp_path / ".isogloss", None).plan
    met: set[str] = set()
    for step in plan:
        assert met.issuperset(step.needs), step.title
        met.add(step.key)
    store = Store(tmp_path / ".isogloss")
    cut = next(step for step in plan.of_kind("pretrain") if step.title == "cut seed=1")
    sizes = store.record(cut.key)["sizes"]
    assert all(size["characters"] <= 500 for size in sizes.values())


# ---- the disk


def test_a_disk_that_is_full_at_a_checkpoint_fails_one_arm_and_is_tried_again(
    isogloss, tmp_path, monkeypatch
):
    from isogloss.train import checkpoint as room

    study = write_small(
        tmp_path, HARD.replace("precision: fp32", "precision: fp32, save_seconds: 0")
    )
    (full, *_) = open_study(study, tmp_path / ".isogloss", None).plan.of_kind("pretrain")
    write = room.save_file

    def save(tensors, path):
        if full.key in str(path):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(tensors, path)

    monkeypatch.setattr(room, "save_file", save)
    said = isogloss("run", study.name, "--json")
    assert said.code == 3
    (failed,) = (one for one in said.json["failed"] if one["status"] == "failed")
    assert failed["key"] == full.key
    assert "Cannot write a checkpoint" in failed["message"]
    assert "No space left on device" in failed["message"]
    assert "No space left" in Store(tmp_path / ".isogloss").failure(full.key)["message"]
    assert not list(tmp_path.glob(f".isogloss/running/{full.key}/**/.draft-*"))
    monkeypatch.setattr(room, "save_file", write)
    again = isogloss("run", study.name, "--json")
    assert (again.code, again.json["failed"]) == (0, [])
    assert Store(tmp_path / ".isogloss").failure(full.key) is None


# ---- probes


def test_a_probe_of_which_no_language_has_data_is_told(isogloss, tmp_path):
    write_tags(tmp_path, "ner_tags", ("es",), {"train": 5, "test": 5})
    probes = "probes: [{task: ner, data: {source: {kind: folder, root: ner_tags}}}]\n"
    study = write_small(tmp_path, HARD + probes)
    said = isogloss("run", study.name)
    assert said.code == 0, said.err
    for language in ("English (eng-Latn)", "German (deu-Latn)"):
        assert f"no ner data of {language}" in " ".join(said.err.split())
    assert isogloss("report", study.name, "-o", "out").code == 0
    page = (tmp_path / "out" / "balance.md").read_text(encoding="utf-8")
    assert "There are no ner data of English (eng-Latn)" in page


def test_a_probe_with_fewer_sentences_than_asked_for_is_told(isogloss, tmp_path):
    write_tags(tmp_path, "upos", ("en", "de"), {"train": 8, "test": 4})
    probe = "task: pos, data: {source: {kind: folder, root: upos}}, n_per_language: 9999"
    study = write_small(tmp_path, HARD.replace("hard-all, ", "") + f"probes: [{{{probe}}}]\n")
    assert isogloss("run", study.name).code == 0
    assert isogloss("report", study.name, "-o", "out").code == 0
    page = (tmp_path / "out" / "balance.md").read_text(encoding="utf-8")
    assert page.count("its pos probe had 8 of 9,999 sentences to learn from") == 2


def test_other_layers_are_probed_anew_in_one_process(isogloss, tmp_path):
    write_tags(tmp_path, "upos", ("en", "de"), {"train": 8, "test": 4})
    probes = "probes: [{task: pos, data: {source: {kind: folder, root: upos}}, layers: [-1]}]\n"
    study = write_small(tmp_path, HARD.replace("hard-all, ", "") + probes)
    assert isogloss("run", study.name).code == 0
    study.write_text(study.read_text().replace("layers: [-1]", "layers: [0]"), encoding="utf-8")
    said = isogloss("run", study.name)
    assert said.code == 0, said.err


# ---- commands on a study that only pre-trains


def test_a_study_that_only_pre_trains_has_an_audit(isogloss, tmp_path):
    study = write_small(tmp_path, HARD)
    path = text_of(tmp_path, "de")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[0], "", lines[1]]), encoding="utf-8")
    said = isogloss("audit", study.name, "-o", "out")
    assert said.code == 0, said.err
    page = (tmp_path / "out" / "audit.md").read_text(encoding="utf-8")
    assert "## Raw text, and what was dropped of it" in page
    found = isogloss("audit", study.name, "--json").json
    assert {record["language"]: record["n_duplicates"] for record in found["text"]} == {
        "eng-Latn": 0, "deu-Latn": 2,
    }  # fmt: skip
    assert found["tokenizers"]["pre-training"]["languages"].keys() == {"eng-Latn", "deu-Latn"}
    (step,) = (
        step
        for step in open_study(study, tmp_path / ".isogloss", None).plan.of_kind("text")
        if step.payload["language"] == "deu-Latn"
    )
    folder = Store(tmp_path / ".isogloss").folder(step.key)
    assert len(RawText.read(folder / TRAIN)) == len(lines)


def test_a_study_that_only_pre_trains_has_no_encoders_to_compare(isogloss, tmp_path):
    study = write_small(tmp_path, HARD)
    refused(isogloss("compare", study.name), "fine-tunes no encoder", "isogloss report small.yaml")
    refused(isogloss("recommend", study.name), "isogloss")
    refused(isogloss("report", study.name), "Nothing of this study is finished", "isogloss run")
    plan = isogloss("plan", study.name)
    assert plan.code == 0
    assert "pre-train on hard labels" in plan.out
    status = isogloss("status", study.name, "--json").json
    assert status["missing"] == sum(counts["steps"] for counts in status["kinds"].values())
    assert isogloss("validate", study.name).code == 0
