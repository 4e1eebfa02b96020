"""Work that strings the words of its needs together, which worker processes can import."""

from toy_work import At

from isogloss.execute.bench import Made
from isogloss.execute.making import make_step


def make(bench):
    """The words of all needs, and its own."""
    yield At(1, 1)
    words = [(bench.need(at) / "words").read_text() for at in range(len(bench.step.needs))]
    text = "".join([*words, bench.payload["word"]])
    return Made({"text": text}, lambda folder: (folder / "words").write_text(text))


def do(step, root):
    return make_step(step, root, {"toy": make, "measure": make})
