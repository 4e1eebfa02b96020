"""Confusion matrices against scikit-learn."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import confusion_matrix

from isogloss.base.errors import RunError
from isogloss.report.comparison.results import Setting
from isogloss.report.why.confusion import (
    Place,
    confusion_of_words,
    confusions_of_rows,
)
from isogloss.report.why.said import read_said
from isogloss.study.tasks import span_tags

PLACE = Place("tiny", Setting("joint", ("eng-Latn",), None, "test"), "eng-Latn")
TAGS = span_tags(["PER", "LOC"])


def write(folder, gold, predicted, names, lengths=None):
    """Predictions as an evaluation leaves them; `lengths` of sentences, or texts."""
    rng = np.random.default_rng(len(gold))
    columns = {"example": [f"test/{at}" for at in range(len(gold))]}
    if lengths:
        columns["example"] = [f"test/{s}" for s, n in enumerate(lengths) for _ in range(n)]
        columns["word"] = [at for n in lengths for at in range(n)]
    columns |= {"gold": gold, "predicted": predicted, "loss": rng.uniform(0, 3, len(gold))}
    columns |= {f"probability/{name}": rng.uniform(size=len(gold)) for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "predictions.parquet")
    return folder


def random_tags(seed, n=60):
    rng = np.random.default_rng(seed)
    return [TAGS[at] for at in rng.integers(0, len(TAGS), n)]


def test_the_matrix_of_words_is_scikit_learns_over_the_types_of_all_seeds(tmp_path):
    gold, lengths = random_tags(0), [10, 20, 30]
    predicted = [random_tags(1), random_tags(2)]
    evaluations = [
        read_said(write(tmp_path / str(at), gold, one, TAGS, lengths), task="ner", names=TAGS)
        for at, one in enumerate(predicted)
    ]
    found = confusion_of_words(PLACE, evaluations)
    short = [tag.partition("-")[2] or "O" for tag in gold * 2]
    said = [tag.partition("-")[2] or "O" for one in predicted for tag in one]
    assert found.labels == ("O", "PER", "LOC")
    wanted = confusion_matrix(short, said, labels=["O", "PER", "LOC"])
    assert found.counts.tolist() == wanted.tolist()
    assert (found.n_seeds, found.n_unscored) == (2, 0)


def test_parts_of_speech_are_taken_as_they_are(tmp_path):
    names = ("NOUN", "VERB", "B-X")
    gold, predicted = ["NOUN", "VERB", "B-X"], ["VERB", "VERB", None]
    folder = write(tmp_path, gold, predicted, names, [3])
    found = confusion_of_words(PLACE, [read_said(folder, task="pos", names=names)])
    assert found.labels == names
    assert found.counts.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert found.n_unscored == 1


def test_the_matrix_of_texts_is_what_the_rows_hold_of_all_seeds(toy):
    rows = [
        *toy.cell(0.6, target="deu-Latn", seed=1),
        *toy.cell(0.7, target="deu-Latn", seed=2),
        *toy.cell(0.5, target="deu-Latn", seed=1, form="onnx"),
        *toy.cell(0.5, target="fra-Latn", seed=1),
    ]
    found = {one.place.target: one for one in confusions_of_rows(rows, toy.labels, "accuracy")}
    assert set(found) == {"deu-Latn", "fra-Latn"}
    for gold, row in zip(toy.labels, found["deu-Latn"].counts, strict=True):
        for predicted, count in zip(toy.labels, row, strict=True):
            wanted = sum(
                r["value"] for r in rows
                if r["metric"] == f"confusion/{gold}/{predicted}"
                and r["target_language"] == "deu-Latn" and r.get("form") is None
            )  # fmt: skip
            assert count == wanted


def test_predictions_of_other_labels_are_refused(tmp_path):
    folder = write(tmp_path, ["a", "b"], ["a", "a"], ["a", "b"])
    pq.write_table(
        pq.read_table(folder / "predictions.parquet").set_column(
            1, "gold", pa.array(["a", "strange"])
        ),
        folder / "predictions.parquet",
    )
    with pytest.raises(RunError, match="other labels"):
        read_said(folder, task="sentiment", names=("a", "b"))
