"""Trackers: TensorBoard gets what training says; what is missing is said with its remedy."""

import pytest

from isogloss.base.errors import InputError, UnknownName
from isogloss.train import trackers as room
from isogloss.train.trackers import open_trackers


def test_no_trackers_are_nothing(tmp_path):
    with open_trackers([], folder=tmp_path, project="p", run="r", config={}) as track:
        assert track is None
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tracker_gets_the_nearest_name(tmp_path):
    with (
        pytest.raises(UnknownName, match="Did you mean 'tensorboard'"),
        open_trackers(["tensorbord"], folder=tmp_path, project="p", run="r", config={}),
    ):
        pass


@pytest.mark.parametrize("name", ["tensorboard", "mlflow", "wandb"])
def test_a_tracker_that_is_not_installed_says_how_to_install_it(name, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda package: None)
    with (
        pytest.raises(InputError, match=rf"pip install 'isogloss\[{name}\]'"),
        open_trackers([name], folder=tmp_path, project="p", run="r", config={}),
    ):
        pass


@pytest.mark.filterwarnings("ignore")  # of TensorBoard's own making
def test_tensorboard_holds_what_was_tracked(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = {"learning_rate": 2e-5}
    with open_trackers(
        ["tensorboard"], folder=tmp_path, project="p", run="r", config=config
    ) as track:
        track(1, {"loss": 0.5})
        track(2, {"loss": 0.25})
    events = EventAccumulator(str(tmp_path / "r"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 0.5), (2, 0.25)]
