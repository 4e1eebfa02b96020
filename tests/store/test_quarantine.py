"""Damaged steps are found, named and moved aside; whole ones are not touched."""

import errno
import json
import os
import shutil
import threading

import pytest

from isogloss.base.errors import InputError, IsoglossError, LeadsOutside
from isogloss.base.fingerprint import file_digest
from isogloss.store import manifest
from isogloss.store.quarantine import damage, quarantined, set_aside, set_aside_all
from isogloss.store.store import Store

KEYS = ("aa", "bb", "cc")


def flip(path, at=-1):
    """Change one bit, and neither size nor time."""
    before = path.stat()
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    store.check_writable()
    for number, key in enumerate(KEYS):
        store.write(key, "toy", {"n": number}, {"value": 0.5 + number}, fill, title=f"step {key}")
    return store


def fill(draft):
    (draft / "weights.bin").write_bytes(b"\x00\x01" * 1000)
    (draft / "empty").touch()


def cut(folder):
    os.truncate(folder / "weights.bin", 10)


def lose(folder):
    (folder / "empty").unlink()


def flip_a_weight(folder):
    flip(folder / "weights.bin")


def change_a_result(folder):
    """A record that is still JSON, and still plausible."""
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"value": 0.5', '"value": 0.7'))


def cut_the_manifest(folder):
    os.truncate(folder / "manifest.json", 40)


def hide(folder):
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").mkdir()


DAMAGES = {
    cut: "weights.bin has 10 bytes, not 2000",
    lose: "empty is gone",
    flip_a_weight: "weights.bin does not hold the bytes that were written",
    change_a_result: "manifest.json does not say what was written",
    cut_the_manifest: "manifest.json is no JSON object",
    hide: "weights.bin is gone",
}


@pytest.mark.parametrize("harm", DAMAGES)
def test_a_damaged_step_is_moved_aside_with_its_reason_and_can_be_made_anew(store, harm):
    harm(store.root / "steps" / "aa")
    assert damage(store, "aa", bytes_too=True) == DAMAGES[harm]
    moved = set_aside(store, "aa")
    assert (moved.key, moved.why) == ("aa", DAMAGES[harm])
    assert "aa" not in store
    assert (moved.folder / "step" / "manifest.json").is_file()
    told = json.loads((moved.folder / "why.json").read_text())
    assert (told["key"], told["why"]) == ("aa", DAMAGES[harm])
    store.write("aa", "toy", {"n": 0}, {"value": 0.5}, fill)
    assert store.folder("aa", {"n": 0}, bytes_too=True)
    assert [one["key"] for one in quarantined(store.root)] == ["aa"]


def test_a_step_that_is_damaged_again_gets_a_place_of_its_own(store):
    for _ in range(3):
        lose(store.root / "steps" / "aa")
        set_aside(store, "aa")
        store.write("aa", "toy", {"n": 0}, {"value": 0.5}, fill)
    names = {path.name for path in (store.root / "quarantine").iterdir()}
    assert names == {"aa.1", "aa.2", "aa.3"}
    assert len(quarantined(store.root)) == 3


def test_sizes_alone_do_not_show_a_flipped_bit(store):
    flip_a_weight(store.root / "steps" / "bb")
    assert damage(store, "bb", bytes_too=False) == ""
    assert damage(store, "bb", bytes_too=True)


def test_whole_steps_are_not_touched(store):
    assert [damage(store, key, bytes_too=True) for key in KEYS] == [""] * 3
    assert list(set_aside_all(store, [*KEYS, "dd"])) == []
    assert set_aside(store, "aa") is None
    assert set_aside(store, "dd") is None
    assert store.keys() == KEYS
    assert not (store.root / "quarantine").exists()


def test_a_file_that_the_disk_cannot_read_is_damage(store, monkeypatch):
    def broken(path):
        if path.parent.name == "cc":
            raise OSError(5, "Input/output error")
        return file_digest(path)

    monkeypatch.setattr(manifest, "file_digest", broken)
    moved = list(set_aside_all(store, KEYS))
    assert [(one.key, one.why) for one in moved] == [
        ("cc", "empty cannot be read (Input/output error)")
    ]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.ESTALE])
def test_a_file_that_the_system_refuses_is_no_damage(store, monkeypatch, number):
    def refused(path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(manifest, "file_digest", refused)
    with pytest.raises(IsoglossError, match="step aa"):
        list(set_aside_all(store, KEYS))
    monkeypatch.undo()
    assert store.keys() == KEYS
    assert [damage(store, key, bytes_too=True) for key in KEYS] == [""] * 3


def test_a_step_behind_a_link_out_of_the_store_is_moved_aside_and_not_followed(store, tmp_path):
    folder = store.root / "steps" / "aa"
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert "link" in damage(store, "aa", bytes_too=True)
    assert set_aside(store, "aa").why == "a link leads out of the store"
    assert (tmp_path / "elsewhere" / "weights.bin").is_file()


def test_a_store_that_cannot_be_read_is_no_damage_whatever_its_folder_is_called(
    tmp_path, monkeypatch
):
    store = Store(tmp_path / "it leads out of the store")
    store.check_writable()
    store.write("aa", "toy", {}, {}, fill)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(manifest, "read_manifest", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        damage(store, "aa", bytes_too=True)


def test_no_step_is_moved_out_of_a_folder_behind_a_link(store, tmp_path):
    (store.root / "steps").rename(tmp_path / "elsewhere")
    (store.root / "steps").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LeadsOutside, match="steps leads out of the store"):
        set_aside(store, "aa")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == list(KEYS)


def test_who_has_claimed_the_step_is_waited_for(store):
    """Whoever makes it anew meanwhile is not disturbed."""
    lose(store.root / "steps" / "aa")
    begun, go_on = threading.Event(), threading.Event()

    def redo():
        with store.claim("aa"):
            begun.set()
            go_on.wait(10)
            shutil.rmtree(store.root / "steps" / "aa")
            store.write("aa", "toy", {"n": 0}, {"value": 0.5}, fill)

    other = threading.Thread(target=redo)
    other.start()
    begun.wait(10)
    threading.Timer(0.2, go_on.set).start()
    assert set_aside(store, "aa") is None
    other.join()
    assert damage(store, "aa", bytes_too=True) == ""


def test_a_store_that_cannot_be_written_is_told(store, monkeypatch):
    lose(store.root / "steps" / "aa")

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(IsoglossError, match="Read-only file system"):
        set_aside(store, "aa")
    assert (store.root / "steps" / "aa").is_dir()
