"""A study of pre-training from end to end: each number once more, by a way of its own."""

import csv
import json
import math
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import train_toy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import StandardScaler
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer, pipeline

from balance_toys import CODES, LENGTH, N_HELD_OUT, SMALL, write_small, write_whole
from command import fresh
from isogloss.data.masking import folds
from isogloss.data.packing import Packed
from isogloss.desk.balance import also_of
from isogloss.desk.opened import open_study
from isogloss.efficiency.flops import masked_flops
from isogloss.execute.bench import Bench
from isogloss.execute.kinds.distill import _online
from isogloss.execute.kinds.learning import recipe_of
from isogloss.execute.kinds.pretrain import hard_lesson, new_model, read_corpus
from isogloss.store.store import Store
from isogloss.train.parts import Cutting

STORE = ".isogloss"
ARMS = (
    "hard-all", "hard-balanced", "soft-balanced", "soft-all", "hard-balanced-smoothed",
    "hard-balanced-compute", "self-teachers", "sampled", "top-k", "adaptive", "from-german",
    "from-average",
)  # fmt: skip
TEACHERS = tuple(f"teacher/{code}" for code in CODES.values())
WINDOWS = 8
"""Of an update."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The study, run once, for all tests that only read."""
    folder = tmp_path_factory.mktemp("balance")
    write_whole(folder)
    done = fresh(folder, "run", "balance.yaml")
    assert done.returncode == 0, done.stderr
    (folder / "run.txt").write_text(done.stderr, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(folder):
    opened = open_study(folder / "balance.yaml", folder / STORE, None)
    assert not opened.missing
    return opened


@pytest.fixture
def finished(isogloss, folder, monkeypatch):
    """The command beside the finished study."""
    monkeypatch.chdir(folder)
    return isogloss


def cells(opened, **columns):
    """The cells of these columns."""
    return [
        cell
        for cell in opened.plan.cells
        if all(cell.columns[name] == value for name, value in columns.items())
    ]


def models(opened):
    """Each pre-trained model's name and its step."""
    found = cells(opened, regime="pretrain", target_language=None)
    return {cell.columns["encoder"]: opened.plan.by_key[cell.step] for cell in found}


def folder_of(opened, name):
    return opened.store.folder(models(opened)[name].key)


def values(record):
    return {score["metric"]: score["value"] for score in record["scores"]}


def told(opened, name):
    """What the training of a model says of its costs."""
    return values(opened.store.record(models(opened)[name].key))


def packed_of(opened, language, part):
    (step,) = (
        step
        for step in opened.plan.of_kind("pack")
        if opened.store.record(step.key)["language"] == CODES[language]
    )
    return Packed.read(opened.store.folder(step.key) / f"{part}.parquet"), step


def ranks_of(opened, name, language):
    (cell,) = cells(opened, regime="pretrain", encoder=name, target_language=CODES[language])
    table = pq.read_table(opened.store.folder(cell.step) / "ranks.parquet")
    return {column: table[column].to_numpy() for column in table.column_names}, cell


# ---- models


def test_every_model_is_an_ordinary_folder_with_a_card(opened):
    assert tuple(models(opened)) == (*TEACHERS, *ARMS)
    for name in models(opened):
        folder = folder_of(opened, name)
        model, info = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
        assert not info["missing_keys"], name
        assert not info["unexpected_keys"], name
        tokenizer = AutoTokenizer.from_pretrained(folder)
        assert len(tokenizer) == model.config.vocab_size
        guesses = pipeline("fill-mask", model=model, tokenizer=tokenizer)(
            f"the {tokenizer.mask_token} is good"
        )
        assert len(guesses) == 5
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert card.startswith("---\n")
        for word in ("fill-mask", "transformers", models(opened)[name].key):
            assert word in card, (name, word)


def test_a_self_teacher_keeps_the_weights_that_served_each_language_best(opened):
    (twin,) = (
        step
        for step in opened.plan.of_kind("pretrain")
        if step.payload["best_per_language"] is not None
    )
    record = opened.store.record(twin.key)
    assert [point["step"] for point in record["dev_losses"]] == [2, 4, 6]
    losses = np.array([point["losses"] for point in record["dev_losses"]])
    assert record["best_steps"] == [2 * (at + 1) for at in losses.argmin(axis=0)]
    for code in CODES.values():
        AutoModelForMaskedLM.from_pretrained(opened.store.folder(twin.key) / "best" / code)


# ---- masked words


@pytest.mark.parametrize("name", ["soft-balanced", "teacher/spa-Latn"])
def test_masked_words_are_scored_as_one_window_at_a_time_is(opened, name):
    """The library's whole model, one window, one fold, one position after the other."""
    ranks, cell = ranks_of(opened, name, "es")
    text, _ = packed_of(opened, "es", "held_out")
    folder = folder_of(opened, name)
    model = AutoModelForMaskedLM.from_pretrained(folder, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    maskable = ~np.isin(text.ids, tokenizer.all_special_ids)
    dealt = folds(text.offsets, maskable, n_folds=7, seed=0)
    found = {}
    for window, (first, last) in enumerate(zip(text.offsets[:-1], text.offsets[1:], strict=True)):
        ids, fold_of = torch.from_numpy(text.ids[first:last].astype(np.int64)), dealt[first:last]
        for fold in range(7):
            hidden = torch.from_numpy(fold_of == fold)
            if hidden.any():
                masked = torch.where(hidden, tokenizer.mask_token_id, ids)
                with torch.no_grad():
                    logits = model(input_ids=masked[None]).logits[0].double()
                for position in np.flatnonzero(fold_of == fold):
                    row, gold = logits[position], ids[position]
                    rank = 1 + sum(other > row[gold] for other in row).item()
                    loss = (row.logsumexp(0) - row[gold]).item()
                    found[window, int(position)] = rank, loss
    places = list(zip(ranks["window"].tolist(), ranks["position"].tolist(), strict=True))
    assert places == sorted(found)
    assert ranks["loss"] == pytest.approx([found[place][1] for place in places], abs=1e-4)
    same = ranks["rank"] == [found[place][0] for place in places]
    assert np.mean(same) > 0.99  # logits that differ by rounding only may change places
    scores = values(opened.store.record(cell.step))
    loss = np.array([found[place][1] for place in places])
    bits = loss.sum() / math.log(2) / text.characters[maskable].sum()
    reciprocal = np.mean([1 / found[place][0] for place in places])
    assert scores["mrr"] == pytest.approx(reciprocal, abs=1e-3)
    assert scores["eval_loss"] == pytest.approx(loss.mean(), abs=1e-4)
    assert scores["bits_per_character"] == pytest.approx(bits, abs=1e-4)
    assert scores["top5_accuracy"] >= scores["top1_accuracy"] >= 0


def test_every_token_of_the_held_out_text_is_scored_once_or_counted_as_unknown(opened):
    tokenizer = AutoTokenizer.from_pretrained(folder_of(opened, "hard-all"))
    framing = {tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id}
    for language, code in CODES.items():
        text, pack = packed_of(opened, language, "held_out")
        n_tokens = int((~np.isin(text.ids, sorted(framing))).sum())
        n_unknown = int((text.ids == tokenizer.unk_token_id).sum())
        tested = [
            step for step in opened.plan.of_kind("masked") if step.payload["language"] == code
        ]
        assert len(tested) == len(ARMS) + 1
        for step in tested:
            for score in opened.store.record(step.key)["scores"]:
                assert score["n_unscored"] == n_unknown
                assert score["n_scored"] + score["n_unscored"] == n_tokens
        assert opened.store.record(pack.key)["held_out"]["tokens"] == len(text.ids)


def test_all_models_are_scored_on_the_same_positions(opened):
    for language, code in CODES.items():
        first, _ = ranks_of(opened, "hard-all", language)
        for name in (*ARMS, f"teacher/{code}"):
            other, _ = ranks_of(opened, name, language)
            for column in ("window", "position", "characters"):
                assert np.array_equal(first[column], other[column]), name


def test_no_line_of_the_text_is_lost_on_the_way(opened):
    for step in opened.plan.of_kind("text"):
        record = opened.store.record(step.key)
        assert record["held_out"]["lines"] == N_HELD_OUT
        assert record["n_duplicates"] == record["n_leaked"] == 0
    for language in CODES:
        held_out, pack = packed_of(opened, language, "held_out")
        text = opened.store.record(pack.needs[0])
        assert held_out.n_characters == text["held_out"]["characters"]
        parts = [packed_of(opened, language, part)[0] for part in ("train", "dev")]
        assert sum(part.n_characters for part in parts) == text["characters"]


# ---- probes


@pytest.mark.parametrize(("task", "column"), [("pos", "upos"), ("ner", "ner_tags")])
def test_a_probe_is_a_logistic_regression_on_first_sub_tokens(opened, folder, task, column):
    """From the model's folder and the files of sentences alone, by scikit-learn."""
    name, source, target = "soft-balanced", "de", "en"
    (cell,) = cells(
        opened, task=task, regime="probe", encoder=name, form="layer -1",
        source_languages=[CODES[source]], target_language=CODES[target],
    )  # fmt: skip
    record = opened.store.record(cell.step)
    assert record["fits"]["-1"]["converged"]
    trained = words_of(opened, name, folder / column / source / "train.jsonl", column)
    tested = words_of(opened, name, folder / column / target / "test.jsonl", column)
    scaler = StandardScaler().fit(trained[0])
    probe = LogisticRegression(C=1, tol=1e-8, max_iter=10_000)
    probe.fit(scaler.transform(trained[0]), trained[1])
    said = probe.predict(scaler.transform(tested[0]))
    table = pq.read_table(opened.store.folder(cell.step) / "predictions.parquet").to_pylist()
    mine = [r for r in table if r["target"] == CODES[target] and r["layer"] == -1]
    assert [row["gold"] for row in mine] == tested[1]
    assert accuracy_score([row["predicted"] for row in mine], said) > 0.99
    scores = values(record["parts"][f"-1/{CODES[target]}"])
    assert scores["accuracy"] == pytest.approx(accuracy_score(tested[1], said), abs=0.01)
    macro = f1_score(tested[1], said, average="macro", zero_division=0)
    assert scores["class_macro_f1"] == pytest.approx(macro, abs=0.02)
    assert {score["n_scored"] for score in record["parts"][cell.part]["scores"]} <= {
        len(said), sum(tag[:2] == "B-" for tag in tested[1])
    }  # fmt: skip


def words_of(opened, name, path, column):
    """The encoding of each word's first sub-token, and the words' tags."""
    folder = folder_of(opened, name)
    body = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    features, tags = [], []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        cut = tokenizer(row["tokens"], is_split_into_words=True, return_tensors="pt")
        assert cut["input_ids"].shape[1] <= LENGTH, "one window"
        with torch.no_grad():
            hidden = body(cut["input_ids"]).last_hidden_state[0]
        places = cut.word_ids()
        features += [hidden[places.index(word)].numpy() for word in range(len(row["tokens"]))]
        tags += row[column]
    return np.array(features), tags


def test_a_language_without_data_is_left_out_of_its_probe_alone(opened, folder):
    assert "no ner data of Spanish (spa-Latn): it is not probed" in (folder / "run.txt").read_text()
    for task, n in (("pos", 3), ("ner", 2)):
        found = cells(opened, task=task, regime="probe", encoder="hard-all", form="layer -1")
        assert len(found) == n * n
    assert len(cells(opened, task="pos", form="layer 0", encoder="hard-all")) == 9


# ---- what arms cost and see


def test_balanced_arms_see_as_much_of_each_language_within_a_window(opened):
    record = opened.store.record(models(opened)["hard-balanced"].key)
    longest = max(
        int(packed_of(opened, language, "train")[0].window_characters.max()) for language in CODES
    )
    seen = [size["characters"] for size in record["sizes"].values()]
    assert max(seen) - min(seen) <= longest
    whole = {code: packed_of(opened, code, "train")[0].n_characters for code in CODES}
    assert max(seen) == min(whole.values())
    natural = opened.store.record(models(opened)["hard-all"].key)["sizes"]
    assert [size["characters"] for size in natural.values()] == list(whole.values())


@pytest.mark.parametrize("name", [*TEACHERS, *ARMS])
def test_costs_are_what_the_declaration_comes_to(opened, name):
    costs, step = told(opened, name), models(opened)[name]
    record = opened.store.record(step.key)
    updates = 5 if name in TEACHERS else math.ceil(6 * 4 / 3) if "compute" in name else 6
    assert costs["train_steps"] == updates
    assert costs["n_windows"] <= updates * WINDOWS
    if name not in TEACHERS:  # a teacher's epochs may end in smaller updates
        assert costs["n_windows"] > (updates - 2) * WINDOWS
    assert 0.9 * LENGTH <= costs["tokens_seen"] / costs["n_windows"] <= LENGTH
    model = AutoModelForMaskedLM.from_pretrained(folder_of(opened, name))
    forward = masked_flops(model.config, [LENGTH], 0) * costs["tokens_seen"] / LENGTH
    forward += masked_flops(model.config, [], record["n_scored"])
    assert costs["flops"] == pytest.approx(3 * forward)
    hidden = record["n_scored"] / costs["tokens_seen"]
    assert 0.08 < hidden < 0.22
    assert costs["train_runtime"] > 0


def test_teachers_that_read_along_cost_a_forward_pass_each(opened):
    whole = ("soft-balanced", "soft-all", "self-teachers", "top-k", "from-german", "from-average")
    for name in whole:
        costs = told(opened, name)
        assert costs["teacher_flops"] == pytest.approx(costs["flops"] / 3), name
        assert costs["teachers_runtime"] > 0, name
    costs = told(opened, "adaptive")
    assert 0 <= costs["teacher_flops"] <= costs["flops"] / 3
    assert costs["teachers_runtime"] > 0
    for name in (*TEACHERS, *(arm for arm in ARMS if arm.startswith("hard"))):
        assert told(opened, name)["teacher_flops"] == 0, name
        assert told(opened, name)["teachers_runtime"] == 0, name


def test_the_training_of_all_teachers_is_counted_whatever_they_are_for(opened):
    def took(*names):
        costs = [told(opened, name) for name in names]
        return sum(one["flops"] + one["teacher_flops"] for one in costs)

    for name in ("soft-balanced", "sampled", "from-german", "from-average"):
        assert told(opened, name)["teachers_training_flops"] == pytest.approx(took(*TEACHERS)), name
    whole = told(opened, "self-teachers")["teachers_training_flops"]
    assert whole == pytest.approx(took("hard-all")), "the twin that keeps its best weights"
    assert told(opened, "hard-all")["teachers_training_flops"] == 0
    soft = told(opened, "soft-balanced")
    assert soft["teachers_training_runtime"] == pytest.approx(soft["teachers_runtime"])


def test_the_card_of_a_soft_student_says_how_it_listens(opened):
    card = (folder_of(opened, "soft-balanced") / "README.md").read_text(encoding="utf-8")
    declared = opened.study.pretraining.arm("soft-balanced").distillation
    assert f"| weight of soft labels | {declared.listening.weight} |" in card
    assert f"| temperature of soft labels | {declared.temperature} |" in card
    card = (folder_of(opened, "hard-all") / "README.md").read_text(encoding="utf-8")
    assert "soft labels" not in card


def test_teachers_whose_answers_were_kept_still_had_to_be_trained(opened):
    costs = told(opened, "sampled")
    trained = [told(opened, name)["train_runtime"] for name in TEACHERS]
    assert costs["teachers_runtime"] == pytest.approx(sum(trained))
    step = models(opened)["sampled"]
    model = AutoModelForMaskedLM.from_pretrained(folder_of(opened, "sampled"))
    kept = [opened.store.record(one.key) for one in opened.plan.of_kind("targets")]
    seen = opened.store.record(step.key)["sizes"].values()
    lengths = [LENGTH] * sum(size["windows"] for size in seen)
    whole = 2 * masked_flops(model.config, lengths, 0)  # two masks of each window
    whole += masked_flops(model.config, [], sum(record["positions"] for record in kept))
    assert costs["teacher_flops"] == pytest.approx(whole, rel=0.02)  # last windows are shorter


def test_a_soft_arm_reads_what_its_hard_twin_reads_and_begins_where_it_begins(opened):
    """Same weights, windows, order and masks: only the labels differ."""
    hard, soft = (
        Bench(models(opened)[f"{how}-balanced"], opened.store) for how in ("hard", "soft")
    )
    begun, read = [], []
    for bench in (hard, soft):
        corpus = read_corpus(bench)
        begun.append(new_model(bench, corpus.tokenizer).state_dict())
        lesson = hard_lesson(bench, corpus) if bench is hard else _online(bench, corpus)
        recipe = recipe_of(bench.payload, bench.step.settings, None)
        cutting = Cutting(bench.step.settings["max_tokens"], 0.0, corpus.tokenizer.pad_token_id)
        steps = lesson.steps(recipe, first_step=0, cutting=cutting, device=torch.device("cpu"))
        read.append([getattr(part, "masked", part) for step in steps for part in step.parts])
        assert len(read[-1]) == 6
    assert all(torch.equal(begun[0][name], begun[1][name]) for name in begun[0])
    for one, other in zip(*read, strict=True):
        for field in ("input_ids", "places", "labels"):
            assert torch.equal(getattr(one, field), getattr(other, field)), field
        assert np.array_equal(one.windows, other.windows)


def test_an_adaptive_student_is_told_how_much_it_listens(opened):
    record = opened.store.record(models(opened)["adaptive"].key)
    assert [point["step"] for point in record["dev_losses"]] == [2, 4, 6]
    for point in record["dev_losses"]:
        assert len(point["losses"]) == len(point["weights"]) == 3
        assert all(0 <= weight <= 1 for weight in point["weights"])
    assert opened.store.record(models(opened)["soft-balanced"].key)["dev_losses"] == []


def test_the_report_says_how_far_the_adaptive_student_listened(opened):
    listening = also_of(opened, []).listening
    assert {record["arm"] for record in listening} == {"adaptive"}
    heard = opened.store.record(models(opened)["adaptive"].key)["dev_losses"]
    weight = opened.study.pretraining.arm("adaptive").distillation.listening.weight
    for at, code in enumerate(opened.study.languages):
        mine = {r["update"]: r["weight"] for r in listening if r["language"] == code}
        assert mine == {0: weight, **{p["step"]: p["weights"][at] for p in heard[:-1]}}
    assert heard[-1]["step"] == 6, "after the last update it decides nothing"


def test_arms_that_begin_from_teachers_differ_from_those_that_do_not(opened):
    weights = {
        name: (folder_of(opened, name) / "model.safetensors").read_bytes()
        for name in ("soft-balanced", "from-german", "from-average", "sampled", "top-k")
    }
    assert len(set(weights.values())) == len(weights)


# ---- the results and the commands


def test_the_table_of_results_has_a_row_for_each_score(finished):
    rows = finished("results", "balance.yaml", "--json").json
    masked = [r for r in rows if r["task"] == "mlm" and r["split"] == "held_out"]
    metrics = {"mrr", "top1_accuracy", "top5_accuracy", "eval_loss", "bits_per_character"}
    assert {row["metric"] for row in masked} == metrics
    assert len(masked) == len(metrics) * (len(ARMS) * 3 + len(TEACHERS))
    assert {(r["regime"], r["form"], r["seed"]) for r in masked} == {("pretrain", None, 1)}
    trained = [r for r in rows if r["regime"] == "pretrain" and r["split"] == "train"]
    assert {"tokens_seen", "flops", "teacher_flops", "teachers_runtime", "train_steps"} <= {
        row["metric"] for row in trained
    }
    probed = {(r["task"], r["form"], r["metric"]) for r in rows if r["regime"] == "probe"}
    assert {("pos", "layer -1", "accuracy"), ("pos", "layer 0", "accuracy")} <= probed
    assert ("ner", "layer -1", "f1") in probed
    tuned = {r["encoder"] for r in rows if r["regime"] == "joint" and r["split"] == "test"}
    assert tuned == {"soft-balanced", "hard-balanced", "teacher-deu-Latn"}


def test_the_report_has_a_page_and_tables_and_names_who_is_missing(finished, tmp_path):
    said = finished("report", "balance.yaml", "-o", str(tmp_path / "out"))
    assert said.code == 0, said.err
    page = (tmp_path / "out" / "balance.md").read_text(encoding="utf-8")
    for arm in ARMS:
        assert arm in page
    assert "spa-Latn" in page
    assert "There are no ner data of Spanish (spa-Latn)" in page
    assert list((tmp_path / "out" / "tables").glob("*.csv"))
    assert (tmp_path / "out" / "report.md").is_file()
    assert "F1 of the NER probe, in-language, layer -1, low-resource (Spanish)**: no data" in page
    table = (tmp_path / "out" / "tables" / "balance_probes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(table.splitlines())
    averages = {(r["group"], r["metric"]): r for r in rows if r["task"] == "ner"}
    low = averages["low-resource (Spanish)", "f1"]
    assert (low["soft-balanced_in_language"], low["soft-balanced_zero_shot"]) == ("", "")
    assert low["without"].startswith("Spanish")
    assert averages["all", "f1"]["without"].startswith("Spanish; 4 of 6 pairs")
    assert averages["all", "f1"]["soft-balanced_in_language"]


def test_the_other_commands_know_the_study(finished):
    plan = finished("plan", "balance.yaml")
    assert (plan.code, "0 to do" in plan.out) == (0, True)
    status = finished("status", "balance.yaml", "--json").json
    assert (status["missing"], status["failures"]) == (0, [])
    targets = {name: n for name, n in status["kinds"]["targets"].items() if n}
    assert targets == {"steps": 3, "finished": 3}
    valid = finished("validate", "balance.yaml", "--json").json
    assert valid["valid"]
    assert valid["train"] == len(TEACHERS) + len(ARMS) + 1 + 3  # a twin, and those fine-tuned
    again = finished("run", "balance.yaml")
    assert (again.code, "Nothing to do" in again.out) == (0, True)


def test_students_that_were_fine_tuned_are_compared(finished, tmp_path):
    said = finished("compare", "balance.yaml", "-o", str(tmp_path / "out"), "--json")
    assert said.code == 0, said.err
    page = next((tmp_path / "out").glob("*.md")).read_text(encoding="utf-8")
    for name in ("soft-balanced", "hard-balanced", "teacher-deu-Latn"):
        assert name in page
    assert "hard-all" not in page
    assert "of 0 sentences" not in page
    recommended = finished("recommend", "balance.yaml", "--json")
    assert recommended.code == 0, recommended.err
    audit = finished("audit", "balance.yaml", "-o", str(tmp_path / "audit"), "--json")
    assert audit.code == 0, audit.err
    assert set(audit.json["tokenizers"]) == {
        "soft-balanced", "hard-balanced", "teacher-deu-Latn", "pre-training"
    }  # fmt: skip


def test_a_student_is_an_encoder_by_its_folder_too(finished, opened, folder):
    """The same weights by path and by name: the same numbers."""
    path = folder_of(opened, "soft-balanced")
    text = (folder / "balance.yaml").read_text(encoding="utf-8")
    head = text[: text.index("pretraining:")]
    tail = text[text.index("\ndata: {source") :].replace(
        "{from: soft-balanced}", f"{{model: {path}}}"
    )
    tail = tail.replace("  - {from: hard-balanced}\n", "").replace('  - {from: "teacher:de"}\n', "")
    (folder / "by_path.yaml").write_text(head + tail, encoding="utf-8")
    said = finished("run", "by_path.yaml")
    assert said.code == 0, said.err
    rows = finished("results", "by_path.yaml", "--json").json
    (mine,) = (r["value"] for r in rows if (r["split"], r["metric"]) == ("test", "eval_loss"))
    rows = finished("results", "balance.yaml", "--json").json
    (other,) = (
        r["value"]
        for r in rows
        if (r["split"], r["metric"], r["regime"]) == ("test", "eval_loss", "joint")
        and r["encoder"] == "soft-balanced"
    )
    assert mine == pytest.approx(other, abs=1e-5)


def test_teachers_and_a_tokenizer_that_were_there_stand_in_for_ours(finished, opened, folder):
    """The student of the same teacher, by path, scores as the student of the study does."""
    (tokenizer,) = opened.plan.of_kind("tokenizer")
    given = {code: str(folder_of(opened, f"teacher/{code}")) for code in CODES.values()}
    text = (folder / "balance.yaml").read_text(encoding="utf-8")
    text = text[: text.index("probes:")].replace("name: balance", "name: given")
    text = text[: text.index("  arms:")] + "  arms: [soft-balanced]\nseeds: [1]\n"
    text = text.replace(
        "  tokenizer: {vocab_size: 500}",
        f"  tokenizer_from: {opened.store.folder(tokenizer.key)}",
    ).replace("{max_steps: 5}", f"{{models: {json.dumps(given)}}}")
    (folder / "given.yaml").write_text(text, encoding="utf-8")
    said = finished("run", "given.yaml")
    assert said.code == 0, said.err
    mine = open_study(folder / "given.yaml", folder / STORE, None)
    assert set(models(mine)) == {"soft-balanced"}
    weights = [folder_of(one, "soft-balanced") / "model.safetensors" for one in (mine, opened)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    for language, code in CODES.items():
        ranks = [ranks_of(one, f"teacher/{code}", language)[0] for one in (mine, opened)]
        assert ranks[0].keys() == ranks[1].keys()
        assert all(np.array_equal(ranks[0][name], ranks[1][name]) for name in ranks[0])
    assert finished("audit", "given.yaml", "-o", "given").code == 0
    assert finished("report", "given.yaml", "-o", "given").code == 0
    page = (folder / "given" / "balance.md").read_text(encoding="utf-8")
    assert f"over {len(CODES)} languages the teachers have" in page


# ---- killed


def test_a_distillation_that_is_killed_goes_on_to_the_same_numbers(tmp_path):
    """A real SIGKILL, after a checkpoint is there and long before the last update."""
    policy = "distillation: {listening: {policy: adaptive, eval_steps: 3}}"
    study = write_small(
        tmp_path,
        SMALL.replace("max_steps: 3", "max_steps: 40, save_seconds: 0")
        .replace("  arms:", "  teachers: {max_steps: 2}\n  arms:")
        .replace("[hard-all, hard-balanced, soft-balanced]", f"[{{arm: soft-balanced, {policy}}}]"),
    )
    cut = Store(tmp_path / "cut")
    (step,) = open_study(study, cut.root, None).plan.of_kind("distill")
    train_toy.train_until_killed(study, cut, f"{step.key}/**/step-*")
    assert cut.has_begun(step.key)

    whole = Store(tmp_path / "whole")
    shutil.copytree(cut.root, whole.root)
    shutil.rmtree(whole.root / "running" / step.key)
    rarely = "pretraining.training.save_seconds=1000"
    for store in (whole, cut):
        train_toy.train(study, store, rarely)
    resumed = [store.record(step.key)["n_resumed"] for store in (whole, cut)]
    assert resumed == [0, 1]
    one, other = (store.folder(step.key) / "model.safetensors" for store in (whole, cut))
    assert one.read_bytes() == other.read_bytes()
    losses = [store.record(step.key)["dev_losses"] for store in (whole, cut)]
    assert losses[0] == losses[1]
    for test in open_study(study, cut.root, None).plan.of_kind("masked"):
        assert whole.record(test.key)["scores"] == cut.record(test.key)["scores"]
