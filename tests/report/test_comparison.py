"""Encoders side by side: figures as given, differences, candidates, ties, and units of tests."""

import csv
import io
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from isogloss.base.errors import InputError, RunError
from isogloss.report.comparison.directions import direction
from isogloss.report.comparison.grid import grid_latex, grid_markdown, grid_rich
from isogloss.report.comparison.read_figures import read_figures
from isogloss.report.comparison.units import read_units
from isogloss.report.comparison.values import Stated, compare_values
from isogloss.report.tables import csv_text

# Source: the published bilingual NER comparison, mBERT against XLM-R, 3 epochs, batch 16,
# 3,322 sentences. The differences and candidates are the published ones, not computed here.
PUBLISHED = """\
metric,mBERT,XLM-R
eval_loss,0.050518,0.037623
eval_precision,0.907649,0.917869
eval_recall,0.908744,0.921005
eval_f1,0.908196,0.919434
eval_accuracy,0.986812,0.989860
eval_runtime,12.3213,20.2871
eval_samples_per_second,269.615,163.749
eval_steps_per_second,16.881,10.253
epoch,3,3
"""
GOLDEN = """\
| metric | mBERT | XLM-R | difference | candidate |
|---|---|---|---|---|
| eval_loss | 0.050518 | 0.037623 | -25.5% | XLM-R |
| eval_precision | 0.907649 | 0.917869 | +1.1% | XLM-R |
| eval_recall | 0.908744 | 0.921005 | +1.3% | XLM-R |
| eval_f1 | 0.908196 | 0.919434 | +1.2% | XLM-R |
| eval_accuracy | 0.986812 | 0.989860 | +0.3% | XLM-R |
| eval_runtime (s) | 12.3213 | 20.2871 | +64.7% | mBERT |
| eval_samples_per_second | 269.615 | 163.749 | -39.3% | mBERT |
| eval_steps_per_second | 16.881 | 10.253 | -39.3% | mBERT |
| epoch | 3 | 3 | 0% | - |
"""


@pytest.fixture
def figures(tmp_path):
    """Writes text to a file and reads it."""

    def read(text):
        path = tmp_path / "figures.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_figures(path)

    return read


def test_the_published_figures_give_the_published_table(figures):
    compared = compare_values(figures(PUBLISHED))
    assert grid_markdown(compared, mark=False) == GOLDEN


def test_marks_change_the_best_cells_and_nothing_else(figures):
    marked = grid_markdown(compare_values(figures(PUBLISHED)))
    assert marked.replace("**", "") == GOLDEN
    bold = [re.findall(r"\*\*(.+?)\*\*", line) for line in marked.splitlines()[2:]]
    assert bold == [
        ["0.037623"], ["0.917869"], ["0.921005"], ["0.919434"], ["0.989860"], ["12.3213"],
        ["269.615"], ["16.881"], [],
    ]  # fmt: skip


def test_the_console_shows_the_same_words_in_80_columns(figures):
    console = Console(width=80, file=io.StringIO())
    console.print(grid_rich(compare_values(figures(PUBLISHED)), title="mBERT against XLM-R"))
    found = [line.split() for line in console.file.getvalue().splitlines()]
    for line in GOLDEN.splitlines()[2:]:
        assert line.replace("|", " ").split() in found


def test_csv_holds_numbers_and_unrounded_differences(figures):
    text = csv_text(compare_values(figures(PUBLISHED)).records)
    first, *_, last = csv.DictReader(io.StringIO(text))
    assert list(first) == ["metric", "mBERT", "XLM-R", "difference_percent", "candidate"]
    assert float(first["difference_percent"]) == pytest.approx(-25.525555, abs=1e-6)
    assert last["difference_percent"] == "0"


def test_latex_sets_the_best_in_bold(figures):
    text = grid_latex(compare_values(figures(PUBLISHED)), caption="Two encoders", label="two")
    assert r"eval\_loss & 0.050518 & \textbf{0.037623} & -25.5\% & XLM-R \\" in text


def test_three_encoders_have_two_differences_from_the_first():
    values = {"A": {"f1": 0.5}, "B": {"f1": 0.75}, "C": {"f1": 0.25}}
    compared = compare_values(values)
    assert grid_markdown(compared, mark=False) == (
        "| metric | A | B | C | difference B | difference C | candidate |\n"
        "|---|---|---|---|---|---|---|\n"
        "| f1 | 0.5000 | 0.7500 | 0.2500 | +50.0% | -50.0% | B |\n"
    )
    assert list(compared.records[0])[4:6] == ["difference_percent B", "difference_percent C"]


def test_a_tie_is_called_a_tie_and_marks_nobody_alone():
    values = {"A": {"f1": 0.9, "loss": 0.2}, "B": {"f1": 0.9, "loss": 0.1}}
    lines = compare_values(values, ties={"loss": ["A", "B"]}).lines
    assert [(line.candidate, line.best) for line in lines] == [("tie", ()), ("tie", ())]


def test_a_tie_of_some_names_them():
    values = {"A": {"f1": 0.9}, "B": {"f1": 0.5}, "C": {"f1": 0.89}}
    (line,) = compare_values(values, ties={"f1": ["A", "C"]}).lines
    assert (line.candidate, line.best) == ("tie: A, C", ("A", "C"))


def test_what_was_not_measured_has_no_candidate():
    (line,) = compare_values({"A": {"f1": 0.9}, "B": {}}).lines
    assert (line.percents, line.candidate, line.best) == ((None,), "-", ())


def test_nothing_is_a_percentage_of_nothing():
    compared = compare_values({"A": {"f1": 0.0}, "B": {"f1": 0.5}})
    assert "| f1 | 0 | 0.5000 | - | B |" in grid_markdown(compared, mark=False)


def test_a_stated_value_keeps_its_text():
    compared = compare_values({"A": {"f1": Stated(0.5, "0.5 [0.4, 0.6]")}, "B": {"f1": 1.0}})
    assert "| f1 | 0.5 [0.4, 0.6] | 1 | +100.0% | B |" in grid_markdown(compared, mark=False)


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("eval_loss", "lower"), ("cold_start_s", "lower"), ("peak_rss_mb", "lower"),
        ("flops_per_token", "lower"), ("energy_wh_per_million", "lower"), ("parameters", "lower"),
        ("single_stream_p99_ms", "lower"), ("cost_per_million", "lower"), ("disk_mb", "lower"),
        ("macro_f1", "higher"), ("lenient_recall", "higher"), ("precision/PER", "higher"),
        ("server_max_rate_per_second", "higher"), ("offline_tokens_per_second", "higher"),
        ("n_gold", None), ("support/PER", None), ("peak_share", None), ("color", None),
    ],
)  # fmt: skip
def test_each_metric_knows_which_way_it_is_better(metric, way):
    assert direction(metric) == way


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("metric,A,B\n", "no figures"),
        ("metrik,A,B\nf1,1,2\n", "not 'metric'. Did you mean 'metric'?"),
        ("metric,A\nf1,1\n", "1 encoder;"),
        ("metric,A,A\nf1,1,2\n", "'A' heads two columns"),
        ("metric,A,\nf1,1,2\n", "a column has no name"),
        ("metric,A,B\nf1,1,2\n\nf1,1,3\n", "line 4: 'f1' stands in line 2 too"),
        ("metric,A,B\nf1,1,2,3\n", "line 2: 4 cells, but the head has 3"),
        ("metric,A,B\n,1,2\n", "line 2: figures without the name"),
        ("metric,A,B\nf1,1,90%\n", "line 2, B: '90%' is no number"),
        ("metric,A,B\nf1,nan,1\n", "line 2, A: 'nan' is no number"),
        ('metric,A,B\nf1,"1,5",1\n', "'1,5' is no number"),
        (b"metric,A,B\nf1,\xff,1\n", "not UTF-8"),
    ],
)
def test_wrong_figures_are_named_with_their_line(figures, text, said):
    with pytest.raises(InputError, match=re.escape(said)):
        figures(text)


def test_a_file_that_is_not_there_is_a_mistake_of_the_person(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_figures(tmp_path / "none.csv")


def test_an_empty_cell_is_not_measured(figures):
    assert figures("metric,A,B\nf1,1,\n") == {"A": {"f1": "1"}, "B": {}}


@pytest.mark.parametrize("values", [{}, {"A": {"f1": 1.0}}])
def test_one_encoder_is_no_comparison(values):
    with pytest.raises(InputError, match="two encoders or more"):
        compare_values(values)


def test_an_encoder_is_not_named_as_a_column_is():
    with pytest.raises(InputError, match="rename"):
        compare_values({"A": {"f1": 1.0}, "candidate": {"f1": 1.0}})


def store_words(folder, sentences, *, losses=0.5):
    """Keep predictions as an evaluation does: (id, gold tags, predicted tags) per sentence."""
    rows = [
        {"example": name, "word": at, "gold": g, "predicted": p, "loss": losses}
        for name, gold, predicted in sentences
        for at, (g, p) in enumerate(zip(gold, predicted, strict=True))
    ]
    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema(
        [("example", pa.string()), ("word", pa.int64()), ("gold", pa.string()),
         ("predicted", pa.string()), ("loss", pa.float64())]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "predictions.parquet")
    return folder


SENTENCES = [
    ("test/0", ["B-PER", "I-PER", "O"], ["B-PER", "I-PER", "O"]),
    ("test/1", ["B-LOC"], ["B-PER"]),
    ("test/2", ["O", "B-PER"], ["O", None]),
]


def test_units_of_ner_hold_spans_words_and_losses_of_each_sentence(tmp_path):
    units = read_units(store_words(tmp_path, SENTENCES), task="ner", labels=["PER", "LOC"])
    assert units.examples == ("test/0", "test/1", "test/2")
    assert units.tallies.tolist() == [
        [[1, 1, 1], [0, 0, 0]], [[0, 1, 0], [0, 0, 1]], [[0, 0, 1], [0, 0, 0]],
    ]  # fmt: skip
    assert units.words.tolist() == [3, 1, 2]
    assert units.right.tolist() == [3, 0, 1]
    assert units.loss_sums.tolist() == [1.5, 0.5, 1.0]
    assert (len(units), units.n_words, units.n_gold) == (3, 6, 3)


def test_units_of_pos_hold_the_words_of_each_label(tmp_path):
    sentences = [("a", ["NOUN", "VERB"], ["NOUN", "NOUN"]), ("b", ["VERB"], ["VERB"])]
    units = read_units(store_words(tmp_path, sentences), task="pos", labels=["NOUN", "VERB"])
    assert units.tallies.tolist() == [[[1, 2, 1], [0, 0, 1]], [[0, 0, 0], [1, 1, 1]]]
    assert units.n_gold == units.n_words == 3


def test_units_of_texts_are_the_texts(tmp_path):
    table = pa.table(
        {"example": ["a", "b"], "gold": ["x", "y"], "predicted": ["x", None], "loss": [0.1, None]}
    )
    pq.write_table(table, tmp_path / "predictions.parquet")
    units = read_units(tmp_path, task="sentiment", labels=["x", "y"])
    assert units.tallies.tolist() == [[[1, 1, 1], [0, 0, 0]], [[0, 0, 0], [0, 0, 1]]]
    assert units.loss_counts.tolist() == [1, 0]
    assert (len(units), units.n_gold) == (2, 2)


def test_the_digest_is_of_the_gold_and_not_of_what_was_said(tmp_path):
    said = [(name, gold, gold) for name, gold, _ in SENTENCES]
    other = [*SENTENCES[:2], ("test/2", ["O", "B-LOC"], ["O", "O"])]
    digests = [
        read_units(store_words(tmp_path / str(at), s), task="ner", labels=["PER", "LOC"])
        for at, s in enumerate((SENTENCES, said, other))
    ]
    first, same, different = (units.gold_digest for units in digests)
    assert first == same != different


def test_units_are_read_as_a_loop_would_read_them(tmp_path):
    rng = np.random.default_rng(0)
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    sentences = [
        (f"test/{at}", *rng.choice(tags, (2, rng.integers(1, 9))).tolist()) for at in range(50)
    ]
    units = read_units(store_words(tmp_path, sentences), task="pos", labels=tags)
    for (_, gold, predicted), right, tally in zip(
        sentences, units.right, units.tallies, strict=True
    ):
        assert right == sum(map(str.__eq__, gold, predicted))
        assert tally.tolist() == [
            [
                sum(g == p == tag for g, p in zip(gold, predicted, strict=True)),
                predicted.count(tag),
                gold.count(tag),
            ]
            for tag in tags
        ]


@pytest.mark.parametrize(
    ("sentences", "error", "said"),
    [
        ([("a", ["O"], ["B-ORG"])], InputError, "'B-ORG' is not among"),
        ([("a", ["O"], ["O"]), ("a", ["O"], ["O"])], RunError, "an example twice"),
        ([], RunError, "is empty"),
    ],
)
def test_predictions_that_are_not_those_of_the_study_are_refused(tmp_path, sentences, error, said):
    with pytest.raises(error, match=said):
        read_units(store_words(tmp_path, sentences), task="ner", labels=["PER"])


def test_words_out_of_order_are_refused(tmp_path):
    table = pq.read_table(store_words(tmp_path, SENTENCES) / "predictions.parquet")
    pq.write_table(table.take([1, 0, 2, 3, 4, 5]), tmp_path / "predictions.parquet")
    with pytest.raises(RunError, match="not in order"):
        read_units(tmp_path, task="ner", labels=["PER", "LOC"])


def test_predictions_that_are_not_there_are_said(tmp_path):
    with pytest.raises(RunError, match="cannot be read"):
        read_units(tmp_path, task="ner", labels=["PER"])
