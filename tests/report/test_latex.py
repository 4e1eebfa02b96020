"""Tables in LaTeX: marks that are true, text that cannot break out, and an engine that takes it."""

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from isogloss.report.comparison.grid import grid_latex
from isogloss.report.comparison.values import compare_values
from isogloss.report.latex import ACCENTS, PLAIN, SPECIAL, escape, latex_table
from isogloss.report.latex_fit import LAST_LATIN, LatexTable
from isogloss.report.marks import marks_of
from isogloss.report.tables import latex
from isogloss.report.understand import understand

HOSTILE = (
    r"\input{/etc/passwd}", r"a\\b", "}{", "%$#&_^~", "<script>alert(1)</script>", "a\x00b\x1b[31m",
    "back`tick ?`", "--- --", "[1] first", "*star", "Größe naïve", "Łódź ęą", "हिन्दी नमस्ते",
    "日本語", "العربية", "עברית \u202eabc\u202c", "👩\u200d🔬", "\ud800", "x" * 100_000, "",
)  # fmt: skip
TWO_ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(
            shutil.which(engine) is None,
            reason=f"{engine} is not there: apt-get install {package}",
        ),
    )
    for engine, package in (
        ("pdflatex", "texlive-latex-recommended"),
        ("lualatex", "texlive-luatex"),
    )
]


def compile_all(engine: str, fragments, folder: Path) -> str:
    """Set the fragments in one document; return the log, having seen no error."""
    for at, text in enumerate(fragments):
        (folder / f"t{at}.tex").write_bytes(text.encode("utf-8", "surrogatepass"))
    inputs = "\n".join(rf"\input{{t{at}}}\clearpage" for at in range(len(fragments)))
    packages = r"\usepackage{booktabs,array,longtable,graphicx,rotating,pdflscape}"
    (folder / "all.tex").write_text(
        rf"\documentclass{{article}}{packages}\begin{{document}}\listoftables {inputs}"
        r"\end{document}",
        encoding="utf-8",
    )
    for _ in range(2):  # the second one reads what the first has written of captions
        done = subprocess.run(
            [engine, "-interaction=nonstopmode", "-no-shell-escape", "all.tex"],
            cwd=folder, capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        log = (folder / "all.log").read_text(encoding="utf-8", errors="replace")
        assert not re.findall(r"^! .*", log, re.MULTILINE)
        assert done.returncode == 0
        assert "Overfull" not in log, "no table is wider or higher than its page"
    assert (folder / "all.pdf").stat().st_size > 1000
    return log


def check_shape(text: str) -> None:
    """Braces and environments are paired, and every line has as many cells as there are columns."""
    bare = re.sub(r"\\[\\{}&%$#_]", "", text)
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    opened = re.findall(r"\\begin\{(\w+)\}", text)
    assert sorted(opened) == sorted(re.findall(r"\\end\{(\w+)\}", text))
    columns = 0
    for line in text.splitlines():
        if begun := re.match(r"\\begin\{(?:tabular|longtable)\}\{(.+)\}$", line):
            columns = len(re.findall("[lrp]", re.sub(r">\{.*?\}p\{\w+\}", "p", begun[1])))
        if line.endswith(r" \\"):
            assert len(re.findall(r"(?<!\\)&", line)) == columns - 1, line


def hostile_table(*, times: int = 1) -> str:
    rows = [[escape(text), escape(text[:50])] for text in HOSTILE] * times
    return latex_table(
        LatexTable(["a head_with & specials", "日本 head"], rows, [False, True], "नाम & co", "x")
    )


def averages(blocks: int, lines: int) -> list[dict[str, Any]]:
    """As the averages of a balance study: many columns, and what many lines have in common."""
    return [
        {
            "task": "mlm", "metric": f"metric_{block}", "split": "held_out", "form": None,
            "scope": "language", "group": "low", "language": "spa-Latn", "characters": 54_678,
            "setting": "in_language", "arm": f"hard-balanced-{line}",
            "value": -0.155702, "value_low": -0.165702, "value_high": -0.145702,
            "n_scored": 2161 + line, "n_pairs": line,
            "n_languages": line, "n_pairs_expected": line, "without": [],
        }
        for block in range(blocks)
        for line in range(lines)
    ]  # fmt: skip


def by_arm(n: int) -> list[dict[str, Any]]:
    """As the table of probes: a column an arm, each with an interval."""
    ends = {"": 1.0, "_low": 0.9, "_high": 1.1}
    values = {f"arm-{at}{end}": 77.7 * by for at in range(n) for end, by in ends.items()}
    return [{"group": group, **values} for group in ("low-resource (Spanish)", "all")]


def prose(n: int) -> list[dict[str, Any]]:
    """Long reasons beside numbers."""
    return [{"step": f"s{at}", "why": "it was not there " * 12, "value": 0.5} for at in range(n)]


@pytest.fixture(scope="module")
def fragments(toy):
    """Every table of a made-up study, and what nobody would name a label."""
    tables = understand(toy.study(5))
    written = [latex(records, caption=f"A_{name}", label=name) for name, records in tables.items()]
    wide = [{f"measured value number {at}": 0.123456 for at in range(15)}] * 2
    values = {
        "A": {"f1": 0.5, "eval_loss": 0.4},
        "B_2": {"f1": 0.7, "eval_loss": 0.2},
        "नया": {"f1": 0.7, "eval_loss": 0.3},
    }
    ties = {"f1": ["B_2", "नया"]}
    compared = compare_values(values, ties=ties, apart={"f1": ["A"]})
    return [
        *written,
        latex(averages(4, 12), caption="averages", label="averages"),
        latex(averages(1, 3), caption="few averages", label="few"),
        latex(by_arm(20), caption="arms", label="arms", names=[f"arm-{at}" for at in range(20)]),
        latex(prose(60), caption="prose", label="prose"),
        latex(wide, caption="wide", label="wide"),
        latex([], caption="none", label="none"),
        grid_latex(compared, caption="100 % & more", label="grid"),
        hostile_table(),
        hostile_table(times=4),
    ]


def test_every_table_is_well_formed(fragments):
    for text in fragments:
        check_shape(text)


@pytest.mark.parametrize("engine", TWO_ENGINES)
def test_every_table_compiles(engine, fragments, tmp_path):
    compile_all(engine, fragments, tmp_path)


@pytest.mark.parametrize("engine", TWO_ENGINES[:1])
def test_every_letter_that_is_left_as_it_is_can_be_set(engine, tmp_path):
    accented = [
        chr(code)
        for code in range(0xA0, ord(LAST_LATIN) + 1)
        if unicodedata.normalize("NFD", chr(code))[1:] in ACCENTS
    ]
    letters = [*accented, *PLAIN, *SPECIAL]
    text = "\n".join(escape(letter) for letter in letters)
    assert r"\isoglossscript" not in text
    compile_all(engine, [text], tmp_path)


def test_what_pdflatex_cannot_print_is_kept_with_its_numbers():
    text = hostile_table()
    assert r"\providecommand{\isoglossscript}" in text
    assert r"\isoglossscript{日本語}{U+65E5 U+672C U+8A9E}" in text
    assert r"\texttt{U+0000}" in text, "what has no shape is shown by its number everywhere"
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "isoglossscript" not in latex([{"label": "Größe"}], caption="x", label="x")


def test_commands_in_text_are_text():
    text = escape(r"\input{/etc/passwd} $x$ a--b")
    assert text == r"\textbackslash{}input\{/etc/passwd\} \$x\$ a-{}-b"


def test_a_line_that_begins_with_a_bracket_is_not_an_argument():
    assert "\n{}[1] first & " in hostile_table()


@pytest.mark.parametrize("rows", [3, 41])
def test_a_long_table_breaks_over_pages_and_repeats_its_head(rows):
    text = latex([{"name": f"r{at}", "value": 0.5} for at in range(rows)], caption="x", label="x")
    assert ("longtable" in text) == (rows > 40)
    assert text.count("name & score") == (2 if rows > 40 else 1)


def test_a_table_that_fits_is_left_as_it_is():
    text = latex(by_arm(1), caption="x", label="x")
    assert text.startswith("% \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption")


def test_what_many_lines_have_in_common_stands_above_them_where_room_is_short():
    text = latex(averages(2, 4), caption="x", label="x")
    panels = re.findall(r"\\multicolumn\{(\d+)\}\{l\}\{\\emph\{(.*)\}\} ", text)
    between = r" \textperiodcentered{} "
    assert [words.split(between) for _, words in panels] == [
        ["task: mlm", rf"metric: metric\_{block}", "scope: language"] for block in range(2)
    ]
    assert text.startswith(r"% \usepackage{booktabs} \usepackage{rotating}")
    assert text.count(r"\begin{sidewaystable}") == 1
    assert "without" not in text, "a list of nothing is nothing"


def test_the_arms_of_a_table_that_fits_no_page_are_dealt_out_over_several():
    names = [f"arm-{at}" for at in range(20)]
    text = latex(by_arm(20), caption="x", label="x", names=names)
    tables = re.findall(r"\\begin\{sidewaystable\}.*?\\end\{sidewaystable\}", text, re.DOTALL)
    assert len(tables) > 1
    for n, table in enumerate(tables, start=1):
        assert f"x (part {n} of {len(tables)})." in table
        assert table.count("low-resource (Spanish) &") == 1, "each says whose line it is"
    assert re.findall(r"arm-\d+", text) == names
    assert "resizebox" not in text


def test_only_what_fits_in_no_other_way_is_scaled():
    text = hostile_table()
    assert text.splitlines()[0] == (
        r"% \usepackage{booktabs} \usepackage{rotating} \usepackage{graphicx}"
    )
    assert r"\resizebox{\linewidth}" in text


def test_long_text_is_broken_into_lines():
    text = latex(prose(3), caption="x", label="x")
    assert r"\begin{tabular}{l>{\raggedright\arraybackslash}p{16em}r}" in text
    assert text.startswith(r"% \usepackage{booktabs} \usepackage{array}")


def test_a_small_p_value_is_not_0():
    text = latex([{"p_holm": 0.0}, {"p_holm": 0.0312}], caption="x", label="x")
    assert r"\textless{}0.001 \\" in text
    assert r"0.031 \\" in text


def test_the_best_way_of_training_is_bold_and_a_difference_that_is_one_has_a_dagger():
    record = {
        "language": "deu-Latn", "joint": 0.71, "single": 0.64, "zero_shot_best": 0.3,
        "joint_minus_single": 0.07, "joint_minus_single_low": 0.02, "joint_minus_single_high": 0.12,
        "single_minus_zero_shot": 0.3, "single_minus_zero_shot_low": -0.1,
        "single_minus_zero_shot_high": 0.7,
    }  # fmt: skip
    text = latex([record], caption="x", label="x")
    (line,) = (line for line in text.splitlines() if line.startswith("German"))
    assert r"\textbf{0.710} & 0.640 & 0.300" in line
    assert r"0.07 [0.02, 0.12]\rlap{$^{\dagger}$}" in line
    assert r"0.30 [$-$0.10, 0.70] \\" in line
    assert text.count("Bold: the best of its line; not tested.") == 1
    assert text.count("interval leaves out 0") == 1


@pytest.mark.parametrize(
    ("record", "best", "apart"),
    [
        ({"A": 0.9, "B": 0.8, "difference": -0.1, "better": "A"}, {"A"}, {"difference"}),
        ({"A": 0.9, "B": 0.8, "difference": -0.1, "better": "tie"}, set(), set()),
        ({"first": "A", "second": "B", "first score": 0.2, "second score": 0.3,
          "difference": 0.1, "better": "B"}, {"second score"}, {"difference"}),
        ({"first": "A", "second": "B", "first_score": 0.2, "second_score": 0.3,
          "difference": 0.1, "verdict": "worse"}, {"first_score"}, {"difference"}),
        ({"f1": 0.2, "minus_torch": -0.1, "verdict": "worse"}, set(), {"minus_torch"}),
        ({"f1": 0.2, "minus_torch": None, "verdict": None}, set(), set()),
        ({"metric": "eval_loss", "A": 0.9, "B": 0.8}, {"B"}, set()),
        ({"metric": "mrr", "A": 0.9, "B": 0.9}, {"A", "B"}, set()),
        ({"metric": "epoch", "A": 0.9, "B": 0.8}, set(), set()),
        ({"A_in_language": 0.9, "B_in_language": 0.8, "A_zero_shot": 0.1, "B_zero_shot": 0.2},
         {"A_in_language", "B_zero_shot"}, set()),
        ({"A": 0.9, "B": None}, set(), set()),
    ],
)  # fmt: skip
def test_marks_follow_the_test_where_there_is_one_and_the_values_where_not(record, best, apart):
    found = marks_of(record, ("A", "B"))
    assert (found.best, found.apart) == (best, apart)


def test_an_encoder_that_a_test_tells_from_the_best_has_a_dagger():
    values = {"A": {"f1": 0.5}, "B": {"f1": 0.7}, "C": {"f1": 0.69}}
    text = grid_latex(
        compare_values(values, ties={"f1": ["B", "C"]}, apart={"f1": ["A"]}), caption="x", label="x"
    )
    line = r"f1 & 0.5000\rlap{$^{\dagger}$} & \textbf{0.7000} & \textbf{0.6900}"
    assert line in text
    assert "Bold: the best value of a line, with those that cannot be told from it." in text
    assert "differs from the best" in text
    undecided = compare_values(values, undecided=["f1"], apart={"f1": ["A"]})
    assert "dagger" not in grid_latex(undecided, caption="x", label="x")
