"""The folder of an exported model: whole or as it was, and nothing else is ever replaced."""

import errno
import shutil

import pytest

from isogloss.base.errors import InputError, RunError
from isogloss.report.export.folder import check_place, write_model


@pytest.fixture
def files(tmp_path):
    """Files to copy."""
    home = tmp_path / "store"
    home.mkdir()
    (home / "config.json").write_text("{}")
    (home / "model.safetensors").write_bytes(b"weights")
    return {path.name: path for path in home.iterdir()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_copied_and_texts_written(tmp_path, files):
    made = write_model(tmp_path / "a" / "b", files, {"README.md": "é"})
    assert [path.name for path in made] == ["README.md", "config.json", "model.safetensors"]
    assert (tmp_path / "a" / "b" / "model.safetensors").read_bytes() == b"weights"
    assert (tmp_path / "a" / "b" / "README.md").read_text(encoding="utf-8") == "é"
    assert names(tmp_path / "a") == ["b"], "no draft is left"


def test_an_empty_folder_is_a_place(tmp_path, files):
    (tmp_path / "new").mkdir()
    write_model(tmp_path / "new", files, {})
    assert names(tmp_path / "new") == ["config.json", "model.safetensors"]


def test_a_model_is_replaced_with_force_only_and_as_a_whole(tmp_path, files):
    old = tmp_path / "out"
    write_model(old, {**files, "vocab.txt": files["config.json"]}, {"README.md": "old"})
    with pytest.raises(InputError, match=r"is not empty.*--force"):
        write_model(old, files, {"README.md": "new"})
    assert (old / "README.md").read_text() == "old"
    write_model(old, files, {"README.md": "new"}, force=True)
    assert names(old) == ["README.md", "config.json", "model.safetensors"]
    assert names(tmp_path) == ["out", "store"]


def test_a_model_of_onnx_is_a_model(tmp_path, files):
    old = tmp_path / "out"
    data = {"model.onnx": files["model.safetensors"], "model.onnx.data": files["model.safetensors"]}
    write_model(old, {"config.json": files["config.json"], **data}, {"README.md": "old"})
    with pytest.raises(InputError, match=r"is not empty.*--force"):
        check_place(old, force=False)
    write_model(old, files, {}, force=True)
    assert names(old) == ["config.json", "model.safetensors"]
    write_model(old, {"config.json": files["config.json"], **data}, {}, force=True)
    (old / "measured.data").write_text("years of work")
    with pytest.raises(InputError, match=r"no part of a model \(measured.data\)"):
        write_model(old, files, {}, force=True)


@pytest.mark.parametrize("what", ["thesis.docx", ".git", "photos"])
@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_model_is_never_replaced(tmp_path, files, what, force):
    home = tmp_path / "home"
    (home / what).mkdir(parents=True) if "." not in what[1:] else home.mkdir()
    if not (home / what).exists():
        (home / what).write_text("years of work")
    with pytest.raises(InputError, match="no part of a model"):
        write_model(home, files, {}, force=force)
    assert names(home) == [what]


@pytest.mark.parametrize("mine", [("notes.txt", "README.md"), ("config.json",), ("a.safetensors",)])
@pytest.mark.parametrize("force", [False, True])
def test_files_that_could_be_of_a_model_but_make_none_are_never_replaced(
    tmp_path, files, mine, force
):
    (tmp_path / "home").mkdir()
    for name in mine:
        (tmp_path / "home" / name).write_text("years of work")
    with pytest.raises(InputError, match="no part of a model"):
        write_model(tmp_path / "home", files, {}, force=force)
    assert names(tmp_path / "home") == sorted(mine)


def test_a_file_the_folder_we_are_in_and_one_around_it_are_no_place(tmp_path, files, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for place in (tmp_path / "a" / "b", tmp_path / "a", tmp_path):
        with pytest.raises(InputError, match="the folder we are in"):
            check_place(place, force=True)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        check_place(tmp_path / "file", force=True)


def test_a_full_disk_leaves_what_was_there(tmp_path, files, monkeypatch):
    write_model(tmp_path / "out", files, {"README.md": "old"})

    def full(source, target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(RunError, match="No space left"):
        write_model(tmp_path / "out", files, {"README.md": "new"}, force=True)
    with pytest.raises(RunError, match="No space left"):
        write_model(tmp_path / "other", files, {"README.md": "new"})
    assert (tmp_path / "out" / "README.md").read_text() == "old"
    assert names(tmp_path) == ["out", "store"]


def test_a_folder_that_cannot_be_moved_into_place_brings_the_old_one_back(
    tmp_path, files, monkeypatch
):
    write_model(tmp_path / "out", files, {"README.md": "old"})
    rename = type(tmp_path).rename

    def refuse(self, target):
        if self.name.startswith(".draft-"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        write_model(tmp_path / "out", files, {"README.md": "new"}, force=True)
    assert (tmp_path / "out" / "README.md").read_text() == "old"
    assert names(tmp_path) == ["out", "store"]
