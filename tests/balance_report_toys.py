"""A made-up balance study: rows of results, and stored ranks and predictions behind them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.report.balance.claim import claim_lines
from isogloss.report.balance.design import Design
from isogloss.report.balance.page import NOTHING_ELSE
from isogloss.report.balance.tables import balance_tables
from isogloss.report.balance.trials import read_trials
from isogloss.report.html.evidence import Balancing

LOW = ("eus-Latn", "tur-Latn", "vie-Latn", "hun-Latn")
HIGH = ("spa-Latn", "eng-Latn", "deu-Latn")
PIVOT = ("deu-Latn",)
LANGUAGES = (*LOW, *HIGH)
ARMS = ("hard-all", "hard-balanced", "soft-balanced")
SIZES = {code: 500_000 * 2**at for at, code in enumerate(LANGUAGES)}
DESIGN = Design(groups={"low": LOW, "high": HIGH, "pivot": PIVOT}, arms=ARMS, sizes=SIZES)
PROBED = (*LOW[:2], *HIGH[1:])
MEANS = {
    "hard-all": 2.0, "hard-balanced": 2.0, "soft-balanced": 1.6,
    "hard-smoothed": 1.95, "hard-longer": 1.9,
}  # fmt: skip
"""Of the logarithms of an arm's ranks, in the smallest language."""

LABELS = {"pos": ("NOUN", "VERB", "X"), "ner": ("PER", "LOC")}


def with_controls(design=DESIGN):
    """The design with the two arms that decide whether it is the teachers."""
    return replace(
        design,
        arms=(*design.arms, "hard-smoothed", "hard-longer"),
        controls={"smoothing": "hard-smoothed", "compute": "hard-longer"},
    )


def row(metric, value, **more):
    """One row of the long table."""
    return {
        "study": "toy", "encoder": "hard-all", "task": "mlm", "regime": "pretrain",
        "source_languages": list(LANGUAGES), "n_per_language": None, "n_train": None, "seed": 0,
        "target_language": None, "split": "held_out", "metric": metric, "value": float(value),
        "n_scored": 100, "n_unscored": 0, "step": "0123456789abcdef", "form": None, **more,
    }  # fmt: skip


def masked(arm, target, value, *, seed=0, metric="mrr", **more):
    """The score of an arm on the held-out text of a language."""
    return row(metric, value, encoder=arm, target_language=target, seed=seed,
               step=f"mlm-{arm}-{target}-{seed}", **more)  # fmt: skip


def probe(arm, source, target, value, *, seed=0, task="pos", metric="accuracy", **more):
    """The score of a probe on an arm."""
    return row(
        metric, value, encoder=arm, task=task, regime="probe", source_languages=[source],
        target_language=target, seed=seed, split="test", form="layer -1",
        step=f"{task}-{arm}-{source}-{seed}", **more,
    )  # fmt: skip


def training(arm, *, seed=0, sources=LANGUAGES, **values):
    """What the training of an arm or teacher cost."""
    return [
        row(name, value, encoder=arm, seed=seed, split="train", source_languages=list(sources))
        for name, value in values.items()
    ]


def write_ranks(folder, ranks, *, per_window=5):
    """Store ranks as an evaluation of masked words does."""
    folder.mkdir(parents=True, exist_ok=True)
    n = len(ranks)
    columns = {
        "window": np.arange(n) // per_window,
        "position": np.arange(n) % per_window + 1,
        "rank": np.asarray(ranks),
        "loss": np.log(np.asarray(ranks) + 0.5),
        "characters": np.arange(n) % 4 + 1,
    }
    pq.write_table(pa.table(columns), folder / "ranks.parquet")


def write_predictions(folder, by_target):
    """Store a probe's predictions: target -> sentences of (gold, predicted) pairs."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "target": target,
            "layer": -1,
            "example": f"test/{at}",
            "word": word,
            "gold": gold,
            "predicted": said,
        }
        for target, sentences in by_target.items()
        for at, sentence in enumerate(sentences)
        for word, (gold, said) in enumerate(sentence)
    ]
    table = pa.Table.from_pylist(rows)
    table = table.set_column(0, "target", table["target"].dictionary_encode())
    pq.write_table(table, folder / "predictions.parquet")


def sentences(rng, n, share):
    """Sentences of three words of which about this share is tagged right."""
    tags = LABELS["pos"]
    found = []
    for at in range(n):
        gold = [tags[(at + word) % 3] for word in range(3)]
        right = rng.random(3) < share
        found.append([
            (tag, tag if ok else tags[(tags.index(tag) + 1) % 3])
            for tag, ok in zip(gold, right, strict=True)
        ])  # fmt: skip
    return found


def ranks(rng, n, mean):
    """Ranks of about this mean of log ranks."""
    return np.floor(np.exp(rng.exponential(mean, n))).astype(int)


def study(store, arms=ARMS):
    """Rows of a made-up study, with what its steps stored."""
    rows = []
    for seed in (0, 1):
        for at, language in enumerate(LANGUAGES):
            for arm in arms:
                drawn = ranks(np.random.default_rng([at, seed]), 300, MEANS[arm] - 0.1 * at)
                write_ranks(store / f"mlm-{arm}-{language}-{seed}", drawn)
                rows.append(masked(arm, language, np.mean(1 / drawn), seed=seed))
                bits = np.log2(drawn + 0.5).sum() / 750
                rows.append(masked(arm, language, bits, seed=seed, metric="bits_per_character"))
            rows.append(masked(f"teacher/{language}", language, 0.45, seed=seed))
        for arm in arms:
            for source in PROBED:
                said = {
                    target: sentences(np.random.default_rng([at, seed]), 30,
                                      (0.8 if source == target else 0.4) - MEANS[arm] / 20)
                    for at, target in enumerate(PROBED)
                }  # fmt: skip
                write_predictions(store / f"pos-{arm}-{source}-{seed}", said)
                for target, of_target in said.items():
                    right = np.mean([gold == tag for one in of_target for gold, tag in one])
                    rows.append(probe(arm, source, target, right, seed=seed))
            rows += training(arm, seed=seed, train_steps=100, tokens_seen=409600, flops=2e12,
                             train_runtime=12.5 + seed, train_loss=4.2)  # fmt: skip
    return rows


def balancing(store, design=DESIGN, also=NOTHING_ELSE):
    """What a page is told of the made-up study."""
    rows = study(store, design.arms)
    trials = read_trials(rows, lambda key: store / key, labels=LABELS, arms=design.arms)
    tables = balance_tables(rows, design, trials=trials, resamples=200)
    return Balancing(tables, design, also, claim_lines(tables["balance_tests"], design))
