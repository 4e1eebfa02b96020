"""The page of a balance study: whole files, the answer first, nothing left unsaid."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from balance_report_toys import (
    DESIGN,
    LABELS,
    LANGUAGES,
    PROBED,
    masked,
    probe,
    study,
    with_controls,
)
from isogloss.base.errors import InputError
from isogloss.report.balance.page import Also
from isogloss.report.balance.screen import balance_console
from isogloss.report.balance.tables import TITLES, balance_tables
from isogloss.report.balance.trials import read_trials
from isogloss.report.balance.write import balance_files
from isogloss.report.charts.balance import differences_chart, sizes_chart
from isogloss.report.figures import svg
from isogloss.report.files import write_files
from isogloss.report.frame import Frame

FRAME = Frame("toy_balance", "mrr", sample=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    store, folder = (tmp_path_factory.mktemp(name) for name in ("store", "report"))
    design = with_controls()
    rows = study(store, design.arms)
    trials = read_trials(rows, lambda key: store / key, labels=LABELS, arms=design.arms)
    tables = balance_tables(rows, design, trials=trials, resamples=200)
    also = Also(unfinished=["ner probes: not done yet"], commands=["isogloss run toy.yaml"])
    paths = write_files(folder, balance_files(tables, FRAME, design, also))
    return folder, paths, tables, design


def test_all_files_named_are_there_and_no_others(written):
    folder, paths, _, _ = written
    assert set(paths) == {path for path in folder.rglob("*") if path.is_file()}
    names = {path.relative_to(folder).as_posix() for path in paths}
    assert {f"tables/{t}.{end}" for t in TITLES for end in ("csv", "md", "tex")} < names
    figures = {
        "balance-size-mlm-mrr-in_language", "balance-difference-mlm-mrr-in_language",
        "balance-size-pos-accuracy-layer-1-in_language",
        "balance-size-pos-accuracy-layer-1-zero_shot",
        "balance-difference-pos-accuracy-layer-1-in_language",
        "balance-difference-pos-accuracy-layer-1-zero_shot",
    }  # fmt: skip
    assert {name for name in names if name.startswith("figures/")} == {
        f"figures/{name}.{end}" for name in figures for end in ("png", "svg")
    }
    assert paths[-1].name == "balance.md"


def test_everything_the_page_links_is_there_and_every_figure_is_linked(written):
    folder, paths, _, _ = written
    links = re.findall(r"\]\(([^)]+)\)", (folder / "balance.md").read_text())
    assert [link for link in links if not (folder / link).exists()] == []
    drawn = {path.relative_to(folder).as_posix() for path in paths if path.suffix == ".png"}
    assert drawn == set(links) - {"tables"}


def test_the_answer_stands_first_and_rests_on_the_controls(written):
    text = (written[0] / "balance.md").read_text()
    assert text.startswith("# toy_balance: balance\n\n**Sample data**")
    answer = text.partition("## The answer")[2].partition("\n## ")[0]
    assert "soft-balanced is better than hard-balanced" in answer
    assert "Why: the teachers, as far as the controls go" in answer
    assert text.index("## The answer") < text.index("## Probes") < text.index("## Costs")


def test_the_page_names_languages_arms_what_is_missing_and_the_commands(written):
    text = (written[0] / "balance.md").read_text()
    assert "- Low-resource: Basque, Turkish, Vietnamese, Hungarian" in text
    assert "hard-smoothed (targets softened without a teacher)" in text
    assert "- Seeds: 2" in text
    assert "two seeds such an interval can be narrow by chance" in text
    assert "Vietnamese, Hungarian" in text.partition("## Probes")[2]  # without probes of them
    assert "- ner probes: not done yet" in text
    assert "isogloss run toy.yaml" in text


def test_the_csv_of_the_paper_table_has_a_column_an_arm_and_setting(written):
    folder, _, tables, design = written
    with (folder / "tables" / "balance_probes.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert [line["group"] for line in lines] == [
        "low-resource", "high-resource", "pivot (German)", "all",
    ]  # fmt: skip
    for arm in design.arms:
        for setting in ("in_language", "zero_shot"):
            got = [float(line[f"{arm}_{setting}"]) for line in lines]
            wanted = [record[f"{arm}_{setting}"] for record in tables["balance_probes"]]
            assert got == pytest.approx(wanted, abs=1e-5)


def test_the_screen_shows_masked_words_and_probes(written):
    _, _, tables, design = written
    few = replace(design, arms=design.arms[:3])
    assert [str(table.title) for table in balance_console(tables, few)] == [
        "Masked words by language", "Probes by group of languages",
    ]  # fmt: skip


def test_twenty_arms_have_a_line_each_on_a_screen_of_100_columns():
    arms = tuple(f"soft-balanced-temperature-{at}" for at in range(20))
    design = replace(DESIGN, arms=arms)
    values = {arm: 0.3 + at / 100 for at, arm in enumerate(arms)}
    rows = [masked(arm, code, value) for arm, value in values.items() for code in LANGUAGES]
    rows += [
        probe(arm, source, target, value)
        for arm, value in values.items() for source in PROBED for target in PROBED
    ]  # fmt: skip
    rows += [masked(f"teacher/{code}", code, 0.75) for code in LANGUAGES]
    console = Console(width=100, file=io.StringIO(), markup=False)
    for table in balance_console(balance_tables(rows, design), design):
        console.print(table)
    lines = console.file.getvalue().splitlines()
    for arm, value in values.items():
        of_masked, *of_probes = (line for line in lines if line.startswith(f"{arm} "))
        assert of_masked.count(f"{value:.3f}") == 4, "each group, and all"
        assert [f"{value:.3f}" in line for line in of_probes] == [True] * 2, "each setting"
    assert sum(line.startswith("teacher ") for line in lines) == 1
    assert max(map(len, lines)) <= 100


def test_a_study_of_which_only_teachers_are_finished_has_a_page(tmp_path):
    rows = [masked(f"teacher/{code}", code, 0.4) for code in LANGUAGES]
    paths = write_files(tmp_path, balance_files(balance_tables(rows, DESIGN), FRAME, DESIGN))
    text = paths[-1].read_text()
    assert "Not finished: hard-all, hard-balanced, soft-balanced" in text
    assert "Not tested: soft-balanced, and hard-balanced or hard-all" in text
    assert "0.400" in text


def test_a_study_without_low_and_high_is_told_that_nothing_was_asked(tmp_path):
    design = replace(DESIGN, groups={"mine": LANGUAGES})
    rows = [masked("soft-balanced", code, 0.4) for code in LANGUAGES]
    tables = balance_tables(rows, design)
    text = write_files(tmp_path, balance_files(tables, FRAME, design))[-1].read_text()
    assert "Not asked: the answer is about the groups low and high" in text
    assert "Not tested" not in text


@pytest.mark.parametrize(
    ("arms", "baselines", "words"),
    [
        (["soft-balanced"], [], "the study has no such baseline"),
        (["hard-all"], ["hard-all"], "the study has no such arm"),
    ],
)
def test_a_study_with_nothing_to_compare_is_told_what_to_add(tmp_path, arms, baselines, words):
    design = replace(DESIGN, arms=arms, baselines=baselines)
    rows = [masked(arms[0], code, 0.4) for code in LANGUAGES]
    tables = balance_tables(rows, design)
    text = write_files(tmp_path, balance_files(tables, FRAME, design))[-1].read_text()
    assert words in text
    assert "Not tested" not in text
    assert "none" in text.partition("Candidate: ")[2].partition("\n")[0]


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    tables = balance_tables([masked("hard-all", code, 0.4) for code in LANGUAGES], DESIGN)
    with pytest.raises(InputError, match="cannot be written"):
        write_files(tmp_path / "file", balance_files(tables, FRAME, DESIGN))


def words_of(spec):
    return " ".join(re.findall(r">([^<]+)<", svg(spec)))


@pytest.mark.parametrize(("n_seeds", "words"), [(1, "test units only"), (2, "seeds and test")])
def test_a_figure_says_what_its_intervals_are_over(n_seeds, words):
    record = {
        "language": "eus-Latn", "first": "hard-all", "difference": 0.1, "difference_low": 0.0,
        "difference_high": 0.2, "verdict": "a tie", "n_seeds": n_seeds,
    }  # fmt: skip
    arms = ("hard-all", "soft-balanced")
    said = words_of(differences_chart([record], FRAME, candidate="soft-balanced", study_arms=arms))
    assert f"95 % interval over {words}" in said


def test_an_arm_has_one_color_whatever_it_is_drawn_in(written):
    _, _, tables, design = written
    points = [r for r in tables["balance_averages"]
              if (r["task"], r["metric"], r["scope"]) == ("mlm", "mrr", "language")]  # fmt: skip
    alone = [r for r in tables["balance_tests"]
             if (r["task"], r["scope"]) == ("mlm", "language")]  # fmt: skip
    sizes = json.dumps(sizes_chart(points, FRAME, study_arms=design.arms))
    more = json.dumps(
        differences_chart(alone, FRAME, candidate=design.candidate, study_arms=design.arms)
    )

    def scale(text, first):
        found = re.search(rf'"domain": \[("{first}[^]]*)\], "range": \[("#[^]]*)\]', text)
        return dict(zip(*(json.loads(f"[{part}]") for part in found.groups()), strict=True))

    own = scale(sizes, design.arms[0])
    minus = scale(more, "minus ")
    assert minus
    assert all(own[arm.removeprefix("minus ")] == color for arm, color in minus.items())
    unfinished = [point for point in points if point["arm"] != design.arms[0]]
    later = scale(
        json.dumps(sizes_chart(unfinished, FRAME, study_arms=design.arms)), design.arms[1]
    )
    assert later == {arm: color for arm, color in own.items() if arm != design.arms[0]}


def test_figures_name_every_language_and_arm_and_say_what_bars_are(written):
    _, _, tables, design = written
    points = [r for r in tables["balance_averages"]
              if (r["task"], r["metric"], r["scope"]) == ("mlm", "mrr", "language")]  # fmt: skip
    sizes = words_of(sizes_chart(points, FRAME, study_arms=design.arms))
    alone = [r for r in tables["balance_tests"]
             if (r["task"], r["scope"]) == ("mlm", "language")]  # fmt: skip
    more = words_of(
        differences_chart(alone, FRAME, candidate=design.candidate, study_arms=design.arms)
    )
    for name in ("Basque", "Turkish", "Vietnamese", "Hungarian", "Spanish", "English", "German"):
        assert name in sizes
        assert name in more
    for arm in (*design.arms, "teacher of the language"):
        assert arm in sizes
    assert "(sample data)" in sizes
    assert "from the lowest to the highest seed" in sizes
    assert "95 % interval over seeds and test units" in more
    assert "minus hard-balanced" in more
    assert "NaN" not in svg(sizes_chart(points, FRAME, study_arms=design.arms))


def test_the_report_needs_no_torch():
    code = (
        "import sys, isogloss.report.balance.write, isogloss.report.balance.trials; "
        "print([m for m in ('torch', 'transformers', 'tokenizers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
