"""Write data for study.yaml: made-up sentences in two languages, as Feather files under `data/`."""

import random
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

SIZES = {"train": 60, "validation": 30, "test": 30}
WORDS = {
    "eng-Latn": {
        "it": ["The room", "This book", "The evening", "That song"],
        "positive": ["was lovely", "made me happy", "is a delight"],
        "negative": ["was awful", "made me sad", "is a waste"],
        "neutral": ["is on the table", "begins at nine", "was over there"],
    },
    "deu-Latn": {
        "it": ["Das Zimmer", "Dieses Buch", "Der Abend", "Jenes Lied"],
        "positive": ["war herrlich", "hat mich gefreut", "macht Freude"],
        "negative": ["war furchtbar", "hat mich geärgert", "macht traurig"],
        "neutral": ["liegt auf dem Tisch", "beginnt um neun", "war dort drüben"],
    },
}


def rows(code: str, n: int, draw: random.Random) -> list[dict[str, str]]:
    """As many rows, their labels in turn, no text twice."""
    words, found = WORDS[code], {}
    while len(found) < n:
        label = ("negative", "neutral", "positive")[len(found) % 3]
        text = f"{draw.choice(words['it'])} {draw.choice(words[label])}, no. {draw.randrange(999)}."
        found.setdefault(text, label)
    return [{"text": text, "label": label} for text, label in found.items()]


root = Path(sys.argv[1] if len(sys.argv) > 1 else "data")
for code in WORDS:
    draw = random.Random(code)  # noqa: S311 made-up sentences
    for split, n in SIZES.items():
        (root / code).mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows(code, n, draw))
        feather.write_feather(table, root / code / f"{split}.feather")
