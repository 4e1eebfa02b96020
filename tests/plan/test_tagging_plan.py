"""Studies of tagged words, of forms and of measuring: what each step hangs on."""

import json
from pathlib import Path

import pytest

from isogloss.plan.build import build_plan
from isogloss.plan.pins import Pins, pin_study
from isogloss.plan.plan import Plan
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import load_study, study_from

SHIPPED = Path(__file__).parents[2] / "studies" / "bilingual_ner.yaml"
TEXTS = """
name: toy
data: {source: {kind: sample}, labels: [negative, neutral, positive]}
languages: [en, de]
encoders: [{name: given, model: org/given}, {name: tiny, scratch: {}}]
seeds: [1, 2]
"""
KINDS = ("data", "tokenizer", "prepare", "train", "evaluate", "serve", "evaluate_form", "measure")
OF_MODELS = set(KINDS) - {"data", "tokenizer"}
ALL = set(KINDS) - {"tokenizer"}
SOURCES = ("eng-Latn", "por-Latn")
FORMS = ("torch", "trimmed", "onnx", "onnx-int8")


def plan_of(*changes: str, text: str | None = None) -> Plan:
    """The shipped study, or another, with pins that nobody has to ask a server for."""
    text = SHIPPED.read_text(encoding="utf-8") if text is None else text
    study = study_from(with_changes(parse_document(text, "toy"), changes))
    data = {code: {"commit": "data"} for code in study.all_languages}
    encoders = {
        e.display: {"scratch": e.scratch.model_dump()} if e.scratch else {"commit": e.display}
        for e in study.encoders
    }
    return build_plan(study, Pins(data, encoders))


def keys(plan: Plan, kind: str) -> set[str]:
    return {step.key for step in plan.of_kind(kind)}


def test_keys_of_the_shipped_study_are_stable():
    """If this fails, old results will not be found again: raise a VERSION on purpose."""
    plan = plan_of()
    found = {kind: plan.of_kind(kind)[0].key for kind in KINDS if plan.of_kind(kind)}
    assert found == {
        "data": "151dd686460f7da4",
        "prepare": "9ce7ba0e0b1dfebf",
        "train": "230cfb2ee01ae271",
        "evaluate": "386521a4911e60ac",
        "serve": "e32e6c5d42352daa",
        "evaluate_form": "f3b4bbad8c64a1f8",
        "measure": "bd5c5f9ad69943db",
    }


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ("efficiency.price_per_hour=0.1", set()),
        ("efficiency.currency=EUR", set()),
        ("efficiency.busy=refuse", set()),
        ("evaluation.metric=macro_f1", set()),
        ("training.max_tokens=512", set()),
        ("name=other", set()),
        ("efficiency.rounds=5", {"measure"}),
        ("efficiency.server_p99_ms=50", {"measure"}),
        ("efficiency.threads=1", {"measure"}),
        ("efficiency.offline_seconds=1", {"measure"}),
        ("efficiency.scenarios=[offline]", {"measure"}),
        ("training.learning_rate=1e-3", OF_MODELS - {"prepare"}),
        ("seeds=[4, 5, 6]", OF_MODELS - {"prepare"}),
        ("training.max_length=64", OF_MODELS),
        ("data.repair=true", ALL),
        ("data.scheme=iob1", ALL),
        ("data.tags=tags", ALL),
        ("data.tokens=words", ALL),
        ("data.labels=[PER, ORG, LOC]", ALL),
        ("data.label_names={B-MISC: O}", ALL),
    ],
)
def test_a_change_redoes_what_hangs_on_it_and_only_that(change, redone):
    before, after = plan_of(), plan_of(change)
    assert {kind for kind in KINDS if keys(before, kind) != keys(after, kind)} == redone
    assert all(not keys(before, kind) & keys(after, kind) for kind in redone)


def test_how_tests_are_cut_into_batches_changes_what_int8_says_and_nothing_else():
    before, after = plan_of(), plan_of("evaluation.max_tokens=512")
    redone = [step for step in before if step.key not in after.by_key]
    assert {step.kind for step in redone} == {"evaluate_form"}
    assert {step.payload["form"] for step in redone} == {"onnx-int8"}


def test_the_task_is_part_of_every_key():
    """The same columns and labels, read as entities or as words."""
    alike = ("data.tags=upos", "data.labels=[PER, LOC, ORG]")
    ner, pos = plan_of(*alike), plan_of(*alike, "task=pos")
    assert not {step.key for step in ner} & {step.key for step in pos}


def test_another_form_is_one_more_candidate_and_touches_nothing_else():
    one, two = plan_of("efficiency.forms=[torch]"), plan_of("efficiency.forms=[torch, onnx]")
    assert {kind for kind in KINDS if keys(one, kind) != keys(two, kind)} == {
        "serve",
        "evaluate_form",
        "measure",
    }
    assert not one.of_kind("serve")
    assert keys(two, "serve") < keys(plan_of(), "serve")


def test_without_efficiency_nothing_is_served_or_measured_and_the_rest_is_the_same():
    with_, without = plan_of(), plan_of("efficiency=")
    assert {step.key for step in without} == {
        step.key for step in with_ if step.kind in ("data", "prepare", "train", "evaluate")
    }


def test_measuring_a_study_of_texts_leaves_its_old_keys():
    """Nor do they know of tasks: those of tagged words came later."""
    old, new = plan_of(text=TEXTS), plan_of("efficiency={forms: [torch, trimmed]}", text=TEXTS)
    more = {"serve", "evaluate_form", "measure"}
    assert [step.key for step in old] == [step.key for step in new if step.kind not in more]
    assert {step.kind for step in new} - {step.kind for step in old} == more
    assert not any("task" in step.payload for step in new if step.kind != "data")


def test_every_step_stands_once_and_after_what_it_needs():
    seen: set[str] = set()
    for step in plan_of():
        assert step.key not in seen
        assert seen.issuperset(step.needs)
        seen.add(step.key)
    assert plan_of().steps[-1].kind == "measure"


def test_a_form_is_made_of_its_training_and_a_smaller_vocabulary_of_its_training_text():
    plan = plan_of()
    steps = plan.by_key
    texts = [step.key for step in plan.of_kind("data") if step.payload["splits"] == ["train"]]
    assert [steps[key].payload["language"] for key in texts] == list(SOURCES)
    serving = plan.of_kind("serve")
    assert len(serving) == 2 * 3 * 3  # encoders, seeds, forms
    for step in serving:
        train, *more = step.needs
        assert steps[train].kind == "train"
        assert more == (texts if step.payload["form"] == "trimmed" else [])
        assert step.group == steps[train].group, "the model is then still in memory"


def test_each_form_is_tested_wherever_its_training_is_from_the_words_on():
    plan = plan_of("efficiency.forms=[torch, torch-bf16, trimmed]")
    steps = plan.by_key
    tests = plan.of_kind("evaluate_form")
    assert len(tests) == 2 * 3 * 2 * 6  # encoders, seeds, forms but torch, languages
    for step in tests:
        made, data, train = (steps[key] for key in step.needs)
        assert made.kind == ("serve" if step.payload["form"] == "trimmed" else "train")
        assert made.key == train.key or made.needs[0] == train.key
        assert (data.kind, data.payload["splits"]) == ("data", ["test"])
        assert data.payload["language"] == step.payload["language"]
        assert train.kind == "train"


def test_one_step_measures_every_candidate_of_the_first_seed_on_the_source_languages():
    plan = plan_of()
    (measure,) = plan.of_kind("measure")
    candidates = [(encoder, form) for encoder in ("mBERT", "XLM-R") for form in FORMS]
    assert measure.payload["candidates"] == [list(pair) for pair in candidates]
    made, texts = measure.needs[: len(candidates)], measure.needs[len(candidates) :]
    for (encoder, form), key in zip(candidates, made, strict=True):
        step = plan.by_key[key]
        train = step if form == "torch" else plan.by_key[step.needs[0]]
        assert (train.kind, train.payload["seed"]) == ("train", 1)
        assert train.settings["encoder"] == encoder
        assert form == "torch" or step.payload["form"] == form
    read = [plan.by_key[key].payload for key in texts]
    assert [(one["language"], one["splits"]) for one in read] == [(s, ["test"]) for s in SOURCES]


def test_where_no_source_language_is_tested_the_target_languages_are_measured():
    plan = plan_of("evaluation.target_languages=[German, Russian]")
    (measure,) = plan.of_kind("measure")
    texts = [plan.by_key[key].payload for key in measure.needs[8:]]
    assert [one["language"] for one in texts] == ["deu-Latn", "rus-Cyrl"]


def test_a_model_of_one_language_is_measured_on_texts_of_that_one():
    plan = plan_of("regimes=[single]", "efficiency.forms=[torch]")
    (measure,) = plan.of_kind("measure")
    needed = [plan.by_key[key] for key in measure.needs]
    trained = [step.payload["sources"] for step in needed if step.kind == "train"]
    texts = [step.payload["language"] for step in needed if step.kind == "data"]
    assert trained == [[SOURCES[0]]] * 2
    assert texts == [SOURCES[0]]


def test_only_the_joint_model_of_the_largest_size_is_served():
    plan = plan_of(
        "regimes=[{regime: single, sizes: [100]}, {regime: joint, sizes: [100, all, 50]}]",
        "seeds=[1]",
        "efficiency.forms=[torch, onnx]",
    )
    trained = [plan.by_key[step.needs[0]] for step in plan.of_kind("serve")]
    assert len(trained) == 2
    assert {step.payload["n_per_language"] for step in trained} == {None}
    assert {tuple(step.payload["sources"]) for step in trained} == {SOURCES}
    sizes = plan_of("sizes=[100, 50]", "efficiency.forms=[onnx]").of_kind("serve")
    assert {step.payload["form"] for step in sizes} == {"onnx"}
    assert len(sizes) == 2 * 3


def test_without_a_joint_model_the_first_regime_is_served():
    plan = plan_of("regimes=[single, leave_one_out]", "efficiency.forms=[onnx]", "seeds=[1]")
    trained = [plan.by_key[step.needs[0]] for step in plan.of_kind("serve")]
    assert {tuple(step.payload["sources"]) for step in trained} == {SOURCES[:1]}


def test_every_form_and_figure_has_a_place_of_its_own_in_the_results():
    plan = plan_of()
    places = [
        json.dumps({name: value for name, value in cell.columns.items() if name != "study"})
        for cell in plan.cells
    ]
    assert len(set(places)) == len(places)
    assert {cell.step for cell in plan.cells} <= set(plan.by_key)
    by_kind: dict[str, list] = {}
    for cell in plan.cells:
        by_kind.setdefault(plan.by_key[cell.step].kind, []).append(cell)
    assert {c.columns["form"] for c in by_kind["train"]} == {None}
    assert {c.columns["form"] for c in by_kind["evaluate"]} == {"torch"}
    assert {c.columns["form"] for c in by_kind["evaluate_form"]} == set(FORMS) - {"torch"}
    measured = by_kind["measure"]
    assert [cell.part for cell in measured] == [
        f"{cell.columns['encoder']}/{cell.columns['form']}" for cell in measured
    ]
    assert {(c.columns["split"], c.columns["target_language"]) for c in measured} == {
        ("efficiency", None)
    }
    assert {c.columns["seed"] for c in measured} == {1}


def write_rows(folder: Path, tokens: str = "a") -> Path:
    for split in ("train", "test"):
        folder.mkdir(parents=True, exist_ok=True)
        row = {"tokens": [tokens], "ner_tags": ["O"]}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    return folder


def test_where_a_language_lies_is_in_no_key_but_what_lies_there_is(tmp_path):
    root, elsewhere = tmp_path / "data", tmp_path / "pud" / "german"
    for language in ("en", "de"):
        write_rows(root / language)
    path = tmp_path / "toy.yaml"
    path.write_text(
        "name: toy\ntask: ner\nlanguages: [en]\nencoders: [{name: tiny, scratch: {}}]\n"
        "data: {source: {kind: folder, root: data}}\n"
        "evaluation: {target_languages: [en, de]}\nefficiency: {forms: [torch]}\n"
    )

    def steps(*changes):
        study = load_study(path, changes)
        return {step.key: step for step in build_plan(study, pin_study(study))}

    before = steps()
    moved = f"data.source.folders.German={elsewhere}"
    write_rows(elsewhere)
    assert steps(moved).keys() == before.keys()
    write_rows(elsewhere, tokens="b")
    after = steps(moved)
    gone = [before[key] for key in before.keys() - after.keys()]
    assert {step.kind for step in gone} == {"data", "prepare", "evaluate"}
    assert {step.payload.get("language", "deu-Latn") for step in gone} == {"deu-Latn"}
