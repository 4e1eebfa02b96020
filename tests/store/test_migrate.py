"""A store of the first format, written by the first Isogloss, is read, and brought to today's."""

import json
import shutil
from pathlib import Path

import pytest

from isogloss.base.errors import InputError, RunError
from isogloss.store import migrate
from isogloss.store.live import Live
from isogloss.store.store import FORMAT, Store

FIRST = Path(__file__).parent / "first_format"
NEEDS = {"aa11": [], "bb22": ["aa11"]}


@pytest.fixture
def root(tmp_path):
    shutil.copytree(FIRST, tmp_path / "store")
    return tmp_path / "store"


def format_of(root):
    return json.loads((root / "format.json").read_text())["format"]


def has_digest(root, key):
    return "digest" in json.loads((root / "steps" / key / "manifest.json").read_text())


def check_what_is_in_it(root):
    """As the first Isogloss has written it, told here by hand."""
    store = Store(root)
    assert store.keys() == ("aa11", "bb22")
    assert store.record("aa11") == {"rows": 3, "labels": {"gut": 2, "schlecht": 1}}
    assert store.record("bb22")["scores"][0]["value"] == 0.30000000000000004
    for key, kind in (("aa11", "data"), ("bb22", "train")):
        payload = {"language": "deu-Latn", "rate": 2e-5}
        identity = {"kind": kind, "version": 1, "payload": payload, "needs": NEEDS[key]}
        folder = store.folder(key, identity, bytes_too=True)
        assert (folder / "table.txt").read_text() == "ein Satz\n"
        assert json.loads((folder / "deep" / "curve.json").read_text()) == {"loss": [1.5, 0.25]}
    assert store.manifest("bb22")["made"]["seconds"] == 12.25
    assert store.has_begun("cc33")
    assert (store.running("cc33") / "checkpoint").read_text() == "step 3\n"
    assert store.failure("dd44")["message"] == "The disk is full."
    assert [study["name"] for study in store.studies()] == ["first"]


def test_the_first_format_is_read_as_it_is(root):
    check_what_is_in_it(root)
    assert format_of(root) == 1


def test_a_run_brings_it_to_the_format_of_today_and_nothing_is_lost(root):
    store = Store(root)
    store.check_writable()
    assert format_of(root) == store.format == FORMAT == 2
    check_what_is_in_it(root)
    assert all(has_digest(root, key) for key in ("aa11", "bb22"))
    assert not list(root.rglob("*.draft"))
    Store(root).check_writable()


def test_a_changed_number_is_found_afterwards(root):
    Store(root).check_writable()
    path = root / "steps" / "aa11" / "manifest.json"
    path.write_text(path.read_text().replace('"rows": 3', '"rows": 4'))
    with pytest.raises(RunError, match=r"manifest\.json does not say what was written"):
        Store(root).record("aa11")


def test_a_manifest_without_its_digest_is_damaged_afterwards(root):
    Store(root).check_writable()
    path = root / "steps" / "aa11" / "manifest.json"
    told = json.loads(path.read_text())
    del told["digest"]
    path.write_text(json.dumps(told))
    with pytest.raises(RunError, match="lacks digest"):
        Store(root).record("aa11")


def test_what_is_in_use_keeps_its_format_and_can_be_used(root, caplog):
    store = Store(root)
    with store.claim("cc33"):
        Store(root).check_writable()
        assert format_of(root) == 1
        assert "in use: a later run brings it to format 2" in caplog.text
        Store(root).write("ee55", "toy", {"n": 1}, {"rows": 1}, lambda draft: None)
        assert Store(root).record("ee55") == {"rows": 1}
    store.check_writable()
    assert format_of(root) == 2
    assert Store(root).record("ee55") == {"rows": 1}
    assert not Live(root).is_claimed("cc33")


@pytest.mark.parametrize("moment", range(8))
def test_broken_off_at_any_moment_it_is_whole_and_goes_on(root, monkeypatch, moment):
    """Each change of the disk in turn is the last one that happens."""
    left = [moment]

    def once(change):
        def happen(*args, **kwargs):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return change(*args, **kwargs)

        return happen

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", once(Path.replace))
        broken.setattr(migrate, "open_plain", once(migrate.open_plain))
        broken.setattr(migrate.os, "sync", once(migrate.os.sync))
        with pytest.raises(KeyboardInterrupt) if moment < 7 else monkeypatch.context():
            Store(root).check_writable()
    check_what_is_in_it(root)
    Store(root).check_writable()
    assert format_of(root) == 2
    check_what_is_in_it(root)


def test_a_damaged_step_is_left_for_who_reads_it(root):
    path = root / "steps" / "aa11" / "manifest.json"
    path.write_text("{")
    Store(root).check_writable()
    assert format_of(root) == 2
    assert path.read_text() == "{"
    with pytest.raises(RunError, match="aa11 is damaged"):
        Store(root).record("aa11")


def test_a_format_that_nobody_knows_yet_is_refused_with_the_way_out(root):
    (root / "format.json").write_text('{"format": 3}')
    with pytest.raises(InputError, match=r"has format 3; this Isogloss reads up to 2\. Upgrade"):
        Store(root)


def test_each_format_leads_to_the_next():
    assert sorted(migrate._FROM) == list(range(1, FORMAT))
