"""Step `serve`: a trained model in another form, as an ordinary folder that others can serve."""

import shutil
from pathlib import Path
from typing import Any

from isogloss.execute.bench import Bench, Made, Making
from isogloss.execute.kinds.data import read_tagged_examples, read_texts
from isogloss.execute.kinds.train import open_trained
from isogloss.model.served import write_served
from isogloss.model.tokenizer import load_tokenizer


def make_served(bench: Bench) -> Making:
    """Trim, export or quantize; what it changed is in the record."""
    yield from ()
    payload, trained = bench.payload, bench.need(0)
    model = open_trained(bench.step.needs[0], trained, payload)
    tokenizer = load_tokenizer(trained)
    folder = bench.store.running(bench.step.key) / "served"
    if folder.exists():  # whoever was killed here may have left half a form, and its scratch
        shutil.rmtree(folder)
    facts = write_served(model, tokenizer, payload["form"], folder, _texts(bench))
    told = {name: bench.record(0)[name] for name in ("n_train", "precision")}
    record = {"form": payload["form"], **told, **facts}
    return Made(record, lambda place: _move(folder, place))


def loaded_as(form: str, trained: str) -> str:
    """The form to load with: what PyTorch serves computes in the precision it was trained in.

    >>> loaded_as("trimmed", "fp32"), loaded_as("torch-bf16", "fp32")
    ('torch-fp32', 'torch-bf16')
    """
    return "torch-fp32" if form in {"torch", "trimmed"} and trained == "fp32" else form


def _texts(bench: Bench) -> list[Any]:
    """The training text: what a smaller vocabulary has to keep."""
    found: list[Any] = []
    for at in range(1, len(bench.step.needs)):
        if "task" in bench.payload:
            found += [list(e.tokens) for e in read_tagged_examples(bench.need(at)).examples]
        else:
            found += read_texts(bench.need(at), tagged=False)
    return found


def _move(made: Path, place: Path) -> None:
    for path in sorted(made.iterdir()):
        path.rename(place / path.name)
