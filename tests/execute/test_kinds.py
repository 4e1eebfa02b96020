"""Steps that train and test: killed and gone on with, scored as they are told, one model kept."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import train_toy

from isogloss.base.errors import InputError
from isogloss.data.encoded import Encoded
from isogloss.evaluate.metrics import classification_scores
from isogloss.evaluate.predict import Predictions
from isogloss.execute.executor import perform
from isogloss.execute.kinds import train as room
from isogloss.execute.kinds.data import open_source
from isogloss.execute.kinds.judging import Asked, predictions_table
from isogloss.execute.kinds.kept import keep, kept, let_go
from isogloss.execute.work import MAKERS
from isogloss.model.precision import choose_precision
from isogloss.plan import kinds
from isogloss.plan.plan import Step
from isogloss.store.step_files import TRAINING
from isogloss.store.store import Store
from isogloss.study.layout import TEXT_ENDINGS
from toys import write_toy

LABELS = ["negative", "neutral", "positive"]
STUDY = """
name: toy
data:
  source: {kind: folder, root: data}
  labels: [negative, neutral, positive]
languages: [en]
encoders:
  - name: tiny
    scratch:
      architecture: bert
      hidden_size: 16
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 32
      tokenizer: {algorithm: wordpiece, vocab_size: 120}
training: {num_train_epochs: 80, max_length: 16, precision: fp32, save_seconds: 0}
regimes: [{regime: joint, sizes: [12]}]
seeds: [1]
"""


@pytest.fixture
def study(tmp_path):
    return write_toy(tmp_path, STUDY)


def test_a_folder_of_text_that_has_lost_its_languages_is_told_what_text_may_be(tmp_path):
    (tmp_path / "mine").mkdir()
    declared = {"kind": "folder", "root": str(tmp_path), "folders": {}}
    with pytest.raises(InputError, match=r"Wanted: .*<txt\|txt\.gz\|jsonl"):
        open_source(declared, {"files": {}}, "eng-Latn", TEXT_ENDINGS)


def test_a_training_that_is_killed_goes_on_to_the_same_weights(study, tmp_path):
    """A real SIGKILL, after a checkpoint is there and long before the last step."""
    whole, cut = Store(tmp_path / "whole"), Store(tmp_path / "cut")
    train_toy.train_until_killed(study, cut)

    rarely = "training.save_seconds=1000"
    (key,) = (step.key for step in train_toy.train(study, whole, rarely).of_kind("train"))
    assert cut.has_begun(key)
    train_toy.train(study, cut, rarely)
    one, other = (store.folder(key) / "model.safetensors" for store in (whole, cut))
    assert one.read_bytes() == other.read_bytes()
    assert whole.record(key)["n_resumed"] == 0
    assert cut.record(key)["n_resumed"] == 1
    assert cut.record(key)["head"] == "new"


@pytest.mark.filterwarnings("ignore")  # of TensorBoard's own making
def test_a_tracker_that_a_study_asks_for_shows_the_curve_that_is_kept(study, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    store = Store(tmp_path / "store")
    changes = ("report_to=[tensorboard]", "num_train_epochs=4", "logging_steps=1")
    plan = train_toy.train(study, store, *(f"training.{change}" for change in changes))
    (step,) = plan.of_kind("train")
    run = f"{step.title} {step.key}".replace(" ", "_")
    events = EventAccumulator(str(store.root / "trackers" / run))
    events.Reload()
    curve = json.loads((store.folder(step.key) / TRAINING).read_text())["curve"]
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [
        (point["step"], pytest.approx(point["loss"])) for point in curve
    ]


def test_the_model_before_is_let_go_before_the_next_training(study, tmp_path, monkeypatch):
    found = []
    monkeypatch.setattr(room, "_draw", lambda bench: found.append(kept("before")) or 1 / 0)
    keep("before", "a model")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        train_toy.train(study, Store(tmp_path / "store"))
    assert found == [None]


def test_room_is_for_one_model_whoever_keeps_it():
    keep("one", "a tagger")
    keep("two", "a masked language model")
    assert (kept("one"), kept("two")) == (None, "a masked language model")
    let_go()
    assert kept("two") is None


def predictions():
    """The third row is broken, the fourth a tie, the fifth one that only its logarithm splits."""
    close = np.float32([-1.0986123, -1.0986122, -1.0986124])
    rows = [[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [math.nan] * 3, [0.4, 0.4, 0.2], np.exp(close)]
    return Predictions(
        probabilities=np.array(rows, dtype=np.float32),
        losses=np.array([0.3, 0.2, math.nan, 0.9, 1.1]),
        runtime=1.0,
        n_batches=1,
    )


def test_the_predicted_labels_that_are_stored_are_those_that_are_scored():
    found, none = predictions(), np.zeros(5, dtype=np.int64)
    encoded = Encoded(
        ids=np.arange(5, dtype=np.int32), offsets=np.arange(6), labels=np.array([2, 1, 0, 1, 0]),
        examples=tuple("abcde"), truncated=none > 0, unknown=none,
    )  # fmt: skip
    asked = Asked(LABELS, None, choose_precision("fp32", torch.device("cpu")), 0, 100)
    table = predictions_table(encoded, found, asked)
    told = table["predicted"].to_pylist()
    assert told[:4] == ["positive", "negative", None, "negative"]
    scores = classification_scores(encoded.labels, found.probabilities, found.losses, LABELS)
    accuracy = next(score for score in scores if score.metric == "accuracy")
    pairs = [pair for pair in zip(table["gold"].to_pylist(), told, strict=True) if pair[1]]
    assert accuracy.n_unscored == told.count(None) == 1
    assert accuracy.value == sum(gold == said for gold, said in pairs) / len(pairs)


def test_a_curve_with_what_is_no_number_is_not_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "save_classifier", lambda *arguments: None)
    monkeypatch.setattr(room, "asdict", lambda trained: {"curve": [{"grad_norm": math.nan}]})
    nothing = Encoded.concatenate([])
    with pytest.raises(ValueError, match="JSON"):
        room._fill(None, None, None, nothing, Path(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_device_without_memory_is_no_bug_of_ours():
    def work(step):
        yield from ()
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    *_, ended = perform(Step("toy", 1, {}, ()), work, 0)
    assert ended.outcome.failure.kind == "run"
    assert "--jobs" in ended.outcome.failure.message


def test_every_kind_of_step_is_made_and_stands_in_one_set():
    assert MAKERS.keys() == kinds.ALL
    sets = (kinds.PREPARE, kinds.TRAIN, kinds.TEST, kinds.SERVE, kinds.OTHER)
    assert sum(map(len, sets)) == len(kinds.ALL)
    assert kinds.PRETRAIN < kinds.TRAIN
