"""The loopback Hub answers the real client as the real Hub does."""

import http.client
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

FILES = {f"folder {n % 2}/file {n}.bin": bytes([n]) * (n + 1) for n in range(8)}


@pytest.fixture
def hub(hub_server, monkeypatch, tmp_path):
    hub_server.patch(monkeypatch, tmp_path / "cache")
    return hub_server


def test_a_repository_comes_back_whole_over_several_pages_of_its_tree(hub, tmp_path):
    commit = hub.add_model("toy/model", {"config.json": b"{}", **FILES})
    folder = tmp_path / "cache" / "hub" / "models--toy--model" / "snapshots" / commit
    assert snapshot_download("toy/model") == str(folder)
    read = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert read == {"config.json": b"{}", **FILES}
    assert sum("cursor=" in line for line in hub.requests) >= 2


def test_models_and_data_sets_of_one_name_are_two_repositories(hub):
    hub.add_model("toy/both", {"a": b"model"})
    hub.add_dataset("toy/both", "main", {"a": b"data"})
    for kind, content in [("model", b"model"), ("dataset", b"data")]:
        path = hf_hub_download("toy/both", "a", repo_type=kind)
        assert Path(path).read_bytes() == content


def test_a_branch_moves_and_its_old_commit_stays(hub):
    old = hub.add_model("toy/model", {"a": b"old"})
    new = hub.add_model("toy/model", {"a": b"new"})
    assert HfApi().model_info("toy/model").sha == new != old
    assert Path(hf_hub_download("toy/model", "a", revision=old)).read_bytes() == b"old"


def test_a_folder_is_listed_alone(hub):
    hub.add_model("toy/model", FILES)
    listed = {entry.path for entry in HfApi().list_repo_tree("toy/model", "folder 1")}
    assert listed == {path for path in FILES if path.startswith("folder 1/")}
    top = {entry.path for entry in HfApi().list_repo_tree("toy/model")}
    assert top == {"folder 0", "folder 1"}


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [("bytes=4-6", 206, b"456"), ("bytes=8-", 206, b"89"), ("bytes=10-", 416, b"")],
)
def test_a_download_may_go_on_in_the_middle(hub, wanted, status, content):
    hub.add_model("toy/model", {"a": b"0123456789"})
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"))
    connection.request("GET", "/toy/model/resolve/main/a", headers={"Range": wanted})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (status, content)
    connection.close()


def test_each_thing_that_is_missing_has_its_own_error(hub):
    hub.add_model("toy/model", {"a": b""})
    hub.add_model("toy/gated", {"a": b""}, gated=True)
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download("toy/model", "b")
    with pytest.raises(RevisionNotFoundError):
        hf_hub_download("toy/model", "a", revision="v9")
    with pytest.raises(RepositoryNotFoundError):
        hf_hub_download("toy/nothing", "a")
    with pytest.raises(GatedRepoError):
        hf_hub_download("toy/gated", "a")
