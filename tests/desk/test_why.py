"""What the page says of why and from where, of studies that were really run."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sklearn.metrics import confusion_matrix

from command import fresh
from isogloss.base.errors import InputError
from isogloss.data.encoded_words import EncodedWords
from isogloss.desk.audits import audit_of
from isogloss.desk.compared import prepared
from isogloss.desk.errors import errors_of
from isogloss.desk.evidence import compared_evidence_of, evidence_of, tables_of
from isogloss.desk.opened import open_study
from isogloss.desk.provenance import provenance_of
from isogloss.execute.audit import audit_study
from isogloss.report.faces import faces
from isogloss.report.html.page import render
from isogloss.report.html.study_page import study_page
from isogloss.report.why.confusion import Place
from isogloss.store.manifest import with_digest
from isogloss.store.results import results_table
from toys import STUDY, write_toy

HOST = "a-host-that-nobody-else-is-called"


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A study of texts, run once; its manifests name a host."""
    folder = tmp_path_factory.mktemp("texts")
    write_toy(folder, STUDY.replace("seeds: [1]", "seeds: [1, 2]"))
    done = fresh(folder, "run", "toy.yaml")
    assert done.returncode == 0, done.stderr
    for path in (folder / ".isogloss" / "steps").glob("*/manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["made"]["host"] = HOST
        path.write_text(json.dumps(with_digest(manifest)), encoding="utf-8")
    return folder


def opened_in(folder, name, monkeypatch):
    monkeypatch.chdir(folder)
    return open_study(Path(name), Path(".isogloss"), None)


@pytest.fixture
def of_texts(texts, monkeypatch):
    return opened_in(texts, "toy.yaml", monkeypatch)


@pytest.fixture
def of_words(measured, monkeypatch):
    return opened_in(measured, "tagged.yaml", monkeypatch)


def errors(opened, **more):
    return errors_of(opened, results_table(opened.entries).to_pylist(), **{"texts": True, **more})


def predictions(opened, place, seed=None):
    """The stored predictions of a place, of all seeds or one."""
    tables = [
        pq.read_table(opened.store.folder(columns["step"]) / "predictions.parquet").to_pylist()
        for columns, _ in opened.entries
        if columns["encoder"] == place.encoder
        and columns["regime"] == place.setting.regime
        and tuple(columns["source_languages"]) == place.setting.sources
        and columns["n_per_language"] == place.setting.n_per_language
        and columns["target_language"] == place.target
        and columns["form"] == "torch"
        and seed in (None, columns["seed"])
    ]
    return [row for table in tables for row in table]


def test_the_stored_audit_is_that_of_isogloss_audit(of_texts):
    """No text of the toy is cut, so what the models saw is what the tokenizers make of it."""
    stored = audit_of(of_texts)
    wanted = audit_study(of_texts.study, of_texts.plan, of_texts.store)
    for numbers in stored["tokenizers"]["tiny"]["languages"].values():
        assert numbers.pop("n_left_out") == 0
    assert stored == wanted


def test_sentences_of_several_windows_are_left_out_of_fertility(of_words):
    stored = audit_of(of_words)["tokenizers"]
    for encoder in ("small", "other"):
        counts = Counter()
        for step in prepared(of_words, encoder):
            language = of_words.plan.by_key[step.needs[0]].payload["language"]
            data = pq.read_table(of_words.store.folder(step.needs[0]) / "examples.parquet")
            encoded = EncodedWords.read(of_words.store.folder(step.key) / "encoded.parquet")
            for at, tokens in enumerate(data["tokens"].to_pylist()):
                windows = [w for w, s in enumerate(encoded.window_sentence) if s == at]
                if len(windows) == 1:
                    counts[language, "tokens"] += int(encoded.lengths[windows[0]]) - 2
                    counts[language, "words"] += len(tokens)
                else:
                    counts[language, "left out"] += 1
        for language, numbers in stored[encoder]["languages"].items():
            assert numbers["tokens"] == counts[language, "tokens"]
            assert numbers["words"] == counts[language, "words"]
            assert numbers["n_left_out"] == counts[language, "left out"]
            assert numbers["fertility"] == numbers["tokens"] / numbers["words"]


def test_every_matrix_of_texts_is_that_of_the_stored_predictions(of_texts):
    found = errors(of_texts).confusions
    assert len(found) == (2 + 3) * 3  # joint in two sizes, three single ones; three targets
    for one in found:
        rows = predictions(of_texts, one.place)
        gold, said = [row["gold"] for row in rows], [row["predicted"] for row in rows]
        wanted = confusion_matrix(gold, said, labels=of_texts.study.labels)
        assert one.counts.tolist() == wanted.tolist()
        assert one.n_seeds == 2


def test_every_matrix_of_words_is_that_of_the_stored_predictions(of_words):
    found = errors(of_words).confusions
    assert len(found) == 2 * 3
    for one in found:
        rows = predictions(of_words, one.place)
        gold, said = ([row[name][2:] or "O" for row in rows] for name in ("gold", "predicted"))
        wanted = confusion_matrix(gold, said, labels=["O", *of_words.study.labels])
        assert one.counts.tolist() == wanted.tolist()


def test_entities_that_were_found_make_the_recall_of_the_results(of_words):
    whole = [one for one in errors(of_words).entities if one["type"] is None]
    assert len(whole) == 2 * 3
    for one in whole:
        recalls = [
            score["value"]
            for columns, record in of_words.entries
            if columns["form"] == "torch"
            and (columns["encoder"], columns["target_language"])
            == (one["encoder"], one["language"])
            for score in record["scores"]
            if score["metric"] == "recall"
        ]
        assert one["found"] / one["gold"] == pytest.approx(sum(recalls) / len(recalls))


def test_the_worst_texts_are_those_of_the_data_and_of_the_first_seed(of_texts, texts):
    found = errors(of_texts)
    assert found.main.regime == "joint"
    assert {one.seed for one in found.worst} == {1}
    folders = {"eng-Latn": "en", "deu-Latn": "de", "hin-Deva": "hi"}
    n_shown = 0
    for one in found.worst:
        lines = (texts / "data" / folders[one.target] / "test.jsonl").read_text("utf-8").split("\n")
        place = Place(one.encoder, one.setting, one.target)
        rows = [r for r in predictions(of_texts, place, 1) if r["gold"] != r["predicted"]]
        assert (one.n_wrong, one.n) == (len(rows), 12)
        rows.sort(key=lambda row: -row["loss"])
        for mistake, row in zip(one.mistakes, rows, strict=False):
            n_shown += 1
            assert (mistake.example, mistake.loss) == (row["example"], row["loss"])
            given = json.loads(lines[int(mistake.example.partition("/")[2])])
            assert (mistake.text, mistake.gold) == (given["text"], given["label"])
            assert mistake.probability == pytest.approx(row[f"probability/{mistake.predicted}"])
    assert n_shown


def test_the_pieces_of_a_sentence_are_its_words(of_words):
    for one in errors(of_words).worst:
        key = next(
            step.key for step in of_words.plan.labeled_data
            if step.payload["language"] == one.target and step.payload["splits"] == ["test"]
        )  # fmt: skip
        data = pq.read_table(of_words.store.folder(key) / "examples.parquet").to_pylist()
        words = {row["id"]: row["tokens"] for row in data}
        for mistake in one.mistakes:
            drawn = " ".join(piece.text for piece in mistake.as_gold)
            assert drawn == " ".join(piece.text for piece in mistake.as_predicted)
            assert drawn in " ".join(words[mistake.example])


def test_every_key_time_and_seed_is_that_of_the_manifests(of_texts):
    told = provenance_of(of_texts, ["isogloss run"])
    assert [one["key"] for one in told.steps] == [step.key for step in of_texts.plan]
    for one in told.steps:
        made = of_texts.store.manifest(one["key"])["made"]
        assert one["wall time (s)"] == made["seconds"]
        assert one["finished (UTC)"] == made["time"][:10] + " " + made["time"][11:19]
        if one["kind"] in {"train", "evaluate"}:
            assert f"seed={one['seed']}" in one["step"]
    total = sum(one["wall time (s)"] for one in told.kinds)
    assert total == pytest.approx(sum(one["wall time (s)"] for one in told.steps))
    assert sum(one["steps"] for one in told.kinds) == len(of_texts.plan)
    assert not told.failed
    assert not told.unfinished


def test_who_checks_a_page_is_told_to_take_as_many_threads(of_texts):
    counts = {of_texts.store.record(step.key).get("threads") for step in of_texts.plan} - {None}
    (count,) = counts
    run = provenance_of(of_texts, []).checks[2]
    assert run.startswith(f"OMP_NUM_THREADS={count} isogloss run ")


def test_pins_hold_the_digest_of_every_file(of_texts, texts):
    from isogloss.base.fingerprint import file_digest

    pins = {(one["name"], one["from"]): one["identity"] for one in
            provenance_of(of_texts, []).pins if one["what"] == "data"}  # fmt: skip
    digest = file_digest(texts / "data" / "de" / "test.jsonl")
    assert pins["German", "test: test.jsonl"] == f"SHA-256 {digest}"
    assert len(pins) == 3 * 2


def test_the_page_names_no_host(of_texts):
    page = render(study_page(evidence_of(of_texts, ["isogloss run"])))
    assert of_texts.plan.steps[0].key in page
    assert HOST not in page


def test_without_texts_no_text_of_the_data_is_on_the_page(of_texts):
    given = {
        row["text"]
        for step in of_texts.plan.labeled_data
        for row in pq.read_table(of_texts.store.folder(step.key) / "examples.parquet").to_pylist()
    }
    with_them = render(study_page(evidence_of(of_texts, ["isogloss run"])))
    assert any(text in with_them for text in given)
    without = render(study_page(evidence_of(of_texts, ["isogloss run"], texts=False)))
    assert not any(text in without for text in given)
    assert "<bdi>test/" in without


def test_without_texts_no_words_of_a_sentence_are_on_the_page(of_words):
    found = errors(of_words, texts=False)
    mistakes = [mistake for one in found.worst for mistake in one.mistakes]
    assert mistakes
    assert all(one.told for one in mistakes)
    assert not any(one.as_gold or one.as_predicted or one.text for one in mistakes)


def test_every_file_of_predictions_is_read_once(of_words, monkeypatch):
    from isogloss.desk import errors as room

    read, real = [], room.read_said
    monkeypatch.setattr(room, "read_said", lambda folder, **more: (
        read.append(folder) or real(folder, **more)
    ))  # fmt: skip
    found = errors(of_words)
    assert found.confusions
    assert found.entities
    assert found.worst
    assert len(read) == len(set(read)) > 0


def test_tables_are_the_same_without_what_the_page_alone_shows(of_words, monkeypatch):
    def csv_of(evidence):
        return {one.path: one.make() for one in faces(evidence) if one.path.endswith(".csv")}

    want = csv_of(evidence_of(of_words, []))
    assert "tables/tokenizers.csv" in want

    def refuse(*_, **__):
        raise AssertionError("the page alone needs it")

    for name in ("audit_of", "errors_of"):
        monkeypatch.setattr(f"isogloss.desk.evidence.{name}", refuse)
    assert csv_of(compared_evidence_of(of_words, [])) == want


def test_a_study_half_done_says_what_failed_and_why_and_what_is_missing(
    texts, tmp_path, monkeypatch
):
    shutil.copytree(texts, tmp_path / "half")
    half = opened_in(tmp_path / "half", "toy.yaml", monkeypatch)
    evaluations = half.plan.of_kind("evaluate")
    for step in evaluations[:2]:
        shutil.rmtree(half.store.folder(step.key))
    half.store.fail(evaluations[0].key, {"kind": "run", "message": "<b>disk</b> full"})
    half = opened_in(tmp_path / "half", "toy.yaml", monkeypatch)
    told = provenance_of(half, [])
    (failed,) = told.failed
    assert (failed["key"], failed["why"]) == (evaluations[0].key, "<b>disk</b> full")
    assert len(told.steps) == len(half.plan) - 2
    page = render(study_page(evidence_of(half, ["isogloss run"])))
    assert "&lt;b&gt;disk&lt;/b&gt; full" in page
    assert "1 step is not done yet" in page


def test_a_study_of_which_all_failed_says_what_failed(texts, tmp_path, monkeypatch):
    shutil.copytree(texts, tmp_path / "none")
    none = opened_in(tmp_path / "none", "toy.yaml", monkeypatch)
    for step in (*none.plan.of_kind("train"), *none.plan.of_kind("evaluate")):
        shutil.rmtree(none.store.folder(step.key))
    (first, *_) = none.plan.of_kind("train")
    for command in (evidence_of, tables_of):
        with pytest.raises(InputError, match=r"finished: isogloss run toy.yaml"):
            command(none.again_opened(), [])
    none.store.fail(first.key, {"kind": "run", "message": "The loss is nan at step 2."})
    with pytest.raises(InputError, match=r"failed: The loss is nan at step 2. Then: isogloss run"):
        tables_of(none.again_opened(), [])


def test_the_page_is_written_without_torch(texts):
    code = (
        "import sys; from isogloss.cli.app import main;"
        "sys.argv = ['isogloss', 'report', 'toy.yaml', '--format', 'html', '--no-texts'];\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print([m for m in ('torch', 'transformers', 'tokenizers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=texts, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
    page = (texts / "results" / "toy" / "report.html").read_text(encoding="utf-8")
    assert "isogloss report toy.yaml --no-texts" in page
