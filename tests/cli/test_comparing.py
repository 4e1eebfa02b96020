"""Choosing an encoder on the command line: compare, recommend and bench, and what they refuse."""

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from transformers import AutoModel

from isogloss.study.load import load_study
from published import FIGURES
from tag_study import write_tagged
from tag_toys import LONGEST, make_model, make_tokenizer

GOLDEN = """\
metric mBERT XLM-R difference candidate
eval_loss 0.050518 0.037623 -25.5% XLM-R
eval_precision 0.907649 0.917869 +1.1% XLM-R
eval_recall 0.908744 0.921005 +1.3% XLM-R
eval_f1 0.908196 0.919434 +1.2% XLM-R
eval_accuracy 0.986812 0.989860 +0.3% XLM-R
eval_runtime (s) 12.3213 20.2871 +64.7% mBERT
eval_samples_per_second 269.615 163.749 -39.3% mBERT
eval_steps_per_second 16.881 10.253 -39.3% mBERT
epoch 3 3 0% -
"""
NAMES = ("small", "other", "small (trimmed)", "other (trimmed)")
WORDS = ("--task", "ner", "--data", "data", "--languages", "en,pt", "--labels", "PER,LOC")


def refused(said, *words: str) -> str:
    """One message, nothing printed, exit code 2."""
    assert said.code == 2, said.out
    assert said.out == ""
    assert said.err.startswith("Error: ")
    assert said.err.count("Error") == 1
    for word in words:
        assert word in said.err.replace("\n", " ")
    return said.err


@pytest.fixture
def finished(isogloss, measured, monkeypatch):
    """The command beside a study that is finished and measured."""
    monkeypatch.chdir(measured)
    return isogloss


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Two encoders as anybody would have saved them."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for family in ("bert", "xlm-roberta"):
        make_model(family).save_pretrained(folder / family)
        make_tokenizer(family).save_pretrained(folder / family)
    return [str(folder / family) for family in ("bert", "xlm-roberta")]


def test_published_figures_print_the_published_table(isogloss, tmp_path):
    (tmp_path / "readme.csv").write_text(FIGURES)
    said = isogloss("compare", "readme.csv")
    assert said.code == 0
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert [line for line in lines if line and line[0] not in "─"][1:] == GOLDEN.splitlines()
    records = isogloss("compare", "readme.csv", "--json").json
    assert records[0]["difference_percent"] == pytest.approx(-25.5256, abs=1e-4)
    assert [record["candidate"] for record in records] == ["XLM-R"] * 5 + ["mBERT"] * 3 + ["-"]


def test_wrong_figures_are_named_with_file_and_line(isogloss, tmp_path):
    (tmp_path / "readme.csv").write_text(FIGURES.replace("0.921005", "92 %"))
    refused(isogloss("compare", "readme.csv"), "readme.csv, line 4, XLM-R", "92 %")
    refused(isogloss("compare", "none.csv"), "none.csv cannot be read")
    refused(isogloss("compare", "readme.csv", "--set", "seeds=[1]"), "readme.csv holds figures")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("A", "B"), "needs --task, --data, --languages"),
        (("A", "B", "--task", "ner", "--languages", "en"), "needs --data"),
        (("A", *WORDS), "two encoders or more"),
        (("A", "B", *WORDS), "--data data: no such folder"),
        (("A", "B", "--task", "ner", "--data", "sample", "--languages", "en", "--seeds", "1,x"),
         "--seeds: 'x' is no whole number"),
        (("A", "B", "--task", "nre", "--data", "sample", "--languages", "en"),
         "1 mistake:   task: 'nre' is not known. Did you mean 'ner'?"),
        (("A", "B", "--task", "ner", "--data", "sample", "--languages", "en,xx"),
         "languages.1: Unknown language 'xx'"),
        (("none.yaml",), "none.yaml"),
        (("none.yaml", "--task", "ner"), "--task would not be heard"),
        (("none.csv", "--seeds", "1"), "--seeds would not be heard"),
        (("none.yaml", "--no-measure"), "--no-measure would not be heard"),
    ],
)  # fmt: skip
def test_what_a_comparison_lacks_is_one_message(isogloss, tmp_path, words, said):
    refused(isogloss("compare", *words), said)
    assert not (tmp_path / "results").exists(), "nothing stands in the way of the next try"


def test_a_study_of_models_that_are_not_there_is_not_left_behind(isogloss, tmp_path):
    words = ("./one", "./two", "--task", "ner", "--data", "sample", "--languages", "en")
    said = refused(isogloss("compare", *words), "does not exist")
    assert f"{tmp_path / 'one'}" in said, "the folder that was meant, not one beside the study"
    assert not list(tmp_path.rglob("study.yaml"))


def test_two_checkpoints_are_compared_by_a_study_that_is_written_down(
    isogloss, tmp_path, checkpoints
):
    write_tagged(tmp_path, lengths=(3, 8, 15, 30))
    tiny = ("--set", f"training.max_length={LONGEST}", "--set", "training.max_steps=2")
    words = (*checkpoints, *WORDS, "--seeds", "1,2", "--no-measure", "-o", "out")
    said = isogloss("compare", *words, *tiny, "--json")
    assert said.code == 0, said.err
    assert "The study underneath: out/study.yaml" in said.err
    found = said.json
    assert found["encoders"] == ["bert", "xlm-roberta"]
    overview = {record["metric"]: record for record in found["overview"]}
    assert {"f1", "eval_loss", "accuracy", "precision", "recall"} <= overview.keys()
    assert "parameters" not in overview
    assert {record["form"] for record in found["forms"]} == {"torch"}
    study = load_study(tmp_path / "out" / "study.yaml")
    assert (study.task, study.labels, study.seeds) == ("ner", ("PER", "LOC"), (1, 2))
    assert study.languages == ("eng-Latn", "por-Latn")
    assert [encoder.model for encoder in study.encoders] == checkpoints
    again = isogloss("compare", "out/study.yaml", *tiny, "-o", "out", "--json")
    assert again.code == 0
    assert again.json["overview"] == found["overview"], "nothing was trained again"
    other = isogloss("compare", *words, "--targets", "en", *tiny)
    refused(other, "out/study.yaml is there and says something else")


def test_a_comparison_has_quality_cost_and_a_recommendation_in_one_page(finished, tmp_path):
    said = finished("compare", "tagged.yaml", "-o", str(tmp_path / "out"))
    assert said.code == 0, said.err
    for words in ("single_stream_p99_ms", "Serving forms", "Choice: ", "Reason: ", "Ties: "):
        assert words in said.out
    page = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    for words in ("isogloss compare tagged.yaml", "Machine: ", "trimmed", "sample", "fertility"):
        assert words in page
    raw = json.loads((tmp_path / "out" / "measured.json").read_text())
    assert len(raw["candidates"]) == 4
    tables = {path.name for path in (tmp_path / "out" / "tables").iterdir()}
    assert {"comparison.csv", "forms.md", "tokenizers.tex", "candidates.csv"} <= tables


def with_other_gold(measured: Path, folder: Path) -> None:
    """A store in which somebody has evaluated one encoder on another version of the data."""
    shutil.copytree(measured, folder, dirs_exist_ok=True)
    found = {
        path: json.loads(path.read_text())
        for path in sorted((folder / ".isogloss" / "steps").glob("*/manifest.json"))
    }
    path, manifest = next(
        (path, manifest)
        for path, manifest in found.items()
        if manifest["kind"] == "evaluate"
        and manifest["identity"]["payload"]["language"] == "spa-Latn"
    )
    file = path.parent / "predictions.parquet"
    table = pq.read_table(file)
    gold = table["gold"].to_pylist()
    gold[0] = "B-ORG" if gold[0] != "B-ORG" else "O"
    place = table.column_names.index("gold")
    pq.write_table(table.set_column(place, "gold", pa.array(gold)), file)
    manifest["files"]["predictions.parquet"]["bytes"] = file.stat().st_size
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("command", ["compare", "recommend"])
def test_encoders_scored_on_different_gold_are_not_compared(isogloss, tmp_path, measured, command):
    with_other_gold(measured, tmp_path)
    said = refused(isogloss(command, "tagged.yaml"), "different gold in Spanish, test")
    assert "1 words differ (the first in test/0)" in said.replace("\n", " ")
    assert "Evaluate all encoders in one study" in said
    assert not (tmp_path / "results").exists()


def test_one_encoder_is_no_comparison_and_that_is_said_before_it_is_trained(isogloss, tmp_path):
    study = yaml.safe_load(write_tagged(tmp_path, lengths=(3, 8)).read_text())
    del study["encoders"][1:]
    (tmp_path / "tagged.yaml").write_text(yaml.safe_dump(study))
    refused(
        isogloss("compare", "tagged.yaml", "-o", "out"), "tagged.yaml has one encoder, in one form"
    )
    assert not (tmp_path / ".isogloss").exists()


def test_the_forms_of_one_encoder_are_candidates_too(finished, measured):
    (first, _) = yaml.safe_load((measured / "tagged.yaml").read_text())["encoders"]
    change = f"encoders=[{json.dumps(first)}]"
    said = finished("recommend", "tagged.yaml", "--set", change, "--json")
    assert said.code == 0, said.err
    assert {one["name"] for one in said.json["candidates"]} == {"small", "small (trimmed)"}


@pytest.fixture(scope="module")
def candidates(measured, tmp_path_factory):
    """What is known of each, by name; `recommend` has read it once."""
    from command import fresh

    done = fresh(measured, "recommend", "tagged.yaml", "--json", check=True)
    found = json.loads(done.stdout)
    return {one["name"]: one for one in found["candidates"]}


def recommended(finished, *words: str) -> dict:
    said = finished("recommend", "tagged.yaml", *words, "--json")
    assert said.code == 0, said.err
    return said.json


def test_every_encoder_in_every_form_is_a_candidate_with_all_that_counts(candidates):
    assert set(candidates) == set(NAMES)
    for one in candidates.values():
        numbers = ("quality", "fairness", "cost", "latency_ms", "memory_mb", "expansion")
        assert all(one[name] is not None and one[name] >= 0 for name in numbers)
        assert one["fairness"] <= one["quality"]


def test_the_choice_is_three_lines_and_a_table(finished):
    said = finished("recommend", "tagged.yaml")
    assert said.code == 0
    starts = [line.partition(":")[0] for line in said.out.splitlines()]
    first = starts.index("Choice")
    assert starts[first : first + 3] == ["Choice", "Reason", "Ties"]
    assert "Pareto front" in said.out or "choice" in said.out


@pytest.mark.parametrize(
    ("flag", "field"), [("--max-latency-ms", "latency_ms"), ("--max-memory-mb", "memory_mb")]
)
def test_a_limit_leaves_those_that_keep_to_it(finished, candidates, flag, field):
    limit = sorted(one[field] for one in candidates.values())[0]
    kept = [name for name, one in candidates.items() if one[field] <= limit]
    found = recommended(finished, flag, str(limit))
    assert found["choice"] in kept
    assert {gone["candidate"] for gone in found["excluded"]} == set(NAMES) - set(kept)
    assert {gone["constraint"] for gone in found["excluded"]} == {flag}


def test_a_least_quality_leaves_the_better_ones(finished, candidates):
    worst, *_, best = sorted({one["quality"] for one in candidates.values()})
    found = recommended(finished, "--min-f1", str((worst + best) / 2))
    assert candidates[found["choice"]]["quality"] > worst
    assert {gone["constraint"] for gone in found["excluded"]} == {"--min-f1"}


def test_the_price_scales_the_cost_and_none_is_taken_from_the_study(finished, candidates):
    doubled = {one["name"]: one for one in recommended(finished, "--price", "1")["candidates"]}
    for name, one in candidates.items():
        assert doubled[name]["cost"] == pytest.approx(2 * one["cost"])
    refused(finished("recommend", "tagged.yaml", "--price", "-1"), "0 or more")


@pytest.mark.parametrize(("criterion", "best"), [("quality", max), ("cost", min)])
def test_one_weight_alone_takes_the_best_in_it(finished, candidates, criterion, best):
    found = recommended(finished, "--weights", f"{criterion}=1")
    values = {name: one[criterion] for name, one in candidates.items()}
    assert values[found["choice"]] == best(values.values())
    assert found["weights"] == {criterion: 1.0}


def test_all_weights_together_are_normalized(finished):
    words = "quality=2,cost=1,fairness=1,expansion=1"
    found = recommended(finished, "--weights", words)
    assert found["weights"] == {"quality": 0.4, "cost": 0.2, "fairness": 0.2, "expansion": 0.2}
    assert found["weighed"][0]["name"] == found["choice"]


def test_limits_that_nobody_meets_say_who_comes_closest(finished, candidates):
    closest = max(candidates.values(), key=lambda one: one["quality"])
    said = refused(
        finished("recommend", "tagged.yaml", "--min-f1", "0.99"),
        "No candidate meets --min-f1 0.99. Closest: ",
        "too little",
        "Loosen the constraint",
    )
    name = re.search(r"Closest: ([^,]+),", said.replace("\n", " "))[1]
    assert candidates[name]["quality"] == closest["quality"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--weights", "qualty=1"), "Unknown criterion 'qualty'. Did you mean 'quality'?"),
        (("--weights", "quality=much"), "quality=much is no number"),
        (("--weights", "quality=0"), "no weight is above 0"),
        (("--min-f1", "90"), "90 % is written 0.9"),
        (("--max-latency-ms", "0"), "a limit is a number above 0"),
    ],
)
def test_limits_and_weights_that_make_no_sense_are_refused(finished, words, said):
    refused(finished("recommend", "tagged.yaml", *words), said)


def test_a_study_that_has_not_been_run_has_nothing_to_recommend(isogloss, tmp_path):
    write_tagged(tmp_path, lengths=(3, 8))
    refused(isogloss("recommend", "tagged.yaml"), "isogloss run tagged.yaml")


def test_a_limit_on_what_is_not_measured_yet_asks_for_the_rest_of_the_run(
    isogloss, measured, tmp_path
):
    shutil.copytree(measured, tmp_path, dirs_exist_ok=True)
    for manifest in (tmp_path / ".isogloss" / "steps").glob("*/manifest.json"):
        if json.loads(manifest.read_text())["kind"] == "measure":
            shutil.rmtree(manifest.parent)
    limited = isogloss("recommend", "tagged.yaml", "--max-latency-ms", "9")
    refused(limited, "Nothing is measured yet", "isogloss run tagged.yaml")
    free = isogloss("recommend", "tagged.yaml")
    assert (free.code, "1 steps are not finished" in free.err) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("./none",), "none"),
        (("{bert}", "{bert}"), "Two models are called"),
        (
            ("{bert}", "--forms", "onx", "--max-length", "12"),
            "Did you mean 'onnx'?",
        ),
        (("{bert}", "--scenarios", "offlin"), "Did you mean 'offline'?"),
        (("{bert}", "--texts", "none.txt"), "none.txt cannot be read"),
        (("{bert}", "--texts", "empty.txt"), "empty.txt holds no text"),
        (("{bert}", "--max-length", "4096"), "4096"),
    ],
)
def test_what_cannot_be_measured_is_refused(isogloss, tmp_path, checkpoints, words, said):
    (tmp_path / "empty.txt").write_text("\n \n")
    named = [word.format(bert=checkpoints[0]) for word in words]
    refused(isogloss("bench", *named), said)


def test_encoders_without_a_head_are_measured_alone(isogloss, tmp_path, checkpoints):
    (tmp_path / "texts.txt").write_text("ada was in paris\nit was the zero\n")
    said = isogloss(
        "bench", checkpoints[0], "--texts", "texts.txt", "--answer", "tags", "--scenarios",
        "single_stream", "--rounds", "1", "--threads", "1", "--busy", "ignore", "--max-length",
        str(LONGEST), "-o", "raw.json", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    (one,) = said.json["candidates"]
    assert one["name"] == "bert/torch"
    assert one["failure"] is None
    measured = {value["name"] for value in one["measured"]}
    assert {"parameters", "disk_mb", "single_stream_p99_ms", "peak_rss_mb"} <= measured
    assert json.loads((tmp_path / "raw.json").read_text()) == said.json


@pytest.fixture(scope="module")
def broken(checkpoints, tmp_path_factory):
    """A checkpoint with fewer rows of vocabulary than its tokenizer has: it fails when it reads."""
    folder = tmp_path_factory.mktemp("broken") / "short"
    shutil.copytree(checkpoints[0], folder)
    model = AutoModel.from_pretrained(checkpoints[0])
    model.resize_token_embeddings(5)
    model.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_encoder_that_fails_is_told_by_the_exit_code_in_every_form(
    isogloss, tmp_path, checkpoints, broken, form
):
    (tmp_path / "texts.txt").write_text("ada was in paris\nit was the zero\n")
    (tmp_path / "taken").mkdir()
    words = ("--texts", "texts.txt", "--scenarios", "single_stream", "--rounds", "1", "--threads",
             "1", "--busy", "ignore", "--max-length", str(LONGEST), *form)  # fmt: skip
    alone = isogloss("bench", broken, *words)
    assert alone.code == 1, alone.err
    assert "IndexError: index out of range" in (alone.out if form else alone.err)
    beside = isogloss("bench", checkpoints[0], broken, *words, "-o", "raw.json")
    assert beside.code == 3, beside.err
    assert (tmp_path / "raw.json").exists()
    nowhere = isogloss("bench", checkpoints[0], *words, "-o", "taken")
    assert nowhere.code == 2
    assert "taken cannot be written" in nowhere.err
    assert "single_stream_p99_ms" in nowhere.out, "what was measured is not lost"


def test_encoders_that_are_measured_together_stand_side_by_side(isogloss, tmp_path, checkpoints):
    (tmp_path / "texts.txt").write_text("ada was in paris\nit was the zero\n")
    said = isogloss(
        "bench", *checkpoints, "--texts", "texts.txt", "--scenarios", "single_stream", "--rounds",
        "1", "--threads", "1", "--busy", "ignore", "--max-length", str(LONGEST),
    )  # fmt: skip
    assert said.code == 0, said.err
    (row,) = (line for line in said.out.splitlines() if line.strip().startswith("parameters"))
    assert len(re.findall(r"\d[\d.,]*", row)) >= 2
    assert "bert/torch" in said.out
    assert "xlm-roberta/torch" in said.out
