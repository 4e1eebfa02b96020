"""Folders of models with a spoiled config, tokenizer, index of weights, weights, or checkpoint."""

import json
import tempfile
from functools import cache
from pathlib import Path

import torch
from fuzz_mutations import as_json, spoiled, with_other_values
from fuzz_targets import Target
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from isogloss.model.encoder import check_encoder, make_classifier, save_classifier
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import load_tokenizer, train_tokenizer
from isogloss.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"


@cache
def whole_model() -> dict[str, bytes]:
    """The files of a model that is as it should be, its weights in one shard with an index."""
    tokenizer = train_tokenizer(
        {"deu-Latn": ["Tisch Stuhl Lampe"]},
        algorithm="wordpiece", vocab_size=60, family="bert", seed=0, floor=0,
    )  # fmt: skip
    size = Size(8, 1, 2, 8, max_length=8, dropout=0.0)
    config = scratch_config("bert", tokenizer, size)
    model = make_classifier(config, ["a", "b"], seed=0, attention="eager")
    with tempfile.TemporaryDirectory() as home:
        save_classifier(model, tokenizer, Path(home))
        names = sorted(load_file(Path(home) / WEIGHTS))
        found = {path.name: path.read_bytes() for path in Path(home).iterdir() if path.is_file()}
    return {**found, INDEX: as_json({"metadata": {}, "weight_map": dict.fromkeys(names, WEIGHTS)})}


@st.composite
def spoiled_models(draw) -> tuple[str, bytes]:
    """Which file of a model is spoiled, and what it holds."""
    name = draw(st.sampled_from([CONFIG, CONFIG, TOKENIZER, TOKENIZER_CONFIG, WEIGHTS, INDEX]))
    good = whole_model()[name]
    if name == WEIGHTS or draw(st.booleans()):
        return name, draw(spoiled((good,)))
    return name, as_json(draw(with_other_values(json.loads(good))))


def model(folder: Path, given: tuple[str, bytes]) -> None:
    """Check an encoder and load its tokenizer."""
    name, content = given
    for path, good in whole_model().items():
        if path != INDEX or name == INDEX:
            (folder / path).write_bytes(content if path == name else good)
    if name in {TOKENIZER, TOKENIZER_CONFIG}:
        load_tokenizer(folder)
    else:
        check_encoder(folder, revision="main", max_length=8)


@cache
def whole_checkpoint() -> dict[str, bytes]:
    """The files of an unfinished training."""
    tensors = {"weight": torch.zeros(2, 2)}
    with tempfile.TemporaryDirectory() as home:
        point = Checkpoint(3, tensors, {"weight|exp_avg": torch.ones(2)}, None, {"step": 3})
        save_checkpoint(Path(home), point, identity="this one")
        (folder,) = Path(home).iterdir()
        return {path.name: path.read_bytes() for path in folder.iterdir()}


@st.composite
def spoiled_checkpoints(draw) -> tuple[str, bytes]:
    """Which file of a checkpoint is spoiled, and what it holds."""
    name = draw(st.sampled_from(sorted(whole_checkpoint())))
    good = whole_checkpoint()[name]
    if name.endswith(".json") and draw(st.booleans()):
        return name, as_json(draw(with_other_values(json.loads(good))))
    return name, draw(spoiled((good,)))


def checkpoint(folder: Path, given: tuple[str, bytes]) -> None:
    """Go on from a checkpoint, or pass it over."""
    name, content = given
    home = folder / "step-000000003"
    home.mkdir()
    for path, good in whole_checkpoint().items():
        (home / path).write_bytes(content if path == name else good)
    found = load_checkpoint(folder, identity="this one", elsewhere=())
    if found is not None:
        assert isinstance(found.step, int)
        assert isinstance(found.journal, dict)
        save_file(dict(found.model), folder / "again.safetensors")


MODEL_TARGETS = (
    Target("model", st.deferred(spoiled_models), model, 800),
    Target("checkpoint", st.deferred(spoiled_checkpoints), checkpoint, 500),
)
