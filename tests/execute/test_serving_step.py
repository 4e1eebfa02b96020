"""What a killed step has left is no part of the form that the next try writes."""

import pytest

from isogloss.execute.bench import Bench
from isogloss.execute.kinds import serve
from isogloss.model.encoder import make_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import train_tokenizer
from isogloss.plan.plan import Step
from isogloss.store.store import Store

SMALL = Size(16, 1, 2, 16, max_length=16, dropout=0.0)
FILES = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A step that serves a toy, whose training is in the store."""
    texts = {"eng-Latn": ["a toy of few words", "few words of a toy"] * 5}
    tokenizer = train_tokenizer(
        texts, algorithm="wordpiece", vocab_size=60, family="bert", seed=0, floor=0
    )
    config = scratch_config("bert", tokenizer, SMALL)
    model = make_classifier(config, ("no", "yes"), seed=0, attention="eager").eval()
    monkeypatch.setattr(serve, "open_trained", lambda *_: model)
    monkeypatch.setattr(serve, "load_tokenizer", lambda _: tokenizer)
    store = Store(tmp_path / "store")
    record = {"n_train": 10, "precision": "fp32"}
    store.write("aa", "train", {}, record, lambda draft: (draft / "model").touch())
    return Bench(Step("serve", 1, {"form": "torch-fp32"}, ("aa",)), store)


def finish(bench):
    """Make the step and store it, as who works on it does."""
    making = serve.make_served(bench)
    with pytest.raises(StopIteration) as ended:
        next(making)
    made = ended.value.value
    return made.record, bench.store.write(bench.step.key, "serve", {}, made.record, made.fill)


def test_the_litter_of_a_killed_step_is_not_served(bench):
    scratch = bench.store.running(bench.step.key)
    (scratch / "served" / "tmp1234").mkdir(parents=True)
    (scratch / "served" / "tmp1234" / "model.onnx").write_bytes(bytes(5000))
    (scratch / "served" / "model.onnx").write_bytes(bytes(1000))
    record, folder = finish(bench)
    assert set(bench.store.manifest(bench.step.key)["files"]) == FILES
    assert record["disk_bytes"] == sum((folder / name).stat().st_size for name in FILES)


def test_nothing_but_the_form_is_cleared_away_of_the_scratch(bench, monkeypatch):
    checkpoint = bench.store.running(bench.step.key) / "checkpoint"
    checkpoint.touch()
    next(serve.make_served(bench), None)
    assert checkpoint.exists()


def test_a_link_in_place_of_the_form_is_not_written_through(bench, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("precious")
    (bench.store.running(bench.step.key) / "served").symlink_to(tmp_path / "letters")
    with pytest.raises(OSError, match="symbolic link"):
        next(serve.make_served(bench))
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mine.txt"]
