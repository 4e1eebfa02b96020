"""Tables for reading and for computing."""

import csv
import io

import pytest
from rich.console import Console

from isogloss.report.pivots import parts, pivot
from isogloss.report.screen import report_console
from isogloss.report.tables import csv_text, latex, markdown, rich_table, shown
from isogloss.report.understand import understand

RECORDS = [
    {"encoder": "tiny", "language": "deu-Latn", "value": 0.6543, "value_low": 0.59,
     "value_high": 0.72, "value_sd": 0.01, "n_seeds": 3, "label": "a|b"},
    {"encoder": "tiny", "language": "hin-Deva", "value": None, "value_low": None,
     "value_high": None, "value_sd": None, "n_seeds": 3, "label": "50 % & more_"},
]  # fmt: skip


def test_markdown_has_a_column_for_each_field_and_the_interval_beside_its_value():
    lines = markdown(RECORDS).splitlines()
    assert lines[0] == "encoder: tiny · seeds: 3"
    assert lines[2] == "| language | score | label |"
    assert lines[3] == "| --- | ---: | --- |"
    assert lines[4] == r"| German | 0.65 [0.59, 0.72] | a\|b |"
    assert lines[5] == "| Hindi | – | 50 % & more_ |"


def test_latex_is_a_booktabs_table_with_its_specials_escaped():
    text = latex(RECORDS, caption="Scores of x_y", label="scores")
    assert r"\caption{Scores of x\_y. encoder: tiny" in text
    assert r"\begin{tabular}{lrl}" in text
    assert r"Hindi & -- & 50 \% \& more\_ \\" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {2}
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]


def test_csv_keeps_codes_every_field_and_the_number_itself():
    first, second = csv.DictReader(io.StringIO(csv_text(RECORDS)))
    assert list(first) == list(RECORDS[0])
    assert (first["language"], first["value"], first["value_sd"]) == ("deu-Latn", "0.6543", "0.01")
    assert second["value"] == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(1 / 3, "0.333333"), (2.0, "2"), (-5e-17, "0"), (0.0, "0"), (1e6, "1000000"),
     (-2.5e-9, "-2.5e-09"), (0.00012345678, "0.000123457"), (float("nan"), "nan"),
     (float("inf"), "inf")],
)  # fmt: skip
def test_csv_writes_no_noise_and_no_small_number_as_none(value, text):
    assert csv_text([{"value": value}]).splitlines()[1] == text


def test_csv_joins_the_codes_of_several_sources():
    assert csv_text([{"sources": ["deu-Latn", "fra-Latn"]}]).splitlines()[1] == "deu-Latn+fra-Latn"


@pytest.mark.parametrize("markup", [True, False])
def test_the_console_shows_brackets_as_they_are(markup):
    console = Console(width=100, file=io.StringIO(), markup=markup)
    console.print(rich_table(RECORDS, title="Scores"))
    out = console.file.getvalue()
    assert "0.65 [0.59, 0.72]" in out
    assert "encoder: tiny" in out
    assert "\\" not in out


def test_a_narrow_console_folds_and_cuts_nothing_off():
    names = ("language", "joint", "single", "zero_shot_best", "best_source", "zero_shot_mean",
             "joint_minus_single", "single_minus_zero_shot")  # fmt: skip
    record = dict.fromkeys(names, 0.65) | {"language": "jpn-Jpan", "best_source": "eng-Latn"}
    ends = {"_low": 0.6, "_high": 0.7}
    bounds = {f"{name}{end}": bound for name in names for end, bound in ends.items()}
    other = record | {"language": "msa-Latn"}
    console = Console(width=80, file=io.StringIO())
    console.print(rich_table([record | bounds, other | bounds], title="Regimes"))
    out = console.file.getvalue()
    assert "…" not in out
    assert {"language", "Japanese", "English", "Malay", "single", "minus"} <= set(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_a_report_fits_eighty_columns_without_breaking_a_language_s_name(toy):
    tables = understand(toy.study(6, sizes=(100, 500, 4000)))
    console = Console(width=80, file=io.StringIO())
    for table in report_console(tables, "macro_f1"):
        console.print(table)
    out = console.file.getvalue()
    assert "…" not in out
    regimes = out.partition("Joint, single and zero-shot")[2].partition("Worst and best")[0]
    names = {"language", "English", "French", "Arabic", "Japanese", "Hindi", "Malay"}
    assert names <= set(regimes.split())


def test_a_single_record_keeps_all_its_columns():
    assert shown(RECORDS[:1]).common == ""
    assert "encoder" in shown(RECORDS[:1]).heads


def test_some_sources_are_told_by_their_codes():
    table = shown([{"sources": ["deu-Latn", "hin-Deva", "tur-Latn", "ell-Grek"], "mean": 0.5}])
    assert table.rows == (("deu+hin+tur+ell", "0.500"),)


def test_all_rows_of_a_language_are_called_all_and_many_sources_are_counted():
    table = shown([{"sources": ["deu-Latn"] * 9, "n_per_language": None, "mean": 0.5},
                   {"sources": ["deu-Latn"], "n_per_language": 5, "mean": 0.5}])  # fmt: skip
    assert table.rows == (("9 languages", "all", "0.500"), ("German", "5", "0.500"))


def test_no_records_are_said_to_be_none():
    assert "Nothing to show" in markdown([])
    assert csv_text([]) == ""
    assert "nothing to show" in str(rich_table([], title="x").caption)
    assert r"\bottomrule" in latex([], caption="x", label="x")


def test_every_table_of_a_study_can_be_written_every_way(toy):
    for name, records in understand(toy.study(4)).items():
        heads = shown(records).heads
        assert markdown(records).count("\n| ") >= len(records)
        written = latex(records, caption=name, label=name).splitlines()
        again = sum(line.startswith(r"\end") and "head" in line for line in written)
        short = sum(line.startswith(r"\begin{tabular}") for line in written)
        lines = sum(line.endswith(r" \\") for line in written)
        assert lines == (short + again // 2) * len(records) + short + again
        assert len(csv_text(records).splitlines()) == len(records) + 1
        columns = rich_table(records, title=name).columns
        assert [str(column.header) for column in columns] == list(heads)
        assert not any(head.endswith((" low", " high", " sd")) for head in heads)


def test_a_pivot_has_a_row_for_each_language_and_a_column_for_each_size(toy):
    curves = understand(toy.study(3))["curves"]
    joint = [point for point in curves if point["regime"] == "joint"]
    table = pivot(joint, "language", "n_per_language")
    assert [list(row) for row in table] == [["Language", "100", "500", "2,000"]] * 3
    assert [row["Language"] for row in table] == ["English", "French", "Arabic"]
    assert markdown(table).splitlines()[1] == "| --- | ---: | ---: | ---: |"


def test_a_pivot_shows_a_cell_that_was_not_run_as_a_dash():
    records = [{"source": "deu-Latn", "target": "fra-Latn", "value": 0.5},
               {"source": "fra-Latn", "target": "deu-Latn", "value": None}]  # fmt: skip
    first, second = pivot(records, "source", "target", bounds=False)
    assert first == {"Source": "German", "French": "0.500", "German": "–"}
    assert second == {"Source": "French", "French": "–", "German": "–"}


def test_a_pivot_keeps_two_languages_of_one_name_apart():
    records = [{"language": code, "n": 1, "value": 0.5} for code in ("pnb-Arab", "lah-Arab")]
    assert [row["Language"] for row in pivot(records, "language", "n")] == [
        "Western Panjabi (pnb-Arab)",
        "Western Panjabi (lah-Arab)",
    ]


def test_parts_keep_their_order():
    records = [{"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 3}]
    assert [(key, len(group)) for key, group in parts(records, ["a"])] == [
        ({"a": 2}, 2),
        ({"a": 1}, 1),
    ]
