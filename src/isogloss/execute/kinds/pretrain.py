"""Step `pretrain`: a masked language model from scratch, of one language (a teacher) or of many."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.data.packing import Packed, cut_to
from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.kept import keep, kept, let_go
from isogloss.execute.kinds.learning import (
    Corpus,
    dev_of,
    first_teacher,
    mixing_of,
    recipe_of,
    rules_of,
)
from isogloss.execute.kinds.pretrain_price import flops, teachers_runtime, teachers_training
from isogloss.execute.kinds.tokenizer import tokenizer_of
from isogloss.execute.kinds.tracked import trackers_of
from isogloss.model.card import model_card
from isogloss.model.masked import load_masked_lm, make_masked_lm, save_masked_lm
from isogloss.model.precision import best_device, choose_attention
from isogloss.model.scratch import Size, scratch_config
from isogloss.model.tokenizer import load_tokenizer
from isogloss.store.step_files import BEST, CARD, DEV, TRAIN, TRAINING
from isogloss.train.checkpoint import copy_weights, restore_model
from isogloss.train.lesson import LanguageLesson
from isogloss.train.masked_lesson import MaskedLesson
from isogloss.train.pretrain import Dev, Pretrained, pretrain


class Opened(NamedTuple):
    """A pre-trained model, ready to be asked."""

    model: Any
    tokenizer: Any


def make_pretrained(bench: Bench) -> Making:
    """Train on hard labels."""
    corpus = read_corpus(bench)
    model = new_model(bench, corpus.tokenizer)
    lesson = hard_lesson(bench, corpus)
    found = yield from learn(bench, model, lesson, corpus)
    return made_of(bench, model, corpus, found)


def open_pretrained(key: str, folder: Path) -> Opened:
    """A pre-trained model: the one just trained in this process, or the stored one."""
    opened: Opened | None = kept(key)
    if opened is None:
        let_go()
        told = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
        model = load_masked_lm(folder, attention=told["attention"]).to(best_device())
        opened = Opened(model, load_tokenizer(folder))
        keep(key, opened)
    return opened


def read_corpus(bench: Bench) -> Corpus:
    """The windows of each language, cut as the step's mixing says, and the tokenizer."""
    let_go()
    payload, languages = bench.payload, bench.payload["languages"]
    folders = [bench.need(at) for at in range(len(languages))]
    whole = [Packed.read(folder / TRAIN) for folder in folders]
    mixing = payload["mixing"]
    if mixing["kind"] == "balanced":
        size = mixing["characters"] or min(one.n_characters for one in whole)
        whole = [one.select(cut_to(one, size, seed=payload["seed"])) for one in whole]
    return Corpus(
        languages=tuple(languages),
        train=tuple(whole),
        dev=tuple(Packed.read(folder / DEV) for folder in folders),
        tokenizer=tokenizer_of(bench, len(languages)),
    )


def new_model(bench: Bench, tokenizer: Any) -> Any:
    """The model that is to learn, its weights drawn from the seed."""
    payload = bench.payload
    named = {k: v for k, v in payload["encoder"].items() if k != "architecture"}
    longest = payload["training"]["max_length"]
    size = Size(**named, max_length=longest)
    named_as, plugins = payload["encoder"]["architecture"], payload.get("plugins", ())
    config = scratch_config(named_as, tokenizer, size, plugins=plugins)
    attention = choose_attention(longest, best_device())
    return make_masked_lm(config, seed=payload["seed"], attention=attention)


def hard_lesson(bench: Bench, corpus: Corpus, n_views: int | None = None) -> MaskedLesson:
    """What is learned from the text's own tokens."""
    payload = bench.payload
    return MaskedLesson(
        corpora=corpus.train,
        mixing=mixing_of(payload, [len(one) for one in corpus.train]),
        rules=rules_of(payload, corpus.tokenizer),
        maskable=corpus.maskable,
        label_smoothing=payload["label_smoothing"],
        n_views=n_views,
    )


def learn(
    bench: Bench, model: Any, lesson: LanguageLesson, corpus: Corpus, eval_steps: int | None = None
) -> Generator[Any, None, Pretrained]:
    """Train; goes on from the step's checkpoint where one is left."""
    payload, settings = bench.payload, bench.step.settings
    keeps = payload["best_per_language"]
    watched = eval_steps or keeps
    recipe = recipe_of(payload, settings, watched)
    dev = Dev(dev_of(corpus, payload, settings), bool(keeps)) if watched else None
    with trackers_of(bench, recipe) as tracker:
        found: Pretrained = yield from pretrain(
            model,
            lesson,
            recipe,
            pad_id=corpus.tokenizer.pad_token_id,
            folder=bench.store.running(bench.step.key),
            dev=dev,
            tracker=tracker,
            max_tokens=settings["max_tokens"],
        )
    return found


def made_of(
    bench: Bench, model: Any, corpus: Corpus, found: Pretrained, teachers: Sequence[Any] = ()
) -> Made:
    """A trained model as a finished step; `teachers` are the configs of those that read along."""
    keep(bench.step.key, Opened(model, corpus.tokenizer))
    record = _record(bench, model, corpus, found, teachers)
    return Made(record, partial(_fill, bench, model, corpus, found, record))


def _record(
    bench: Bench, model: Any, corpus: Corpus, found: Pretrained, teachers: Sequence[Any]
) -> dict[str, Any]:
    """What tables are made of; the curve is a file of its own."""
    told = asdict(found.trained)
    del told["curve"]
    shares = mixing_of(bench.payload, [len(one) for one in corpus.train]).shares
    values = {
        "train_loss": told["train_loss"],
        "train_runtime": told["train_runtime"],
        "train_samples_per_second": told["train_samples_per_second"],
        "train_steps_per_second": told["train_steps_per_second"],
        "train_steps": told["n_steps"],
        "tokens_seen": told["real_tokens"],
        "n_windows": found.n_windows,
        **flops(bench, model, found, teachers),
        "teachers_runtime": teachers_runtime(bench),
        **teachers_training(bench),
    }
    return {
        **told,
        "n_train": found.n_windows,
        "n_scored": found.n_scored,
        "sizes": {
            code: {"windows": len(one), "characters": one.n_characters}
            for code, one in zip(corpus.languages, corpus.train, strict=True)
        },
        **({} if shares is None else {"shares": list(shares)}),
        "dev_losses": found.dev_losses,
        "best_steps": found.best_steps,
        "scores": [
            {"metric": name, "value": float(value), "n_scored": found.n_windows, "n_unscored": 0}
            for name, value in values.items()
        ],
    }


def _fill(
    bench: Bench,
    model: Any,
    corpus: Corpus,
    found: Pretrained,
    record: Mapping[str, Any],
    folder: Path,
) -> None:
    save_masked_lm(model, corpus.tokenizer, folder)
    for code, weights in zip(corpus.languages, found.best_weights, strict=False):
        _save_best(model, corpus, weights, folder / BEST / code)
    text = json.dumps(asdict(found.trained), indent=1, allow_nan=False)
    (folder / TRAINING).write_text(text + "\n", encoding="utf-8")
    (folder / CARD).write_text(_card(bench, model, record), encoding="utf-8")


def _save_best(model: Any, corpus: Corpus, weights: Any, folder: Path) -> None:
    last = copy_weights(model)
    restore_model(model, weights)
    save_masked_lm(model, corpus.tokenizer, folder)
    restore_model(model, last)


def _card(bench: Bench, model: Any, record: Mapping[str, Any]) -> str:
    payload, settings = bench.payload, bench.step.settings
    return model_card(
        {
            "name": bench.step.title,
            "languages": payload["languages"],
            "study": settings["study"],
            "arm": bench.step.title.partition(" ")[0],
            "seed": payload["seed"],
            "steps": record["n_steps"],
            "tokens_seen": record["real_tokens"],
            "architecture": payload["encoder"]["architecture"],
            "parameters": model.num_parameters(),
            "vocab_size": model.config.vocab_size,
            "max_length": payload["training"]["max_length"],
            "key": bench.step.key,
            "sizes": record["sizes"],
            "versions": {name: version(name) for name in ("isogloss", "torch", "transformers")},
            "teachers": dict(_teachers(bench)),
            **_soft_labels(payload.get("distillation")),
        }
    )


def _soft_labels(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """How a student listens to its teachers, for its card; nothing where labels are hard."""
    if told is None:
        return {}
    listening = dict(told["listening"])
    policy, weight = listening["policy"], listening["weight"]
    more = {
        "threshold": f", 0 for who is not better by {listening['margin']} nats",
        "adaptive": f", halved for every {listening['halving']} nats past the teacher's loss"
        f" + {listening['slack']}",
    }
    return {"weight": f"{weight}{more.get(policy, '')}", "temperature": told["temperature"]}


def _teachers(bench: Bench) -> Iterator[tuple[str, str]]:
    """Who taught each language; nobody where labels are hard."""
    payload, needs = bench.payload, bench.step.needs
    told: dict[str, Any] = payload.get("distillation", {})
    first = first_teacher(bench)
    for at, code in enumerate(payload["languages"] if told else ()):
        who = told["teachers"][at]
        if told["targets"]["kind"] == "sampled":
            yield code, f"answers kept by step {needs[first + at]}"
        elif "need" in who:
            yield code, f"step {needs[first + who['need']]}"
        else:
            yield code, str(bench.step.settings["teachers"][code])
