"""The report of a study: whole files, a page that says what was run, and no network."""

import csv
import io
import re

import pytest

from isogloss.base.errors import DiskFull, InputError
from isogloss.base.whole_file import write_file
from isogloss.report.files import write_files
from isogloss.report.frame import Frame
from isogloss.report.heads import HEADS
from isogloss.report.numbers import number
from isogloss.report.page import page, what_was_run
from isogloss.report.understand import understand
from isogloss.report.write import Told, report_files, was_audited

TABLES = ("curves", "gains", "transfer", "donors", "regimes", "gaps", "training", "shortage")
FRAME = Frame("toy_study", "macro_f1", sample=True)
TOLD = Told(commands=["isogloss run toy.yaml"])


def write_report(rows, folder, *, told=TOLD):
    """All files, as `isogloss report` has them."""
    audited = was_audited(folder)
    return write_files(folder, report_files(rows, understand(rows), FRAME, told, audited=audited))


@pytest.fixture(scope="module")
def written(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "made" / "for_it"
    paths = write_report(toy.study(3), folder)
    return folder, paths


def test_all_files_named_are_there_and_no_others(written):
    folder, paths = written
    assert set(paths) == {path for path in folder.rglob("*") if path.is_file()}
    names = {path.relative_to(folder).as_posix() for path in paths}
    assert {f"tables/{t}.{end}" for t in TABLES for end in ("csv", "md", "tex")} < names
    assert {"report.md", "figures/transfer-tiny-test-2000.svg"} < names
    assert paths[-1].name == "report.md"


def test_everything_the_page_links_is_there(written):
    folder, _ = written
    links = re.findall(r"\]\(([^)]+)\)", (folder / "report.md").read_text())
    assert len(links) == 5
    assert [link for link in links if not (folder / link).exists()] == []


def test_the_page_says_what_was_run_and_how_to_get_it_again(written):
    text = (written[0] / "report.md").read_text()
    assert text.startswith("# toy_study: macro F1\n\n**Sample data**")
    assert "Target languages (3): English, French, Arabic" in text
    assert "Seeds: 0, 1, 2; models: 18" in text
    assert "3 seeds, 300 predictions each, none unscored" in text
    assert "isogloss run toy.yaml" in text
    assert "Macro recall and macro F1 are two metrics" in text
    assert "notebook" not in text


def test_the_page_shows_the_numbers_of_the_tables(written, toy):
    text = (written[0] / "report.md").read_text()
    points = [p for p in understand(toy.study(3))["curves"] if p["n_per_language"] == 500]
    for point in points:
        assert number(point["value"], point["value_low"], point["value_high"]) in text


def test_the_csv_holds_the_records(written, toy):
    with (written[0] / "tables" / "transfer.csv").open() as stream:
        found = list(csv.DictReader(stream))
    want = understand(toy.study(3))["transfer"]
    assert [row["source"] for row in found] == [record["source"] for record in want]
    assert [float(row["value"]) for row in found] == pytest.approx(
        [record["value"] for record in want], abs=1e-6
    )


def test_a_report_is_the_same_when_written_again(written, toy):
    folder, paths = written
    before = {path: path.read_bytes() for path in paths}
    write_report(toy.study(3), folder)
    assert {path: path.read_bytes() for path in paths} == before


def test_unscored_examples_are_said_on_the_page(toy):
    rows = toy.cell(0.5, target="deu-Latn", n_unscored=7)
    text = page(understand(rows), [], Frame("toy", "macro_f1"), facts=what_was_run(rows))
    assert "predictions that could not be scored: 7" in text
    assert "up to 7 unscored" in text


def test_cells_that_were_not_run_are_counted_on_the_page(toy):
    rows = [
        row
        for row in toy.study(3)
        if row["source_languages"] != ["fra-Latn"] or row["target_language"] == "fra-Latn"
    ]
    text = page(understand(rows), [], Frame("toy", "macro_f1"), facts=[])
    assert "2 of 9 cells not run" in text
    assert re.search(r"\| French \| – \| 0\.\d+ \| – \|", text)


def test_a_study_of_one_regime_has_a_page_without_the_other_sections(toy):
    rows = [row for row in toy.study(2) if row["regime"] == "joint"]
    text = page(understand(rows), [], Frame("toy", "macro_f1"), facts=[])
    assert "## Learning curves" in text
    assert "## Transfer" not in text
    assert "Nothing to show" not in text


def test_a_folder_that_cannot_be_written_to_is_a_mistake_of_the_input(toy, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file.*cannot be written.*another place"):
        write_report(toy.study(2, seeds=(0,)), tmp_path / "file")


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_draft(tmp_path, monkeypatch):
    path = write_file(tmp_path / "a.txt", "old")

    def full(self, data):
        with self.open("wb") as stream:
            stream.write(data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "write_bytes", full)
    with pytest.raises(DiskFull, match="No space left"):
        write_file(path, "newer")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_a_table_of_shortages_that_is_empty_has_its_head(written):
    text = (written[0] / "tables" / "shortage.csv").read_text()
    assert text.startswith("language,requested,rows,missing_rows")
    assert text.count("\n") == 1


def test_the_page_links_an_audit_that_stands_beside_it_and_no_other(toy, tmp_path):
    rows = [row for row in toy.study(2, sizes=(100,), seeds=(0,)) if row["regime"] == "joint"]
    write_report(rows, tmp_path)
    assert "audit.md" not in (tmp_path / "report.md").read_text()
    (tmp_path / "audit.md").write_text("# Audit\n")
    write_report(rows, tmp_path)
    assert "[audit.md](audit.md)" in (tmp_path / "report.md").read_text()


def test_the_page_and_a_table_say_what_the_trainings_chose_and_lacked(toy, tmp_path):
    rows = [row for row in toy.study(2, sizes=(100,), seeds=(0,)) if row["regime"] == "joint"]
    sample = {"rows": 90, "requested": 100, "n_missing": 10, "n_repeated": 0,
              "shortage": "take_all", "counts": {"bad": 50, "good": 40}}  # fmt: skip
    training = {"encoder": "tiny", "regime": "joint", "source_languages": ["deu-Latn"], "seed": 0,
                "n_per_language": 100, "n_train": 90, "step": "0123456789abcdef",
                "precision": "bf16", "samples": {"deu-Latn": sample}}  # fmt: skip
    write_report(rows, tmp_path, told=Told(trainings=[training]))
    text = (tmp_path / "report.md").read_text()
    assert "## How it was trained" in text
    assert "precision bf16" in text
    with (tmp_path / "tables" / "shortage.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["language"], row["missing_rows"], row["policy"]) == ("deu-Latn", "10", "take_all")


def test_what_is_counted_is_predictions_as_words_are_no_examples(toy, tmp_path):
    rows = [row for row in toy.study(2, sizes=(100,), seeds=(0,)) if row["regime"] == "joint"]
    rows = [{**row, "task": "ner", "n_scored": 3395} for row in rows]
    text = page(understand(rows), [], Frame("toy", "macro_f1"), facts=what_was_run(rows))
    assert "3,395 predictions each" in text
    assert "3,395 test examples" not in text


def test_a_table_without_rows_has_the_head_of_one_with_rows(toy, tmp_path):
    full = understand(toy.study(3))
    bare = {name: [] for name in full}
    for name, records in full.items():
        columns = list(dict.fromkeys(field for record in records for field in record))
        assert list(HEADS[name]) == columns, name
    rows = toy.study(1, sizes=(100,), seeds=(0,))
    for one in report_files(rows, bare, FRAME):
        if one.path.endswith(".csv") and "shortage" not in one.path:
            (head,) = csv.reader(io.StringIO(one.make()))
            assert tuple(head) == HEADS[one.path.removeprefix("tables/").removesuffix(".csv")]
