"""What a study says of pre-training and probes: presets, what they are changed to, mistakes."""

from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from isogloss.base.errors import InputError
from isogloss.study.arms import PRESETS, Arm, Listening, Targets
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import load_study, study_from
from isogloss.study.pretraining import MaskedTraining, Pretraining
from isogloss.study.probes import Probe
from isogloss.study.schema import study_schema
from isogloss.study.spec import NotIdentity, identity
from isogloss.study.study import Study
from isogloss.study.templates import TEMPLATES, template_text
from isogloss.study.training import Training

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "studies").rglob("*.yaml"))
GOOD = """
name: toy
languages: [en, de]
groups:
  low: [de]
pretraining:
  text:
    source: {kind: folder, root: text}
  encoder: {architecture: modernbert}
  training: {learning_rate: 1.0e-3, max_steps: 30}
  arms:
    - hard-all
    - soft-balanced
probes:
  - task: pos
    data: {source: {kind: folder, root: pos}}
"""
FINETUNING = """
data: {source: {kind: sample}, labels: [negative, neutral, positive]}
encoders:
  - {from: hard-all}
training: {max_length: 64}
"""


def check_schema(declared) -> None:
    jsonschema.validate(declared, study_schema(), jsonschema.Draft202012Validator)


def with_arm(declared: str):
    study = yaml.safe_load(GOOD)
    study["pretraining"]["arms"] = [yaml.safe_load(declared)]
    return study


def load(text: str, *changes: str) -> Study:
    return study_from(with_changes(parse_document(text, "toy.yaml"), changes))


def mistakes(text: str, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        load(text, *changes)
    return str(caught.value)


def arm_of(declared: str) -> Arm:
    return load(GOOD, f"pretraining.arms=[{declared}]").pretraining.arms[0]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_its_name_says(name):
    arm = arm_of(name)
    labels, mixing, *more = name.split("-") if name != "self-teachers" else ("soft", "balanced")
    assert (arm.name, arm.labels) == (name, labels)
    assert arm.mixing.kind == {"all": "natural"}.get(mixing, mixing)
    assert (arm.label_smoothing > 0) == ("smoothed" in more)
    asked = {"compute": "distillation", "everything": "everything"}
    assert arm.compute == next((asked[word] for word in more if word in asked), "updates")
    assert (arm.distillation is not None) == (labels == "soft")
    if arm.distillation:
        taught = "self" if name == "self-teachers" else "monolingual"
        assert arm.distillation.teachers == taught


def test_the_papers_arm_listens_to_all_of_its_teachers_and_to_nothing_else():
    told = arm_of("soft-balanced").distillation
    assert (told.temperature, told.listening.weight, told.listening.policy) == (1, 1, "fixed")
    assert (told.targets.kind, told.init) == ("online", "random")


def test_settings_go_over_a_preset_section_by_section():
    plain = arm_of("soft-balanced")
    warm = arm_of("{arm: soft-balanced, name: x, distillation: {temperature: 2}}")
    assert (warm.name, warm.distillation.temperature) == ("x", 2)
    assert warm.mixing == plain.mixing
    assert warm.distillation.teachers == plain.distillation.teachers
    both = arm_of("{arm: self-teachers, distillation: {temperature: 2}}")
    assert (both.distillation.teachers, both.distillation.temperature) == ("self", 2)
    cut = arm_of("{arm: hard-balanced, mixing: {characters: 900}}")
    assert (cut.mixing.kind, cut.mixing.characters) == ("balanced", 900)


def test_a_section_can_be_replaced_by_its_short_form():
    assert arm_of("{arm: hard-balanced, mixing: alpha}").mixing.kind == "alpha"
    told = arm_of("{arm: soft-balanced, distillation: {listening: adaptive}}").distillation
    assert told.listening == Listening(policy="adaptive")
    told = arm_of("{arm: soft-balanced, distillation: {targets: sampled}}").distillation
    assert told.targets == Targets(kind="sampled")


def test_an_arm_can_be_written_without_a_preset():
    whole = "{name: mine, labels: soft, mixing: natural, distillation: {}}"
    assert identity(arm_of(whole)) == {**identity(arm_of("soft-all")), "name": "mine"}
    assert len(load(GOOD, "pretraining.arms=hard-all").pretraining.arms) == 1


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ("hard-al", "there is no arm 'hard-al'. Did you mean 'hard-all'? Known: hard-all, hard-ba"),
        ("{arm: soft-balance}", "Did you mean 'soft-balanced'?"),
        ("{arm: [hard-all]}", "there is no arm ['hard-all']"),
        ("3", "a section of `key: value` lines is wanted, not 3"),
        ("{labels: hard, mixing: natural}", "pretraining.arms.0.name: this key is needed"),
        ("{arm: hard-all, name: a b}", "pretraining.arms.0.name: string should match pattern"),
        ("{arm: hard-all, name: self}", "an arm is named self, which stands for other teachers"),
        ("{arm: hard-all, name: teacher}", "an arm is named teacher, which stands for other teach"),
        ("{arm: hard-all, labels: soft}", "distillation belongs to soft labels, which need it"),
        ("{arm: hard-all, distillation: {}}", "distillation belongs to soft labels"),
        ("{arm: hard-all, label_smothing: 1}", "unknown key. Did you mean 'label_smoothing'?"),
        ("{arm: hard-all, label_smoothing: 1}", "less than 1"),
        ("{arm: soft-all, label_smoothing: 0.1}", "which this arm never learns from: leave it out"),
        ("{arm: hard-all, max_steps: 3, compute: everything}", "max_steps or compute, not both"),
        ("{arm: soft-all, compute: distillation}", "matches an arm of hard labels"),
        ("{arm: hard-all, mixing: unimx}", "'unimx' is not known. Did you mean 'unimax'?"),
        ("{arm: hard-all, mixing: unimax}", "max_epochs belongs to unimax, which needs it"),
        ("{arm: hard-all, mixing: {max_epochs: 2}}", "max_epochs belongs to unimax"),
        ("{arm: hard-all, mixing: annealed}", "alpha_end belongs to annealed, which needs it"),
        ("{arm: hard-alpha, mixing: {alpha_end: 1}}", "alpha_end belongs to annealed"),
        ("{arm: hard-all, mixing: {alpha: 0.5}}", "alpha belongs to alpha and annealed"),
        ("{arm: hard-alpha, mixing: {alpha: 2}}", "mixing.alpha: input should be less than or eq"),
        ("{arm: hard-all, mixing: {characters: 9}}", "characters belongs to balanced"),
    ],
)
def test_each_mistake_of_an_arm_is_named(arm, words):
    assert words in mistakes(GOOD, f"pretraining.arms=[{arm}]")


@pytest.mark.parametrize(
    ("distillation", "words"),
    [
        ("temprature: 2", "distillation.temprature: unknown key. Did you mean 'temperature'?"),
        ("temperature: 0", "greater than 0"),
        ("listening: adaptve", "'adaptve' is not known. Did you mean 'adaptive'?"),
        ("listening: {weight: 1.5}", "less than or equal to 1"),
        ("targets: sample", "'sample' is not known. Did you mean 'sampled'?"),
        ("targets: {n: 70000}", "less than 65536"),
        (
            "listening: adaptive, targets: sampled",
            "listening adaptive weighs teachers by thei",
        ),
        ("listening: threshold, targets: sampled", "take listening fixed, or targets online"),
        ("init: best", "distillation.init: string should match pattern"),
        ("init: 'teacher:Germn'", "Unknown language 'Germn'. Did you mean 'German'?"),
        ("init: 'teacher:French'", "init teacher:fra-Latn is no teacher trained here. Known: te"),
        ("teachers: hard-all", "its teacher 'hard-all' is neither monolingual nor self nor an arm"),
    ],
)
def test_each_mistake_of_a_distillation_is_named(distillation, words):
    arm = f"{{arm: soft-balanced, distillation: {{{distillation}}}}}"
    assert words in mistakes(GOOD, f"pretraining.arms=[{arm}]")


def test_kept_targets_can_be_any_share_of_what_is_learned():
    told = "distillation: {targets: sampled, listening: {weight: 0.5}}"
    assert arm_of(f"{{arm: soft-all, {told}}}").distillation.listening.weight == 0.5


def test_an_arm_that_teaches_stands_before_those_it_teaches():
    taught = "{arm: soft-balanced, distillation: {teachers: hard-all}}"
    study = load(GOOD, f"pretraining.arms=[hard-all, {taught}]")
    assert not study.pretraining.listens
    told = mistakes(GOOD, f"pretraining.arms=[hard-balanced, {taught}, hard-all]")
    assert "nor an arm before it (hard-balanced)" in told
    itself = "{arm: soft-balanced, distillation: {teachers: soft-balanced}}"
    assert "nor an arm before it (there is none)" in mistakes(GOOD, f"pretraining.arms=[{itself}]")


@pytest.mark.parametrize(
    ("arm", "listens"),
    [
        ("hard-balanced-everything", False),
        ("self-teachers", False),
        ("{arm: self-teachers, distillation: {init: average}}", True),
        ("{arm: self-teachers, distillation: {init: 'teacher:de'}}", True),
        ("soft-all", True),
    ],
)
def test_teachers_are_wanted_where_an_arm_learns_or_begins_from_them(arm, listens):
    assert load(GOOD, f"pretraining.arms=[{arm}]").pretraining.listens == listens


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("pretraining.arms=[hard-all, hard-all]", "two arms are named hard-all: give each a name"),
        ("pretraining.arms=[]", "pretraining.arms: value should have at least 1 item"),
        ("pretraining.tokeniser={}", "pretraining.tokeniser: unknown key. Did you mean 'tokenizer"),
        ("pretraining.training.max_step=3", "unknown key. Did you mean 'max_steps'?"),
        ("pretraining.training.max_steps=", "pretraining.training.max_steps: input should be"),
        ("pretraining.training.max_length=4", "greater than or equal to 8"),
        ("pretraining.training.mlm_probability=1", "less than 1"),
        ("pretraining.training.num_train_epochs=1", "unknown key"),
        ("pretraining.encoder.dropout=1", "less than 1"),
        ("pretraining.encoder.initializer_range=0", "greater than 0"),
        ("pretraining.encoder.hidden_size=30", "is not a multiple of"),
        (
            "pretraining.encoder={architecture: modernbert, hidden_size: 60}",
            "a head of modernbert is 15 wide",
        ),
        (
            "pretraining.arms=[{arm: soft-all, distillation: {targets: {kind: top_k, n: 60000}}}]",
            "arm soft-all: top_k looks at 60000 ids, and the vocabulary has",
        ),
        ("pretraining.n_folds=1", "greater than or equal to 2"),
        ("pretraining.text.source.kind=foldr", "'foldr' is not known. Did you mean 'folder'?"),
        ("pretraining.text.held_out=train", "held_out 'train' is also trained on"),
        ("pretraining.text.held_out=0.5", "text.held_out: the name of a split, or a share above 0"),
        ("pretraining.text.held_out=true", "text.held_out: the name of a split, or a share"),
        ("pretraining.text.train_splits=[valid]", "held_out 'validation' is also trained on"),
        ("pretraining.teachers.models={Germn: a/b}", "Did you mean 'German'?"),
        ("pretraining.teachers.models={French: a/b}", "models has fra-Latn, not among languages"),
        ("pretraining.teachers.max_steps=0", "greater than 0"),
        ("groups={low: [fr]}", "group low has fra-Latn, not among languages"),
        ("groups={low: [de, German]}", "groups.low: named twice, perhaps in two spellings"),
        ("groups={low: []}", "groups.low: value should have at least 1 item, not []"),
        ("groups={low: German}", "groups.low: a list is wanted, not 'German'"),
        ("groups=[de]", "groups: a section of `key: value` lines is wanted, not ['de']"),
        ("pretraining.arms=5", "pretraining.arms.0: a section of `key: value` lines is wanted"),
        ("groups={all: [de]}", "group all is that of all groups together: name it otherwise"),
        ("probes.0.layers=[0, 99]", "asks for layer 99 of an encoder of"),
        ("probes.0.layers=[-99]", "ask for one from 0 (the embeddings) to"),
        ("probes.0.task=nre", "probes.0.task: 'nre' is not known. Did you mean 'ner'?"),
        ("probes.0.layer=1", "probes.0.layer: unknown key. Did you mean 'layers'?"),
        ("probes.0.layers=[]", "probes.0.layers: value should have at least 1 item"),
        ("probes.0.layers=[-1, -1]", "probes.0.layers: named twice"),
        ("probes.0.n_per_language=0", "a size is a number of rows from 1 to"),
        ("probes.0.n_per_language=.inf", "probes.0.n_per_language: a size is a number of rows"),
        ("pretraining.encoder.num_hidden_layers=3000", "ISOGLOSS_MAX_MODEL_LAYERS"),
        ("pretraining.encoder.hidden_size=9223372036854775808", "ISOGLOSS_MAX_MODEL_WIDTH"),
        ("pretraining.tokenizer.vocab_size=9223372036854775808", "ISOGLOSS_MAX_MODEL_WIDTH"),
        ("probes.0.l2=0", "probes.0.l2: input should be greater than 0"),
        ("probes.0.split=train", "split train is both trained and tested on"),
        ("probes.0.data=", "probes.0.data"),
        ("encoders=[org/model]", "data and encoders belong together"),
        ("data={source: {kind: sample}}", "data and encoders belong together"),
        ("efficiency={forms: [torch]}", "efficiency measures encoders that are fine-tuned"),
        ("pretraining=", "name one or more, or write a section pretraining"),
    ],
)
def test_each_mistake_is_named_with_its_place_and_remedy(change, words):
    assert words in mistakes(GOOD, change)


def test_all_mistakes_come_at_once_with_their_lines():
    text = GOOD.replace("- hard-all", "- hard-al").replace("low: [de]", "low: [xx]")
    text = text.replace("max_steps: 30", "max_stps: 30").replace("task: pos", "task: poss")
    said = mistakes(text)
    assert "5 mistakes" in said
    for words in (
        "line 5: groups.low.0: Unknown language 'xx'",
        "line 10: pretraining.training.max_stps: unknown key. Did you mean 'max_steps'?",
        "line 10: pretraining.training.max_steps: this key is needed",
        "line 12: pretraining.arms.0: there is no arm 'hard-al'",
        "line 15: probes.0.task: 'poss' is not known. Did you mean 'pos'?",
    ):
        assert words in said


def test_a_task_is_probed_once():
    probe = "{task: pos, data: {source: {kind: sample}}}"
    other = "{task: ner, data: {source: {kind: sample}}}"
    assert len(load(GOOD, f"probes=[{probe}, {other}]").probes) == 2
    told = mistakes(GOOD, f"probes=[{probe}, {probe}]")
    assert "probes: a task is probed twice: name its layers and languages in one probe" in told
    assert len(load(GOOD, f"probes={probe}").probes) == 1


def test_probes_need_a_pretraining():
    text = "name: toy\nlanguages: [en]\n" + FINETUNING.replace("{from: hard-all}", "org/model")
    probes = "probes={task: pos, data: {source: {kind: sample}}}"
    assert load(text).encoders
    assert "probes look into encoders of a section pretraining" in mistakes(text, probes)


def test_a_study_that_only_pretrains_has_no_labeled_data():
    study = load(GOOD)
    assert (study.encoders, study.data) == ((), None)
    with pytest.raises(ValueError, match="no labeled data"):
        study.labels  # noqa: B018 asked for what is not there


@pytest.mark.parametrize("spelling", ["de", "deu", "German", "Deutsch", "deu-Latn"])
def test_an_encoder_can_be_a_teacher_in_any_spelling_of_its_language(spelling):
    study = load(GOOD + FINETUNING, f"encoders=[{{from: 'teacher:{spelling}'}}]")
    assert study.encoders[0].pretrained == "teacher:deu-Latn"
    assert study.encoders[0].display == "teacher-deu-Latn"
    arm = f"{{arm: soft-all, distillation: {{init: 'teacher:{spelling}'}}}}"
    assert arm_of(arm).distillation.init == "teacher:deu-Latn"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["encoders.0.from=hard-al"], "encoder from 'hard-al'. Did you mean 'hard-all'? Known: ha"),
        (["encoders.0.from=teacher:French"], "Known: hard-all, soft-balanced, teacher:eng-Latn, t"),
        (["encoders.0.from=teacher:Germn"], "Unknown language 'Germn'. Did you mean 'German'?"),
        (["encoders.0.model=a/b"], "give exactly one of model, scratch and from"),
        (["encoders=[{frm: hard-all}]"], "encoders.0.frm: unknown key. Did you mean 'from'?"),
        (["encoders=[{from: hard-all}, {from: hard-all}]"], "two encoders are named hard-all"),
        (["training.max_length=129"], "training.max_length 129 is more than the 128 of pretraini"),
        (
            ["encoders.0.from=teacher:de", "pretraining.teachers.models={de: a/b}"],
            "encoder from 'teacher:deu-Latn'",
        ),
        (["encoders.0.from=teacher:de", "pretraining.arms=[hard-all]"], "Known: hard-all."),
        (["pretraining=", "probes=[]"], "encoder from hard-all: there is no section pretraining"),
    ],
)
def test_each_mistake_of_an_encoder_that_is_pretrained_here_is_named(changes, words):
    assert load(GOOD + FINETUNING)
    assert words in mistakes(GOOD + FINETUNING, *changes)


def test_a_mean_is_of_teachers_that_began_alike():
    average = "pretraining.arms=[{arm: soft-all, distillation: {init: average}}]"
    assert load(GOOD, average)
    told = mistakes(GOOD, average, "pretraining.teachers.models={de: a/b}")
    assert "arm soft-all: init average is the mean of teachers that began alike" in told
    assert "those of deu-Latn are given" in told


def test_an_encoder_from_elsewhere_may_read_longer_texts_than_the_pretraining():
    changed = ("encoders=[org/model]", "training.max_length=512")
    assert load(GOOD + FINETUNING, *changed).training.max_length == 512


def test_held_out_text_is_a_split_or_a_share():
    assert load(GOOD).pretraining.text.splits == ("train", "validation")
    named = load(GOOD, "pretraining.text.held_out=dev", "pretraining.text.train_splits=[a, b]")
    assert named.pretraining.text.splits == ("a", "b", "validation")
    shared = load(GOOD, "pretraining.text.held_out=0.02")
    assert shared.pretraining.text.held_out == 0.02
    assert shared.pretraining.text.splits == ("train",)


def test_groups_may_lie_in_one_another_and_not_overlap():
    languages = "languages=[en, de, es]"
    assert load(GOOD, languages, "groups={high: [en, de], pivot: [de], low: [es]}").groups
    said = mistakes(GOOD, languages, "groups={low: [de, es], high: [es, en]}")
    assert "groups low and high share spa-Latn: put a language into one of them" in said


def test_groups_and_languages_are_stored_in_one_spelling():
    study = load(GOOD, "groups={low: [German], both: [en, deu]}", "probes.0.languages=[English]")
    assert study.groups == {"low": ("deu-Latn",), "both": ("eng-Latn", "deu-Latn")}
    assert study.probes[0].languages == ("eng-Latn",)
    models = load(GOOD, "pretraining.teachers.models={German: a/b}").pretraining.teachers.models
    assert models == {"deu-Latn": "a/b"}


def write(folder: Path, text: str = GOOD) -> Path:
    path = folder / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_relative_folders_are_taken_from_the_studys_place(tmp_path):
    (tmp_path / "teacher").mkdir()
    changes = (
        "pretraining.teachers.models={German: teacher, English: org/model}",
        "pretraining.text.source.folders={German: ../german}",
        "probes.0.data.source.folders={German: ../tagged}",
    )
    text = GOOD + FINETUNING
    text = text.replace("pretraining:\n", "pretraining:\n  tokenizer_from: ./tokenizer\n")
    changed = with_changes(parse_document(text, "toy.yaml"), changes)
    study = load_study(write(tmp_path, yaml.safe_dump(changed.values)))
    declared = study.pretraining
    assert declared.text.source.root == tmp_path / "text"
    assert declared.text.source.folders == {"deu-Latn": tmp_path.parent / "german"}
    assert declared.tokenizer_from == tmp_path / "tokenizer"
    assert declared.teachers.models == {
        "deu-Latn": str(tmp_path / "teacher"),
        "eng-Latn": "org/model",
    }
    assert study.probes[0].data.source.root == tmp_path / "pos"
    assert study.probes[0].data.source.folders == {"deu-Latn": tmp_path.parent / "tagged"}
    assert study.encoders[0].model is None


def test_folders_typed_on_the_command_line_are_taken_from_where_it_is_typed(tmp_path, monkeypatch):
    here = tmp_path / "here"
    (here / "model").mkdir(parents=True)
    monkeypatch.chdir(here)
    typed = [
        "pretraining.text.source.root=corpus",
        "probes.0.data.source.root=tagged",
        "pretraining.tokenizer_from=vocabulary",
        "pretraining.teachers.models.German=model",
        "pretraining.teachers.models.English=org/model",
    ]
    study = load_study(write(tmp_path), typed)
    declared = study.pretraining
    assert declared.text.source.root == here / "corpus"
    assert study.probes[0].data.source.root == here / "tagged"
    assert declared.tokenizer_from == here / "vocabulary"
    assert declared.teachers.models["deu-Latn"] == str(here / "model")
    assert declared.teachers.models["eng-Latn"] == "org/model"


def test_a_folder_can_be_unset_on_the_command_line(tmp_path):
    text = GOOD.replace("pretraining:\n", "pretraining:\n  tokenizer_from: ./tokenizer\n")
    study = load_study(write(tmp_path, text), ["pretraining.tokenizer_from="])
    assert study.pretraining.tokenizer_from is None


def test_a_setting_added_later_leaves_old_keys_as_they_are():
    at = "pretraining.encoder.initializer_range"
    assert identity(load(GOOD)) == identity(load(GOOD, f"{at}=0.02"))
    wider = identity(load(GOOD, f"{at}=0.05"))
    assert wider["pretraining"]["encoder"]["initializer_range"] == 0.05
    assert "initializer_range" not in identity(load(GOOD))["pretraining"]["encoder"]


def test_identity_leaves_out_what_changes_cost_only():
    marked = {"max_tokens", "save_seconds", "logging_steps", "report_to"}
    for declared, more in ((Training, {"cuda_graphs"}), (MaskedTraining, set())):
        found = {
            name
            for name, field in declared.model_fields.items()
            if any(isinstance(mark, NotIdentity) for mark in field.metadata)
        }
        assert found == marked | more
    said = identity(load(GOOD).pretraining)
    assert not {"tokenizer_from"} & set(said)
    assert said["training"]["mlm_probability"] == 0.15
    assert "models" not in said["teachers"]


def test_a_study_survives_being_written_out():
    for text in (GOOD, template_text("balance")):
        study = load(text)
        assert identity(Study.model_validate(study.model_dump(by_alias=True))) == identity(study)


def test_declarations_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load(GOOD).pretraining.arms[0].name = "x"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_schema_lets_every_shipped_study_pass(path):
    check_schema(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_schema_lets_every_template_pass(name):
    check_schema(yaml.safe_load(template_text(name)))


@pytest.mark.parametrize(
    "arm",
    [
        "hard-alpha",
        "{arm: hard-alpha, mixing: {alpha: 0.5}}",
        "{arm: hard-all, name: x, mixing: alpha}",
        "{name: mine, labels: hard, mixing: {kind: unimax, max_epochs: 4}}",
        "{arm: soft-all, distillation: {listening: adaptive, targets: {kind: top_k, n: 9}}}",
        "{arm: soft-all, distillation: {targets: sampled}}",
    ],
)
def test_the_schema_knows_the_short_forms(arm):
    check_schema(with_arm(arm))


@pytest.mark.parametrize(
    "arm", ["hard-al", "{arm: hard-all, label_smothing: 1}", "{labels: hard, mixing: natural}", "3"]
)
def test_the_schema_refuses_what_is_no_arm(arm):
    with pytest.raises(jsonschema.ValidationError):
        check_schema(with_arm(arm))


def test_the_schema_holds_what_is_said_of_pretraining():
    schema = study_schema()
    assert {"pretraining", "probes", "groups"} <= set(schema["properties"])
    declared = schema["$defs"]
    for spec in (Pretraining, Probe, Arm, MaskedTraining):
        entry = declared[spec.__name__]
        assert set(entry["properties"]) == set(spec.model_fields)
        assert entry["additionalProperties"] is False
        assert all("description" in one for one in entry["properties"].values())
    assert "from" in declared["Encoder"]["properties"]


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_is_a_valid_study(name):
    study = load(template_text(name))
    assert (study.pretraining is not None) == (name == "balance")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_shipped_study_is_valid(path):
    assert load_study(path).name
