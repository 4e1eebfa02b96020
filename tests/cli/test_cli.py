"""The command as its users meet it: words, exit codes, formats, and what a rerun does."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command import Said, fresh
from isogloss.base.fingerprint import file_digest
from isogloss.cli.app import COMMANDS
from isogloss.store.manifest import with_digest
from isogloss.store.results import ROW_COLUMNS
from toys import LABELS, STUDY, write_toy

METRICS = {
    "eval_loss",
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "weighted_f1",
    "eval_runtime",
    "eval_samples_per_second",
    "eval_steps_per_second",
    *(f"{kind}/{label}" for kind in ("precision", "recall", "f1", "support") for label in LABELS),
    *(f"confusion/{gold}/{said}" for gold in LABELS for said in LABELS),
}


def scores(said: Said) -> dict[tuple[object, ...], float]:
    """The values of a results table that do not measure time."""
    return {
        (
            r["regime"],
            *r["source_languages"],
            r["n_per_language"],
            r["target_language"],
            r["metric"],
        ): r["value"]
        for r in said.json
        if "runtime" not in r["metric"] and "per_second" not in r["metric"]
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A toy study run once, for all that only reads."""
    folder = tmp_path_factory.mktemp("finished")
    write_toy(folder)
    done = fresh(folder, "run", "toy.yaml")
    assert done.returncode == 0, done.stderr
    return folder


def in_folder(isogloss, folder: Path, monkeypatch):
    monkeypatch.chdir(folder)
    return isogloss


def test_help_names_every_command_and_heavy_libraries_stay_out(tmp_path):
    code = (
        "import sys; sys.argv = ['isogloss', '--help']\n"
        "from isogloss.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'transformers', 'pyarrow', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in COMMANDS:
        assert command.__name__ in done.stdout
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("type('SchemaError', (Exception,), {})('Error: KeyboardInterrupt: ')", "Stopped.\n"),
        ("KeyError('KeyboardInterrupt a bug')", "KeyError: 'KeyboardInterrupt a bug'\n"),
        ("RuntimeError('a bug')", "RuntimeError: a bug\n"),
    ],
)
def test_an_interrupt_that_a_library_wraps_is_no_bug(raised, said):
    code = (
        f"from isogloss.cli import app\ndef fails(): raise {raised}\napp._run = fails\napp.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith(said)
    assert ("Traceback" in done.stderr) == ("a bug" in said)


def test_results_have_a_row_for_every_cell_and_metric(isogloss, finished, monkeypatch):
    rows = in_folder(isogloss, finished, monkeypatch)(
        "results", "toy.yaml", "--format", "json"
    ).json
    assert list(rows[0]) == list(ROW_COLUMNS)
    tested = [row for row in rows if row["split"] == "test"]
    runs = {("joint", 6): 1, ("joint", 12): 1, ("single", 12): 3}
    for (regime, size), trainings in runs.items():
        for target in ("eng-Latn", "deu-Latn", "hin-Deva"):
            found = [
                row["metric"]
                for row in tested
                if (row["regime"], row["n_per_language"], row["target_language"])
                == (regime, size, target)
            ]
            assert set(found) >= METRICS
            assert len(found) == trainings * len(set(found))
    assert all(row["n_scored"] == 12 and row["n_unscored"] == 0 for row in tested)
    assert {row["n_train"] for row in tested if row["regime"] == "joint"} == {18, 36}
    assert {row["target_language"] for row in rows if row["split"] == "train"} == {None}
    assert all(isinstance(row["source_languages"], list) for row in rows)


def test_all_forms_of_the_results_hold_the_same_rows(isogloss, finished, monkeypatch):
    run = in_folder(isogloss, finished, monkeypatch)
    rows = run("results", "toy.yaml", "--json").json
    told = list(csv.DictReader(io.StringIO(run("results", "toy.yaml", "--format", "csv").out)))
    assert [float(row["value"]) for row in told] == [row["value"] for row in rows]
    assert told[0]["source_languages"] == "eng-Latn+deu-Latn+hin-Deva"
    assert run("results", "toy.yaml", "--format", "parquet", "-o", "rows.parquet").code == 0
    assert pq.read_table("rows.parquet").to_pylist() == rows
    table = run("results", "toy.yaml").out
    said, head, *lines = table.splitlines()
    assert said.split(" · ")[0].strip() == "study: toy", "what all have in common is said once"
    assert "study" not in head.split()
    assert {"metric", "value", "target_language"} < set(head.split())
    assert len([line for line in lines if line.strip()]) == len(rows)
    best = "select max(value) as best from results where metric = 'macro_f1'"
    assert run("results", "toy.yaml", "--sql", best, "--json").json == [
        {"best": max(row["value"] for row in rows if row["metric"] == "macro_f1")}
    ]
    none = run("results", "toy.yaml", "--sql", "select * from results where metric = 'no'")
    assert (none.code, none.err) == (0, "The query has no rows.\n")
    bad = run("results", "toy.yaml", "--sql", "selec 1")
    assert bad.code == 2
    outside = run("results", "toy.yaml", "--sql", "select * from read_text('toy.yaml')")
    assert outside.code == 2


def test_a_files_ending_says_its_form(isogloss, finished, monkeypatch):
    run = in_folder(isogloss, finished, monkeypatch)
    rows = run("results", "toy.yaml", "--json").json
    for name in ("all.parquet", "all.json", "all.csv"):
        assert run("results", "toy.yaml", "-o", name).code == 0
    assert pq.read_table("all.parquet").to_pylist() == rows
    assert json.loads(Path("all.json").read_text()) == rows
    for name in ("all.xlsx", "all"):
        refused = run("results", "toy.yaml", "-o", name)
        assert refused.code == 2
        assert f"{name}: which form?" in refused.err
        assert not Path(name).exists()
    assert run("results", "toy.yaml", "--format", "csv", "-o", "odd.json").code == 0
    assert Path("odd.json").read_text() == Path("all.csv").read_text(), "what was asked for counts"


def test_parquet_wants_a_file(isogloss, finished, monkeypatch):
    said = in_folder(isogloss, finished, monkeypatch)("results", "toy.yaml", "--format", "parquet")
    assert said.code == 2
    assert "-o FILE" in said.err


def test_a_finished_study_does_nothing_and_imports_nothing_heavy(finished):
    code = (
        "import sys; sys.argv = ['isogloss', 'run', 'toy.yaml']\n"
        "from isogloss.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=finished, capture_output=True, text=True, check=True
    )
    assert "Nothing to do" in done.stdout
    assert done.stdout.strip().endswith("[]")


HEAVY = ("torch", "transformers", "tokenizers")
HUBS_CLIENT = ("httpx", "httpx2")


@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        *((name, HEAVY + HUBS_CLIENT) for name in ("plan", "status", "results", "ls")),
        *((name, HEAVY) for name in ("report", "validate")),
    ],
)
def test_looking_imports_nothing_heavy(finished, command, unwanted):
    words = [command] if command == "ls" else [command, "toy.yaml"]
    code = (
        f"import sys; sys.argv = ['isogloss', *{words}]\n"
        "from isogloss.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([m for m in {unwanted} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=finished, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


def test_status_plan_and_ls_tell_what_is_finished(isogloss, finished, monkeypatch):
    run = in_folder(isogloss, finished, monkeypatch)
    status = run("status", "toy.yaml", "--json").json
    assert status["missing"] == 0
    nothing = dict.fromkeys(("running", "failed", "begun", "blocked", "waiting"), 0)
    assert status["kinds"]["train"] == {"steps": 5, "finished": 5, **nothing}
    assert (status["running"], status["seconds_left"]) == ([], None)
    assert "5 of 5 finished" in run("status", "toy.yaml").out
    plan = run("plan", "toy.yaml", "--json").json
    assert all(step["found"] for step in plan["steps"])
    changed = run("plan", "toy.yaml", "--json", "--set", "training.learning_rate=1e-3").json
    missing = {step["kind"] for step in changed["steps"] if not step["found"]}
    assert missing == {"train", "evaluate"}
    tree = run("plan", "toy.yaml", "--set", "training.learning_rate=1e-3").out
    assert "to do" in tree
    assert "measured on finished trainings" in run("plan", "toy.yaml", "--set", "seeds=[1,2]").out
    assert run("ls", "--json").json == [
        {
            "name": "toy",
            "source": "toy.yaml",
            "steps": len(plan["steps"]),
            "finished": len(plan["steps"]),
        }
    ]
    assert "toy" in run("ls").out
    assert "sample" in run("ls", "templates").out
    assert "n_unscored" in run("ls", "columns").out


def test_report_writes_tables_and_figures_of_what_is_finished(isogloss, finished, monkeypatch):
    run = in_folder(isogloss, finished, monkeypatch)
    said = run("report", "toy.yaml", "-o", "out", "--json")
    files = [Path(name) for name in said.json["files"]]
    assert all(path.stat().st_size > 0 for path in files if path.stem != "shortage")
    assert {path.suffix for path in files} >= {".md", ".csv", ".tex", ".png", ".svg"}
    text = (finished / "out" / "report.md").read_text()
    assert "isogloss run toy.yaml" in text
    for path in files:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")


def test_audit_looks_before_training(isogloss, tmp_path):
    write_toy(tmp_path)
    said = isogloss("audit", "toy.yaml", "-o", "out", "--json")
    assert said.code == 0
    found = said.json
    assert found["languages"]["eng-Latn"]["splits"]["train"]["rows"] == 24
    assert found["languages"]["eng-Latn"]["splits"]["train"]["labels"]["neutral"]["count"] == 8
    assert 1 <= found["tokenizers"]["tiny"]["languages"]["deu-Latn"]["fertility"] < 10
    assert list((tmp_path / "out").rglob("*.png"))
    assert not list((tmp_path / ".isogloss" / "steps").glob("*/model.safetensors"))
    assert isogloss("audit", "toy.yaml").code == 0


def test_two_workers_give_the_same_numbers_as_one_process(finished, tmp_path):
    write_toy(tmp_path)
    done = fresh(tmp_path, "run", "toy.yaml", "--executor", "processes", "--jobs", "2", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["failed"], summary["done"]) == ([], summary["steps"])
    both = [fresh(folder, "results", "toy.yaml", "--json") for folder in (tmp_path, finished)]
    ours, theirs = (scores(Said(0, b.stdout, b.stderr)) for b in both)
    assert ours.keys() == theirs.keys()
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_a_run_that_is_killed_goes_on_to_the_same_numbers(finished, tmp_path):
    """Killed at three different moments; threads are one, so equality is exact."""
    write_toy(tmp_path, STUDY.replace("precision: fp32", "precision: fp32, save_seconds: 0"))
    words = [sys.executable, "-m", "isogloss", "run", "toy.yaml"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    for kind, number in (("prepare", 2), ("train", 1), ("evaluate", 7)):
        running = subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
        seen = 0
        for line in running.stderr:
            seen += f" {kind} " in line
            if seen >= number:
                break
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
    last = fresh(tmp_path, "run", "toy.yaml", "--json")
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout)["found"] > 6
    both = [fresh(folder, "results", "toy.yaml", "--json") for folder in (tmp_path, finished)]
    ours, theirs = (scores(Said(0, b.stdout, b.stderr)) for b in both)
    assert ours == theirs


def test_two_runs_of_one_study_at_once_share_the_work(tmp_path):
    write_toy(tmp_path)
    words = [sys.executable, "-m", "isogloss", "run", "toy.yaml", "--json"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    pair = [
        subprocess.Popen(
            words, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ended = [running.communicate(timeout=300) for running in pair]
    assert [running.returncode for running in pair] == [0, 0], ended
    sums = [json.loads(out) for out, _ in ended]
    trained = sum(said["done"] for said in sums)
    made = len(list((tmp_path / ".isogloss" / "steps").iterdir()))
    assert made == sums[0]["steps"]
    assert trained == made, "nothing is done twice"


def test_a_cell_that_fails_is_recorded_and_the_rest_goes_on(isogloss, tmp_path):
    """One stored model was made from something else, as it says; only what needs it fails."""
    write_toy(tmp_path)
    assert isogloss("run", "toy.yaml").code == 0
    steps = tmp_path / ".isogloss" / "steps"
    plan = isogloss("plan", "toy.yaml", "--json").json["steps"]
    train = next(step for step in plan if step["kind"] == "train" and "single eng" in step["title"])
    manifest = steps / train["key"] / "manifest.json"
    told = json.loads(manifest.read_text())
    weights = steps / train["key"] / "model.safetensors"
    weights.write_bytes(b"nonsense")
    told["files"]["model.safetensors"] = {"bytes": 8, "sha256": file_digest(weights)}
    manifest.write_text(json.dumps(with_digest(told)))
    said = isogloss("run", "toy.yaml", "--set", "evaluation.splits=[test, validation]")
    assert said.code == 3
    assert "single eng-Latn" in said.err
    status = isogloss(
        "status", "toy.yaml", "--json", "--set", "evaluation.splits=[test, validation]"
    ).json
    assert status["kinds"]["evaluate"]["failed"] == 3
    assert status["kinds"]["evaluate"]["finished"] == 15 + 12
    assert all(failure["message"] for failure in status["failures"])


def test_a_diverging_training_fails_alone_with_its_reason(isogloss, tmp_path):
    write_toy(tmp_path, STUDY.replace("learning_rate: 1.0e-2", "learning_rate: 1.0e+30"))
    said = isogloss("run", "toy.yaml", "--json")
    assert said.code == 1
    messages = [failure["message"] for failure in said.json["failed"]]
    assert any("learning_rate" in message for message in messages)


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("learning_rate: 1.0e-2", "training.learning_rat: unknown key"),
        ("languages: [en, de, hi]", "Unknown language"),
        ("root: data", "does not exist"),
        ("sizes: [6, 12]", "needs 100 rows of each class"),
        ("labels: [negative, neutral, positive]", "outside the set"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2_before_any_training(
    isogloss, tmp_path, study, words
):
    wrong = {
        "learning_rate: 1.0e-2": "learning_rat: 1.0e-2",
        "languages: [en, de, hi]": "languages: [en, dx, hi]",
        "root: data": "root: nowhere",
        "sizes: [6, 12]": "sizes: [6, 300]",
        "labels: [negative, neutral, positive]": "labels: [negative, positive]",
    }[study]
    write_toy(tmp_path, STUDY.replace(study, wrong))
    for command in ("run", "validate"):
        said = isogloss(command, "toy.yaml")
        assert said.code == 2, said.out
        assert words in said.err
        assert not list((tmp_path / ".isogloss" / "steps").glob("*/model.safetensors"))


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("ISO-120", '{"text": "cut o\n'),
        ("ISO-130", json.dumps({"text": "a" * 3000, "label": 0}) + "\n"),
    ],
)
@pytest.mark.parametrize("command", ["run", "validate", "audit"])
def test_broken_data_of_two_languages_keep_their_code(
    isogloss, tmp_path, monkeypatch, command, code, bad
):
    write_toy(tmp_path)
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", "2000")
    for language in ("en", "hi"):
        with (tmp_path / "data" / language / "train.jsonl").open("a") as file:
            file.write(bad)
    said = isogloss(command, "toy.yaml")
    assert said.code == 2, said.out
    assert f"[{code}]" in said.err
    assert said.err.count("train.jsonl") == 2


def test_a_model_that_is_a_pickle_keeps_its_code(isogloss, tmp_path):
    write_toy(tmp_path)
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"\x80\x02.")
    said = isogloss("run", "toy.yaml", "--set", "encoders=[./pickled]")
    assert said.code == 2, said.out
    assert "[ISO-140]" in said.err


def test_a_language_without_a_label_is_refused_unless_allowed(isogloss, tmp_path):
    write_toy(tmp_path)
    train = tmp_path / "data" / "hi" / "train.jsonl"
    kept = [line for line in train.read_text().splitlines() if "neutral" not in line]
    train.write_text("\n".join(kept) + "\n")
    said = isogloss("run", "toy.yaml")
    assert said.code == 2
    assert "Hindi (hin-Deva) has no row labeled neutral" in said.err
    assert isogloss("audit", "toy.yaml").code == 0, "an audit is for looking at such data"
    allowed = ("--set", "data.allow_missing_labels=true", "--set", "sampling.shortage=take_all")
    assert isogloss("validate", "toy.yaml", *allowed).code == 0


def test_two_scratch_encoders_may_share_their_tokenizer(isogloss, tmp_path):
    one = STUDY[STUDY.index("  - name: tiny") : STUDY.index("training:")]
    other = one.replace("name: tiny", "name: other").replace("hidden_size: 16", "hidden_size: 8")
    write_toy(tmp_path, STUDY.replace(one, one + other))
    said = isogloss("audit", "toy.yaml", "--json")
    assert said.code == 0
    assert list(said.json["tokenizers"]) == ["tiny", "other"]


def test_shortage_that_is_allowed_is_recorded(isogloss, tmp_path):
    text = STUDY.replace("sizes: [6, 12]", "sizes: [30]").replace(
        ", {regime: single, sizes: [12]}", ""
    )
    write_toy(tmp_path, text + "sampling: {shortage: take_all}\n")
    said = isogloss("run", "toy.yaml")
    assert said.code == 0
    assert "Hindi (hin-Deva), 30 rows: 6 are missing" in said.err
    rows = isogloss("results", "toy.yaml", "--json").json
    assert isogloss("report", "toy.yaml", "-o", "out").code == 0
    assert "take_all" in (tmp_path / "out" / "report.md").read_text()
    assert {(row["n_per_language"], row["n_train"]) for row in rows} == {(30, 72)}


def test_a_store_that_cannot_be_written_is_refused_before_work(isogloss, tmp_path):
    write_toy(tmp_path)
    (tmp_path / "file").write_text("")
    for store in ("file", "file/inside", "no/such/parent"):
        said = isogloss("run", "toy.yaml", "--store", store)
        assert said.code == 2
        assert "store" in said.err


def test_a_flipped_byte_in_the_store_is_not_computed_with(isogloss, tmp_path):
    write_toy(tmp_path)
    assert isogloss("run", "toy.yaml").code == 0
    weights = next((tmp_path / ".isogloss" / "steps").glob("*/model.safetensors"))
    sound = weights.read_bytes()
    damaged = bytearray(sound)
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    said = isogloss("run", "toy.yaml", "--set", "evaluation.splits=[validation]")
    assert said.code == 0
    assert "does not hold the bytes that were written" in said.err
    assert "1 damaged steps were moved to .isogloss/quarantine" in said.out
    (aside,) = (tmp_path / ".isogloss" / "quarantine").iterdir()
    assert (aside / "step" / "model.safetensors").read_bytes() == damaged
    assert weights.read_bytes() == sound, "made anew, to the same bytes"


def test_a_finished_study_that_was_forgotten_is_noted_again(isogloss, tmp_path):
    write_toy(tmp_path)
    assert isogloss("run", "toy.yaml").code == 0
    note = tmp_path / ".isogloss" / "studies" / "toy.json"
    noted, when = note.read_text(), note.stat().st_mtime_ns
    assert isogloss("run", "toy.yaml").code == 0
    assert note.stat().st_mtime_ns == when, "what is right is not written again"
    note.unlink()
    assert isogloss("run", "toy.yaml").code == 0
    assert note.read_text() == noted


def test_the_next_words_keep_store_and_changes(isogloss, tmp_path):
    write_toy(tmp_path)
    said = isogloss("run", "toy.yaml", "--store", "mine", "--set", "seeds=[3]")
    assert "isogloss report toy.yaml --set 'seeds=[3]' --store mine" in said.out
    assert isogloss("run", "toy.yaml", "--store", "").code == 2


def test_init_writes_a_template_once(isogloss, tmp_path):
    assert isogloss("init", "sample").code == 0
    assert "valid study" in isogloss("validate", "sample.yaml").out
    again = isogloss("init", "sample")
    assert again.code == 2
    assert "--force" in again.err
    assert isogloss("init", "sample", "--force").code == 0
    assert "Did you mean 'sample'" in isogloss("init", "sampel").err


def test_schema_is_written_where_asked(isogloss, tmp_path):
    assert isogloss("schema", "-o", "study.schema.json").code == 0
    assert json.loads((tmp_path / "study.schema.json").read_text()) == isogloss("schema").json


def test_no_color_is_respected_and_usage_errors_are_2(isogloss, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in isogloss("ls", "templates").out
    assert isogloss("frobnicate").code == 2
    assert isogloss("run").code == 2
    assert isogloss("run", "none.yaml").code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("asked", [["schema"], ["--version"], ["status", "toy.yaml"]])
def test_results_that_find_no_room_are_told_in_one_message(finished, asked):
    command = [sys.executable, "-m", "isogloss", *asked]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=finished, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The disk is full")
    assert "[ISO-240]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "asked",
    [
        ["results", "toy.yaml"],
        ["results", "toy.yaml", "--format", "csv"],
        ["status", "toy.yaml", "--json"],
        ["status", "none.yaml", "--json"],
    ],
)
def test_results_that_nobody_reads_end_the_command_without_a_word(finished, asked):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "isogloss", *asked],
        cwd=finished, stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if not line.startswith("Error: There is no")]
    assert not said


def test_python_m_isogloss_is_the_command(tmp_path):
    done = fresh(tmp_path, "--version", check=True)
    assert done.stdout.startswith("isogloss ")


def test_interrupting_a_run_says_how_to_go_on(tmp_path):
    write_toy(tmp_path, STUDY.replace("num_train_epochs: 2", "num_train_epochs: 2000"))
    running = subprocess.Popen(
        [sys.executable, "-m", "isogloss", "run", "toy.yaml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    for line in running.stderr:
        if "prepare" in line:
            break
    time.sleep(2)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "the same command goes on" in err
    assert "Traceback" not in err


def test_trainings_whose_size_nobody_knows_yet_are_not_said_to_take_no_time(isogloss, tmp_path):
    joint = STUDY.replace("{regime: joint, sizes: [6, 12]}", "{regime: joint}")
    write_toy(tmp_path, joint)
    some = isogloss("plan", "toy.yaml").out.splitlines()[-1]
    assert "1 of unknown size" in some
    assert "at least" in some
    write_toy(tmp_path, joint.replace(", {regime: single, sizes: [12]}", ""))
    none = isogloss("plan", "toy.yaml").out.splitlines()[-1]
    assert "how long they take is not estimated" in none
    assert "0.0 s" not in none
