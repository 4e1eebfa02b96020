"""Toy studies: data in three languages in a folder, an encoder of a few thousand weights."""

import json
from pathlib import Path

WORDS = {
    "en": ("good fine great", "bad poor awful", "table chair lamp"),
    "de": ("gut fein toll", "schlecht mies übel", "Tisch Stuhl Lampe"),
    "hi": ("अच्छा बढ़िया सुंदर", "बुरा खराब बेकार", "मेज कुर्सी दीपक"),
}
LABELS = ("positive", "negative", "neutral")
STUDY = """
name: toy
data:
  source: {kind: folder, root: data}
  labels: [negative, neutral, positive]
languages: [en, de, hi]
encoders:
  - name: tiny
    scratch:
      architecture: bert
      hidden_size: 16
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 32
      tokenizer: {algorithm: wordpiece, vocab_size: 120}
training: {learning_rate: 1.0e-2, num_train_epochs: 2, max_length: 16, precision: fp32}
regimes: [{regime: joint, sizes: [6, 12]}, {regime: single, sizes: [12]}]
seeds: [1]
"""


def toy_rows(language: str, split: str, n: int) -> list[dict[str, str]]:
    """Rows of a toy split: three words of one feeling, labels in turn."""
    rows = []
    for at in range(n):
        label = LABELS[at % 3]
        words = WORDS[language][at % 3].split()
        text = f"{words[at % 3]} {words[(at // 3) % 3]} {split} {at}"
        rows.append({"text": text, "label": label})
    return rows


def write_toy(folder: Path, study: str = STUDY) -> Path:
    """Write toy data and a study beside it; return the study file."""
    for language in WORDS:
        home = folder / "data" / language
        home.mkdir(parents=True, exist_ok=True)
        for split, n in (("train", 24), ("validation", 9), ("test", 12)):
            rows = toy_rows(language, split, n)
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (home / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    path = folder / "toy.yaml"
    path.write_text(study, encoding="utf-8")
    return path
