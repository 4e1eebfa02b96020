"""What a revision on the Hub stands for: asked once, remembered, and told where it is not known."""

from pathlib import Path

import huggingface_hub.constants
import pytest

from isogloss.base.errors import LeadsOutside, Untrusted
from isogloss.plan.hub import Hub, cached_commit, remember_commit

REPO = "org/encoder"
FILES = {"config.json": b"{}", "model.safetensors": b"weights"}
OLD = "0123456789" * 4


@pytest.fixture
def hub(hub_server, tmp_path, monkeypatch):
    hub_server.patch(monkeypatch, tmp_path)
    return hub_server


@pytest.fixture
def cache(hub, tmp_path):
    """Where the client keeps what it has of the repository."""
    return tmp_path / "hub" / "models--org--encoder"


def downloaded(cache: Path, commit: str, revision: str = "main") -> None:
    """Leave what the client leaves after a download."""
    (cache / "refs" / revision).parent.mkdir(parents=True, exist_ok=True)
    (cache / "refs" / revision).write_text(commit)
    (cache / "snapshots" / commit).mkdir(parents=True)


def test_a_commit_is_its_own_name_and_nobody_is_asked(hub):
    assert Hub().commit(REPO, OLD, "model") == OLD
    assert hub.requests == []


def test_a_revision_stands_for_what_the_hub_says(hub):
    commits = {rev: hub.add_model(REPO, FILES, rev) for rev in ("main", "v1")}
    asked = Hub()
    assert {rev: asked.commit(REPO, rev, "model") for rev in commits} == commits
    assert (asked.notes, asked.remarks, asked.silent) == ([], [], "")
    assert len(hub.requests) == 2


def test_a_revision_that_has_moved_since_its_download_is_told(hub, cache):
    new = hub.add_model(REPO, FILES)
    downloaded(cache, OLD)
    asked = Hub()
    assert asked.commit(REPO, "main", "model") == new
    (remark,) = asked.remarks
    assert f"{REPO} at main has moved" in remark
    assert f"to {new[:12]}: " in remark
    assert f"revision: {OLD}." in remark
    (cache / "refs" / "main").write_text(new)
    assert Hub().commit(REPO, "main", "model") == new


def test_one_that_has_not_moved_is_nothing_to_tell(hub, cache):
    commit = hub.add_model(REPO, FILES)
    downloaded(cache, commit)
    asked = Hub()
    assert asked.commit(REPO, "main", "model") == commit
    assert asked.remarks == []


def test_a_silent_hub_is_asked_once_and_the_last_download_stands(hub, cache):
    hub.down = True
    downloaded(cache, OLD)
    asked = Hub()
    assert asked.commit(REPO, "main", "model") == OLD
    n_requests = len(hub.requests)
    assert n_requests > 0
    assert asked.silent
    assert asked.notes == []
    assert all("cannot be asked" in remark for remark in asked.remarks)
    assert len(asked.remarks) == 1
    assert asked.commit(REPO, "v1", "model") == "v1", "its own name where nothing is known"
    assert "no model org/encoder at v1" in asked.notes[0]
    assert "the keys of this plan are not final" in asked.notes[0]
    assert len(hub.requests) == n_requests


def test_offline_nobody_is_asked_and_nothing_is_told_of_what_is_there(hub, cache, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    downloaded(cache, OLD)
    asked = Hub()
    assert asked.commit(REPO, "main", "model") == OLD
    assert (asked.notes, asked.remarks) == ([], [])
    assert asked.commit(REPO, "v1", "model") == "v1"
    assert "is not asked (HF_HUB_OFFLINE)" in asked.notes[0]
    assert hub.requests == []


def test_a_model_of_pickles_only_is_refused_and_a_dataset_has_no_weights(hub):
    hub.add_model("org/pickled", {"config.json": b"{}", "pytorch_model.bin": b"x"})
    with pytest.raises(Untrusted, match=r"org/pickled has no safetensors"):
        Hub().commit("org/pickled", "main", "model")
    many = hub.add_model("org/large", {"model.safetensors.index.json": b"{}"})
    assert Hub().commit("org/large", "main", "model") == many
    commit = hub.add_dataset("org/data", "main", {"data.csv": b"text,label\n"})
    assert Hub().commit("org/data", "main", "dataset") == commit


def test_what_a_revision_stands_for_is_kept_once_something_of_it_is_there(cache):
    remember_commit(REPO, "refs/pr/1", "model", OLD)
    assert cached_commit(REPO, "refs/pr/1", "model") is None
    (cache / "snapshots" / OLD).mkdir(parents=True)
    remember_commit(REPO, OLD, "model", OLD)
    assert not (cache / "refs").exists(), "a commit needs no note"
    remember_commit(REPO, "refs/pr/1", "model", OLD)
    assert cached_commit(REPO, "refs/pr/1", "model") == OLD
    kept = cache / "refs" / "refs" / "pr" / "1"
    assert kept.read_text() == OLD
    new = "f" * 40
    (cache / "snapshots" / new).mkdir()
    remember_commit(REPO, "refs/pr/1", "model", new)
    assert kept.read_text() == new


@pytest.mark.parametrize("text", ["", "main", OLD[:39], OLD + "0", "g" * 40])
def test_what_is_no_commit_is_not_known(cache, text):
    downloaded(cache, OLD)
    (cache / "refs" / "main").write_text(text)
    assert cached_commit(REPO, "main", "model") is None


@pytest.mark.parametrize("revision", ["../../secret", "a/../../b", "/etc/hostname"])
def test_no_revision_leads_out_of_the_cache(cache, revision):
    with pytest.raises(LeadsOutside, match="leads out of the cache"):
        cached_commit(REPO, revision, "model")
