"""From where a relative folder is meant: a file's from its place, a change's from where we are."""

import pytest

from isogloss.study.load import load_study
from toys import STUDY

ENCODER = "encoders: [./model]\n"
PRETRAINING = """
name: toy
languages: [en, de]
pretraining:
  text: {source: {kind: folder, root: text}}
  encoder: {architecture: modernbert}
  training: {learning_rate: 1.0e-3, max_steps: 30}
  arms: [hard-all]
probes:
  - {task: pos, data: {source: {kind: folder, root: pos}}}
"""


@pytest.fixture(params=["here", "w #1", "w: 1", "[w", "w'"])
def here(request, tmp_path, monkeypatch):
    """Where the command is typed; its name is no part of any YAML."""
    folder = tmp_path / request.param
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def studies(tmp_path):
    """Where the study files lie."""
    folder = tmp_path / "studies"
    folder.mkdir()
    return folder


def with_encoder(folder, encoder=ENCODER):
    path = folder / "toy.yaml"
    text = STUDY[: STUDY.index("encoders:")] + encoder + STUDY[STUDY.index("training:") :]
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_of_the_file_is_beside_it(here, studies):
    study = load_study(with_encoder(studies), ["seeds=[2]"])
    assert study.data.source.root == studies / "data"
    assert study.encoders[0].model == str(studies / "model")


@pytest.mark.parametrize(
    "change", ["data.source.root=./x", "data.source={kind: folder, root: ./x}"]
)
def test_the_root_of_a_change_is_where_we_are(here, studies, change):
    study = load_study(with_encoder(studies), [change])
    assert study.data.source.root == here / "x"
    assert study.encoders[0].model == str(studies / "model"), "the rest stays where it was"


@pytest.mark.parametrize("code", ["de", "German", "deu-Latn"])
def test_of_several_folders_that_which_is_changed_is_where_we_are(here, studies, code):
    path = with_encoder(studies)
    root = "root: data"
    text = path.read_text(encoding="utf-8").replace(root, f"{root}, folders: {{hi: ./hindi}}")
    path.write_text(text, encoding="utf-8")
    folders = load_study(path, [f"data.source.folders.{code}=./x"]).data.source.folders
    assert folders == {"deu-Latn": here / "x", "hin-Deva": studies / "hindi"}


@pytest.mark.parametrize(
    ("written", "change"),
    [
        (ENCODER, "encoders.0=./x"),
        (ENCODER, "encoders=./x"),
        (ENCODER, "encoders=[./x]"),
        ("encoders: [{model: ./model}]\n", "encoders.0.model=./x"),
        ("encoders: {model: ./model}\n", "encoders.model=./x"),
    ],
)
def test_an_encoder_of_a_change_is_where_we_are(here, studies, written, change):
    study = load_study(with_encoder(studies, written), [change])
    assert study.encoders[0].model == str(here / "x")
    assert study.data.source.root == studies / "data"


def test_teachers_tokenizer_text_and_probes_of_changes_are_where_we_are(here, studies):
    path = studies / "toy.yaml"
    path.write_text(PRETRAINING, encoding="utf-8")
    changes = [
        "pretraining.teachers.models.German=./teacher",
        "pretraining.tokenizer_from=./tokenizer",
        "pretraining.text.source.root=./text",
        "probes.0.data.source.root=./tagged",
    ]
    for chosen in (changes, []):
        study = load_study(path, chosen)
        home = here if chosen else studies
        assert study.pretraining.text.source.root == home / "text"
        assert study.probes[0].data.source.root == home / ("tagged" if chosen else "pos")
    declared = load_study(path, changes).pretraining
    assert declared.teachers.models == {"deu-Latn": str(here / "teacher")}
    assert declared.tokenizer_from == here / "tokenizer"
