"""Made-up rows of results, as the store would give them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

LABELS = ("negative", "neutral", "positive")
CODES = (
    "eng-Latn", "fra-Latn", "ara-Arab", "jpn-Jpan", "hin-Deva", "msa-Latn", "deu-Latn",
    "ita-Latn", "spa-Latn", "por-Latn", "ind-Latn", "zho-Hans", "swa-Latn",
)  # fmt: skip
TEST_ROWS = 300


def matrix(score, n=TEST_ROWS):
    """A balanced confusion matrix of about this accuracy."""
    right = round(score * n / 3)
    wrong = (n // 3 - right) / 2
    counts = np.full((3, 3), math.floor(wrong))
    np.fill_diagonal(counts, 0)
    np.fill_diagonal(counts, n // 3 - counts.sum(axis=1))
    return counts


def cell_rows(value, *, target, seed=0, regime="joint", sources=CODES[:3], n=100, **more):
    """The rows of one evaluation."""
    base = {
        "study": "toy", "encoder": "tiny", "task": "sentiment", "regime": regime,
        "source_languages": list(sources), "n_per_language": n,
        "n_train": None if n is None else n * len(sources), "seed": seed,
        "target_language": target, "split": "test", "n_scored": TEST_ROWS, "n_unscored": 0,
        "step": "0123456789abcdef", **more,
    }  # fmt: skip
    found = {"macro_f1": value, "accuracy": value, "eval_loss": 1 - value}
    for gold, row in zip(LABELS, matrix(value), strict=True):
        found[f"support/{gold}"] = int(row.sum())
        found |= {f"confusion/{gold}/{p}": int(c) for p, c in zip(LABELS, row, strict=True)}
    return [{**base, "metric": name, "value": float(number)} for name, number in found.items()]


def train_rows(seconds, *, seed=0, regime="joint", sources=CODES[:3], n=100, encoder="tiny"):
    """The rows of one training."""
    base = {
        "study": "toy", "encoder": encoder, "task": "sentiment", "regime": regime,
        "source_languages": list(sources), "n_per_language": n,
        "n_train": None if n is None else n * len(sources), "seed": seed,
        "target_language": None, "split": "train", "n_scored": 0, "n_unscored": 0,
        "step": "fedcba9876543210",
    }  # fmt: skip
    found = {
        "train_loss": 0.5,
        "train_runtime": seconds,
        "train_samples_per_second": 100 / seconds,
        "train_steps_per_second": 3 / seconds,
    }
    return [{**base, "metric": name, "value": float(number)} for name, number in found.items()]


def study_rows(n_languages=4, *, sizes=(100, 500, 2000), seeds=(0, 1, 2), encoder="tiny"):
    """A whole made-up study: joint at all sizes, single at the largest; noise by seed."""
    rng = np.random.default_rng(5)
    codes = CODES[:n_languages]
    ceiling = dict(zip(codes, rng.uniform(0.45, 0.8, n_languages), strict=True))
    kin = rng.uniform(0.35, 0.85, (n_languages, n_languages))
    rows = []
    for seed in seeds:
        for n in sizes:
            rows += train_rows(n / 20, seed=seed, sources=codes, n=n, encoder=encoder)
            for code in codes:
                value = ceiling[code] * (1 - math.exp(-((n / 150) ** 0.5))) + rng.normal(0, 0.012)
                rows += cell_rows(
                    value, target=code, seed=seed, sources=codes, n=n, encoder=encoder
                )
        for i, source in enumerate(codes):
            where = {"seed": seed, "regime": "single", "sources": [source], "n": sizes[-1]}
            rows += train_rows(sizes[-1] / 60, encoder=encoder, **where)
            for j, code in enumerate(codes):
                share = 0.95 if i == j else kin[i, j]
                value = ceiling[code] * share + rng.normal(0, 0.012)
                rows += cell_rows(value, target=code, encoder=encoder, **where)
    return rows


@pytest.fixture(scope="session")
def toy():
    """The makers of rows, for tests to build what they need."""
    return SimpleNamespace(
        cell=cell_rows, train=train_rows, study=study_rows, codes=CODES, labels=LABELS
    )
