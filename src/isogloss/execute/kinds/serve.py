"""Step `serve`: a trained model in another form, as an ordinary folder that others can serve."""

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
    facts = write_served(model, tokenizer, payload["form"], folder, _texts(bench))
    record = {"form": payload["form"], "n_train": bench.record(0)["n_train"], **facts}
    return Made(record, lambda place: _move(folder, place))


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
