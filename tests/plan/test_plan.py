"""The plan: keys notice what decides a result and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from isogloss.base.errors import InputError
from isogloss.plan.build import build_plan
from isogloss.plan.estimate import estimate
from isogloss.plan.pins import Pins, pin_study
from isogloss.plan.plan import Plan
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import load_study, study_from
from isogloss.study.spec import identity

ROOT = Path(__file__).parents[2]
STUDIES = sorted((ROOT / "studies").rglob("*.yaml"))
TOY = """
name: toy
data:
  source: {kind: sample}
  labels: [negative, neutral, positive]
  train_splits: [train]
  dev_split: validation
languages: [en, de, hi]
encoders:
  - {name: tiny, scratch: {}}
  - {name: given, model: org/given}
regimes: [{regime: joint, sizes: [30, 60]}, {regime: single, sizes: 60}]
seeds: [1, 2]
"""


def plan_of(*changes: str, text: str = TOY) -> Plan:
    study = study_from(with_changes(parse_document(text, "toy"), changes))
    data = {code: {"kind": "sample", "seed": 0} for code in study.all_languages}
    pins = {
        e.display: {"scratch": identity(e.scratch)} if e.scratch else {"commit": "abc"}
        for e in study.encoders
    }
    return build_plan(study, Pins(data, pins))


def keys(plan: Plan, kind: str) -> set[str]:
    return {step.key for step in plan.of_kind(kind)}


def test_every_step_stands_once_and_after_what_it_needs():
    plan = plan_of()
    seen: set[str] = set()
    for step in plan:
        assert step.key not in seen
        assert seen.issuperset(step.needs)
        seen.add(step.key)


def test_every_cell_of_the_study_is_planned():
    plan = plan_of()
    places = {
        (
            cell.columns["encoder"],
            cell.columns["regime"],
            tuple(cell.columns["source_languages"]),
            cell.columns["n_per_language"],
            cell.columns["seed"],
            cell.columns["target_language"],
        )
        for cell in plan.cells
        if cell.columns["split"] == "test"
    }
    assert len(places) == 2 * (2 + 3) * 2 * 3
    assert len(keys(plan, "evaluate")) == len(places)
    assert len(keys(plan, "train")) == 2 * (2 + 3) * 2


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ("training.learning_rate=1e-3", {"train", "evaluate"}),
        ("training.weight_decay=0", {"train", "evaluate"}),
        ("training.precision=fp32", {"train", "evaluate"}),
        ("sampling.shortage=take_all", {"train", "evaluate"}),
        ("seeds=[3,4]", {"train", "evaluate"}),
        ("training.max_length=64", {"prepare", "train", "evaluate"}),
        ("data.labels=[positive, neutral, negative]", "all"),
        ("data.train_splits=[train, extra]", "all"),
        ("data.text=tweet", "all"),
        ("name=other", set()),
        ("description=other", set()),
        ("training.save_seconds=1", set()),
        ("training.max_tokens=512", set()),
        ("evaluation.max_tokens=512", set()),
        ("evaluation.metric=accuracy", set()),
        ("output.folder=x", set()),
    ],
)
def test_a_change_redoes_what_hangs_on_it_and_only_that(change, redone):
    before, after = plan_of(), plan_of(change)
    changed = {k for k in VERSIONED if not keys(before, k) & keys(after, k)}
    same = {k for k in VERSIONED if keys(before, k) == keys(after, k)}
    if redone == "all":
        assert {"train", "evaluate"} <= changed
        return
    assert changed == redone
    assert same == set(VERSIONED) - redone


VERSIONED = ("data", "tokenizer", "prepare", "train", "evaluate")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("languages=[en, de, hi, fr]", "single"),
        ("regimes=[{regime: joint, sizes: [30, 60, 90]}]", "joint"),
        ("seeds=[1, 2, 3]", "joint"),
        ("evaluation.target_languages=[en, de, hi, fr]", "joint"),
        ("evaluation.splits=[test, other]", "joint"),
    ],
)
def test_growing_a_study_keeps_what_was_done(change, kind):
    """A scratch tokenizer hangs on the languages, a given encoder does not."""
    text = TOY.replace("  - {name: tiny, scratch: {}}\n", "")
    before, after = plan_of(text=text), plan_of(change, text=text)
    kept = {
        cell.step
        for cell in before.cells
        if cell.columns["regime"] == kind and cell.columns["split"] == "train"
    }
    assert kept <= keys(after, "train")


def test_training_and_test_splits_are_never_mixed_up():
    """Trained on validation and tested on train: odd, allowed, and each reads its own."""
    plan = plan_of("data.train_splits=[validation]", "evaluation.splits=[train]", "data.dev_split=")
    by_key = plan.by_key

    def splits(prepare_key: str) -> list[str]:
        return by_key[by_key[prepare_key].needs[0]].payload["splits"]

    for step in plan.of_kind("train"):
        sources = len(step.payload["sources"])
        assert [splits(key) for key in step.needs[:sources]] == [["validation"]] * sources
    assert all(splits(step.needs[1]) == ["train"] for step in plan.of_kind("evaluate"))


def test_nothing_is_read_that_nothing_needs():
    for changes in ((), ("data.train_splits=[train, more]",), ("training.eval_strategy=epoch",)):
        plan = plan_of(*changes)
        needed = {key for step in plan for key in step.needs}
        assert {step.key for step in plan if step.kind != "evaluate"} - needed == set()


def test_encoders_that_share_a_tokenizer_each_find_it():
    text = TOY.replace(
        "  - {name: given", "  - {name: wide, scratch: {hidden_size: 512}}\n  - {name: given"
    )
    plan = plan_of(text=text)
    assert len(plan.of_kind("tokenizer")) == 1
    assert plan.tokenizers["tiny"] == plan.tokenizers["wide"]
    assert plan.tokenizers["tiny"].step == plan.of_kind("tokenizer")[0].key
    assert plan.tokenizers["given"].step is None


def test_two_regimes_that_train_the_same_share_the_step_and_keep_their_cells():
    text = TOY.replace("languages: [en, de, hi]", "languages: [en, de]")
    both = "regimes=[{regime: single, sizes: 60}, {regime: leave_one_out, sizes: 60}]"
    plan = plan_of(both, text=text)
    assert len(keys(plan, "train")) == 2 * 2 * 2
    assert len([c for c in plan.cells if c.columns["split"] == "train"]) == 2 * 2 * 2 * 2


def test_dev_scores_hang_on_the_dev_split():
    with_dev = plan_of("training.eval_strategy=epoch")
    assert any("validation" in step.title for step in with_dev.of_kind("data"))
    assert not any("validation" in step.title for step in plan_of().of_kind("data"))


def test_the_estimate_counts_examples_and_prefers_measured_rates():
    study = study_from(parse_document(TOY, "toy"))
    steps = plan_of().steps
    assumed = estimate(study, steps, {})
    assert assumed.trainings == 20
    assert assumed.training_examples == 5 * 2 * 2 * (3 * 30 + 3 * 60 + 3 * 60)
    measured = estimate(study, steps, {"tiny": 100.0, "given": 50.0})
    half = assumed.training_examples / 2
    assert measured.seconds == pytest.approx(half / 100 + half / 50)
    assert "measured" in measured.basis
    assert "assumed" in assumed.basis


def test_all_that_is_missing_outside_the_file_is_named_at_once(tmp_path):
    for language in ("en", "de"):
        (tmp_path / "data" / language).mkdir(parents=True)
        (tmp_path / "data" / language / "train.jsonl").write_text("{}\n")
    for name in ("empty", "pickled"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    (tmp_path / "bare").mkdir()
    path = tmp_path / "toy.yaml"
    path.write_text(
        "name: toy\nlanguages: [en, de, fr]\nencoders: [./empty, ./pickled, ./bare, ./none]\n"
        "data: {source: {kind: folder, root: data}, labels: [a, b]}\n"
    )
    with pytest.raises(InputError) as caught:
        pin_study(load_study(path))
    said = str(caught.value)
    for words in (
        "has no weights",
        "pytorch_model.bin",
        "has no config.json",
        "none does not exist",
        "fra-Latn",
        "no split 'test'",
    ):
        assert words in said


def test_pins_notice_a_changed_byte(tmp_path):
    for split in ("train", "test"):
        (tmp_path / "data" / "en").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "en" / f"{split}.jsonl").write_text("{}\n")
    path = tmp_path / "toy.yaml"
    path.write_text(
        "name: toy\nlanguages: [en]\nencoders: [{name: tiny, scratch: {}}]\n"
        "data: {source: {kind: folder, root: data}, labels: [a, b]}\n"
    )

    def train_keys() -> set[str]:
        study = load_study(path)
        return keys(build_plan(study, pin_study(study)), "train")

    before = train_keys()
    assert train_keys() == before
    (tmp_path / "data" / "en" / "test.jsonl").write_text("{} \n")
    assert train_keys() == before, "the test split does not decide a training"
    (tmp_path / "data" / "en" / "train.jsonl").write_text("{} \n")
    assert not train_keys() & before


def test_a_dev_split_is_wanted_only_where_dev_scores_are_taken(tmp_path):
    for split in ("train", "test"):
        (tmp_path / "en").mkdir(exist_ok=True)
        (tmp_path / "en" / f"{split}.jsonl").write_text("{}\n")

    def pins_of(*changes: str) -> Pins:
        text = TOY.replace("kind: sample", f"kind: folder, root: {tmp_path}")
        changes = ("languages=[en]", "encoders=[{name: tiny, scratch: {}}]", *changes)
        return pin_study(study_from(with_changes(parse_document(text, "toy"), changes)))

    pins = pins_of()
    assert set(pins.data["eng-Latn"]["files"]) == {"train", "test"}
    with pytest.raises(InputError, match="no split 'validation'"):
        pins_of("training.eval_strategy=epoch")


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.stem)
def test_every_shipped_study_loads_and_plans(path, monkeypatch, tmp_path):
    """Local folders that are not part of the repository are stood in for by stubs."""
    monkeypatch.setattr("isogloss.plan.hub.cached_only", lambda: True)
    study = load_study(path, stand_ins(load_study(path), tmp_path))
    plan = build_plan(study, pin_study(study))
    assert len({step.key for step in plan}) == len(plan)
    assert {cell.step for cell in plan.cells} <= set(plan.by_key)


def stand_ins(study, folder: Path) -> list[str]:
    """Stub data and checkpoints for what a study reads from local folders."""
    changes = []
    sources = {f"probes.{at}.data": probe.data for at, probe in enumerate(study.probes)}
    sources |= {"data": study.data} if study.data else {}
    sources |= {"pretraining.text": study.pretraining.text} if study.pretraining else {}
    for place, declared in sources.items():
        if declared.source.kind == "folder":
            write_stubs(folder / place, study.all_languages)
            changes += [f"{place}.source.root={folder / place}", f"{place}.source.folders={{}}"]
    for at, encoder in enumerate(study.encoders):
        if encoder.model and Path(encoder.model).is_absolute():
            stub = folder / encoder.display
            stub.mkdir()
            (stub / "config.json").write_text("{}")
            (stub / "model.safetensors").write_bytes(b"")
            changes.append(f"encoders.{at}.model={stub}")
    return changes


def write_stubs(root: Path, languages: tuple[str, ...]) -> None:
    for code in languages:
        (root / code).mkdir(parents=True)
        for split in ("train", "validation", "test"):
            (root / code / f"{split}.jsonl").write_text("{}\n")


def test_keys_are_stable():
    """If this fails, old results will not be found again: raise a VERSION on purpose."""
    plan = plan_of()
    found = {kind: plan.of_kind(kind)[0].key for kind in VERSIONED}
    assert found == {
        "data": "1ddba93fd4863a12",
        "tokenizer": "4ba6c6e8dfee1bda",
        "prepare": "aad74f6a38893a5e",
        "train": "8b259839ae789a3a",
        "evaluate": "df650d634e3111e1",
    }


HEAVY = ("torch", "transformers", "ray", "datasets", "tokenizers", "accelerate")


@pytest.mark.parametrize("room", ["base", "study", "plan", "store", "stats", "report", "cli"])
def test_the_cool_wing_stays_cool(room):
    """Every file of a cool room is imported in a fresh process, and no heavy library with it."""
    folder = ROOT / "src" / "isogloss" / room
    names = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in folder.rglob("*.py")
    ]
    code = (
        f"import sys, {', '.join(sorted(names))}\nprint([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
