"""Pre-training: what each step hangs on, which arms share one, what is left out."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from isogloss.base.errors import InputError
from isogloss.plan.build import build_plan
from isogloss.plan.estimate import estimate
from isogloss.plan.pins import Pins, pin_study
from isogloss.plan.plan import Plan, Step
from isogloss.plan.pretraining import VERSIONS, updates
from isogloss.store.results import ROW_COLUMNS
from isogloss.study.document import parse_document, with_changes
from isogloss.study.layout import TEXT_ENDINGS
from isogloss.study.load import load_study, study_from
from isogloss.study.study import Study
from isogloss.study.templates import template_text

SHIPPED = template_text("balance")
LANGUAGES = ("eng-Latn", "deu-Latn", "spa-Latn")
KINDS = (
    "text", "tokenizer", "pack", "data", "prepare", "pretrain", "targets", "distill", "masked",
    "probe",
)  # fmt: skip
TRAINED = {"pretrain", "distill", "masked", "probe"}
EXTERNAL = "pretraining.teachers.models={German: org/german}"
TAUGHT = "{arm: soft-balanced, name: taught, distillation: {teachers: hard-all}}"


def study_of(*changes: str, text: str = SHIPPED) -> Study:
    return study_from(with_changes(parse_document(text, "toy"), changes))


def pins_of(study: Study) -> Pins:
    """What nobody has to look for."""
    declared = study.pretraining
    return Pins(
        data={code: {"kind": "sample"} for code in study.languages},
        encoders={one.display: {"from": one.pretrained} for one in study.encoders},
        text={code: {"kind": "sample", "seed": 0, "of": code} for code in study.languages},
        probes={
            probe.task: {code: {"kind": "sample"} for code in probe.languages or study.languages}
            for probe in study.probes
        },
        teachers={code: {"model": name, "commit": name} for code, name in _models(declared)},
        tokenizer={"tokenizer.json": "abc"} if declared.tokenizer_from else None,
    )


def _models(declared) -> list[tuple[str, str]]:
    return list(declared.teachers.models.items())


def plan_of(*changes: str, text: str = SHIPPED) -> Plan:
    study = study_of(*changes, text=text)
    return build_plan(study, pins_of(study))


def arms_of(*arms: str) -> str:
    return f"pretraining.arms=[{', '.join(arms)}]"


def keys(plan: Plan, kind: str) -> set[str]:
    return {step.key for step in plan.of_kind(kind)}


def step_of(plan: Plan, name: str, seed: int = 1) -> Step:
    """The model of an arm, or of `teacher/<language>`."""
    (found,) = [
        cell.step
        for cell in plan.cells
        if (cell.columns["encoder"], cell.columns["seed"]) == (name, seed)
        and cell.columns["split"] == "train"
        and cell.columns["regime"] == "pretrain"
    ]
    return plan.by_key[found]


def needed(plan: Plan, step: Step, *kinds: str) -> list[Step]:
    found = [plan.by_key[key] for key in step.needs]
    return [one for one in found if one.kind in kinds]


def test_keys_of_the_shipped_study_are_stable():
    """If this fails, old results will not be found again: raise a VERSION on purpose."""
    study = study_of()
    plan = build_plan(study, pin_study(study))
    assert {kind: VERSIONS[kind] for kind in KINDS} == dict.fromkeys(KINDS, 1)
    found = {kind: plan.of_kind(kind)[0].key for kind in KINDS if plan.of_kind(kind)}
    sampled = study_of(arms_of("{arm: soft-balanced, distillation: {targets: sampled}}"))
    kept = build_plan(sampled, pin_study(sampled))
    found["targets"] = kept.of_kind("targets")[0].key
    found["hard-balanced"] = step_of(plan, "hard-balanced").key
    assert found == {
        "text": "aea81149923e2904",
        "tokenizer": "1a1a73c7676df836",
        "pack": "881ed5931e3e4f1a",
        "data": "06a1bb8dcf6aea8d",
        "prepare": "0e73b26dd4ed74ff",
        "pretrain": "8757e557fb9bde72",
        "hard-balanced": "d011871accd067ee",
        "targets": "d983ad953d53b4b5",
        "distill": "42e83a9e2df5fc38",
        "masked": "6666f99b02e11fdc",
        "probe": "5f11b2b7b7f5b168",
    }


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (EXTERNAL,),
        (arms_of("self-teachers", "{arm: soft-all, distillation: {targets: sampled}}"),),
        (arms_of("{arm: self-teachers, distillation: {targets: sampled, init: average}}"),),
        (arms_of("hard-all", TAUGHT, "{arm: soft-all, distillation: {teachers: taught}}"),),
        ("pretraining.tokenizer_from=/there", arms_of("hard-balanced-everything")),
        ("languages=[en]", "groups={}", "probes=[]"),
    ],
)
def test_every_step_stands_once_and_after_what_it_needs(changes):
    plan = plan_of(*changes)
    seen: set[str] = set()
    for step in plan:
        assert step.key not in seen
        assert seen.issuperset(step.needs), step.title
        assert json.loads(json.dumps(step.identity)) == step.identity
        assert json.dumps(step.settings)
        seen.add(step.key)
    assert {cell.step for cell in plan.cells} <= seen
    needs = {key for step in plan for key in step.needs}
    assert {step.kind for step in plan if step.key not in needs} <= {"masked", "probe"}


def test_the_shipped_study_comes_to_teachers_students_and_their_tests():
    plan, seeds = plan_of(), 2
    count = {kind: len(plan.of_kind(kind)) for kind in KINDS}
    assert count == {
        "text": 3,
        "tokenizer": 1,
        "pack": 3,
        "data": 6,
        "prepare": 6,
        "pretrain": (3 + 2) * seeds,
        "targets": 0,
        "distill": seeds,
        "masked": (3 + 3 * 3) * seeds,
        "probe": 3 * 3 * seeds,
    }
    student = step_of(plan, "soft-balanced")
    assert [one.title for one in needed(plan, student, "pretrain")] == [
        f"teacher/{code} seed=1" for code in LANGUAGES
    ]
    assert student.payload["distillation"]["teachers"] == [{"need": at} for at in range(3)]
    assert student.payload["training"]["max_steps"] == 200
    teacher = step_of(plan, "teacher/deu-Latn")
    assert teacher.payload["languages"] == ["deu-Latn"]
    assert teacher.payload["training"]["max_steps"] == 150
    assert [one.kind for one in (plan.by_key[key] for key in teacher.needs)] == [
        "pack",
        "tokenizer",
    ]


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ("name=other", set()),
        ("description=other", set()),
        ("groups={}", set()),
        ("output.folder=x", set()),
        ("pretraining.training.max_tokens=512", set()),
        ("pretraining.training.save_seconds=1", set()),
        ("pretraining.training.logging_steps=1", set()),
        ("pretraining.training.report_to=[tensorboard]", set()),
        ("training.learning_rate=1", set()),
        ("pretraining.training.learning_rate=1", TRAINED),
        ("pretraining.training.mlm_probability=0.3", TRAINED),
        ("pretraining.training.precision=bf16", TRAINED),
        ("pretraining.encoder.hidden_size=32", TRAINED),
        ("seeds=[3, 4]", TRAINED),
        ("pretraining.n_folds=5", {"masked"}),
        ("probes.0.l2=2", {"probe"}),
        ("probes.0.layers=[0]", {"probe"}),
        ("probes.0.n_per_language=all", {"probe"}),
        ("probes.0.max_iterations=9", {"probe"}),
        ("probes.0.split=validation", {"data", "prepare", "probe"}),
        ("probes.0.data.tags=xpos", {"data", "prepare", "probe"}),
        ("pretraining.training.max_length=64", {"pack", "prepare"} | TRAINED),
        ("pretraining.text.dev_windows=32", {"pack"} | TRAINED),
        ("pretraining.tokenizer.vocab_size=900", {"tokenizer", "pack", "prepare"} | TRAINED),
        ("pretraining.tokenizer_from=/there", {"tokenizer", "pack", "prepare"} | TRAINED),
        ("pretraining.encoder.architecture=bert", {"tokenizer", "pack", "prepare"} | TRAINED),
        ("pretraining.text.column=tweet", {"text", "tokenizer", "pack", "prepare"} | TRAINED),
        ("pretraining.text.held_out=0.1", {"text", "tokenizer", "pack", "prepare"} | TRAINED),
    ],
)
def test_a_change_redoes_what_hangs_on_it_and_only_that(change, redone):
    before, after = plan_of(), plan_of(change)
    gone = {kind for kind in KINDS if keys(before, kind) - keys(after, kind)}
    assert gone == redone
    assert {k for k in redone if keys(before, k) & keys(after, k)} <= {"data", "prepare"}


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("pretraining.training.max_steps=300", {"pretrain", "distill", "masked", "probe"}),
        ("pretraining.teachers.max_steps=99", {"pretrain", "distill", "masked", "probe"}),
    ],
)
def test_updates_of_students_are_not_those_of_teachers(change, kinds):
    before, after = plan_of(), plan_of(change)
    gone = [step for step in before if step.key not in after.by_key]
    assert {step.kind for step in gone} == kinds
    trained = {step.title.partition(" ")[0] for step in gone if step.kind == "pretrain"}
    of_teachers = {f"teacher/{code}" for code in LANGUAGES}
    assert trained == (of_teachers if "teachers" in change else {"hard-all", "hard-balanced"})
    assert "soft-balanced seed=1" in {step.title for step in gone}


@pytest.mark.parametrize(
    "own",
    [
        "mixing: alpha",
        "mixing: {characters: 900}",
        "distillation: {temperature: 2}",
        "distillation: {listening: adaptive}",
        "distillation: {listening: {weight: 0.5}}",
        "distillation: {targets: top_k}",
        "distillation: {targets: sampled}",
        "distillation: {init: average}",
        "distillation: {teachers: hard-all}",
        "label_smoothing: 0.1, distillation: {listening: {weight: 0.5}}",
        "max_steps: 7",
    ],
)
def test_what_an_arm_says_of_itself_touches_no_other(own):
    before = plan_of()
    after = plan_of(arms_of("hard-all", "hard-balanced", f"{{arm: soft-balanced, {own}}}"))
    gone = {step.title for step in before if step.key not in after.by_key}
    teachers = {title for title in gone if title.startswith("teacher/")}
    assert bool(teachers) == ("teachers:" in own), "nobody listens to them then"
    assert all(title.startswith("soft-balanced seed=") for title in gone - teachers)
    for seed in (1, 2):
        students = step_of(before, "soft-balanced", seed), step_of(after, "soft-balanced", seed)
        assert students[0].key != students[1].key


@pytest.mark.parametrize("declared", ["alpha", "{kind: unimax, max_epochs: 2}"])
def test_how_text_is_drawn_decides_a_training_and_nothing_before_it(declared):
    before = plan_of(arms_of("hard-all"))
    after = plan_of(arms_of(f"{{arm: hard-all, mixing: {declared}}}"))
    gone = [step for step in before if step.key not in after.by_key]
    assert {step.kind for step in gone} == TRAINED - {"distill"}


def test_a_changed_byte_of_text_redoes_what_was_made_of_it():
    study = study_of()
    pins = pins_of(study)
    text = {**pins.text, "deu-Latn": {"kind": "sample", "seed": 9}}
    before, after = build_plan(study, pins), build_plan(study, replace(pins, text=text))
    kept = [step.title for step in before if step.key in after.by_key]
    others = [f"{code} text" for code in LANGUAGES if code != "deu-Latn"]
    assert kept[:2] == others
    assert {before.by_key[key].kind for key in before.by_key.keys() & after.by_key} == {
        "text",
        "data",
    }


def test_with_a_tokenizer_that_is_there_other_languages_and_their_teachers_stay():
    study = study_of("pretraining.tokenizer_from=/there")
    pins = pins_of(study)
    text = {**pins.text, "deu-Latn": {"kind": "sample", "seed": 9}}
    before, after = build_plan(study, pins), build_plan(study, replace(pins, text=text))
    assert not before.of_kind("tokenizer")
    gone = {step.title for step in before if step.key not in after.by_key}
    stays = {f"teacher/{code} seed=1" for code in LANGUAGES if code != "deu-Latn"}
    assert not stays & gone
    assert {"deu-Latn text", "deu-Latn windows", "teacher/deu-Latn seed=1"} <= gone
    assert not any(title.startswith("probe") for title in gone), "its sentences are cut as before"
    digests = {"tokenizer.json": "another"}
    other = build_plan(study, replace(pins, tokenizer=digests))
    assert {kind for kind in KINDS if keys(before, kind) & keys(other, kind)} == {"text", "data"}


def test_where_a_tokenizer_or_a_teacher_lies_is_in_no_key():
    there = plan_of("pretraining.tokenizer_from=/there")
    moved = plan_of("pretraining.tokenizer_from=/moved")
    assert list(there.by_key) == list(moved.by_key)
    assert {step.settings["model"] for step in moved.of_kind("pack")} == {"/moved"}
    study = study_of(EXTERNAL, "pretraining.tokenizer_from=/there")
    other = study_of(EXTERNAL.replace("org", "moved"), "pretraining.tokenizer_from=/there")
    pins = pins_of(study)
    assert list(build_plan(study, pins).by_key) == list(build_plan(other, pins).by_key)


# ---- what arms share


def test_arms_that_ask_for_the_same_share_a_step_and_keep_their_cells():
    again = "{arm: hard-balanced, name: again, max_steps: 200}"
    plan = plan_of(arms_of("hard-balanced", again), "seeds=[1]")
    assert step_of(plan, "hard-balanced") is step_of(plan, "again")
    assert len(plan.of_kind("pretrain")) == 1
    assert len(plan.of_kind("masked")) == 3
    assert len([cell for cell in plan.cells if cell.columns["split"] == "held_out"]) == 2 * 3


def test_in_a_study_of_one_language_the_hard_arms_are_its_teacher():
    arms = arms_of("hard-all", "hard-balanced", "hard-alpha", "soft-balanced", "soft-all")
    one = ("languages=[de]", "groups={}", "seeds=[1]", arms)
    plan = plan_of(*one, "pretraining.teachers.max_steps=")
    teacher = step_of(plan, "teacher/deu-Latn")
    for name in ("hard-all", "hard-balanced", "hard-alpha"):
        assert step_of(plan, name) is teacher
    assert step_of(plan, "soft-balanced") is step_of(plan, "soft-all")
    assert len(plan.of_kind("pretrain")) == 1
    shorter = plan_of(*one)
    assert len(shorter.of_kind("pretrain")) == 2, "a teacher of fewer updates is another"


def test_a_cut_or_a_cap_is_another_computation_even_in_one_language():
    cut = "{arm: hard-balanced, name: cut, mixing: {characters: 99}}"
    capped = "{arm: hard-all, name: capped, mixing: {kind: unimax, max_epochs: 3}}"
    plan = plan_of("languages=[de]", "groups={}", arms_of("hard-all", cut, capped), "seeds=[1]")
    assert len(plan.of_kind("pretrain")) == 3


def test_a_grown_study_keeps_what_was_done():
    before = plan_of("pretraining.tokenizer_from=/there", "languages=[en, de]", "groups={}")
    after = plan_of("pretraining.tokenizer_from=/there", "seeds=[1, 2, 3]", "probes=[]")
    for name in ("teacher/eng-Latn", "teacher/deu-Latn"):
        for seed in (1, 2):
            assert step_of(before, name, seed).key == step_of(after, name, seed).key
    more = plan_of(arms_of("hard-all", "hard-balanced", "soft-balanced", "soft-all", "hard-alpha"))
    assert plan_of().by_key.keys() < more.by_key.keys()


# ---- how long arms learn


@pytest.mark.parametrize(
    ("arm", "n_teachers", "expected"),
    [
        ("hard-balanced", 3, 200),
        ("soft-balanced", 3, 200),
        ("{arm: hard-balanced, max_steps: 7}", 3, 7),
        ("hard-balanced-compute", 3, math.ceil(200 * 4 / 3)),
        ("hard-balanced-everything", 3, math.ceil(200 * 4 / 3 + 3 * 150)),
        ("hard-balanced-everything", 0, math.ceil(200 * 4 / 3)),
    ],
)
def test_updates_match_the_compute_that_is_asked_for(arm, n_teachers, expected):
    declared = study_of(arms_of(arm)).pretraining
    assert updates(declared, declared.arms[0], n_teachers) == expected


def test_teachers_without_updates_of_their_own_learn_as_long_as_a_student():
    declared = study_of(
        arms_of("hard-balanced-everything"), "pretraining.teachers.max_steps="
    ).pretraining
    assert updates(declared, declared.arms[0], 2) == math.ceil(200 * 4 / 3 + 2 * 200)


def test_an_arm_that_matches_everything_counts_the_teachers_that_are_trained():
    both = arms_of("soft-balanced", "hard-balanced-everything")
    asked = {
        changes: step_of(plan_of(both, *changes), "hard-balanced-everything").payload["training"]
        for changes in ((), (EXTERNAL,))
    }
    assert asked[()]["max_steps"] == math.ceil(200 * 4 / 3 + 3 * 150)
    assert asked[(EXTERNAL,)]["max_steps"] == math.ceil(200 * 4 / 3 + 2 * 150)


# ---- who teaches


@pytest.mark.parametrize(
    ("arms", "n_teachers"),
    [
        (("hard-all", "hard-balanced-compute"), 0),
        (("self-teachers",), 0),
        (("hard-all", TAUGHT), 0),
        (("hard-all", "soft-all"), 3),
        (("{arm: self-teachers, distillation: {init: average}}",), 3),
    ],
)
def test_teachers_are_planned_only_where_an_arm_needs_them(arms, n_teachers):
    plan = plan_of(arms_of(*arms), "seeds=[1]")
    found = [step for step in plan if step.title.startswith("teacher/") and step.kind != "masked"]
    assert len(found) == n_teachers


def test_a_teacher_that_is_there_is_pinned_and_not_trained():
    plan = plan_of(EXTERNAL, "seeds=[1]")
    student = step_of(plan, "soft-balanced")
    assert student.payload["distillation"]["teachers"] == [
        {"need": 0},
        {"files": {"model": "org/german", "commit": "org/german"}},
        {"need": 1},
    ]
    titles = [one.title for one in needed(plan, student, "pretrain")]
    assert titles == ["teacher/eng-Latn seed=1", "teacher/spa-Latn seed=1"]
    own = [cell for cell in plan.cells if cell.columns["encoder"] == "teacher/deu-Latn"]
    assert [cell.columns["split"] for cell in own] == ["held_out"], "tested, as the others are"
    (tested,) = {cell.step for cell in own}
    assert plan.by_key[tested].payload["files"]["model"] == "org/german"
    assert student.settings["teachers"] == {"deu-Latn": "org/german"}
    study = study_of(EXTERNAL, "seeds=[1]")
    moved = replace(pins_of(study), teachers={"deu-Latn": {"commit": "later"}})
    gone = [step for step in plan if step.key not in build_plan(study, moved).by_key]
    assert {step.kind for step in gone} == {"distill", "masked", "probe"}


def test_where_all_teachers_are_there_none_is_trained():
    models = "pretraining.teachers.models={en: a/b, de: a/c, es: a/d}"
    plan = plan_of(models, arms_of("soft-all"), "seeds=[1]")
    assert not plan.of_kind("pretrain")
    told = step_of(plan, "soft-all").payload["distillation"]["teachers"]
    assert [one["files"]["model"] for one in told] == ["a/b", "a/c", "a/d"]


def test_self_teachers_are_one_twin_at_its_best_for_each_language():
    other = "{arm: self-teachers, name: warm, distillation: {temperature: 2}}"
    plan = plan_of(arms_of("hard-all", "self-teachers", other), "seeds=[1]")
    twins = [s for s in plan.of_kind("pretrain") if s.payload["best_per_language"]]
    assert [one.title for one in twins] == ["self-teachers of seed=1"]
    assert twins[0].payload["languages"] == list(LANGUAGES)
    for name in ("self-teachers", "warm"):
        student = step_of(plan, name)
        assert needed(plan, student, "pretrain") == twins
        assert student.payload["distillation"]["teachers"] == [
            {"need": 0, "best": code} for code in LANGUAGES
        ]
    assert twins[0].key not in {cell.step for cell in plan.cells}, "it is no arm"
    looks = "distillation: {listening: {eval_steps: 7}}"
    seen = plan_of(arms_of(f"{{arm: self-teachers, {looks}}}"), "seeds=[1]")
    assert [s.payload["best_per_language"] for s in seen.of_kind("pretrain")] == [7]


def test_an_arm_can_teach_all_languages():
    plan = plan_of(arms_of("hard-all", TAUGHT), "seeds=[1]")
    student = step_of(plan, "taught")
    assert needed(plan, student, "pretrain") == [step_of(plan, "hard-all")]
    assert student.payload["distillation"]["teachers"] == [{"need": 0}] * 3


def test_kept_targets_are_a_step_a_language_of_its_teacher():
    arms = arms_of("{arm: soft-all, distillation: {targets: {kind: sampled, n: 9, views: 2}}}")
    plan = plan_of(arms, EXTERNAL, "seeds=[1]")
    targets = plan.of_kind("targets")
    student = step_of(plan, "soft-all")
    assert needed(plan, student, "targets", "pretrain") == list(targets), "no teacher reads along"
    assert [step.payload["position"] for step in targets] == [0, 1, 2]
    taught = [[one.title for one in needed(plan, step, "pretrain")] for step in targets]
    assert taught == [["teacher/eng-Latn seed=1"], [], ["teacher/spa-Latn seed=1"]]
    assert [set(step.payload["teacher"]) for step in targets] == [{"need"}, {"files"}, {"need"}]
    assert {step.payload["teacher"].get("need", 0) for step in targets} == {0}


@pytest.mark.parametrize(
    ("own", "shared"),
    [
        ("distillation: {targets: sampled, listening: {weight: 0.5}}", True),
        ("max_steps: 9, distillation: {targets: sampled}", True),
        (
            "label_smoothing: 0.1, distillation: {targets: sampled, listening: {weight: 0.5}}",
            True,
        ),
        ("distillation: {targets: sampled, temperature: 2}", False),
        ("distillation: {targets: {kind: sampled, n: 9}}", False),
        ("distillation: {targets: {kind: sampled, views: 2}}", False),
        ("mixing: balanced, distillation: {targets: sampled}", False),
    ],
)
def test_kept_targets_are_shared_by_arms_that_ask_the_teachers_the_same(own, shared):
    kept = "{arm: soft-all, distillation: {targets: sampled}}"
    plan = plan_of(arms_of(kept, f"{{arm: soft-all, name: other, {own}}}"), "seeds=[1]")
    assert len(plan.of_kind("targets")) == (3 if shared else 6)
    assert len(plan.of_kind("distill")) == 2


def test_a_student_can_begin_as_its_teachers():
    average = "{arm: soft-all, distillation: {init: average}}"
    one = "{arm: soft-all, name: one, distillation: {init: 'teacher:German'}}"
    plan = plan_of(arms_of(average, one), "seeds=[1]")
    teachers = [step_of(plan, f"teacher/{code}") for code in LANGUAGES]
    student = step_of(plan, "soft-all")
    assert needed(plan, student, "pretrain") == [*teachers, *teachers]
    assert student.payload["distillation"]["initial"] == {"how": "average", "n": 3}
    student = step_of(plan, "one")
    assert needed(plan, student, "pretrain") == [*teachers, teachers[1]]
    assert student.payload["distillation"]["initial"] == {"how": "teacher:deu-Latn", "n": 1}


# ---- what they know


def test_every_score_has_a_place_of_its_own_in_the_results():
    plan = plan_of("probes.0.layers=[0, -1]")
    rows = [(json.dumps(dict(cell.columns)), cell.step, cell.part) for cell in plan.cells]
    assert len({place for place, _, _ in rows}) == len(rows)
    assert all(set(cell.columns) <= set(ROW_COLUMNS) for cell in plan.cells)
    arms, seeds, n = 3, 2, 3
    by_kind: dict[str, list] = {}
    for cell in plan.cells:
        by_kind.setdefault(plan.by_key[cell.step].kind, []).append(cell)
    count = {kind: len(cells) for kind, cells in by_kind.items()}
    assert count == {
        "pretrain": (n + 2) * seeds,
        "distill": seeds,
        "masked": (n + arms * n) * seeds,
        "probe": arms * n * n * 2 * seeds,
    }


def test_cells_of_models_and_of_what_they_predict():
    plan = plan_of("seeds=[1]")
    cells = [cell for cell in plan.cells if cell.columns["task"] == "mlm"]
    assert {cell.part for cell in cells} == {None}
    assert {cell.columns["regime"] for cell in cells} == {"pretrain"}
    of_teacher = [c.columns for c in cells if c.columns["encoder"] == "teacher/deu-Latn"]
    assert [(c["split"], c["target_language"]) for c in of_teacher] == [
        ("train", None),
        ("held_out", "deu-Latn"),
    ]
    assert {tuple(c["source_languages"]) for c in of_teacher} == {("deu-Latn",)}
    of_arm = [c.columns for c in cells if c.columns["encoder"] == "hard-all"]
    assert [c["target_language"] for c in of_arm] == [None, *LANGUAGES]
    assert {tuple(c["source_languages"]) for c in of_arm} == {LANGUAGES}
    for cell in cells:
        step = plan.by_key[cell.step]
        assert step.payload.get("language") == cell.columns["target_language"]


def test_a_probe_learns_from_one_language_and_is_tested_on_all():
    plan = plan_of("seeds=[1]", "probes.0.layers=[0, -1]", arms_of("hard-all"))
    steps = plan.of_kind("probe")
    assert [step.payload["source"] for step in steps] == list(LANGUAGES)
    for step in steps:
        model, trained, *tested = (plan.by_key[key] for key in step.needs)
        assert model is step_of(plan, "hard-all")
        assert step.group == model.group, "the model is then still in memory"
        read = [plan.by_key[one.needs[0]].payload for one in (trained, *tested)]
        assert [one["language"] for one in read] == [step.payload["source"], *LANGUAGES]
        assert [one["splits"] for one in read] == [["train"], ["test"], ["test"], ["test"]]
    cells = [cell for cell in plan.cells if cell.columns["regime"] == "probe"]
    for cell in cells:
        source, target = cell.columns["source_languages"], cell.columns["target_language"]
        assert source == [plan.by_key[cell.step].payload["source"]]
        assert cell.part == f"{cell.columns['form'].removeprefix('layer ')}/{target}"
        assert (cell.columns["task"], cell.columns["split"]) == ("pos", "test")
        assert cell.columns["n_per_language"] == 300


def test_languages_without_tagged_sentences_are_not_probed():
    study = study_of("seeds=[1]", arms_of("hard-all"))
    pins = pins_of(study)
    probes = {"pos": {**pins.probes["pos"], "deu-Latn": None}}
    plan = build_plan(study, replace(pins, probes=probes))
    rest = ["eng-Latn", "spa-Latn"]
    assert [step.payload["source"] for step in plan.of_kind("probe")] == rest
    assert {tuple(step.payload["targets"]) for step in plan.of_kind("probe")} == {tuple(rest)}
    none = build_plan(study, replace(pins, probes={"pos": dict.fromkeys(LANGUAGES)}))
    assert not none.of_kind("probe")


def test_a_probe_can_look_at_languages_that_nothing_was_trained_on():
    plan = plan_of("probes.0.languages=[German, French]", "seeds=[1]", arms_of("hard-all"))
    assert [step.payload["source"] for step in plan.of_kind("probe")] == ["deu-Latn", "fra-Latn"]
    assert len(plan.of_kind("text")) == 3


# ---- encoders that are pre-trained here

FINETUNING = (
    "data={source: {kind: sample, seed: 1}, labels: [negative, neutral, positive]}",
    "encoders=[{from: hard-all}, {from: 'teacher:German'}]",
    "training.max_length=32",
)


def test_an_encoder_is_the_arm_of_the_same_seed():
    plan = plan_of(*FINETUNING)
    trains = plan.of_kind("train")
    assert len(trains) == 2 * 2
    for step in trains:
        (model,) = needed(plan, step, "pretrain")
        assert model.payload["seed"] == step.payload["seed"]
        assert model.key == step.needs[-1]
        name = {"hard-all": "hard-all", "teacher-deu-Latn": "teacher/deu-Latn"}
        assert model is step_of(plan, name[step.settings["encoder"]], step.payload["seed"])
    assert plan.tokenizers["hard-all"].step == plan.of_kind("tokenizer")[0].key
    assert plan_of().by_key.keys() < plan.by_key.keys()


def test_an_encoder_has_the_tokenizer_of_the_pretraining():
    plan = plan_of(*FINETUNING, "pretraining.tokenizer_from=/there")
    assert plan.tokenizers["hard-all"].pin == {"tokenizer.json": "abc"}
    assert plan.tokenizers["hard-all"].step is None
    own = [step for step in plan.of_kind("prepare") if step.settings["encoder"]]
    assert {step.settings["model"] for step in own} == {"/there"}


# ---- what the world holds

FOLDERS = """
name: toy
languages: [en, de]
pretraining:
  text: {source: {kind: folder, root: text}}
  encoder: {}
  training: {learning_rate: 1.0e-3, max_steps: 3}
  arms: [soft-balanced]
probes:
  - task: pos
    data: {source: {kind: folder, root: pos}}
"""


def write_world(folder: Path) -> Path:
    for language in ("en", "de"):
        home = folder / "text" / language
        home.mkdir(parents=True)
        for split in ("train", "validation"):
            (home / f"{split}.txt").write_text(f"{language} {split}\n")
    home = folder / "pos" / "en"
    home.mkdir(parents=True)
    for split in ("train", "test"):
        (home / f"{split}.jsonl").write_text('{"tokens": ["a"], "upos": ["X"]}\n')
    path = folder / "toy.yaml"
    path.write_text(FOLDERS)
    return path


def write_checkpoint(folder: Path, weights: bytes = b"") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def planned(path: Path, *changes: str) -> Plan:
    study = load_study(path, changes)
    return build_plan(study, pin_study(study))


def missing_of(path: Path, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        planned(path, *changes)
    return str(caught.value)


def test_a_probed_language_without_data_is_told_and_left_out(tmp_path):
    study = load_study(write_world(tmp_path))
    pins = pin_study(study)
    assert pins.remarks == ("There are no pos data of German (deu-Latn): it is not probed.",)
    assert pins.probes["pos"]["deu-Latn"] is None
    plan = build_plan(study, pins)
    assert {tuple(step.payload["targets"]) for step in plan.of_kind("probe")} == {("eng-Latn",)}


def test_a_probed_language_that_the_sample_has_not_is_told_and_left_out(tmp_path):
    pins = pin_study(
        load_study(write_world(tmp_path), ["probes.0.data.source={kind: sample}",
                                           "probes.0.languages=[German, French]"])
    )  # fmt: skip
    assert pins.remarks == ("There are no pos data of French (fra-Latn): it is not probed.",)
    assert pins.probes["pos"]["fra-Latn"] is None
    assert pins.probes["pos"]["deu-Latn"]["kind"] == "sample"


def test_probed_languages_may_all_lie_elsewhere(tmp_path):
    path = write_world(tmp_path)
    changes = ["probes.0.data.source.root=none", "probes.0.languages=[en]"]
    assert "none does not exist" in missing_of(path, *changes)
    found = planned(path, *changes, f"probes.0.data.source.folders.en={tmp_path / 'pos' / 'en'}")
    assert found.by_key.keys() == planned(path, "probes.0.languages=[en]").by_key.keys()


def test_pins_notice_a_changed_byte_of_text_and_not_where_it_lies(tmp_path):
    path = write_world(tmp_path)
    before = planned(path)
    (tmp_path / "text").rename(tmp_path / "moved")
    root = f"pretraining.text.source.root={tmp_path / 'moved'}"
    assert planned(path, root).by_key.keys() == before.by_key.keys()
    (tmp_path / "moved" / "de" / "validation.txt").write_text("another\n")
    after = planned(path, root)
    assert [step.title for step in before.of_kind("text") if step.key in after.by_key] == [
        "eng-Latn text"
    ]
    shared = planned(path, root, "pretraining.text.held_out=0.1")
    (tmp_path / "moved" / "de" / "validation.txt").write_text("one more\n")
    same = planned(path, root, "pretraining.text.held_out=0.1")
    assert shared.by_key.keys() == same.by_key.keys(), "a split that is not read decides nothing"


def test_all_that_is_missing_outside_the_file_is_named_at_once(tmp_path):
    path = write_world(tmp_path)
    (tmp_path / "text" / "de" / "validation.txt").unlink()
    (tmp_path / "pos" / "en" / "test.jsonl").unlink()
    (tmp_path / "bare").mkdir()
    said = missing_of(
        path,
        "languages=[en, de, fr]",
        f"pretraining.tokenizer_from={tmp_path / 'bare'}",
        f"pretraining.teachers.models.German={tmp_path / 'nowhere'}",
        f"pretraining.teachers.models.English={tmp_path / 'bare'}",
    )
    for words in (
        f"{tmp_path / 'text'} has no folder for fra-Latn. There are: deu-Latn (de), eng-Latn (en)",
        f"{tmp_path / 'text' / 'de'} has no split 'validation'",
        f"{tmp_path / 'pos' / 'en'} has no split 'test'",
        f"{tmp_path / 'bare'} holds no tokenizer: it has no tokenizer.json",
        "nowhere does not exist",
        "it has no config.json",
    ):
        assert words in said
    assert len(said.splitlines()) == 6


def test_labeled_files_are_no_raw_text_and_raw_text_is_no_labeled_file(tmp_path):
    path = write_world(tmp_path)
    (tmp_path / "pos" / "en" / "train.jsonl").rename(tmp_path / "pos" / "en" / "train.txt")
    assert "has no split 'train'" in missing_of(path)
    (tmp_path / "text" / "en" / "train.txt").rename(tmp_path / "text" / "en" / "train.conllu")
    assert len(missing_of(path).splitlines()) == 2


def test_a_folder_of_text_without_a_language_is_told_what_text_may_be(tmp_path):
    path = write_world(tmp_path)
    (tmp_path / "letters" / "mine").mkdir(parents=True)
    said = missing_of(path, f"pretraining.text.source.root={tmp_path / 'letters'}")
    assert f"Wanted: <root>/<language>/<split>.<{'|'.join(TEXT_ENDINGS)}>" in said


def test_teachers_and_tokenizers_that_are_there_are_known_by_their_bytes(tmp_path):
    path, there = write_world(tmp_path), write_checkpoint(tmp_path / "there")
    changes = (
        f"pretraining.teachers.models.German={there}",
        f"pretraining.tokenizer_from={there}",
    )
    before = planned(path, *changes)
    told = step_of(before, "soft-balanced", 42).payload["distillation"]["teachers"]
    assert set(told[1]["files"]["files"]) == {
        "config.json",
        "tokenizer.json",
        "model.safetensors",
    }
    write_checkpoint(there, weights=b"more")
    after = planned(path, *changes)
    gone = {step.kind for step in before if step.key not in after.by_key}
    assert gone == {"distill", "masked", "probe"}, "weights are no part of a tokenizer"
    (there / "tokenizer.json").write_text("[]")
    kept = {step.kind for step in planned(path, *changes) if step.key in after.by_key}
    assert kept == {"text", "data"}


def test_the_estimate_counts_the_windows_of_teachers_and_students():
    study = study_of()
    found = estimate(study, plan_of().steps, {})
    assert (found.trainings, found.pretrainings) == (0, (3 + 3) * 2)
    assert found.windows == 2 * 32 * (3 * 150 + 3 * 200)
