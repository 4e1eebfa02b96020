"""Studies of tagged words from end to end: same gold for all, forms judged again, measured last."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import seqeval.metrics
import seqeval.scheme
import torch
from sklearn.metrics import accuracy_score, f1_score

from isogloss.efficiency.result import BenchResult
from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.run import run_plan
from isogloss.model.encoder import load_tagger
from isogloss.plan.build import build_plan
from isogloss.plan.pins import pin_study
from isogloss.store.results import results_table
from isogloss.store.store import Store
from isogloss.study.load import load_study
from tag_study import ENCODERS, LENGTHS, LONG, WORDS, write_tagged

CANDIDATES = list(itertools.product(("small", "other"), ("torch", "trimmed")))
TARGETS = ("eng-Latn", "spa-Latn", "deu-Latn")
SPANS = {"precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1", "accuracy"}


class Ran:
    """What a study did, and what stands in its store."""

    def __init__(self, path: Path, store: Store, *changes: str) -> None:
        study = load_study(path, changes)
        self.store = store
        self.plan = build_plan(study, pin_study(study))
        missing = [step for step in self.plan if step.key not in store]
        events = run_plan(missing, store, InlineExecutor())
        self.outcomes = [event.outcome for event in events if isinstance(event, Ended)]

    @property
    def status(self) -> dict[str, set[str]]:
        """How the steps of each kind ended."""
        found: dict[str, set[str]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.step.kind, set()).add(outcome.status)
        return found

    def records(self, kind: str) -> list[dict]:
        return [self.store.record(step.key) for step in self.plan.of_kind(kind)]

    def rows(self) -> list[dict]:
        """The results table of what is finished."""
        entries = [
            ({**cell.columns, "n_train": None, "step": cell.step}, self._part(cell))
            for cell in self.plan.cells
            if cell.step in self.store
        ]
        return results_table(entries).to_pylist()

    def _part(self, cell):
        record = self.store.record(cell.step)
        return record["parts"][cell.part] if cell.part else record


@pytest.fixture(scope="module")
def ran(measured):
    """The finished study, opened; nothing is left to do."""
    ran = Ran(measured / "tagged.yaml", Store(measured / ".isogloss"))
    assert ran.outcomes == []
    return ran


def test_measuring_comes_when_all_else_is_done(measured):
    lines = (measured / "run.txt").read_text(encoding="utf-8").splitlines()
    kinds = [found[1] for line in lines if (found := re.match(r"\[\d+/\d+\] done (\w+) ", line))]
    assert set(kinds) == {
        "tokenizer", "prepare", "train", "evaluate", "serve", "evaluate_form", "measure",
    }  # fmt: skip
    assert kinds.index("measure") == len(kinds) - 1


def test_every_form_is_tested_on_every_language_on_the_same_gold(ran):
    gold = {}
    for row in ran.rows():
        if row["metric"] == "n_gold":
            place = row["encoder"], row["form"], row["seed"], row["target_language"]
            assert place not in gold
            gold[place] = row["value"]
    assert len(gold) == len(CANDIDATES) * 2 * 3
    by_language = {target: {gold[p] for p in gold if p[-1] == target} for target in TARGETS}
    assert all(len(counts) == 1 for counts in by_language.values())
    for step in [*ran.plan.of_kind("evaluate"), *ran.plan.of_kind("evaluate_form")]:
        assert ran.store.record(step.key)["n_truncated"] == 0


def test_scores_are_those_of_the_stored_predictions_by_seqeval(ran):
    """From the file alone: one row a word, in order, with a probability for each tag."""
    cell = next(c for c in ran.plan.cells if c.columns["form"] == "trimmed" and c.part is None)
    table = pq.read_table(ran.store.folder(cell.step) / "predictions.parquet")
    assert table.column_names[:5] == ["example", "word", "gold", "predicted", "loss"]
    names = [name for name in table.column_names if name.startswith("probability/")]
    assert [name.removeprefix("probability/")[:2] for name in names[:3]] == ["O", "B-", "I-"]
    rows = table.to_pylist()
    sentences = [list(group) for _, group in itertools.groupby(rows, lambda row: row["example"])]
    assert all([row["word"] for row in one] == list(range(len(one))) for one in sentences)
    assert len({one[0]["example"] for one in sentences}) == len(sentences) == 300
    best = [names[np.argmax([row[name] for name in names])] for row in rows]
    assert best == [f"probability/{row['predicted']}" for row in rows]
    gold, said = ([[row[key] for row in one] for one in sentences] for key in ("gold", "predicted"))
    values = {s["metric"]: s["value"] for s in ran.store.record(cell.step)["scores"]}
    strict = {"mode": "strict", "scheme": seqeval.scheme.IOB2, "zero_division": 0}
    assert values["f1"] == pytest.approx(seqeval.metrics.f1_score(gold, said, **strict))
    assert values["lenient_f1"] == pytest.approx(seqeval.metrics.f1_score(gold, said))
    assert values["f1"] > 0, "a toy that learned nothing would hide a mistake here"
    assert values["accuracy"] == pytest.approx(seqeval.metrics.accuracy_score(gold, said))
    assert values["eval_loss"] == pytest.approx(np.mean(table["loss"].to_numpy()))
    assert values["n_gold"] == len(rows)
    assert set(values) >= SPANS | {f"f1/{label}" for label in ("PER", "LOC", "ORG")}


def test_what_was_measured_stands_in_the_results_as_rows_of_its_own(ran):
    rows = [row for row in ran.rows() if row["split"] == "efficiency"]
    found = {}
    for row in rows:
        assert row["target_language"] is None
        assert row["seed"] == 1
        assert row["n_scored"] >= 1
        found.setdefault((row["encoder"], row["form"]), {})[row["metric"]] = row["value"]
    assert list(found) == CANDIDATES
    for values in found.values():
        assert {
            "parameters", "disk_mb", "peak_rss_mb", "flops_per_token",
            "offline_samples_per_second", "single_stream_p50_ms", "single_stream_p99_ms",
        } <= values.keys()  # fmt: skip
        assert all(value > 0 for value in values.values())
        assert values["single_stream_p50_ms"] <= values["single_stream_p99_ms"]
        assert not {"server_max_rate_per_second", "cold_start_s"} & values.keys()
    for encoder in ("small", "other"):
        whole, trimmed = (found[encoder, form]["parameters"] for form in ("torch", "trimmed"))
        assert trimmed <= whole
        assert found[encoder, "torch"]["body_parameters"] < whole


def test_the_raw_output_is_kept_with_every_sample(ran):
    (step,) = ran.plan.of_kind("measure")
    record = ran.store.record(step.key)
    raw = json.loads((ran.store.folder(step.key) / "measured.json").read_text())
    result = BenchResult.from_json(raw)
    assert [one.name for one in result.candidates] == [f"{e}/{form}" for e, form in CANDIDATES]
    assert list(record["parts"]) == [one.name for one in result.candidates]
    assert record["rounds"] == 1
    for made in record["parts"].values():
        assert (made["device"].partition(":")[0], made["precision"]) in {
            ("cpu", "fp32"), ("cuda", "fp32"),
        }  # fmt: skip
        assert isinstance(made["stable"], bool)
        assert len(made["samples"]["offline_samples_per_second"]) == 1
    for one in result.candidates:
        assert one.failure is None
        streamed = one.facts["single_stream"][0]
        assert {len(samples) for samples in streamed.values()} == {20}
    assert record["lengths"]["n"] == 8
    assert record["machine"]["threads"] == 1


def test_a_served_form_is_an_ordinary_folder(ran):
    step = next(step for step in ran.plan.of_kind("serve"))
    record = ran.store.record(step.key)
    folder = ran.store.folder(step.key)
    assert record["form"] == "trimmed"
    tags = ["O", *(f"{p}-{name}" for name in ("PER", "LOC", "ORG") for p in "BI")]
    loaded = load_tagger(folder, labels=tags, seed=0, attention="eager")
    assert loaded.head == "kept"
    assert not list(ran.store.root.glob("running/*/served"))


@pytest.fixture(scope="module")
def long_study(tmp_path_factory):
    return write_tagged(tmp_path_factory.mktemp("long"))


@pytest.mark.parametrize("max_length", [32, 128, 512])
def test_gold_is_the_same_for_all_tokenizers_at_any_length(long_study, max_length):
    """Up to 700 words, some of which have no sub-token: nothing is cut off or passed over."""
    store = Store(long_study.parent / "store")
    ran = Ran(long_study, store, f"training.max_length={max_length}")
    assert ran.status["evaluate"] == {"done"}
    windowed = set()
    for step in ran.plan.of_kind("evaluate"):
        record = store.record(step.key)
        counts = {score["metric"]: score["value"] for score in record["scores"]}
        assert counts["n_gold"] == sum(LENGTHS)
        assert record["n_truncated"] == 0
        table = pq.read_table(store.folder(step.key) / "predictions.parquet")
        assert table.num_rows == sum(LENGTHS)
        assert table["predicted"].null_count == 0
        windowed.add(record["n_windowed"])
    assert max(windowed) >= (1 if max_length == 512 else 2)
    for record in ran.records("prepare"):
        assert (record["words"], record["n_truncated"]) == (sum(LENGTHS), 0)
    assert any(record["n_empty"] for record in ran.records("prepare"))


def test_the_tests_of_two_encoders_are_about_the_same_words(long_study):
    store = Store(long_study.parent / "store")
    plan = Ran(long_study, store, "training.max_length=32").plan
    for language in WORDS:
        tables = [
            pq.read_table(store.folder(step.key) / "predictions.parquet")
            for step in plan.of_kind("evaluate")
            if step.payload["language"].startswith({"en": "eng", "pt": "por"}[language])
        ]
        assert len(tables) == 2
        for name in ("example", "word", "gold"):
            assert tables[0][name].to_pylist() == tables[1][name].to_pylist()


def broken_checkpoint(folder: Path) -> Path:
    """An encoder that loads and whose weights are no numbers: its training diverges at once."""
    from tag_toys import make_model, make_tokenizer

    model = make_model()
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def test_an_encoder_that_fails_leaves_the_others_and_nothing_is_measured(isogloss, tmp_path):
    """Candidates are measured in turn, so one that is missing would make another measurement."""
    broken_checkpoint(tmp_path / "broken")
    small = ENCODERS[: ENCODERS.index("  - name: other")]
    study = LONG.replace(ENCODERS, f"{small}  - {{name: broken, model: ./broken}}\n")
    study = study.replace("max_length: 128", "max_length: 12")
    write_tagged(tmp_path, study + "efficiency: {forms: [torch, trimmed]}\n", lengths=(3, 9, 20))
    said = isogloss("run", "tagged.yaml", "--json")
    assert said.code == 3
    failed = {(one["status"], one["title"]): one["message"] for one in said.json["failed"]}
    assert {status for status, _ in failed} == {"failed", "blocked"}
    ((_, title),) = [place for place in failed if place[0] == "failed"]
    assert title.startswith("broken joint")
    assert "step 1" in failed["failed", title]
    assert "not all of them could be made" in failed["blocked", "4 candidates"]
    rest = [title for status, title in failed if status == "blocked" and title != "4 candidates"]
    assert len(rest) == 2 + 1 + 2  # evaluations, the trimmed form, its evaluations
    assert all(title.startswith("broken") for title in rest)
    rows = isogloss("results", "tagged.yaml", "--json").json
    tested = {(row["encoder"], row["form"]) for row in rows if row["split"] == "test"}
    assert tested == {("small", "torch"), ("small", "trimmed")}
    assert not [row for row in rows if row["split"] == "efficiency"]
    status = isogloss("status", "tagged.yaml", "--json").json
    assert (status["kinds"]["train"]["failed"], status["kinds"]["measure"]["failed"]) == (1, 0)


def test_parts_of_speech_are_trained_and_scored_word_by_word(tmp_path):
    path = tmp_path / "pos.yaml"
    small = ENCODERS[: ENCODERS.index("  - name: other")]
    path.write_text(
        f"name: pos\ntask: pos\ndata: {{source: {{kind: sample}}}}\nlanguages: [en, hi]\n{small}"
        "training: {max_steps: 5, learning_rate: 2.0e-2, max_length: 24, precision: fp32}\n"
        "sizes: [40]\nevaluation: {target_languages: [en, hi, ja]}\n"
    )
    ran = Ran(path, Store(tmp_path / "store"))
    assert {status for statuses in ran.status.values() for status in statuses} == {"done"}
    tests = ran.plan.of_kind("evaluate")
    assert len(tests) == 3
    labels = tests[0].payload["labels"]
    for step in tests:
        values = {s["metric"]: s["value"] for s in ran.store.record(step.key)["scores"]}
        table = pq.read_table(ran.store.folder(step.key) / "predictions.parquet")
        pair = table["gold"].to_pylist(), table["predicted"].to_pylist()
        assert values["accuracy"] == pytest.approx(accuracy_score(*pair))
        want = f1_score(*pair, labels=labels, average="macro", zero_division=0)
        assert values["macro_f1"] == pytest.approx(want)
        assert values["n_gold"] == table.num_rows
        assert sum(values[f"support/{label}"] for label in labels) == table.num_rows
        assert not {"f1", "precision", "lenient_f1"} & values.keys()
    (record,) = ran.records("train")
    assert record["n_train"] == 80
