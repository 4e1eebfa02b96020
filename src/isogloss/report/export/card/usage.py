"""How an exported model is used: code that runs as it stands, with the folder's path put in."""

from isogloss.report.export.card.forms import is_onnx
from isogloss.report.export.card.runtime import runtime_code
from isogloss.report.export.facts import Subject

TEXTS = """```python
from transformers import pipeline

classify = pipeline("text-classification", model="path/to/this/folder")
print(classify("...", truncation=True))
```"""

ENTITIES = """```python
from transformers import pipeline

tag = pipeline(
    "token-classification", model="path/to/this/folder", aggregation_strategy="first"
)
print(tag("..."))
```

The first sub-token of a word answers for it, as in training."""

WORDS = """```python
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

folder = "path/to/this/folder"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForTokenClassification.from_pretrained(folder).eval()

words = ["...", "..."]
encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
with torch.no_grad():
    best = model(**encoded).logits[0].argmax(-1).tolist()
of_words = encoded.word_ids()
for place, word in enumerate(of_words):
    if word is not None and word not in of_words[:place]:
        print(words[word], model.config.id2label[best[place]])
```

The first sub-token of a word answers for it, as in training."""

MASKS = """```python
from transformers import pipeline

guess = pipeline("fill-mask", model="path/to/this/folder")
print(guess(f"... {guess.tokenizer.mask_token} ..."))
```

For a task of your own, load it with `AutoModelForSequenceClassification` or
`AutoModelForTokenClassification` and fine-tune it."""

CODE = {"ner": ENTITIES, "pos": WORDS, "mlm": MASKS}

AUTOCAST = (
    "This form computes in bf16, which the folder does not say: its weights are fp32. Call it"
    ' inside `with torch.autocast("cpu", dtype=torch.bfloat16):` (`"cuda"` on a GPU); without, it'
    " computes in fp32."
)

NEEDS = "Its files were written by transformers {version}; older major versions may not read them."


def usage(subject: Subject) -> str:
    """The code for a model's task, and what it needs."""
    version = subject.made.get("versions", {}).get("transformers")
    needs = [NEEDS.format(version=version)] if version else []
    code = runtime_code(subject) if is_onnx(subject) else CODE.get(subject.task, TEXTS)
    cast = [AUTOCAST] if _computes_in_bf16(subject) else []
    return "\n\n".join([code, *cast, *needs])


def _computes_in_bf16(subject: Subject) -> bool:
    """Whether a form of torch was tested in bf16; `trimmed` is in what the training computed in."""
    of_training = subject.form == "trimmed" and subject.computed.get("precision") == "bf16"
    return subject.form == "torch-bf16" or of_training
