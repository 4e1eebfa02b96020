"""Toy studies of pre-training: raw text in three languages of unequal size, tagged words, models
of a few thousand weights."""

import json
from itertools import islice
from pathlib import Path

from isogloss.data.sample.source import SampleSource, raw_text

CODES = {"en": "eng-Latn", "de": "deu-Latn", "es": "spa-Latn"}
LINES = {"en": 240, "de": 120, "es": 60}
"""Lines to train on."""
N_HELD_OUT = 16
MOST_WORDS = 6
"""Of a tagged sentence: its sub-tokens fit one window."""

ENCODER = """
    architecture: modernbert
    hidden_size: 16
    num_hidden_layers: 1
    num_attention_heads: 2
    intermediate_size: 32
    dropout: 0
"""
LENGTH = 32
"""Sub-tokens of a window."""

WHOLE = f"""
name: balance
task: pos
languages: [en, de, es]
groups: {{low: [es], high: [en], pivot: [de]}}
pretraining:
  text: {{source: {{kind: folder, root: text}}}}
  tokenizer: {{vocab_size: 500}}
  encoder: {ENCODER}
  training: {{learning_rate: 5.0e-3, max_steps: 6, per_device_train_batch_size: 8,
             max_length: {LENGTH}, precision: fp32}}
  teachers: {{max_steps: 5}}
  arms:
    - hard-all
    - hard-balanced
    - soft-balanced
    - soft-all
    - hard-balanced-smoothed
    - hard-balanced-compute
    - {{arm: self-teachers, distillation: {{listening: {{eval_steps: 2}}}}}}
    - arm: soft-balanced
      name: sampled
      distillation: {{targets: {{kind: sampled, n: 8, views: 2}}}}
    - {{arm: soft-balanced, name: top-k, distillation: {{targets: {{kind: top_k, n: 16}}}}}}
    - arm: soft-balanced
      name: adaptive
      distillation: {{listening: {{policy: adaptive, slack: 1, halving: 0.01, eval_steps: 2}}}}
    - {{arm: soft-balanced, name: from-german, distillation: {{init: "teacher:de"}}}}
    - {{arm: soft-balanced, name: from-average, distillation: {{init: average}}}}
probes:
  - task: pos
    data: {{source: {{kind: folder, root: upos}}}}
    layers: [-1, 0]
  - {{task: ner, data: {{source: {{kind: folder, root: ner_tags}}}}}}
data: {{source: {{kind: folder, root: upos}}}}
encoders:
  - {{from: soft-balanced}}
  - {{from: hard-balanced}}
  - {{from: "teacher:de"}}
training: {{max_steps: 2, learning_rate: 1.0e-3, max_length: {LENGTH}, precision: fp32}}
sizes: [12]
evaluation: {{target_languages: [de]}}
seeds: [1]
"""
"""Every kind of arm, probes of which one lacks a language, and students fine-tuned in the end."""

SMALL = f"""
name: small
languages: [en, de]
pretraining:
  text: {{source: {{kind: folder, root: text}}}}
  tokenizer: {{vocab_size: 300}}
  encoder: {ENCODER}
  training: {{learning_rate: 1.0e-2, max_steps: 3, per_device_train_batch_size: 4,
             max_length: {LENGTH}, precision: fp32}}
  arms: [hard-all, hard-balanced, soft-balanced]
seeds: [1]
"""
"""Two languages, two hard students, one soft."""


def write_whole(folder: Path) -> Path:
    """Write the study with every kind of arm, and what it reads; return the study file."""
    write_text(folder)
    sizes = {"train": 60, "test": 30}
    write_tags(folder, "upos", ("en", "de", "es"), sizes)
    write_tags(folder, "ner_tags", ("en", "de"), sizes)
    path = folder / "balance.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def write_text(folder: Path, lines: dict[str, int] = LINES) -> None:
    """Write text to train on and held-out text of each language; no line stands in both."""
    for name, n in lines.items():
        home = folder / "text" / name
        home.mkdir(parents=True, exist_ok=True)
        written = raw_text(CODES[name], lines=n + N_HELD_OUT)
        for split, size in (("train", n), ("validation", N_HELD_OUT)):
            text = "".join(f"{line}\n" for line in islice(written, size))
            (home / f"{split}.txt").write_text(text, encoding="utf-8")


def write_tags(folder: Path, column: str, names: tuple[str, ...], sizes: dict[str, int]) -> None:
    """Write tagged sentences, short ones, into a folder of the column's name."""
    field = {"upos": "upos", "ner_tags": "ner"}[column]
    for name in names:
        home = folder / column / name
        home.mkdir(parents=True, exist_ok=True)
        for split, size in sizes.items():
            rows = (row.fields for row in SampleSource().rows(CODES[name], split))
            short = (row for row in rows if len(row["tokens"]) <= MOST_WORDS)
            kept = [{"tokens": row["tokens"], column: row[field]} for row in islice(short, size)]
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
            (home / f"{split}.jsonl").write_text(lines, encoding="utf-8")


def write_small(folder: Path, study: str = SMALL, **lines: int) -> Path:
    """Write a study of two languages and their text; return the study file."""
    write_text(folder, {"en": 60, "de": 40, **lines})
    path = folder / "small.yaml"
    path.write_text(study, encoding="utf-8")
    return path
