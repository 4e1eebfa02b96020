"""A step is in the store with all its bytes, or not there at all."""

import errno
import json
import os
import pickle
import stat
import threading
import time
from pathlib import Path

import pytest

from holding import held
from isogloss.base.errors import InputError, LeadsOutside, RunError
from isogloss.base.fingerprint import file_digest
from isogloss.store import atomic, manifest
from isogloss.store.damage import Damaged, NotFinished
from isogloss.store.drafts import publish
from isogloss.store.ground import Ground
from isogloss.store.store import FORMAT, NOTED, Store

KEY = "0123456789abcdef"
IDENTITY = {"kind": "train", "version": 1, "payload": {"rate": 2e-5, "sources": ["deu-Latn"]}}
RECORD = {"scores": [{"metric": "accuracy", "value": 0.1 + 0.2, "n_scored": 3, "n_unscored": 0}]}


def fill(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"\x00\x01" * 1000)
    (folder / "curve").mkdir()
    (folder / "curve" / "loss.jsonl").write_text('{"loss": 1}\n')


def write(store: Store, key: str = KEY, **changes) -> Path:
    given = {"kind": "train", "identity": IDENTITY, "record": RECORD, "fill": fill} | changes
    return store.write(key, **given)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def left_over(store: Store) -> list[str]:
    """Drafts of any sort that are still there."""
    return [str(path) for path in store.root.rglob("*") if "draft" in path.name and path.is_file()]


def test_what_is_written_is_found_with_its_files_and_its_record(store):
    assert KEY not in store
    folder = write(store)
    assert KEY in store
    assert store.folder(KEY, IDENTITY) == folder
    assert store.record(KEY) == RECORD
    assert (folder / "curve" / "loss.jsonl").read_text() == '{"loss": 1}\n'
    assert store.keys() == (KEY,)
    assert not any((store.root / "drafts").iterdir())


def test_the_manifest_tells_every_file_with_size_and_digest_and_how_it_was_made(store):
    folder = write(store, seconds=1.5, title="joint eng-Latn")
    found = store.manifest(KEY)
    assert set(found) == {"key", "kind", "identity", "record", "files", "made"}
    assert found["files"] == {
        name: {"bytes": (folder / name).stat().st_size, "sha256": file_digest(folder / name)}
        for name in ("curve/loss.jsonl", "weights.bin")
    }
    assert found["made"]["seconds"] == 1.5
    assert found["made"]["title"] == "joint eng-Latn"
    assert set(found["made"]) == {"title", "time", "seconds", "host", "versions"}
    assert {"isogloss", "python", "torch"} <= set(found["made"]["versions"])


def test_opening_and_asking_a_store_that_is_not_there_makes_nothing(store):
    assert KEY not in store
    assert store.keys() == ()
    assert store.studies() == []
    assert store.failure(KEY) is None
    assert not store.has_begun(KEY)
    assert not store.root.exists()


def test_a_store_can_be_sent_to_another_process(store):
    write(store)
    assert pickle.loads(pickle.dumps(store)).record(KEY) == RECORD


def test_who_finished_first_stays(store):
    write(store)
    late = []
    write(store, record={"scores": []}, fill=late.append)
    assert store.record(KEY) == RECORD
    assert late == []


def test_who_finished_first_stays_even_if_no_lock_kept_the_other_out(store, monkeypatch):
    """On a file system without locks, the rename decides."""

    def fill_late(draft):
        monkeypatch.setattr("isogloss.store.store.empty_draft", _other_draft)
        write_without_lock(store)
        (draft / "late").touch()

    def _other_draft(ground, key):
        (ground.root / "drafts" / f"{key}0").mkdir()
        return ground.root / "drafts" / f"{key}0"

    def write_without_lock(store):
        ground = Ground(store.root)
        draft = _other_draft(ground, KEY)
        fill(draft)
        files = manifest.seal(draft)
        text = {"key": KEY, "kind": "train", "identity": IDENTITY, "record": RECORD}
        text |= {"files": files, "made": manifest.made(None)}
        text = manifest.with_digest(text)
        atomic.write_text(draft / "manifest.json", atomic.json_text(text))
        publish(ground, draft, KEY)

    write(store, record={"scores": []}, fill=fill_late)
    assert store.record(KEY) == RECORD
    assert not (store.folder(KEY) / "late").exists()


def test_a_step_made_from_something_else_is_refused_with_the_remedy(store):
    write(store)
    other = {**IDENTITY, "payload": {"rate": 3e-5}}
    with pytest.raises(RunError, match=r"share one key.*Raise the version"):
        store.folder(KEY, other)


def test_tuples_and_lists_are_the_same_identity(store):
    write(store)
    payload = {"rate": 2e-5, "sources": ("deu-Latn",)}
    assert store.folder(KEY, {**IDENTITY, "payload": payload}).is_dir()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "\x00", '{"key": "0123456789abcdef"}', "[" * 100_000],
    ids=["empty", "cut", "list", "null", "zero", "lacking", "deep"],
)
def test_a_damaged_manifest_names_the_folder_and_the_remedy(store, text):
    folder = write(store)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(RunError, match="is damaged") as caught:
        store.record(KEY)
    assert str(folder) in str(caught.value)
    assert "Run its study with --verify" in str(caught.value)


@pytest.mark.parametrize(
    ("part", "odd"),
    [
        ("files", []),
        ("made", []),
        ("record", [1]),
        ("kind", 5),
        ("files", {"weights.bin": {"bytes": "x", "sha256": 5}}),
        ("files", {"weights.bin": 1}),
        ("record", {"scores": 5}),
        ("record", {"scores": [5]}),
        ("record", {"scores": [{"metric": "f1", "valeu": 0.5, "n_scored": 3, "n_unscored": 0}]}),
        ("record", {"scores": [{"metric": "f1", "value": "x", "n_scored": 3, "n_unscored": 0}]}),
        ("record", {"scores": [{"metric": "f1", "value": 0.5, "n_scored": True, "n_unscored": 0}]}),
        ("record", {"parts": [1]}),
        ("record", {"parts": {"0/deu-Latn": 1}}),
        ("record", {"parts": {"0/deu-Latn": {"scores": [{"metric": "f1"}]}}}),
    ],
)
def test_a_manifest_that_says_what_cannot_be_is_damaged_though_its_digest_fits(store, part, odd):
    folder = write(store)
    text = json.loads((folder / "manifest.json").read_text())
    text = manifest.with_digest({**text, part: odd})
    (folder / "manifest.json").write_text(json.dumps(text))
    with pytest.raises(Damaged, match="what cannot be"):
        store.manifest(KEY)


def test_a_manifest_of_another_step_is_refused(store):
    folder = write(store)
    folder.rename(folder.with_name("ff"))
    with pytest.raises(RunError, match=f"that of step {KEY}"):
        store.record("ff")


@pytest.mark.parametrize("damage", ["gone", "cut", "outside", "absolute", "link"])
def test_a_step_with_a_damaged_file_is_refused_with_the_remedy(store, tmp_path, damage):
    folder = write(store)
    outside = tmp_path / "secret"
    outside.write_text("s")
    path = folder / "weights.bin"
    text = json.loads((folder / "manifest.json").read_text())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        os.truncate(path, 10)
    elif damage == "link":
        path.unlink()
        path.symlink_to(outside)
    else:
        name = "../../../secret" if damage == "outside" else str(outside)
        text["files"][name] = {"bytes": 1, "sha256": file_digest(outside)}
        text = manifest.with_digest(text)
        (folder / "manifest.json").write_text(json.dumps(text))
    with pytest.raises(RunError, match=r"weights\.bin|secret") as caught:
        store.folder(KEY)
    assert str(folder) in str(caught.value)
    assert "Run its study with --verify" in str(caught.value)


def test_a_step_without_its_manifest_is_not_finished_and_is_made_anew(store):
    folder = write(store)
    (folder / "manifest.json").unlink()
    assert KEY not in store
    assert store.keys() == ()
    with pytest.raises(RunError, match="no finished step"):
        store.record(KEY)
    write(store)
    assert store.record(KEY) == RECORD


def test_a_step_that_is_moved_aside_while_one_looks_is_not_finished(store, monkeypatch):
    monkeypatch.setattr(Store, "__contains__", lambda *_: True)
    with pytest.raises(NotFinished, match=f"no finished step {KEY}"):
        store.manifest(KEY)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no names of open files here")
def test_all_is_on_the_disk_before_a_step_is_moved_into_place_and_its_name_after(
    store, monkeypatch
):
    store.check_writable()
    done, fsync, rename = [], os.fsync, os.rename

    def sync(handle):
        done.append(Path(f"/proc/self/fd/{handle}").readlink())
        fsync(handle)

    def move(source, target, **how):
        done.append("moved")
        rename(source, target, **how)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", move)
    write(store)
    draft, at = store.root / "drafts" / KEY, done.index("moved")
    names = ("weights.bin", "curve/loss.jsonl", "curve", "manifest.json", "")
    assert {draft / name for name in names} <= set(done[:at])
    assert draft in done[done.index(draft / "manifest.json") : at]
    assert done.index(draft / "weights.bin") < done.index(draft / "manifest.json")
    assert store.root / "steps" in done[at:]


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_whoever_may_read_the_store_may_read_what_a_library_has_made_private(tmp_path, umask):
    def fill(folder):
        (folder / "curve").mkdir()
        for name in ("weights.bin", "curve/loss.jsonl"):
            (folder / name).write_bytes(b"x")
            (folder / name).chmod(0o600)

    before = os.umask(umask)
    try:
        folder = Store(tmp_path / "store").write(KEY, "toy", {"n": 0}, {"value": 0.5}, fill)
    finally:
        os.umask(before)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o666 & ~umask}


@pytest.mark.parametrize("key", ["", "..", "../x", "a/b", "ABC", "g", "a" * 65, "a\n", ".", "a.b"])
@pytest.mark.parametrize(
    "ask", ["__contains__", "manifest", "record", "folder", "running", "failure", "has_begun"]
)
def test_no_key_can_leave_the_store(store, key, ask):
    with pytest.raises(InputError, match="hexadecimal"):
        getattr(store, ask)(key)


@pytest.mark.parametrize("linked", ["steps", "step", "manifest"])
def test_a_link_that_leads_out_of_the_store_is_not_followed(store, tmp_path, linked):
    folder = write(store)
    place = {"steps": folder.parent, "step": folder, "manifest": folder / "manifest.json"}[linked]
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out of the store"):
        store.folder(KEY)


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("steps/.probe", Store.check_writable),
        (f"failures/{KEY}.json.draft", lambda store: store.fail(KEY, {"message": "no"})),
        ("studies/s.json.draft", lambda store: store.remember_study("s", {}, [KEY], "s.yaml")),
    ],
)
def test_nothing_is_written_through_a_link_of_a_name_known_beforehand(store, tmp_path, name, use):
    store.check_writable()
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (store.root / name).symlink_to(mine)
    with pytest.raises(LeadsOutside, match=r"is a link.* Remove the link"):
        use(store)
    assert mine.read_text() == "precious"


def test_a_store_behind_a_link_is_used_like_any_other(tmp_path):
    (tmp_path / "large").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "large")
    store = Store(tmp_path / "store")
    store.check_writable()
    write(store)
    assert store.folder(KEY, IDENTITY).is_dir()


@pytest.mark.parametrize("read", [lambda store: store.study("a"), Store.studies])
def test_the_note_of_a_study_is_not_read_through_a_link_that_leads_out(store, tmp_path, read):
    store.remember_study("a", {}, [KEY], "a.yaml")
    note = store.root / "studies" / "a.json"
    note.rename(tmp_path / "a.json")
    note.symlink_to(tmp_path / "a.json")
    with pytest.raises(InputError, match="leads out of the store"):
        read(store)


def test_no_lock_is_taken_behind_a_link_that_leads_out(store, tmp_path):
    store.check_writable()
    (store.root / "locks").rename(tmp_path / "elsewhere")
    (store.root / "locks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leads out of the store"), store.claim(KEY):
        pass


def test_a_link_among_the_files_of_a_step_is_not_stored(store):
    with pytest.raises(ValueError, match="not a plain file"):
        write(store, fill=lambda draft: (draft / "x").symlink_to("/etc/hostname"))
    assert KEY not in store


@pytest.mark.parametrize(
    "error", [KeyError("bug"), OSError(errno.ENOENT, "bug"), KeyboardInterrupt]
)
def test_work_that_breaks_while_it_writes_leaves_nothing_and_keeps_its_error(store, error):
    def broken(draft):
        fill(draft)
        raise error

    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        write(store, fill=broken)
    assert KEY not in store
    assert not any((store.root / "drafts").iterdir())
    write(store)
    assert KEY in store


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_no_result(store, value):
    record = {"scores": [{"metric": "eval_loss", "value": value}]}
    with pytest.raises(RunError, match=r"train 0123456789abcdef has .* at scores\[0\]\.value"):
        write(store, record=record)
    assert KEY not in store


# ---- scratch and failures


def test_scratch_stays_until_the_step_is_finished(store):
    (store.running(KEY) / "checkpoint").write_text("step 3")
    assert store.has_begun(KEY)
    assert (Store(store.root).running(KEY) / "checkpoint").read_text() == "step 3"
    write(store)
    assert not (store.root / "running" / KEY).exists()
    assert not store.has_begun(KEY)


def test_a_failure_is_a_record_until_the_step_is_finished(store):
    failure = {"kind": "run", "message": "no memory", "traceback": "...", "worker": 1}
    store.fail(KEY, failure)
    assert store.failure(KEY) == failure
    write(store)
    assert store.failure(KEY) is None
    assert not (store.root / "failures" / f"{KEY}.json").exists()


def test_studies_are_remembered_by_name_and_the_last_one_stays(store):
    store.remember_study("b", {"seeds": [1]}, [KEY], "b.yaml")
    store.remember_study("a", {"seeds": [1]}, [], "old.yaml")
    store.remember_study("a", {"seeds": [2]}, [KEY, "ff"], "a.yaml")
    assert store.studies() == [
        {"name": "a", "source": "a.yaml", "steps": [KEY, "ff"], "study": {"seeds": [2]}},
        {"name": "b", "source": "b.yaml", "steps": [KEY], "study": {"seeds": [1]}},
    ]


@pytest.mark.parametrize("name", ["../../evil", "/etc/x", "..", "ქართული" * 20, "a/b", ""])
def test_no_study_name_can_leave_the_store(store, name):
    store.remember_study(name, {}, [], "x.yaml")
    assert [study["name"] for study in store.studies()] == [name]
    assert len(list((store.root / "studies").iterdir())) == 1


def test_a_damaged_note_of_a_study_names_the_file(store):
    store.remember_study("a", {}, [], "a.yaml")
    (store.root / "studies" / "a.json").write_text("{")
    with pytest.raises(RunError, match=r"a\.json is damaged.*Remove the file"):
        store.studies()


# ---- the format


def test_the_format_is_written_once(store):
    write(store)
    assert json.loads((store.root / "format.json").read_text()) == {"format": FORMAT}


@pytest.mark.parametrize("version", [FORMAT + 1, "two", None, 0, -1])
def test_a_store_of_a_newer_format_is_refused(tmp_path, version):
    (tmp_path / "format.json").write_text(json.dumps({"format": version}))
    with pytest.raises(InputError, match="Upgrade Isogloss"):
        Store(tmp_path)


def test_a_damaged_format_is_told(tmp_path):
    (tmp_path / "format.json").write_text("{")
    with pytest.raises(RunError, match=r"format\.json is damaged"):
        Store(tmp_path)


# ---- places that cannot be written


def test_a_file_in_the_place_of_the_store_is_told(tmp_path):
    (tmp_path / "store").write_text("mine")
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match="is a file, not a folder"):
        store.check_writable()
    assert (tmp_path / "store").read_text() == "mine"


@pytest.mark.parametrize("parent", ["nowhere", "file"])
def test_a_store_whose_parent_is_no_folder_is_told(tmp_path, parent):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=rf"{parent} is not a folder"):
        Store(tmp_path / parent / "store").check_writable()


@pytest.mark.parametrize("room", ["steps", "drafts", "running", "failures", "locks", "studies"])
def test_a_file_in_the_place_of_a_room_is_told(store, room):
    store.root.mkdir()
    (store.root / room).write_text("")
    with pytest.raises(InputError, match="a file where a folder should be"):
        store.check_writable()


CODES = [
    (errno.ENOSPC, RunError, "is full"),
    (errno.EDQUOT, RunError, "is full"),
    (errno.EROFS, InputError, "--store"),
    (errno.EACCES, InputError, "--store"),
    (errno.EIO, RunError, "see to the disk"),
]


@pytest.mark.parametrize(("code", "kind", "words"), CODES)
@pytest.mark.parametrize(
    "call", ["fsync", "mkdir", "rename", "replace", "first mkdir", "first fsync"]
)
def test_a_refusal_of_the_disk_is_one_clear_message_and_nothing_looks_finished(
    store, monkeypatch, code, kind, words, call
):
    if not call.startswith("first"):
        store.check_writable()
        store.running(KEY)
    call = call.removeprefix("first ")

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(os, call, refuse)
        with pytest.raises(kind, match=words):
            store.fail(KEY, {}) if call == "replace" else write(store)
    assert KEY not in store
    assert store.keys() == ()
    assert not left_over(store)
    assert not any((store.root / "drafts").glob("*"))
    write(store)
    assert store.folder(KEY, IDENTITY).is_dir()


@pytest.mark.parametrize(("code", "kind", "words"), CODES)
def test_an_unwritable_store_is_told_before_the_work(store, monkeypatch, code, kind, words):
    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    store.check_writable()
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind, match=words):
        store.check_writable()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_fills_up_while_the_work_writes_is_told(store):
    def onto_a_full_disk(draft):
        fill(draft)
        with Path("/dev/full").open("wb") as stream:
            stream.write(b"weights")

    with pytest.raises(RunError, match=r"is full.*finished steps are kept"):
        write(store, fill=onto_a_full_disk)
    assert KEY not in store
    assert not any((store.root / "drafts").iterdir())


def test_a_full_disk_in_the_words_of_a_library_is_told(store):
    def save(_):
        raise RuntimeError('IoError(Os { code: 28, message: "No space left on device" })')

    with pytest.raises(RunError, match="is full"):
        write(store, fill=save)


# ---- claims


def test_a_claimed_step_is_not_ours_until_it_is_free(store, caplog):
    with held(store, KEY) as go_on:
        with store.claim(KEY, wait=False) as mine:
            assert not mine
        freeing = threading.Timer(1.0, go_on.set)
        freeing.start()
        with store.claim(KEY, wait=True) as mine:
            assert mine
            assert go_on.is_set()
    assert caplog.text.count(f"step {KEY} is being made by another process: waiting for it") == 1


def test_a_free_step_is_claimed_without_waiting_and_freed_by_an_error(store, caplog):
    with pytest.raises(KeyError), store.claim(KEY):
        raise KeyError("work")
    with store.claim(KEY, wait=False) as mine:
        assert mine
    assert "waiting" not in caplog.text


def test_nobody_writes_a_step_that_another_holds(store):
    begun, order = threading.Event(), []

    def hold():
        with store.claim(KEY):
            begun.set()
            time.sleep(0.2)
            order.append("free")

    other = threading.Thread(target=hold)
    other.start()
    begun.wait(10)
    write(store, fill=lambda _: order.append("written"))
    other.join()
    assert order == ["free", "written"]


def test_who_holds_a_claim_may_write(store):
    with store.claim(KEY):
        write(store)
        with store.claim(KEY, wait=False) as mine:
            assert mine
    assert KEY in store


# ---- sweeping


def test_what_the_dead_left_is_swept_and_what_the_living_hold_is_not(store):
    store.check_writable()
    for key in ("aa", "bb"):
        (store.root / "drafts" / key).mkdir()
        (store.root / "drafts" / key / "half").touch()
    drafts = [store.root / room / "aa.json.draft" for room in NOTED]
    for draft in drafts:
        draft.parent.mkdir(exist_ok=True)
        draft.write_text("{")
    store.fail("cc", {"message": "no memory"})
    store.running("cc")
    write(store)
    (store.root / "running" / KEY).mkdir()
    with store.claim("bb"):
        store.check_writable()
        assert {path.name for path in (store.root / "drafts").iterdir()} == {"bb"}
    assert {path.name for path in (store.root / "running").iterdir()} == {"cc"}
    assert not any(draft.exists() for draft in drafts)
    (store.root / "failures" / f"{KEY}.json").write_text('{"message": "before it was finished"}')
    store.sweep()
    assert not any((store.root / "drafts").iterdir())
    assert [path.stem for path in (store.root / "failures").iterdir()] == ["cc"]


def test_a_draft_left_by_the_dead_does_not_get_into_the_step(store):
    store.check_writable()
    (store.root / "drafts" / KEY).mkdir()
    (store.root / "drafts" / KEY / "stale").touch()
    assert not (write(store) / "stale").exists()
