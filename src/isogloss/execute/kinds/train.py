"""Step `train`: draw a balanced sample, fine-tune on it, keep the checkpoint and the curve."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from isogloss.data.encoded import Encoded
from isogloss.data.sampling import Sample, sample_balanced
from isogloss.evaluate.metrics import classification_scores
from isogloss.evaluate.predict import predict
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.prepare import FILE as ENCODED
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.model.encoder import (
    Head,
    Loaded,
    check_length,
    load_classifier,
    make_classifier,
    save_classifier,
)
from isogloss.model.precision import best_device, choose_attention, choose_precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.train.finetune import finetune
from isogloss.train.recipe import Recipe
from isogloss.train.trackers import open_trackers
from isogloss.train.training import DevScore, Trained

_NOT_OF_THE_RECIPE = ("method", "max_length", "metric_for_best_model")

_kept: dict[str, Any] = {}
"""The model last trained or tested, by its training's key: its evaluations follow in this process.

A global, since what it bounds is the process's own: one step is worked on at a time, with room for
one model, and steps share nothing else than the store.
"""


def make_trained(bench: Bench) -> Making:
    """Fine-tune; goes on from the step's checkpoint where one is left."""
    _kept.clear()
    payload, settings = bench.payload, bench.step.settings
    training, samples = _draw(bench)
    recipe = _recipe(payload, settings)
    tokenizer = _tokenizer(bench)
    model, head = _model(bench, tokenizer)
    trackers = open_trackers(
        settings["report_to"],
        folder=bench.store.root / "trackers",
        project=settings["study"],
        run=f"{bench.step.title} {bench.step.key}".replace(" ", "_"),
        config={"title": bench.step.title, **recipe.identity},
    )
    with trackers as tracker:
        trained = yield from finetune(
            model,
            training,
            recipe,
            pad_id=tokenizer.pad_token_id,
            folder=bench.store.running(bench.step.key),
            dev_score=_dev_score(bench, recipe, tokenizer.pad_token_id),
            tracker=tracker,
            max_tokens=settings["max_tokens"],
        )
    _kept[bench.step.key] = model
    record = _record(training, samples, trained, head)
    return Made(record, partial(_fill, model, tokenizer, trained, _drawn(training, samples)))


def open_trained(key: str, folder: Path, labels: list[str]) -> Any:
    """A trained model: the one just trained in this process, or the stored one."""
    if key not in _kept:
        config = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        attention = config["attention"]
        _kept.clear()
        model = load_classifier(folder, labels=labels, seed=0, attention=attention).model
        _kept[key] = model.to(best_device())
    return _kept[key]


def _draw(bench: Bench) -> tuple[Encoded, dict[str, Sample]]:
    """The training rows of all source languages, and how each language's were drawn."""
    payload = bench.payload
    labels = payload["labels"]
    parts: list[Encoded] = []
    samples: dict[str, Sample] = {}
    for at, code in enumerate(payload["sources"]):
        encoded = Encoded.read(bench.need(at) / ENCODED)
        samples[code] = sample_balanced(
            [labels[number] for number in encoded.labels],
            payload["n_per_language"],
            labels,
            seed=payload["seed"],
            language=code,
            shortage=payload["shortage"],
        )
        parts.append(encoded.select(samples[code].indices))
    return Encoded.concatenate(parts), samples


def _recipe(payload: Mapping[str, Any], settings: Mapping[str, Any]) -> Recipe:
    """The declaration's values, flat."""
    declared = {k: v for k, v in payload["training"].items() if k not in _NOT_OF_THE_RECIPE}
    return Recipe(
        **declared,
        seed=payload["seed"],
        logging_steps=settings["logging_steps"],
        save_seconds=settings["save_seconds"],
    )


def _tokenizer(bench: Bench) -> Any:
    payload = bench.payload
    trained = bench.need(-1) if "scratch" in payload["encoder"] else None
    return open_tokenizer(payload["encoder"], bench.step.settings["model"], trained)


def _model(bench: Bench, tokenizer: Any) -> Loaded:
    """The encoder with its head: a new one drawn from the seed, or one made for these labels."""
    payload = bench.payload
    pin, labels, seed = payload["encoder"], payload["labels"], payload["seed"]
    longest = payload["training"]["max_length"]
    attention = choose_attention(longest, best_device())
    if "scratch" in pin:
        config = scratch_config(pin["scratch"]["architecture"], tokenizer, _size(pin, longest))
        return Loaded(make_classifier(config, labels, seed=seed, attention=attention), "new")
    name = bench.step.settings["model"]
    loaded = load_classifier(
        name, revision=pin.get("commit", "main"), labels=labels, seed=seed, attention=attention
    )
    check_length(loaded.model, longest, name)
    return loaded


def _size(pin: Mapping[str, Any], longest: int) -> Size:
    declared = pin["scratch"]
    named = {k: v for k, v in declared.items() if k not in {"architecture", "tokenizer"}}
    return Size(**named, max_length=longest)


def _dev_score(bench: Bench, recipe: Recipe, pad_id: int) -> DevScore | None:
    """The mean over source languages of the dev metric; higher is better, so a loss is negated."""
    payload = bench.payload
    if recipe.eval_strategy == "no":
        return None
    first = len(payload["sources"])
    splits = [Encoded.read(bench.need(first + at) / ENCODED) for at in range(first)]
    metric, labels = payload["training"]["metric_for_best_model"], payload["labels"]
    precision = choose_precision(recipe.precision, best_device())
    sign = -1.0 if metric == "eval_loss" else 1.0

    def score(model: Any) -> float:
        return fmean(sign * one(model, split) for split in splits)

    def one(model: Any, split: Encoded) -> float:
        found = predict(
            model,
            split,
            precision=precision,
            pad_id=pad_id,
            max_tokens=bench.step.settings["max_tokens"],
        )
        scores = classification_scores(split.labels, found.probabilities, found.losses, labels)
        return next(score.value for score in scores if score.metric == metric)

    return score


def _record(
    training: Encoded, samples: Mapping[str, Sample], trained: Trained, head: Head
) -> dict[str, Any]:
    """What tables are made of; the curve is a file of its own."""
    told = asdict(trained)
    del told["curve"]
    names = ("train_loss", "train_runtime", "train_samples_per_second", "train_steps_per_second")
    n = len(training)
    return {
        **told,
        "head": head,
        "n_train": n,
        "n_truncated": training.n_truncated,
        "samples": {code: _told_sample(sample) for code, sample in samples.items()},
        "scores": [
            {"metric": name, "value": told[name], "n_scored": n, "n_unscored": 0} for name in names
        ],
    }


def _told_sample(sample: Sample) -> dict[str, Any]:
    told = asdict(sample)
    del told["indices"]
    return {**told, "rows": len(sample.indices)}


def _drawn(training: Encoded, samples: Mapping[str, Sample]) -> dict[str, list[str]]:
    """Language -> ids of its rows, in the order of the training set."""
    ids = iter(training.examples)
    return {code: list(islice(ids, len(sample.indices))) for code, sample in samples.items()}


def _fill(
    model: Any, tokenizer: Any, trained: Trained, drawn: dict[str, list[str]], folder: Path
) -> None:
    save_classifier(model, tokenizer, folder)
    told = {**asdict(trained), "examples": drawn}
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "training.json").write_text(text + "\n", encoding="utf-8")
