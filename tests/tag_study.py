"""Toy studies of tagged words: two tiny encoders, trained, served in two forms, measured."""

import json
import random
from pathlib import Path

import pytest

from command import fresh

ENCODERS = """
encoders:
  - name: small
    scratch:
      architecture: bert
      hidden_size: 16
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 32
      tokenizer: {algorithm: wordpiece, vocab_size: 600}
  - name: other
    scratch:
      architecture: xlm-roberta
      hidden_size: 32
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 64
      tokenizer: {algorithm: unigram, vocab_size: 800}
"""
MEASURED = f"""
name: tagged
task: ner
data: {{source: {{kind: sample}}}}
languages: [en, es]
{ENCODERS}
training: {{max_steps: 30, learning_rate: 2.0e-2, max_length: 32, precision: fp32}}
sizes: [150]
seeds: [1, 2]
evaluation: {{target_languages: [en, es, de]}}
efficiency:
  forms: [torch, trimmed]
  scenarios: [offline, single_stream]
  rounds: 1
  n_texts: 8
  token_budgets: [256]
  offline_seconds: 0.1
  single_stream_queries: 20
  price_per_hour: 0.5
  threads: 1
"""
LONG = f"""
name: long
task: ner
data: {{source: {{kind: folder, root: data}}, labels: [PER, LOC]}}
languages: [en, pt]
{ENCODERS}
training: {{max_steps: 1, max_length: 128, precision: fp32}}
seeds: [1]
"""
WORDS = {
    "en": (["the", "unbelievable", "is", "\u00a0", "of"], ["Ada", "Grace"], ["Paris", "Rome"]),
    "pt": (["o", "inacreditável", "é", "\u00ad", "de"], ["Inês", "João"], ["Lisboa", "Porto"]),
}
LENGTHS = (1, 2, 5, 9, 40, 200, 700)
"""Words of the sentences of a split; the longest have more than 512 sub-tokens."""


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """A study run once, measuring included, for all tests that only read; `run.txt` tells it."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "tagged.yaml").write_text(MEASURED, encoding="utf-8")
    done = fresh(folder, "run", "tagged.yaml")
    assert done.returncode == 0, done.stderr
    (folder / "run.txt").write_text(done.stderr, encoding="utf-8")
    return folder


def tagged_row(language: str, n: int, rng: random.Random) -> dict[str, list[str]]:
    """A sentence of `n` words, names of one or two words among them."""
    filler, people, places = WORDS[language]
    tokens, tags = [], []
    while len(tokens) < n:
        kind = rng.randrange(4)
        tokens.append(rng.choice(people if kind == 1 else places if kind == 2 else filler))
        tags.append({1: "B-PER", 2: "B-LOC"}.get(kind, "O"))
        if kind == 1 and len(tokens) < n:
            tokens.append(rng.choice(people))
            tags.append("I-PER")
    return {"tokens": tokens, "ner_tags": tags}


def write_tagged(folder: Path, study: str = LONG, lengths: tuple[int, ...] = LENGTHS) -> Path:
    """Write sentences of these lengths and a study beside them; return the study file."""
    for language in WORDS:
        rng = random.Random(language)
        for split in ("train", "test"):
            write_rows(folder, language, split, [tagged_row(language, n, rng) for n in lengths])
    path = folder / "tagged.yaml"
    path.write_text(study, encoding="utf-8")
    return path


def write_rows(folder: Path, language: str, split: str, rows: list[dict]) -> Path:
    """Write one split."""
    path = folder / "data" / language / f"{split}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8")
    return path
