"""Checkpoints: whole or not there, exact, and without a pickle."""

import json
import os
import stat

import pytest
import torch

from isogloss.base.errors import OverLimit, RunError
from isogloss.train import checkpoint as room
from isogloss.train.checkpoint import (
    Checkpoint,
    copy_weights,
    load_checkpoint,
    model_tensors,
    optimizer_tensors,
    restore_model,
    restore_optimizer,
    save_checkpoint,
)


def toy(step, *, best=False):
    value = torch.full((2, 2), float(step))
    return Checkpoint(
        step, {"w": value}, {"w|m": value / 3}, {"w": -value} if best else None, {"a": 0.1}
    )


def trained_layer():
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, fused=True)
    for _ in range(3):
        layer(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return layer, optimizer


@pytest.mark.parametrize("best", [True, False])
def test_a_checkpoint_comes_back_exactly(best, tmp_path):
    want = toy(3, best=best)
    save_checkpoint(tmp_path, want, identity="x")
    got = load_checkpoint(tmp_path, identity="x", elsewhere=())
    assert (got.step, got.journal) == (3, {"a": 0.1})
    assert torch.equal(got.model["w"], want.model["w"])
    assert torch.equal(got.optimizer["w|m"], want.optimizer["w|m"])
    assert (got.best is not None) == best


def test_whoever_may_read_the_folder_may_read_the_checkpoint(tmp_path):
    tmp_path.chmod(0o755)
    save_checkpoint(tmp_path, toy(1), identity="x")
    (made,) = tmp_path.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o644}


def test_only_the_newest_stands_and_nothing_is_a_pickle(tmp_path):
    for step in (1, 2, 10):
        save_checkpoint(tmp_path, toy(step), identity="x")
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()).step == 10
    assert len(list(tmp_path.iterdir())) == 1
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".safetensors", ".json"}


@pytest.mark.parametrize("call", ["save_file", "json.dumps"])
def test_a_kill_while_writing_leaves_the_checkpoint_before(call, tmp_path, monkeypatch):
    save_checkpoint(tmp_path, toy(1), identity="x")

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(room.shutil, "rmtree", lambda *args, **kwargs: None)
        patch.setattr(f"{room.__name__}.{call}" if call == "save_file" else call, die)
        with pytest.raises(Killed):
            save_checkpoint(tmp_path, toy(2), identity="x")
    assert len(list(tmp_path.iterdir())) == 2
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()).step == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kill_before_the_old_one_is_deleted_leaves_the_new_one(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, toy(1), identity="x")
    with monkeypatch.context() as patch:
        patch.setattr(room.shutil, "rmtree", lambda *args, **kwargs: None)
        save_checkpoint(tmp_path, toy(2), identity="x")
    assert len(list(tmp_path.iterdir())) == 2
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()).step == 2


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "state.json"])
def test_a_damaged_checkpoint_is_passed_over(name, tmp_path):
    save_checkpoint(tmp_path, toy(1), identity="x")
    path = next(tmp_path.rglob(name))
    path.write_bytes(path.read_bytes()[:7])
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()) is None


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors"])
def test_a_flipped_bit_is_not_learned_on_with(name, tmp_path, caplog, monkeypatch):
    """The checkpoint before is gone on from, if it is still there."""
    with monkeypatch.context() as patch:
        patch.setattr(room.shutil, "rmtree", lambda *args, **kwargs: None)
        save_checkpoint(tmp_path, toy(1), identity="x")
        save_checkpoint(tmp_path, toy(2), identity="x")
    path = tmp_path / "step-000000002" / name
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()).step == 1
    assert f"{name} does not hold the bytes that were written" in caplog.text


@pytest.mark.parametrize(("was", "is_now"), [('"a": 0.1', '"a": 0.2'), ('"abc"', '"abd"')])
def test_a_changed_number_or_identity_is_damage_and_not_gone_on_from(was, is_now, tmp_path, caplog):
    save_checkpoint(tmp_path, toy(1), identity="abc")
    path = next(tmp_path.rglob("state.json"))
    assert was in path.read_text()
    path.write_text(path.read_text().replace(was, is_now))
    assert load_checkpoint(tmp_path, identity="abc", elsewhere=()) is None
    assert "state.json does not hold" in caplog.text


def test_a_checkpoint_of_before_there_were_digests_is_read(tmp_path):
    save_checkpoint(tmp_path, toy(1), identity="x")
    path = next(tmp_path.rglob("state.json"))
    state = json.loads(path.read_text())
    del state["files"], state["digest"]
    path.write_text(json.dumps(state))
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()).step == 1


def restate(folder, **said):
    """Let a checkpoint say something else of itself, with a digest that fits."""
    path = next(folder.rglob("state.json"))
    state = {**json.loads(path.read_text()), **said}
    path.write_text(json.dumps({**state, "digest": room._digest(state)}))


@pytest.mark.parametrize(
    "name", ["/dev/zero", "../../outside", "sub/inside", "linked", "pipe", "sub", "..", "", "\0"]
)
def test_a_file_elsewhere_is_not_read_though_the_state_names_it(
    name, tmp_path, caplog, monkeypatch
):
    """A device has no end, and a pipe keeps whoever opens it waiting."""
    folder = tmp_path / "checkpoints"
    save_checkpoint(folder, toy(1), identity="x")
    home = folder / "step-000000001"
    (tmp_path / "outside").touch()
    (home / "sub").mkdir()
    (home / "sub" / "inside").touch()
    (home / "linked").symlink_to(tmp_path / "outside")
    os.mkfifo(home / "pipe")
    restate(folder, files={name: ""})
    monkeypatch.setattr(room, "file_digest", lambda path: pytest.fail(f"{path} is read"))
    assert load_checkpoint(folder, identity="x", elsewhere=()) is None
    assert "no plain file" in caplog.text


@pytest.mark.parametrize("name", ["state.json", "model.safetensors", "best.safetensors"])
def test_a_link_in_place_of_a_file_is_not_followed(name, tmp_path, caplog):
    save_checkpoint(tmp_path / "own", toy(1, best=True), identity="x")
    restate(tmp_path / "own", files={})
    path = next((tmp_path / "own").rglob(name))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert load_checkpoint(tmp_path / "own", identity="x", elsewhere=()) is None
    assert "no plain file" in caplog.text


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", '{"identity": "x"}', "\xff"])
def test_a_state_of_another_form_is_passed_over(text, tmp_path):
    save_checkpoint(tmp_path, toy(1), identity="x")
    next(tmp_path.rglob("state.json")).write_text(text, encoding="latin-1")
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()) is None


@pytest.mark.parametrize("files", [[], "", None, {"model.safetensors": 1}])
def test_files_of_another_form_are_passed_over(files, tmp_path):
    save_checkpoint(tmp_path, toy(1), identity="x")
    restate(tmp_path, files=files)
    assert load_checkpoint(tmp_path, identity="x", elsewhere=()) is None


def test_a_state_without_end_is_refused(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, toy(1), identity="x")
    monkeypatch.setenv("ISOGLOSS_MAX_JSON_BYTES", "20")
    with pytest.raises(OverLimit, match="ISOGLOSS_MAX_JSON_BYTES"):
        load_checkpoint(tmp_path, identity="x", elsewhere=())


def test_no_file_of_another_training_is_read(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, toy(1), identity="x")
    monkeypatch.setattr(room, "file_digest", lambda path: pytest.fail(f"{path} is read"))
    with pytest.raises(RunError, match="another training"):
        load_checkpoint(tmp_path, identity="y", elsewhere=())


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    save_checkpoint(tmp_path, toy(1), identity="x")
    with pytest.raises(RunError, match="another training"):
        load_checkpoint(tmp_path, identity="y", elsewhere=())


def test_the_same_training_of_another_machine_is_passed_over_and_then_replaced(tmp_path, caplog):
    save_checkpoint(tmp_path, toy(7), identity="there")
    assert load_checkpoint(tmp_path, identity="here", elsewhere=("there",)) is None
    assert "begins anew" in caplog.text
    save_checkpoint(tmp_path, toy(1), identity="here")
    assert load_checkpoint(tmp_path, identity="here", elsewhere=("there",)).step == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"Cannot write a checkpoint.*run the same command again"):
        save_checkpoint(tmp_path / "file", toy(1), identity="x")


def test_no_checkpoint_is_nothing(tmp_path):
    assert load_checkpoint(tmp_path / "nowhere", identity="x", elsewhere=()) is None


def test_model_and_optimizer_go_on_as_if_never_stopped():
    def go_on(layer, optimizer):
        torch.manual_seed(1)
        layer(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        return {name: tensor.clone() for name, tensor in model_tensors(layer).items()}

    layer, optimizer = trained_layer()
    weights = copy_weights(layer)
    state = {k: v.clone() for k, v in optimizer_tensors(layer, optimizer).items()}
    want = go_on(layer, optimizer)

    fresh = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    again = torch.optim.AdamW(fresh.parameters(), lr=0.1, fused=True)
    restore_model(fresh, weights)
    restore_optimizer(fresh, again, state)
    got = go_on(fresh, again)
    assert all(torch.equal(got[name], want[name]) for name in want)


def test_the_weights_of_another_model_are_refused():
    layer, _ = trained_layer()
    with pytest.raises(RunError, match="another model"):
        restore_model(torch.nn.Linear(3, 3), copy_weights(layer))


def test_the_state_is_readable_json(tmp_path):
    save_checkpoint(tmp_path, toy(4), identity="x")
    state = json.loads(next(tmp_path.rglob("state.json")).read_text())
    told = {name: state[name] for name in ("identity", "step", "journal")}
    assert told == {"identity": "x", "step": 4, "journal": {"a": 0.1}}
    assert set(state["files"]) == {"model.safetensors", "optimizer.safetensors"}
