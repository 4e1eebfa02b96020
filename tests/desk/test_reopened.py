"""A study is opened again from what its store has noted, as it was run: no file is read."""

import json
import shutil

import pytest

from balance_toys import write_whole
from isogloss.base.errors import InputError
from isogloss.desk.opened import open_study, reopen_study
from isogloss.store.store import Store
from isogloss.study.templates import TEMPLATES, template_text
from toys import write_toy


def noted(opened):
    """What a store has of a study, as a file holds it."""
    opened.remember()
    return json.loads(json.dumps(Store(opened.store.root).study(opened.study.name)))


@pytest.fixture
def toy(tmp_path):
    changes = ["training.learning_rate=0.5", "seeds=[7]"]
    return open_study(write_toy(tmp_path), tmp_path / "store", changes)


def test_the_plan_is_the_same_when_the_file_and_the_data_are_gone(toy, tmp_path):
    note = noted(toy)
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "toy.yaml").unlink()
    again = reopen_study(note, toy.store.root)
    assert [step.key for step in again.plan] == [step.key for step in toy.plan]
    assert (again.plan.cells, again.study, again.pins) == (toy.plan.cells, toy.study, toy.pins)
    assert again.again("run") == toy.again("run")
    assert "--set seeds=[7]" in again.again("run").replace("'", "")


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in {"folder", "hub"}])
def test_every_template_with_data_of_its_own_comes_back(name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_text(template_text(name))
    opened = open_study(path, tmp_path / "store", None)
    again = reopen_study(noted(opened), opened.store.root)
    assert [step.key for step in again.plan] == [step.key for step in opened.plan]


def test_arms_encoders_that_were_pretrained_and_probes_come_back(tmp_path):
    opened = open_study(write_whole(tmp_path), tmp_path / "store", None)
    again = reopen_study(noted(opened), opened.store.root)
    assert again.plan == opened.plan
    assert again.study == opened.study


def test_an_older_note_without_pins_is_pinned_again(toy):
    note = noted(toy)
    del note["pins"], note["changes"]
    note["study"] = toy.study.model_dump(mode="json")  # as it once was: by the names in the code
    assert [step.key for step in reopen_study(note, toy.store.root).plan] == note["steps"]


def test_an_older_note_whose_data_are_gone_says_what_is_missing_and_what_to_do(toy, tmp_path):
    note = noted(toy)
    del note["pins"]
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(InputError, match=r"data does not exist.*`isogloss run .*toy\.yaml --store"):
        reopen_study(note, toy.store.root)


@pytest.mark.parametrize(
    "damage",
    [{"study": {}}, {"study": "x"}, {"pins": {}}, {"pins": []}, {"pins": {"x": 1}}, {"changes": 1}],
)
def test_a_note_that_is_not_ours_is_one_message(toy, damage):
    with pytest.raises(InputError, match="notes it again"):
        reopen_study({**noted(toy), **damage}, toy.store.root)
    with pytest.raises(InputError, match="notes it again"):
        reopen_study({}, toy.store.root)
