"""The benchmark against the Trainer runs, compares like with like, and computes what it prints.

No figure of time is judged: on a machine that does other things it says nothing.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from scipy.stats import ttest_rel

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.against_trainer import figures, inputs, page, rows, work  # noqa: E402
from benchmarks.against_trainer.terms import LABELS, Terms  # noqa: E402

from isogloss.data.encoded import Encoded  # noqa: E402
from isogloss.model.encoder import make_classifier  # noqa: E402
from isogloss.model.masked import make_masked_lm  # noqa: E402

ARMS = {
    "sentiment": ["notebook", "tuned", "isogloss"],
    "ner": ["trainer", "tuned", "isogloss"],
    "mlm": ["trainer", "tuned", "isogloss"],
}
FEELINGS = ("bad poor awful", "table chair lamp", "good fine great")
WORDS = ("Ada", "Lovelace", "laughs", "in", "Lisbon", "again", "today")
TAGS = ("B-PER", "I-PER", "O", "O", "B-LOC", "O", "O")


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_data(root):
    rng = random.Random(0)
    for language in ("english", "german"):
        for split, n in (("train", 30), ("test", 9)):
            texts = [" ".join(rng.choices(FEELINGS[i % 3].split(), k=1 + i % 9)) for i in range(n)]
            made = [json.dumps({"text": text, "label": i % 3}) for i, text in enumerate(texts)]
            write_lines(root / "sentiment" / language / f"{split}.jsonl", made)
    for language in ("english", "portuguese"):
        for split, n in (("train", 30), ("test", 9)):
            sizes = [2 + i % 6 for i in range(n)]
            made = [json.dumps({"tokens": WORDS[:k], "ner_tags": TAGS[:k]}) for k in sizes]
            write_lines(root / "ner_uner" / language / f"{split}.jsonl", made)
    for language in ("english", "basque"):
        made = [
            " ".join(rng.choices(["the", "lamp", "is", "on", "etxea", "da"], k=12))
            for _ in range(200)
        ]
        write_lines(root / "text" / language / "train.txt", made)
    return root


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks.against_trainer", *map(str, arguments)]
    on_cpu = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}  # a GPU has more arms
    return subprocess.run(
        command, cwd=ROOT, env=on_cpu, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def quick(data, tmp_path_factory):
    file = tmp_path_factory.mktemp("raw") / "raw.json"
    done = run(
        "--quick", "--rounds", 1, "--threads", 1, "--batch", 4, "--data", data, "--json", file
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text(encoding="utf-8"))


def tables(text):
    """By what their first column is called: for each row its cells by column."""
    found, head = {}, None
    for line in text.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if head is None:
            head = cells
            found.setdefault(head[0], []).append({})
        elif not cells[0].startswith("---"):
            found[head[0]][-1][cells[0]] = dict(zip(head, cells, strict=True))
    return found


def training_of(raw, task, arm):
    (found,) = [run for run in raw["runs"] if (run["task"], run["arm"]) == (task, arm)]
    return found["training"]


def test_every_task_has_a_table_with_all_its_arms(quick):
    found = tables(quick[0])
    assert [list(table) for table in found["training"]] == list(ARMS.values())
    assert [list(table)[:2] for table in found["evaluation"]] == [
        ["notebook", "tuned"],
        ["trainer", "tuned"],
    ]
    assert all("isogloss fp32" in table for table in found["evaluation"])
    assert "torch" in quick[0]
    assert "GFLOP/s" in quick[0]


def test_ratios_are_those_of_the_raw_numbers(quick):
    text, raw = quick
    for task, table in zip(ARMS, tables(text)["training"], strict=True):
        first = ARMS[task][0]
        one = training_of(raw, task, first)
        for arm, cells in table.items():
            own = training_of(raw, task, arm)
            faster = (one["seconds"] / one["steps"]) / (own["seconds"] / own["steps"])
            assert cells[f"x {first}"] == f"{faster:.2f}"
            assert cells[f"memory x {first}"] == f"{own['memory_mb'] / one['memory_mb']:.2f}"
            peak = raw["peaks"][own["precision"]]
            assert cells["share of peak"] == f"{own['flops'] / own['seconds'] / peak:.1%}"
            assert cells["padding"] == f"{1 - own['tokens'] / own['positions']:.0%}"


def test_arms_learn_from_the_same_examples(quick):
    raw = quick[1]
    for task, arms in ARMS.items():
        own = [training_of(raw, task, arm) for arm in arms if arm != "notebook"]
        assert len({(one["steps"], one["tokens"], one["flops"]) for one in own}) == 1
        assert all(one["positions"] >= one["tokens"] for one in own)


def test_the_notebook_pads_and_isogloss_does_not(quick):
    notebook = training_of(quick[1], "sentiment", "notebook")
    assert notebook["positions"] == notebook["steps"] * 4 * 32
    for task in ARMS:
        ours = training_of(quick[1], task, "isogloss")
        assert ours["tokens"] <= ours["positions"] <= 1.07 * ours["tokens"]


def test_answers_are_compared_row_by_row(quick):
    text, raw = quick
    notebook, _, ours = [one["evaluations"] for one in raw["runs"][:3]]
    expected = notebook["notebook"]["answers"]
    assert {code: len(said) for code, said in expected.items()} == {"deu-Latn": 2, "eng-Latn": 2}
    for name, cells in tables(text)["evaluation"][0].items():
        if name.startswith("isogloss"):
            said = ours[name]["answers"]
            same = [said[c][row] == one for c, own in expected.items() for row, one in own.items()]
            assert cells["same class as notebook"] == f"{sum(same) / 4:.2%} of 4"


def test_parity_prints_the_scores_of_both(data, tmp_path):
    file = tmp_path / "parity.json"
    done = run(
        "--parity", "--quick", "--threads", 1, "--data", data, "--json", file, "--seeds", 3, 4
    )
    assert done.returncode == 0, done.stderr
    runs = json.loads(file.read_text(encoding="utf-8"))["runs"]
    table = tables(done.stdout)["seed"][0]
    arms = ["trainer", "tuned, shuffled", "tuned", "isogloss"]
    assert [run["arm"] for run in runs] == arms * 2
    for run_ in runs:
        assert set(run_["macro_f1"]) == {"deu-Latn", "eng-Latn"}
        mean = sum(run_["macro_f1"].values()) / 2
        assert table[str(run_["seed"])][f"macro-F1, {run_['arm']}"] == f"{mean:.4f}"
    ours, theirs = (
        [run["mean"] for run in runs if run["arm"] == arm] for arm in (arms[3], arms[0])
    )
    interval = ttest_rel(ours, theirs).confidence_interval()
    told = table["isogloss less this"]["macro-F1, trainer"]
    assert told.endswith(f"({interval.low:+.4f} to {interval.high:+.4f})")


@pytest.mark.parametrize("option", [("--seeds", 7), ("--against", "trainer")])
def test_an_option_of_parity_is_refused_without_it(option):
    done = run("--quick", *option)
    assert done.returncode == 2
    assert "--seeds and --against are about --parity" in done.stderr
    assert done.stdout == ""


def test_missing_data_is_one_message(tmp_path):
    done = run("--data", tmp_path)
    assert done.returncode == 2
    assert "sentiment" in done.stderr
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def measured(seconds, steps=10, **more):
    return {"seconds": seconds, "steps": steps, **more}


def test_a_ratio_is_taken_within_a_round_and_told_with_its_range():
    slow = [measured(80.0), measured(100.0), measured(60.0)]
    fast = [measured(10.0), measured(5.0), measured(6.0, steps=5)]
    found = figures.ratios(slow, fast, figures.seconds_per_step)
    by_hand = [8.0 / 1.0, 10.0 / 0.5, 6.0 / 1.2]
    assert found == pytest.approx((median(by_hand), min(by_hand), max(by_hand)))


def test_a_spread_of_equal_values_has_no_range():
    assert page._spread(figures.spread([2.0, 2.0]), ".1f") == "2.0"
    assert page._spread(figures.spread([2.0, 1.0, 4.0]), ".1f") == "2.0 (1.0 to 4.0)"


def test_the_share_of_the_peak_is_that_of_the_arms_own_precision():
    share = figures.share_of_peak({"fp32": 100.0, "bf16": 400.0})
    assert share({"flops": 100, "seconds": 2.0, "precision": "fp32"}) == pytest.approx(0.5)
    assert share({"flops": 100, "seconds": 2.0, "precision": "bf16"}) == pytest.approx(0.125)


def test_same_answers_counts_all_rounds():
    reference = [{"answers": {"a": {"0": 1, "1": 2}}}, {"answers": {"a": {"2": 0}}}]
    ours = [{"answers": {"a": {"0": 1, "1": 0, "2": 0}}}] * 2
    assert figures.same_answers(reference, ours) == (2, 3)


def encoded(lengths):
    n = len(lengths)
    return Encoded(
        ids=np.arange(sum(lengths), dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.arange(n) % 3,
        examples=tuple(map(str, range(n))),
        truncated=np.zeros(n, np.bool_),
        unknown=np.zeros(n, np.int64),
    )


def test_picked_rows_fall_into_the_batches_of_the_large_set():
    lengths = np.random.default_rng(1).integers(2, 100, 80)
    pool = encoded(lengths.tolist())
    picked = inputs.typical(pool, 16, 4)
    batches = np.sort(lengths)[::-1].reshape(-1, 4).tolist()
    found = np.sort(picked.lengths)[::-1].reshape(-1, 4).tolist()
    assert len(set(picked.examples)) == 16
    assert found == [batches[2], batches[7], batches[12], batches[17]]


def test_padded_rows_hold_the_same_text():
    made = rows.rows_of(encoded([3, 5]))
    laid = rows.padded(made, 6, pad_id=9)
    assert [row["input_ids"] for row in laid] == [[0, 1, 2, 9, 9, 9], [3, 4, 5, 6, 7, 9]]
    assert [sum(row["attention_mask"]) for row in laid] == [3, 5]
    assert [row["labels"] for row in laid] == [0, 1]


@pytest.fixture(scope="module")
def config():
    from transformers import BertConfig

    return BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=16,
    )  # fmt: skip


def weights_of_products(model, *, within="", but=("embeddings", "pooler", "classifier", "cls.")):
    """Weights of matrices that tokens are multiplied with."""
    named = [(name, p) for name, p in model.named_parameters() if within in name]
    return sum(p.numel() for name, p in named if p.dim() == 2 and not any(b in name for b in but))


@pytest.mark.parametrize("read", [[3, 7], [1, 1]])
def test_training_takes_six_flops_a_weight_and_token_that_is_needed_and_attention(config, read):
    model = make_classifier(config, LABELS, seed=0, attention="eager")
    first, last = (weights_of_products(model, within=f"layer.{at}.") for at in (0, 1))
    keys_and_values = 2 * 16 * 16
    body = first * 10 + keys_and_values * 10 + (last - keys_and_values) * sum(read)
    attention = 4 * 16 * (3**2 + 7**2 + 3 * read[0] + 7 * read[1])
    head = (16 * 16 + 16 * 3) * 2
    config.num_labels = 3
    found = work.training_flops("sentiment", config, [3, 7], read)
    assert found == 6 * body + 3 * attention + 6 * head


def test_a_masked_language_model_is_charged_for_its_head_where_something_is_hidden(config):
    body = weights_of_products(make_masked_lm(config, seed=0, attention="eager"))
    attention = 3 * 4 * 16 * 2 * 20**2
    head = 6 * (16 * 16 + 16 * 50) * 3  # 15 % of 20
    assert work.training_flops("mlm", config, [20], [20]) == 6 * body * 20 + attention + head
    unread = 17 * (2 * 2 * 16 * 16 + 2 * 2 * 16 * 32 + 4 * 20 * 16)
    less = work.training_flops("mlm", config, [20], [3])
    assert less == 6 * body * 20 + attention + head - 3 * unread


def test_a_text_is_read_once_and_a_window_where_something_is_hidden():
    assert work.read_of(encoded([3, 7])) == [1, 1]
    assert work.read_of([encoded([20, 40])]) == [3, 6]


def test_both_sides_are_told_the_same():
    terms = Terms(learning_rate=1e-3, epochs=2.0, batch=8, seed=3)
    told = {name: getattr(terms.recipe, name) for name in terms.shared}
    assert told == terms.shared
