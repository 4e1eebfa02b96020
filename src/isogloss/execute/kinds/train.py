"""Step `train`: draw a balanced sample, fine-tune on it, keep the checkpoint and the curve."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from isogloss.data.encoded import Encoded
from isogloss.data.encoded_words import EncodedWords
from isogloss.data.sampling import Sample, sample_balanced
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.judging import Asked, dev_scores
from isogloss.execute.kinds.kept import keep, kept, let_go
from isogloss.execute.kinds.prepare import Prepared, read_prepared
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.execute.kinds.tracked import trackers_of
from isogloss.model.encoder import (
    Head,
    Loaded,
    check_length,
    load_classifier,
    load_tagger,
    make_classifier,
    make_tagger,
    save_classifier,
)
from isogloss.model.lora import FOLDER, Adapted, Adapter, LoraSettings, add_lora, count_weights
from isogloss.model.precision import best_device, choose_attention, choose_precision
from isogloss.model.scratch import Size, scratch_config
from isogloss.store.step_files import TRAINING
from isogloss.study.tasks import SENTENCES, tags_of
from isogloss.train.finetune import finetune
from isogloss.train.lesson import TagLesson, TextLesson
from isogloss.train.recipe import Recipe
from isogloss.train.training import DevScore, Trained

_NOT_OF_THE_RECIPE = ("method", "lora", "max_length", "metric_for_best_model")


def make_trained(bench: Bench) -> Making:
    """Fine-tune; goes on from the step's checkpoint where one is left."""
    let_go()
    payload, settings = bench.payload, bench.step.settings
    training, samples = _draw(bench)
    recipe = _recipe(payload, settings)
    tokenizer = _tokenizer(bench)
    model, head = _model(bench, tokenizer)
    adapted = _adapted(bench, model)
    n_weights, n_learning = count_weights(model)
    dev = _dev_splits(bench, recipe)
    with trackers_of(bench, recipe) as tracker:
        trained = yield from finetune(
            model,
            _lesson(training),
            recipe,
            pad_id=tokenizer.pad_token_id,
            folder=bench.store.running(bench.step.key),
            dev_score=_dev_score(bench, dev, recipe, tokenizer.pad_token_id),
            tracker=tracker,
            max_tokens=settings["max_tokens"],
            also_read=[split.ids for split in dev],
            method={"lora": payload["training"]["lora"]} if adapted else None,
            cuda_graphs=settings["cuda_graphs"],
        )
    adapter = adapted.merge() if adapted else None
    keep(bench.step.key, model)
    record = {
        **_record(training, samples, trained, head),
        **({"lora_targets": ", ".join(adapted.targets)} if adapted else {}),
        "n_weights": n_weights,
        "n_weights_trained": n_learning,
    }
    fill = partial(_fill, model, tokenizer, trained, _drawn(training, samples))
    return Made(record, fill if adapter is None else partial(_fill_beside, fill, adapter))


def open_trained(key: str, folder: Path, payload: Mapping[str, Any]) -> Any:
    """A trained model: the one just trained in this process, or the stored one."""
    if (model := kept(key)) is not None:
        return model
    config = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
    attention = config["attention"]
    let_go()
    load = load_tagger if "task" in payload else load_classifier
    model = load(folder, labels=names_of_head(payload), seed=0, attention=attention).model
    model = model.to(best_device())
    keep(key, model)
    return model


def names_of_head(payload: Mapping[str, Any]) -> list[str]:
    """What a model's outputs are called: labels of texts, or tags of words."""
    if "task" in payload:
        return list(tags_of(payload["task"], payload["labels"]))
    return list(payload["labels"])


def _lesson(training: Prepared) -> TagLesson | TextLesson:
    return TagLesson(training) if isinstance(training, EncodedWords) else TextLesson(training)


def _draw(bench: Bench) -> tuple[Any, dict[str, Sample]]:
    """The training rows of all source languages, and how each language's were drawn."""
    payload = bench.payload
    parts: list[Any] = []
    samples: dict[str, Sample] = {}
    for at, code in enumerate(payload["sources"]):
        prepared = read_prepared(bench.need(at), payload)
        classes, of_rows = _classes(prepared, payload["labels"])
        samples[code] = sample_balanced(
            of_rows,
            payload["n_per_language"],
            classes,
            seed=payload["seed"],
            language=code,
            shortage=payload["shortage"],
        )
        parts.append(prepared.select(samples[code].indices))
    return type(parts[0]).concatenate(parts), samples


def _classes(prepared: Prepared, labels: list[str]) -> tuple[list[str], list[str]]:
    """What a sample is balanced over, and the class of each row; sentences are all of one."""
    if isinstance(prepared, EncodedWords):
        return [SENTENCES], [SENTENCES] * len(prepared)
    return labels, [labels[number] for number in prepared.labels]


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
    """Of a scratch encoder the one trained for it; one that was pre-trained here brings its own."""
    payload = bench.payload
    trained = bench.need(-1) if payload["encoder"].keys() & {"scratch", "step"} else None
    return open_tokenizer(payload["encoder"], bench.step.settings["model"], trained)


def _model(bench: Bench, tokenizer: Any) -> Loaded:
    """The encoder with its head: a new one drawn from the seed, or one made for these labels."""
    payload = bench.payload
    pin, names, seed = payload["encoder"], names_of_head(payload), payload["seed"]
    longest = payload["training"]["max_length"]
    attention = choose_attention(longest, best_device())
    if "scratch" in pin:
        named, plugins = pin["scratch"]["architecture"], pin.get("plugins", ())
        config = scratch_config(named, tokenizer, _size(pin, longest), plugins=plugins)
        make = make_tagger if "task" in payload else make_classifier
        return Loaded(make(config, names, seed=seed, attention=attention), "new")
    name = str(bench.need(-1)) if "step" in pin else bench.step.settings["model"]
    load = load_tagger if "task" in payload else load_classifier
    commit = pin.get("commit", "main")
    loaded = load(name, revision=commit, labels=names, seed=seed, attention=attention)
    check_length(loaded.model, longest, name)
    return loaded


def lora_of(payload: Mapping[str, Any]) -> LoraSettings | None:
    """How a training adapts its encoder; None if it trains all of it."""
    training = payload["training"]
    return LoraSettings(**training["lora"]) if training["method"] == "lora" else None


def _adapted(bench: Bench, model: Any) -> Adapted | None:
    """Put LoRA into the model, if that is how it is to be trained."""
    settings, pin = lora_of(bench.payload), bench.payload["encoder"]
    if settings is None:
        return None
    base = (pin["model"], pin["commit"]) if "commit" in pin else None
    name = bench.step.settings["encoder"]
    return add_lora(model, settings, seed=bench.payload["seed"], name=name, base=base)


def _size(pin: Mapping[str, Any], longest: int) -> Size:
    declared = pin["scratch"]
    named = {k: v for k, v in declared.items() if k not in {"architecture", "tokenizer"}}
    return Size(**named, max_length=longest)


def _dev_splits(bench: Bench, recipe: Recipe) -> list[Prepared]:
    """The dev split of each source language; none if nobody asks for their scores."""
    if recipe.eval_strategy == "no":
        return []
    first = len(bench.payload["sources"])
    return [read_prepared(bench.need(first + at), bench.payload) for at in range(first)]


def _dev_score(
    bench: Bench, splits: list[Prepared], recipe: Recipe, pad_id: int
) -> DevScore | None:
    """The mean over source languages of the dev metric; higher is better, so a loss is negated."""
    if not splits:
        return None
    payload = bench.payload
    metric = payload["training"]["metric_for_best_model"]
    precision = choose_precision(recipe.precision, best_device())
    max_tokens = bench.step.settings["max_tokens"]
    asked = Asked.of(payload, precision, pad_id=pad_id, max_tokens=max_tokens)
    sign = -1.0 if metric == "eval_loss" else 1.0

    def score(model: Any) -> float:
        return fmean(sign * dev_scores(model, split, asked)[metric] for split in splits)

    return score


def _record(
    training: Prepared, samples: Mapping[str, Sample], trained: Trained, head: Head
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
        **({"n_truncated": training.n_truncated} if isinstance(training, Encoded) else {}),
        "samples": {code: _told_sample(sample) for code, sample in samples.items()},
        "scores": [
            {"metric": name, "value": told[name], "n_scored": n, "n_unscored": 0} for name in names
        ],
    }


def _told_sample(sample: Sample) -> dict[str, Any]:
    told = asdict(sample)
    del told["indices"]
    return {**told, "rows": len(sample.indices)}


def _drawn(training: Prepared, samples: Mapping[str, Sample]) -> dict[str, list[str]]:
    """Language -> ids of its rows, in the order of the training set."""
    ids = iter(training.examples)
    return {code: list(islice(ids, len(sample.indices))) for code, sample in samples.items()}


def _fill(
    model: Any, tokenizer: Any, trained: Trained, drawn: dict[str, list[str]], folder: Path
) -> None:
    save_classifier(model, tokenizer, folder)
    told = {**asdict(trained), "examples": drawn}
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / TRAINING).write_text(text + "\n", encoding="utf-8")


def _fill_beside(fill: Callable[[Path], None], adapter: Adapter, folder: Path) -> None:
    """Write the merged model, and what was learned beside it."""
    fill(folder)
    adapter.save(folder / FOLDER)
