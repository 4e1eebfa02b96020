"""Which cells two studies share: against a search through all pairs."""

import itertools
import random

import pytest

from isogloss.desk.opened import open_study
from isogloss.view.shared import cells_of, data_behind, match
from toys import STUDY, write_toy


def row(encoder="a", metric="f1", value=0.5, **more):
    made = {
        "study": "s", "encoder": encoder, "task": "sentiment", "regime": "joint",
        "source_languages": ["deu-Latn"], "n_per_language": 10, "n_train": 30, "seed": 1,
        "target_language": "deu-Latn", "split": "test", "metric": metric, "value": value,
        "n_scored": 12, "n_unscored": 0, "step": "ab", "form": "torch",
    }  # fmt: skip
    return {**made, **more}


def ids(matched):
    return sorted((p.a.setting, p.a.encoder, p.b.encoder) for p in matched.pairs)


def test_cells_of_the_same_encoder_meet_whatever_else_there_is():
    a = cells_of([row("a"), row("b"), row("a", metric="loss")])
    b = cells_of([row("b", value=0.7), row("a", value=0.6), row("c")])
    found = match(a, b)
    assert [(p.a.encoder, p.b.encoder) for p in found.pairs] == [("a", "a"), ("b", "b")]
    assert (found.shared, found.only_a, found.only_b) == (2, 0, 1)
    assert found.metrics == ["f1"]


def test_without_a_namesake_each_meets_every_stranger():
    a, b = cells_of([row("a"), row("x")]), cells_of([row("b"), row("c"), row("x")])
    found = match(a, b)
    assert [(p.a.encoder, p.b.encoder) for p in found.pairs] == [("a", "b"), ("a", "c"), ("x", "x")]
    assert (found.shared, found.only_a, found.only_b) == (1, 0, 0)


@pytest.mark.parametrize(
    "change",
    [{"task": "ner"}, {"regime": "single"}, {"source_languages": ["eng-Latn"]},
     {"source_languages": ["deu-Latn", "eng-Latn"]}, {"n_per_language": None}, {"seed": 2},
     {"target_language": None}, {"split": "dev"}, {"form": "onnx"}],
)  # fmt: skip
def test_any_other_question_is_another_cell(change):
    found = match(cells_of([row()]), cells_of([row(**change)]))
    assert (found.pairs, found.only_a, found.only_b) == ((), 1, 1)


def test_the_order_of_sources_does_not_matter():
    a = cells_of([row(source_languages=["deu-Latn", "eng-Latn"])])
    b = cells_of([row(source_languages=["eng-Latn", "deu-Latn"])])
    assert match(a, b).shared == 1


def test_random_studies_match_as_a_search_through_all_pairs_says():
    rng = random.Random(0)
    for _ in range(200):
        a, b = (
            cells_of(
                row(rng.choice("abc"), seed=rng.randrange(3), split=rng.choice(["test", "dev"]))
                for _ in range(rng.randrange(9))
            )
            for _ in range(2)
        )
        found = match(a, b)
        want = [
            (x.setting, x.encoder, y.encoder)
            for x, y in itertools.product(a, b)
            if x.setting == y.setting
            and (
                x.encoder == y.encoder
                or not (
                    any(z.setting == x.setting and z.encoder == x.encoder for z in b)
                    or any(z.setting == y.setting and z.encoder == y.encoder for z in a)
                )
            )
        ]
        assert ids(found) == sorted(want)
        assert found.only_a == len(a) - len({(s, one) for s, one, _ in want})
        assert found.only_b == len(b) - len({(s, one) for s, _, one in want})


def test_the_data_behind_a_test_are_its_own_not_those_of_its_training(tmp_path):
    opened = open_study(write_toy(tmp_path), tmp_path / "store", None)
    plan = opened.plan
    tests = [cell for cell in plan.cells if cell.columns["split"] == "test"]
    data = {cell.columns["target_language"]: data_behind(plan, cell.step) for cell in tests}
    assert all(len(keys) == 1 for keys in data.values())
    assert len({next(iter(keys)) for keys in data.values()}) == 3
    for code, keys in data.items():
        (step,) = (plan.by_key[key] for key in keys)
        assert step.title == f"{code} test"
        assert all(data_behind(plan, c.step) == keys for c in tests
                   if c.columns["target_language"] == code)  # fmt: skip


def test_changed_test_data_are_other_data(tmp_path):
    one = open_study(write_toy(tmp_path / "a"), tmp_path / "store", None)
    path = write_toy(tmp_path / "b", STUDY)
    held = tmp_path / "b" / "data" / "hi" / "test.jsonl"
    held.write_text("".join(held.read_text().splitlines(keepends=True)[:6]))
    other = open_study(path, tmp_path / "store", None)
    for cell, again in zip(one.plan.cells, other.plan.cells, strict=True):
        same = data_behind(one.plan, cell.step) == data_behind(other.plan, again.step)
        assert same == (cell.columns["target_language"] != "hin-Deva")
