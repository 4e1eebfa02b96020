"""What knows nothing of a text: records against what scikit-learn says, and words."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from isogloss.report.baseline_tables import baselines, chance_by_language, chance_lines
from isogloss.report.frame import Frame
from isogloss.report.page import page, what_was_run
from isogloss.report.understand import understand

GOLD = {"deu-Latn": (390, 153, 462), "jpn-Jpan": (10, 10, 10)}
LABELS = ("negative", "neutral", "positive")


def rows(gold=GOLD, task="sentiment"):
    return [
        {"task": task, "split": "test", "target_language": code, "metric": f"support/{label}",
         "value": float(n)}
        for code, counts in gold.items() for label, n in zip(LABELS, counts, strict=True)
    ]  # fmt: skip


def ids(counts):
    return np.repeat(np.arange(3), counts)


@pytest.mark.parametrize(
    ("metric", "oracle"),
    [
        ("accuracy", accuracy_score),
        ("macro_recall", lambda g, s: recall_score(g, s, average="macro")),
        ("macro_f1", lambda g, s: f1_score(g, s, average="macro")),
    ],
)
def test_records_are_what_scikit_learn_says_of_such_answers(metric, oracle):
    for record in baselines(rows(), metric):
        gold = ids(GOLD[record["language"]])
        constant = np.full_like(gold, LABELS.index(record["label"]))
        assert record["majority"] == pytest.approx(oracle(gold, constant))
        thrice = np.repeat(gold, 3)  # each text with each answer once: guessing evenly, exactly
        assert record["uniform"] == pytest.approx(oracle(thrice, np.tile(np.arange(3), len(gold))))
        assert record["chance"] == max(record["majority"], record["uniform"])


def test_of_entities_there_is_the_empty_answer_alone():
    (record, _) = baselines(rows(task="ner"), "f1")
    assert (record["majority"], record["uniform"], record["chance"]) == (0.0, None, 0.0)
    (line,) = chance_lines([record], "test", ["deu-Latn"], "F1")
    assert line == "Chance, never an entity: F1 0.000"


def test_lines_name_languages_only_where_they_differ():
    found = baselines(rows(), "macro_recall")
    (line, other) = chance_lines(found, "test", list(GOLD), "macro recall")
    assert line.endswith(": macro recall 0.333")
    assert other.endswith(": macro recall 0.333")
    (line, _) = chance_lines(baselines(rows(), "accuracy"), "test", list(GOLD))
    assert line.endswith(": 0.333 (Japanese), 0.460 (German)")
    assert chance_lines(found, "validation", list(GOLD)) == []
    assert chance_lines(found, "test", []) == []


def test_of_many_languages_a_line_tells_the_ends(toy):
    gold = {code: (10 + at, 10, 10) for at, code in enumerate(toy.codes)}
    assert len(gold) > 12
    (line, _) = chance_lines(baselines(rows(gold), "accuracy"), "test", list(gold))
    ends = [line.rpartition(": ")[2].split(" (")[0], line.rpartition(" to ")[2].split(" (")[0]]
    assert ends == ["0.333", f"{(9 + len(gold)) / (29 + len(gold)):.3f}"]


def test_the_page_for_reading_says_them_below_each_table(toy):
    tables = understand(toy.study(3))
    text = page(tables, [], Frame("toy", "macro_f1"), facts=what_was_run(toy.study(3)))
    told = chance_by_language(tables["baselines"], "test")
    assert set(told) == set(toy.codes[:3])
    assert text.count("- Chance, always the most frequent label") >= 3
