"""How a model of ONNX Runtime is called: complete code, with the folder's path put in."""

from isogloss.report.export.facts import Subject

OPEN = """import json
from pathlib import Path

import numpy as np
import onnxruntime
from transformers import AutoTokenizer

folder = Path("path/to/this/folder")
tokenizer = AutoTokenizer.from_pretrained(folder)
labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
session = onnxruntime.InferenceSession(
    str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
)
"""

RUN = """inputs = {name: encoded[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
(logits,) = session.run(["logits"], inputs)
"""

TEXTS = """
texts = ["...", "..."]
encoded = tokenizer(texts, padding=True, truncation=True, return_tensors="np")
"""

LABELS = """shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
shares /= shares.sum(axis=-1, keepdims=True)
for text, share in zip(texts, shares, strict=True):
    best = int(share.argmax())
    print({"text": text, "label": labels[str(best)], "score": float(share[best])})
"""

SENTENCES = """
sentences = [["...", "..."], ["..."]]
encoded = tokenizer(sentences, is_split_into_words=True, padding=True, return_tensors="np")
"""

TAGS = """for row, words in enumerate(sentences):
    first = {}
    for place, word in enumerate(encoded.word_ids(row)):
        first.setdefault(word, place)
    best = logits[row].argmax(axis=-1)
    print([(word, labels[str(best[first[at]])]) for at, word in enumerate(words) if at in first])
"""

OF_WORDS = (
    "The first sub-token of a word answers for it, as in training. A tokenizer of bytes (that of"
    ' RoBERTa or ModernBERT) wants each word with a space before it: `" word"`.'
)

WINDOWS = "A sentence of more than {longest} sub-tokens has to be cut into windows first."

NEEDS = "It needs `pip install onnxruntime transformers`, not PyTorch."

BESIDE = "A file `model.onnx.data`, where there is one, holds the weights: move both together."


def runtime_code(subject: Subject) -> str:
    """The code for a model's task, and what it needs."""
    longest = subject.settings.get("max_length")
    if subject.task in {"ner", "pos"}:
        windows = [WINDOWS.format(longest=longest)] if longest else []
        return _shown(SENTENCES, TAGS, [OF_WORDS, *windows, NEEDS, BESIDE])
    cut = f"truncation=True, max_length={longest}" if longest else "truncation=True"
    return _shown(TEXTS.replace("truncation=True", cut), LABELS, [NEEDS, BESIDE])


def _shown(given: str, said: str, words: list[str]) -> str:
    return "\n\n".join([f"```python\n{OPEN}{given}{RUN}{said}```", " ".join(words)])
