"""How large each task is: the real shapes, and tiny ones that show whether all of it runs."""

from dataclasses import dataclass, replace
from typing import final


@final
@dataclass(frozen=True)
class Scale:
    """One task: its model, its tokenizer, what is learned and what is read."""

    architecture: str
    algorithm: str
    layers: int
    width: int
    heads: int
    inner: int
    table: int
    """Rows of the table of embeddings; those of the tokenizer if it has more."""

    vocabulary: int
    """Entries that the tokenizer is trained to have; fewer where the text gives no more."""

    rows: int
    """Examples of an epoch."""

    batch: int
    max_length: int
    pool: int = 0
    """Rows of whose batches the examples are picked (`inputs.typical`); 0 takes rows as drawn."""

    test_rows: int | None = None
    """Of each test set; None is all."""

    few_steps: int = 8
    """Timed of an arm that pads to one length."""

    few_rows: int = 32
    """Of each test set that such an arm reads in a round, in each round others."""

    taught_epochs: float = 0.0
    """Of the model that is evaluated; 0 evaluates random weights."""

    learning_rate: float = 2e-5

    max_tokens: int = 8192
    """Padded tokens of a pass of Isogloss; a study's default."""


FULL = {
    "sentiment": Scale(
        "distilbert", "wordpiece", 6, 768, 12, 3072, table=119_547, vocabulary=30_000,
        rows=640, batch=32, max_length=128, pool=1600, test_rows=300, taught_epochs=15.0,
    ),
    "ner": Scale(
        "xlm-roberta", "unigram", 12, 768, 12, 3072, table=250_002, vocabulary=30_000,
        rows=160, batch=16, max_length=128, pool=800, test_rows=200,
    ),
    "mlm": Scale(
        "bert", "wordpiece", 4, 256, 4, 1024, table=0, vocabulary=32_000,
        rows=640, batch=32, max_length=128, learning_rate=1e-3,
    ),
}  # fmt: skip
"""DistilmBERT, XLM-R base, and a small BERT to be pre-trained."""

TINY = {
    "layers": 2, "width": 32, "heads": 2, "inner": 64, "vocabulary": 8000, "rows": 16, "batch": 4,
    "max_length": 32, "few_steps": 2, "few_rows": 2, "test_rows": 6,
}  # fmt: skip
QUICK = {
    task: replace(
        scale,
        **TINY,
        pool=min(scale.pool, 20),
        table=min(scale.table, 9000),
        taught_epochs=min(scale.taught_epochs, 0.5),
    )
    for task, scale in FULL.items()
}


@final
@dataclass(frozen=True)
class Parity:
    """Trainings whose scores are compared."""

    scale: Scale
    epochs: float
    seeds: tuple[int, ...]


PARITY = Parity(
    Scale(
        "distilbert", "wordpiece", 4, 128, 4, 512, table=0, vocabulary=30_000,
        rows=1800, batch=32, max_length=128, learning_rate=5e-4,
    ),
    epochs=10.0, seeds=(1, 2, 3, 4, 5),
)  # fmt: skip
"""300 rows of each of six languages."""

QUICK_PARITY = Parity(replace(PARITY.scale, **TINY), epochs=2.0, seeds=(1,))
