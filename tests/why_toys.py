"""Made-up evidence of any size and of any words, for the page's sections on why and from where."""

import numpy as np

from isogloss.report.comparison.results import Setting
from isogloss.report.frame import Frame
from isogloss.report.html.evidence import Errors, Evidence, Provenance, Scores
from isogloss.report.understand import understand
from isogloss.report.why.confusion import confusions_of_rows
from isogloss.report.why.entities import KINDS
from isogloss.report.why.worst import Mistake, Piece, Worst
from isogloss.stats.confusion import macro_f1

CODES = (
    "eng-Latn", "fra-Latn", "ara-Arab", "jpn-Jpan", "hin-Deva", "msa-Latn", "deu-Latn",
    "ita-Latn", "spa-Latn", "por-Latn", "ind-Latn", "zho-Hans", "swa-Latn", "rus-Cyrl",
    "ell-Grek", "heb-Hebr", "tha-Thai", "kor-Kore", "tur-Latn", "fin-Latn",
)  # fmt: skip
LABELS = ("negative", "neutral", "positive")
METRIC = "macro_f1"


def score_rows(encoder, code, size, seed, codes=CODES, labels=LABELS, n=300):
    """The rows of one evaluation: a score, supports and a confusion matrix."""
    rng = np.random.default_rng([len(encoder), CODES.index(code), size, seed])
    counts = rng.multinomial(n, rng.dirichlet(np.ones(len(labels) ** 2)))
    counts = counts.reshape(len(labels), len(labels)).astype(float)
    values = {METRIC: float(macro_f1(counts)), "eval_loss": 0.5}
    for gold, row in zip(labels, counts, strict=True):
        values[f"support/{gold}"] = row.sum()
        values |= {f"confusion/{gold}/{p}": c for p, c in zip(labels, row, strict=True)}
    base = {
        "study": "toy", "encoder": encoder, "task": "sentiment", "regime": "joint",
        "source_languages": list(codes), "n_per_language": size, "n_train": size * len(codes),
        "seed": seed, "target_language": code, "split": "test", "n_scored": n, "n_unscored": 0,
        "step": "0123456789abcdef", "form": "torch",
    }  # fmt: skip
    return [{**base, "metric": name, "value": float(value)} for name, value in values.items()]


def audit(codes=CODES, labels=LABELS, encoders=("tiny",), word="ok"):
    """An audit of two splits a language, with a finding, a leak and a tokenizer each."""
    spread = {"min": 3, "median": 40.0, "p95": 90.0, "max": 100_000}
    faults = {name: {"count": 1, "examples": [word]} for name in ("empty", "markup")}
    split = {
        "rows": 900,
        "labels": {label: {"count": 300, "share": 1 / len(labels)} for label in labels},
        "duplicates": {
            "exact": 1, "normalized": 2, "conflicting": 0, "examples": [],
            "conflicting_examples": [],
        },
        "faults": faults, "characters": spread, "words": spread, "script_share": 0.99,
    }  # fmt: skip
    leak = {"splits": ["train", "test"], "exact": 1, "normalized": 2, "rows": 900, "examples": []}
    finding = {
        "severity": "warning", "language": codes[0], "split": "train", "what": f"texts with {word}",
        "count": 3, "examples": [word, [word, word]], "remedy": f"Look at {word}",
    }  # fmt: skip
    rates = {
        "texts": 900, "words": 9000, "tokens": 15_000, "fertility": 1.6, "unknown_share": 0.01,
        "tokens_per_character": 0.3, "truncated_share": 0.0, "n_left_out": 0,
    }  # fmt: skip
    return {
        "labels": list(labels),
        "languages": {
            code: {"splits": {"train": split, "test": split}, "leakage": [leak]} for code in codes
        },
        "findings": [finding],
        "text": [],
        "tokenizers": {
            encoder: {"algorithm": word, "vocab_size": 10, "languages": dict.fromkeys(codes, rates)}
            for encoder in encoders
        },
    }


def worst(encoder, setting, code, labels=LABELS, text="A text."):
    """A wrong text and a wrong sentence."""
    pieces = (Piece(text, labels[0], "missed"), Piece(text))
    return Worst(
        encoder, setting, code, 1, 2, 300,
        (
            Mistake(text, 3.2, labels[0], labels[-1], 0.97, text, 12),
            Mistake("test/2", 2.1, as_gold=pieces, as_predicted=pieces[1:], told=(text,)),
        ),
    )  # fmt: skip


def steps(n, word="step", seeds=5):
    """So many finished steps."""
    return [
        {
            "step": f"{word} joint n=500 seed={at % seeds} on deu-Latn test {at}",
            "kind": "evaluate", "key": f"{at:016x}", "seed": at % seeds, "wall time (s)": at / 7,
            "finished (UTC)": f"2026-01-01 00:00:{at % 60:02}", "versions": None,
            "computed": "cpu, bf16, attention eager, 1 thread", "GFLOP": None,
        }
        for at in range(n)
    ]  # fmt: skip


def provenance(n=3, word="toy", **more):
    """Where a study comes from, with a failed step and one that is not done."""
    failed = {"step": f"{word} failed", "kind": "train", "key": "f" * 16, "why": f"no {word}"}
    kinds = [
        {"kind": "train", "steps": n, "finished": n, "wall time (s)": 60.5, "GFLOP": None},
        {"kind": "evaluate", "steps": 9, "finished": 1, "wall time (s)": 1.5, "GFLOP": 12.5},
    ]
    undone = [f"{word} failed: failed: no {word}", f"{word} other: not done yet"]
    return Provenance(
        commands=[f"isogloss run {word}.yaml"], study=f"name: {word}", unfinished=undone,
        checks=[f"isogloss plan {word}.yaml"], failed=[failed], kinds=kinds, steps=steps(n, word),
        pins=[{"what": "data", "name": word, "from": word, "identity": f"SHA-256 {word}"}],
        versions=[{"versions": 1, "made with": f"python {word}", "steps": n}],
        machines=[{"measured on": word, "cores": 2}], **more,
    )  # fmt: skip


def evidence(
    encoders=("tiny",), codes=CODES[:3], sizes=(100, 500), seeds=(1, 2), labels=LABELS, *,
    word="toy", n_steps=3, n=300,
):  # fmt: skip
    """All that a page of a study of texts is written from, but a comparison."""
    rows = [
        row
        for encoder in encoders
        for code in codes
        for size in sizes
        for seed in seeds
        for row in score_rows(encoder, code, size, seed, codes, labels, n)
    ]
    main = Setting("joint", tuple(codes), sizes[-1], "test")
    entities = [
        {
            "encoder": encoder, "language": code, "type": name, "gold": 9,
            **dict.fromkeys(KINDS, 2), "n_seeds": 2,
        }
        for encoder in encoders for code in codes for name in (None, *labels)
    ]  # fmt: skip
    errors = Errors(
        main=main,
        confusions=list(confusions_of_rows(rows, labels, METRIC)),
        entities=entities,
        worst=[worst(encoder, main, code, labels, word) for encoder in encoders for code in codes],
        texts=True,
    )
    return Evidence(
        frame=Frame(word, METRIC),
        provenance=provenance(n_steps, word),
        scores=Scores(rows, understand(rows, metric=METRIC)),
        errors=errors,
        audit=audit(codes, labels, encoders, word),
        remarks=[word],
    )
