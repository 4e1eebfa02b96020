"""A made-up comparison with everything a decision hangs on, as the page of a study has it."""

from dataclasses import replace

import numpy as np

from isogloss.report.comparison.compare import Asked, Extra, compare_study
from isogloss.report.comparison.results import Result
from isogloss.report.comparison.rounds import Price
from isogloss.report.comparison.units import Units
from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Comparing, Evidence, Provenance
from isogloss.report.recommend.candidate import Candidate, candidates_of
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend

SOURCES = ("eng-Latn", "por-Latn")
TARGETS = (*SOURCES, "deu-Latn")
FRAME = Frame("toy", "f1")
RATES = {
    ("big", "torch"): [50.0, 55.0, 45.0],
    ("small", "torch"): [200.0, 220.0, 180.0],
    ("big", "onnx"): [100.0, 105.0, 95.0],
    ("small", "onnx"): [400.0, 420.0, 390.0],
}
"""Sentences a second, a round of measuring each."""

SHARES = {"big": {"torch": 0.95, "onnx": 0.95}, "small": {"torch": 0.8, "onnx": 0.5}}
"""How many spans each form of each encoder finds."""


def units(seed, share, *, n=60, gold_seed=0):
    """Units of a NER test set of one-word sentences; of its spans so many are found."""
    gold = np.random.default_rng(gold_seed).integers(0, 2, n)
    found = np.random.default_rng([seed, gold_seed]).random(n) < share
    tallies = np.zeros((n, 2, 3), dtype=np.int64)
    tallies[np.arange(n), gold, 2] = 1
    tallies[np.arange(n), np.where(found, gold, 1 - gold), 1] = 1
    tallies[np.arange(n), gold, 0] = found
    return Units(
        examples=tuple(f"test/{at}" for at in range(n)), tallies=tallies, offsets=np.arange(n + 1),
        gold=(1 + 2 * gold).astype(np.int16), right=found.astype(np.int64),
        scored=np.ones(n, dtype=np.int64), loss_sums=1.0 - found,
        loss_counts=np.ones(n, dtype=np.int64), names=("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
        labels=("PER", "LOC"), counted_in="spans",
    )  # fmt: skip


def results(encoders=("big", "small"), forms=("torch", "onnx"), seeds=(1, 2, 3)):
    """Every form of every encoder on every target; German, which is zero-shot, goes worse."""
    return [
        Result(
            encoder=encoder, form=form, regime="joint", sources=SOURCES, n_per_language=None,
            target=target, split="test", seed=seed,
            units=units(
                seed + 10 * number, SHARES[encoder][form] - 0.4 * (target not in SOURCES),
                gold_seed=TARGETS.index(target),
            ),
        )
        for number, encoder in enumerate(encoders)
        for form in forms
        for target in TARGETS
        for seed in seeds
    ]  # fmt: skip


def rows(encoders=("big", "small"), forms=("torch", "onnx")):
    """Rows of measured values, one round of each but for the rate."""
    base = {
        "split": "efficiency", "target_language": None, "regime": "joint",
        "source_languages": list(SOURCES), "n_per_language": None,
    }  # fmt: skip
    return [
        {**base, "encoder": encoder, "form": form, "metric": metric, "value": value}
        for encoder in encoders
        for form in forms
        for metric, value in {
            "offline_samples_per_second": RATES[encoder, form][0],
            "single_stream_p99_ms": 1000.0 / RATES[encoder, form][0],
            "peak_rss_mb": {"big": 900.0, "small": 300.0}[encoder],
        }.items()
    ]


def comparing(encoders=("big", "small"), forms=("torch", "onnx"), price=1.8, **more):
    """The comparison of these encoders in these forms, with its recommendation."""
    evaluated = results(encoders, forms)
    paid = None if price is None else Price(price, "EUR")
    samples = {place: {"offline_samples_per_second": rates} for place, rates in RATES.items()}
    languages = {code: {"fertility": 1.5} for code in SOURCES}
    audit = {"algorithm": "unigram", "vocab_size": 1000, "languages": languages}
    extra = Extra(samples=samples, audits=dict.fromkeys(encoders, audit), price=paid)
    asked = Asked("f1", ("eval_loss", "f1"), resamples=200)
    found = compare_study(evaluated, rows(encoders, forms), asked, extra)
    candidates = candidates_of(found, evaluated)
    chosen = recommend(candidates, Constraints(), currency="EUR")
    return Comparing(found, chosen, command="isogloss recommend toy.yaml", **more)


def offering(found, candidates):
    """The comparison with these candidates instead of its own."""
    chosen = replace(found.recommendation, candidates=tuple(candidates))
    return replace(found, recommendation=chosen)


def evidence(**more):
    """What a page is written from, with nothing but these parts."""
    told = Provenance(["isogloss run toy.yaml"], "name: toy", more.pop("unfinished", ()))
    return Evidence(FRAME, told, **more)


def candidate(name, quality, **more):
    """A candidate of which only that is known which is given."""
    return Candidate(name, more.pop("encoder", name), "torch", "f1", quality, **more)
