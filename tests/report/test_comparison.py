"""Encoders side by side: figures as given, differences, candidates, ties, and units of tests."""

import csv
import dataclasses
import io
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from sklearn.metrics import f1_score

from isogloss.base.errors import InputError, RunError
from isogloss.report.comparison.compare import Asked, Extra, compare_study
from isogloss.report.comparison.differences import compare_encoders, verdict
from isogloss.report.comparison.directions import direction
from isogloss.report.comparison.gold import differing
from isogloss.report.comparison.grid import grid_latex, grid_markdown, grid_rich
from isogloss.report.comparison.measures import (
    averaged,
    gold_of,
    mean_over_languages,
    metrics_of,
    per_unit,
    statistic,
    weighted_f1,
)
from isogloss.report.comparison.overview import overview
from isogloss.report.comparison.page import Told
from isogloss.report.comparison.read_figures import read_figures
from isogloss.report.comparison.reading import notes
from isogloss.report.comparison.results import Result, Setting
from isogloss.report.comparison.rounds import Price, by_metric, rounds_of, with_cost
from isogloss.report.comparison.times import TIMES, compare_repeats, times_of
from isogloss.report.comparison.units import Units, read_units
from isogloss.report.comparison.values import Stated, compare_values
from isogloss.report.comparison.write import (
    comparison_console,
    recommendation_console,
    write_comparison,
    write_figures,
)
from isogloss.report.frame import Frame
from isogloss.report.html.marked import overview_table
from isogloss.report.recommend.candidate import candidates_of
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import recommend
from isogloss.report.recommend.tables import candidate_table
from isogloss.report.tables import csv_text, shown
from isogloss.stats.confusion import METRICS, confusion_counts
from isogloss.stats.resample import scores
from isogloss.stats.tallies import label_tallies
from published import FIGURES

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
    compared = compare_values(figures(FIGURES))
    assert grid_markdown(compared, mark=False) == GOLDEN


def test_marks_change_the_best_cells_and_nothing_else(figures):
    marked = grid_markdown(compare_values(figures(FIGURES)))
    assert marked.replace("**", "") == GOLDEN
    bold = [re.findall(r"\*\*(.+?)\*\*", line) for line in marked.splitlines()[2:]]
    assert bold == [
        ["0.037623"], ["0.917869"], ["0.921005"], ["0.919434"], ["0.989860"], ["12.3213"],
        ["269.615"], ["16.881"], [],
    ]  # fmt: skip


def test_the_console_shows_the_same_words_in_80_columns(figures):
    console = Console(width=80, file=io.StringIO())
    console.print(grid_rich(compare_values(figures(FIGURES)), title="mBERT against XLM-R"))
    found = [line.split() for line in console.file.getvalue().splitlines()]
    for line in GOLDEN.splitlines()[2:]:
        assert line.replace("|", " ").split() in found


def test_figures_are_written_as_the_published_table(figures, tmp_path):
    paths = write_figures(tmp_path / "out", compare_values(figures(FIGURES)))
    assert [path.name for path in paths] == ["comparison.csv", "comparison.md", "comparison.tex"]
    assert paths[1].read_text().replace("**", "") == GOLDEN
    assert r"\caption{mBERT against XLM-R.}" in paths[2].read_text()


def test_csv_holds_numbers_and_unrounded_differences(figures):
    text = csv_text(compare_values(figures(FIGURES)).records)
    first, *_, last = csv.DictReader(io.StringIO(text))
    assert list(first) == ["metric", "mBERT", "XLM-R", "difference_percent", "candidate"]
    assert float(first["difference_percent"]) == pytest.approx(-25.525555, abs=1e-6)
    assert last["difference_percent"] == "0"


def test_latex_sets_the_best_in_bold(figures):
    text = grid_latex(compare_values(figures(FIGURES)), caption="Two encoders", label="two")
    assert r"eval\_loss & 0.050518 & \textbf{0.037623} & $-$25.5\% & XLM-R \\" in text


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
        ("server_max_rate_per_second", "higher"), ("offline_tokens_per_second", None),
        ("cost_per_million (EUR)", "lower"), ("weighted_f1", "higher"),
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
    for name in ("candidate", "better", "A_low"):
        with pytest.raises(InputError, match="rename"):
            compare_values({"A": {"f1": 1.0}, name: {"f1": 1.0}})


@pytest.mark.parametrize(
    "line", ["n_gold,120,119", "support/PER,7,8.0", "gold,5,6", "eval_gold_spans,1,2"]
)
def test_figures_that_are_scored_on_different_gold_are_refused(figures, line):
    metric, one, other = line.split(",")
    said = f"scored on different gold: {metric} is A {one}, B {other}."
    with pytest.raises(InputError, match=re.escape(said)):
        figures(f"metric,A,B\nf1,0.5,0.6\n{line}\n")


def test_figures_of_the_same_gold_are_compared_as_they_are(figures):
    found = figures("metric,A,B\nn_gold,120,120.0\nsupport/PER,7,\ngolden_f1,0.1,0.2\n")
    assert found["A"] == {"n_gold": "120", "support/PER": "7", "golden_f1": "0.1"}


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
    assert units.loss_sums.tolist() == [1.5, 0.5, 0.5]
    assert units.loss_counts.tolist() == [3, 1, 1]
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
    assert units.tallies.tolist() == [[[1, 1, 1], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]
    assert units.loss_counts.tolist() == [1, 0]
    assert (len(units), units.n_gold, units.scored.tolist()) == (2, 2, [1, 0])


def test_texts_without_a_usable_prediction_are_left_out_as_in_the_table_of_results(tmp_path):
    rng = np.random.default_rng(0)
    labels = ["x", "y", "z"]
    gold, predicted = rng.integers(0, 3, 200), rng.integers(-1, 3, 200)
    losses = rng.random(200)
    table = pa.table(
        {
            "example": [f"test/{at}" for at in range(200)],
            "gold": [labels[at] for at in gold],
            "predicted": [labels[at] if at >= 0 else None for at in predicted],
            "loss": losses,
        }
    )
    pq.write_table(table, tmp_path / "predictions.parquet")
    units = read_units(tmp_path, task="sentiment", labels=labels)
    usable = predicted >= 0
    counts = confusion_counts(gold[usable], predicted[usable], 3)
    found = {
        metric: float(statistic(metric)(per_unit(units, metric).sum(axis=0)))
        for metric in (*metrics_of("sentiment"), "weighted_f1")
    }
    assert found.pop("eval_loss") == pytest.approx(losses[usable].mean())
    assert found == pytest.approx({metric: float(METRICS[metric](counts)) for metric in found})
    of_y = gold_of(units, "f1/y")
    assert (of_y.n, of_y.unit) == ((gold == 1).sum(), "texts")


def test_weighted_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    for _ in range(20):
        gold, predicted = rng.integers(0, 4, (2, 30))
        tallies = label_tallies(gold, predicted, np.arange(31), 5).sum(axis=0)
        want = f1_score(gold, predicted, average="weighted", labels=range(5), zero_division=0)
        assert float(weighted_f1(tallies)) == pytest.approx(want)


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


def toy_units(seed, *, share, n=60, gold_seed=0, extra=0):
    """Units of a made-up NER test set of one-word sentences; `share` of its spans are found."""
    gold = np.random.default_rng(gold_seed).integers(0, 2, n + extra)
    found = np.random.default_rng([seed, gold_seed]).random(n + extra) < share
    tallies = np.zeros((n + extra, 2, 3), dtype=np.int64)
    tallies[np.arange(n + extra), gold, 2] = 1
    tallies[np.arange(n + extra), np.where(found, gold, 1 - gold), 1] = 1
    tallies[np.arange(n + extra), gold, 0] = found
    return Units(
        examples=tuple(f"test/{at}" for at in range(n + extra)),
        tallies=tallies,
        offsets=np.arange(n + extra + 1),
        gold=(1 + 2 * gold).astype(np.int16),
        right=found.astype(np.int64),
        scored=np.ones(n + extra, dtype=np.int64),
        loss_sums=1.0 - found,
        loss_counts=np.ones(n + extra, dtype=np.int64),
        names=("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
        labels=("PER", "LOC"),
        counted_in="spans",
    )


SOURCES = ("eng-Latn", "por-Latn")
TARGETS = (*SOURCES, "deu-Latn")


def toy_results(shares, *, seeds=(1, 2, 3), targets=TARGETS, forms=("torch",), **more):
    """Every encoder on every target with every seed; `shares` is how good each encoder is."""
    setting = {"regime": "joint", "sources": SOURCES, "n_per_language": None, "split": "test"}
    return [
        Result(
            encoder=encoder, form=form, target=target, seed=seed, **{**setting, **more},
            units=toy_units(seed + 10 * number, share=share, gold_seed=TARGETS.index(target)),
        )
        for number, (encoder, share) in enumerate(shares.items())
        for form in forms
        for target in targets
        for seed in seeds
    ]  # fmt: skip


def compared(results, metrics=("f1",), **more):
    return compare_encoders(results, metrics=metrics, resamples=400, **more)


def one_of(records, **wanted):
    (found,) = [r for r in records if all(r[key] == value for key, value in wanted.items())]
    return found


def test_a_large_difference_is_better_and_a_loss_turns_the_verdict_around():
    records = compared(toy_results({"A": 0.5, "B": 0.95}), metrics=("f1", "eval_loss"))
    for metric in ("f1", "eval_loss"):
        record = one_of(records, metric=metric, scope="all")
        assert record["verdict"] == "better"
        assert record["p_holm"] < 0.05
        assert record["difference_low"] <= record["difference"] <= record["difference_high"]
        assert record["percent"] == pytest.approx(
            100 * (record["second_score"] - record["first_score"]) / record["first_score"]
        )
    assert one_of(records, metric="eval_loss", scope="all")["difference"] < 0


def test_equal_encoders_tie():
    record = one_of(compared(toy_results({"A": 0.7, "B": 0.7})), scope="all")
    assert record["verdict"] == "tie"
    assert record["smallest"] > abs(record["difference"])


def test_every_language_and_each_group_has_a_record_with_its_counts():
    records = compared(toy_results({"A": 0.6, "B": 0.8}))
    scopes = [(r["scope"], r["language"], r["n_units"], r["gold"]) for r in records]
    assert scopes == [
        *(("language", target, 60, 60) for target in TARGETS),
        ("all", None, 180, 180), ("in_language", None, 120, 120), ("zero_shot", None, 60, 60),
    ]  # fmt: skip
    assert {r["n_seeds"] for r in records} == {3}
    assert {r["gold_unit"] for r in records} == {"spans"}
    assert {r["gold_unit"] for r in compared(toy_results({"A": 0.6, "B": 0.8}), ["accuracy"])} == {
        "words"
    }


@pytest.mark.parametrize("metric", ["n_samples", "color", "offline_tokens_per_second"])
def test_nobody_is_better_in_what_has_no_better(metric):
    assert verdict(metric, 1.0, 0.0) == "not compared"
    (record,) = compare_repeats(metric, {"A": {1: 1.0, 2: 1.1}, "B": {1: 5.0, 2: 5.1}})
    assert record["verdict"] == "not compared"


def test_scores_are_those_of_the_tallies():
    results = toy_results({"A": 0.6, "B": 0.8})
    record = one_of(compared(results), language="por-Latn")
    for side, encoder in (("first_score", "A"), ("second_score", "B")):
        values = [
            2 * t[..., 0].sum() / t[..., 1:].sum()
            for r in results
            if (r.encoder, r.target) == (encoder, "por-Latn")
            for t in [r.units.tallies]
        ]
        assert record[side] == pytest.approx(np.mean(values))


def test_holm_runs_over_the_languages_of_one_metric():
    records = compared(toy_results({"A": 0.6, "B": 0.75}), metrics=("f1", "accuracy"))
    mine = [r for r in records if r["metric"] == "f1" and r["scope"] == "language"]
    ordered = sorted(r["p"] for r in mine)
    want = np.maximum.accumulate([p * (3 - rank) for rank, p in enumerate(ordered)]).clip(max=1)
    found = sorted((r["p"], r["p_holm"]) for r in mine)
    assert [p for _, p in found] == pytest.approx(want)
    assert one_of(records, metric="f1", scope="all")["p_holm"] == pytest.approx(
        one_of(records, metric="f1", scope="all")["p"]
    )


def test_three_encoders_are_compared_pair_by_pair():
    records = compared(toy_results({"A": 0.5, "B": 0.9, "C": 0.9}))
    pairs = {(r["first"], r["second"]): r["verdict"] for r in records if r["scope"] == "all"}
    assert pairs == {("A", "B"): "better", ("A", "C"): "better", ("B", "C"): "tie"}


def test_seeds_of_one_side_alone_are_left_out_and_named():
    results = toy_results({"A": 0.6, "B": 0.8})
    kept = [r for r in results if (r.encoder, r.seed) != ("A", 3)]
    record = one_of(compared(kept), scope="all")
    assert (record["n_seeds"], record["unpaired_seeds"]) == (2, "B: 3")


def test_encoders_without_a_shared_seed_are_not_compared():
    results = [
        *toy_results({"A": 0.6, "B": 0.9}, seeds=(1,))[:3],
        *toy_results({"A": 0.6, "B": 0.9}, seeds=(2,))[3:],
    ]
    record = one_of(compared(results), scope="all")
    assert (record["verdict"], record["n_seeds"]) == ("not compared", 0)
    assert record["difference"] is record["p_holm"] is None
    assert record["unpaired_seeds"] == "A: 1; B: 2"
    assert notes([record]) == ["A and B share no seed, so their difference is not tested."]


def test_one_seed_still_has_an_interval_over_sentences():
    record = one_of(compared(toy_results({"A": 0.5, "B": 0.95}, seeds=(1,))), scope="all")
    assert record["verdict"] == "better"
    assert record["first_score_low"] < record["first_score"] < record["first_score_high"]


def test_only_models_trained_alike_are_compared():
    results = [
        *toy_results({"A": 0.6, "B": 0.6})[:9],
        *toy_results({"A": 0.6, "B": 0.6}, n_per_language=100)[9:],
    ]
    with pytest.raises(InputError, match="A, B were not trained alike"):
        compared(results)


def test_settings_other_than_the_main_one_are_compared_on_the_metrics_asked_for_them():
    results = [
        *toy_results({"A": 0.6, "B": 0.7}, regime="single", sources=("eng-Latn",)),
        *toy_results({"A": 0.6, "B": 0.7}),
    ]
    records = compared(results, metrics=("f1", "accuracy"), elsewhere=["f1"])
    assert {(r["regime"], r["metric"]) for r in records} == {
        ("single", "f1"),
        ("joint", "f1"),
        ("joint", "accuracy"),
    }


def test_one_encoder_alone_is_no_comparison():
    with pytest.raises(InputError, match=r"needs two evaluated encoders; there are 1 \(A\)"):
        compared(toy_results({"A": 0.6}))


def changed(result, **units):
    return dataclasses.replace(result, units=dataclasses.replace(result.units, **units))


def test_other_gold_tags_are_refused_with_their_number_and_place():
    results = toy_results({"A": 0.6, "B": 0.6}, seeds=(1,))
    gold = results[4].units.gold.copy()
    gold[[7, 9]] = 0
    results[4] = changed(results[4], gold=gold)
    said = "A and B are scored on different gold in Portuguese, test: 2 words differ .*test/7.*tags"
    with pytest.raises(InputError, match=said):
        compare_study(results, [], Asked("f1", ("f1",), 400))


def test_lost_sentences_and_lost_words_are_told_apart():
    whole = toy_units(1, share=0.5)
    part = toy_units(1, share=0.5, n=50)
    cut = dataclasses.replace(whole, offsets=np.append(np.arange(60), 61), gold=np.ones(61, int))
    assert differing(whole, part)[:2] == (10, "test/50")
    assert "part of the sentences" in differing(whole, part).why
    long = dataclasses.replace(whole, gold=np.ones(60, int))
    assert differing(long, cut)[:2] == (1, "test/59")
    assert "maximal length" in differing(long, cut).why


def test_gold_in_another_order_is_other_gold():
    units = toy_units(1, share=0.5)
    turned = dataclasses.replace(units, examples=units.examples[::-1], gold=units.gold[::-1].copy())
    assert units.gold_digest != turned.gold_digest
    assert differing(units, turned).why.startswith("their sentences stand in another order")


def eval_rows(encoder, seconds, *, seed=1, target="eng-Latn", form="torch"):
    """The times of an evaluation of 100 sentences in 10 batches."""
    base = {
        "encoder": encoder, "regime": "joint", "source_languages": list(SOURCES),
        "n_per_language": None, "split": "test", "seed": seed, "target_language": target,
        "form": form,
    }  # fmt: skip
    values = {
        "eval_runtime": seconds,
        "eval_samples_per_second": 100 / seconds,
        "eval_steps_per_second": 10 / seconds,
    }
    return [{**base, "metric": name, "value": value} for name, value in values.items()]


def test_where_no_encoder_is_better_than_chance_is_noted_with_its_languages():
    """Chance of entities is to find none; a score of another form or setting is not asked."""
    base = eval_rows("A", 1.0)[0]
    targets = {"eng-Latn": (0.0, 0.4), "por-Latn": (0.0, 0.0), "deu-Latn": (0.0, 0.0)}
    scored = [
        {**base, "encoder": encoder, "target_language": target, "metric": "f1", "value": value,
         "task": "ner"}
        for target, values in targets.items()
        for encoder, value in zip("AB", values, strict=True)
    ]  # fmt: skip
    gold = [{**one, "metric": "support/PER", "value": 30.0} for one in scored]
    other = [{**one, "value": 0.9, "form": "onnx"} for one in scored]
    other += [{**one, "value": 0.9, "regime": "single"} for one in scored]
    results = toy_results({"A": 0.6, "B": 0.6})
    asked = Asked("f1", ("f1",), 400)
    comparison = compare_study(results, [*scored, *gold, *other], asked)
    assert [line.split(".")[0] for line in comparison.notes[:2]] == [
        "No better than chance, trained on: Portuguese (0",
        "No better than chance, zero-shot: German (0",
    ]
    assert comparison.to_json()["notes"][:2] == list(comparison.notes[:2])
    assert compare_study(results, [*other, *gold], asked).notes == ()


def measured_rows(encoder, form="torch", **values):
    base = {
        "encoder": encoder, "form": form, "split": "efficiency", "target_language": None,
        "regime": "joint", "source_languages": list(SOURCES), "n_per_language": None,
    }  # fmt: skip
    return [{**base, "metric": name, "value": value} for name, value in values.items()]


SETTING = Setting("joint", SOURCES, None, "test")


def test_times_of_all_targets_are_those_of_one_long_evaluation():
    rows = [*eval_rows("A", 2.0), *eval_rows("A", 8.0, target="por-Latn")]
    times = times_of(rows, SETTING)
    assert times["eval_runtime"]["A"] == {1: 10.0}
    assert times["eval_samples_per_second"]["A"][1] == pytest.approx(200 / 10)
    assert times["eval_steps_per_second"]["A"][1] == pytest.approx(20 / 10)


def test_measured_values_tie_if_the_paired_interval_holds_no_difference():
    def verdict_of(first, second):
        (record,) = compare_repeats("cold_start_s", {"A": first, "B": second})
        return record["verdict"]

    assert verdict_of({1: 1.0, 2: 2.0, 3: 3.0}, {1: 1.1, 2: 1.9, 3: 3.0}) == "tie"
    assert verdict_of({1: 1.0, 2: 2.0, 3: 3.0}, {1: 0.5, 2: 1.5, 3: 2.45}) == "better"
    assert verdict_of({1: 1.0}, {2: 2.0}) == "not compared"


@pytest.mark.parametrize("metric", TIMES)
def test_times_of_evaluations_name_nobody_however_far_apart_they_are(metric):
    repeats = {metric: {"A": {1: 1.0, 2: 1.1, 3: 1.05}, "B": {1: 9.0, 2: 9.1, 3: 9.05}}}
    (record,) = compare_repeats(metric, repeats[metric])
    assert record["difference"] == pytest.approx(8.0)
    assert record["verdict"] == "not compared"
    (line,) = overview([], [record], ["A", "B"], repeats).lines
    assert (line.candidate, line.best, line.apart) == ("-", (), ())


def test_what_was_taken_once_names_nobody_unless_it_is_the_same_each_time():
    once = {"A": {0: 10.0}, "B": {0: 20.0}}
    repeats = {"server_max_rate_per_second": once, "parameters": once}
    times = [record for name in repeats for record in compare_repeats(name, repeats[name])]
    assert [record["verdict"] for record in times] == ["not compared", "worse"]
    lines = {line.metric: line for line in overview([], times, ["A", "B"], repeats).lines}
    assert lines["server_max_rate_per_second"].candidate == "-"
    assert lines["parameters"].candidate == "A"


def test_a_difference_in_percent_has_the_digits_that_its_interval_supports():
    repeats = {"eval_runtime": {"A": {1: 1.0, 2: 1.2, 3: 0.8}, "B": {1: 5.0, 2: 9.0, 3: 3.0}}}
    (record,) = compare_repeats("eval_runtime", repeats["eval_runtime"])
    half = (record["percent_high"] - record["percent_low"]) / 2
    assert 355 < half < 950  # hundreds
    (line,) = overview([], [record], ["A", "B"], repeats).lines
    assert line.percents == (pytest.approx(466.67, abs=0.01),)
    assert line.half_widths == (pytest.approx(half),)
    assert line.percent_texts == ("+500%",)


def toy_comparison(shares, *, forms=("torch",), seeds=(1, 2, 3), price=None):
    results = toy_results(shares, forms=forms, seeds=seeds)
    rows = [row for at, encoder in enumerate(shares) for row in eval_rows(encoder, 1.0 + at)]
    for at, encoder in enumerate(shares):
        for number, form in enumerate(forms):
            rows += measured_rows(
                encoder, form, single_stream_p99_ms=10.0 * (1 + at) / (1 + number),
                offline_samples_per_second=100.0 / (1 + at), peak_rss_mb=500.0 + at, n_samples=9.0,
            )  # fmt: skip
    asked = Asked("f1", metrics_of("ner"), resamples=400)
    audit = {
        "algorithm": "unigram",
        "vocab_size": 1000,
        "languages": {"eng-Latn": {"fertility": 1.2}},
    }
    extra = Extra(audits=dict.fromkeys(shares, audit), price=price)
    return results, compare_study(results, rows, asked, extra)


def test_the_whole_comparison_has_quality_times_and_measured_values_in_one_table():
    _, comparison = toy_comparison({"A": 0.5, "B": 0.95})
    lines = {line.metric: line.candidate for line in comparison.overview.lines}
    assert lines["f1"] == lines["eval_loss"] == "B"
    assert lines["eval_runtime (s)"] == lines["single_stream_p99_ms"] == "-"  # taken once
    assert lines["n_samples"] == "-"
    json.dumps(comparison.to_json())


def test_a_tie_of_the_tests_is_a_tie_of_the_table():
    _, comparison = toy_comparison({"A": 0.5, "B": 0.9, "C": 0.9})
    lines = {line.metric: line.candidate for line in comparison.overview.lines}
    assert lines["f1"] == "tie: B, C"


ROUNDS = {
    ("A", "torch"): {"offline_samples_per_second": [100.0, 110.0, 90.0]},
    ("B", "torch"): {"offline_samples_per_second": [101.0, 108.0, 91.0]},
    ("A", "onnx"): {"offline_samples_per_second": [200.0, 220.0, 180.0]},
}


def rounds_rows(samples=ROUNDS):
    """Rows as they are stored: the median of the samples."""
    return [
        row
        for (encoder, form), values in samples.items()
        for row in measured_rows(
            encoder, form, **{m: float(np.median(v)) for m, v in values.items()}
        )
    ]


def test_samples_of_a_measurement_are_paired_by_round():
    rounds = by_metric(rounds_of(rounds_rows(), ROUNDS, SETTING), ["A", "B"])
    rates = rounds["offline_samples_per_second"]
    assert rates["A"] == {0: 100.0, 1: 110.0, 2: 90.0}
    assert [r["verdict"] for r in compare_repeats("offline_samples_per_second", rates)] == ["tie"]
    alone = rounds_of(rounds_rows(), {}, SETTING)
    assert by_metric(alone, ["B"]) == {"offline_samples_per_second": {"B": {0: 101.0}}}


def test_a_measured_value_is_the_mean_over_rounds_wherever_it_stands():
    skewed = {
        ("A", "torch"): {"single_stream_p99_ms": [10.0, 10.5, 30.0]},
        ("B", "torch"): {"single_stream_p99_ms": [12.0, 12.5, 13.0]},
    }
    results = toy_results({"A": 0.6, "B": 0.6})
    comparison = compare_study(
        results, rounds_rows(skewed), Asked("f1", ("f1",), 400), Extra(samples=skewed)
    )
    line = next(one for one in comparison.overview.lines if one.metric == "single_stream_p99_ms")
    means = [np.mean(values["single_stream_p99_ms"]) for values in skewed.values()]
    assert [cell.value for cell in line.cells] == pytest.approx(means)
    assert line.cells[0].text == "17 [0*, 45]"
    assert line.candidate == "tie"
    (record,) = [r for r in comparison.times if r["metric"] == "single_stream_p99_ms"]
    assert [record["first_score"], record["second_score"]] == pytest.approx(means)
    assert [r["single_stream_p99_ms"] for r in comparison.forms] == pytest.approx(means)
    assert [one.latency_ms for one in candidates_of(comparison, results)] == pytest.approx(means)


@pytest.mark.parametrize(("longest", "is_cut"), [(30.0, True), (11.0, False)])
def test_an_interval_that_is_cut_has_a_star_in_every_face_and_its_meaning_beside(
    tmp_path, longest, is_cut
):
    samples = {
        ("A", "torch"): {"single_stream_p99_ms": [10.0, 10.5, longest]},
        ("B", "torch"): {"single_stream_p99_ms": [12.0, 12.5, 13.0]},
    }
    results = toy_results({"A": 0.6, "B": 0.6})
    extra = Extra(samples=samples)
    comparison = compare_study(results, rounds_rows(samples), Asked("f1", ("f1",), 400), extra)
    paths = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))
    (tex,) = [path for path in paths if path.name == "comparison.tex"]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(comparison_console(comparison)[0])
    html = overview_table(comparison, "toy")
    cells = [cell.text for row in html.rows for cell in row]
    screen = " ".join(console.export_text().split())
    page = paths[-1].read_text()
    assert ("[0\\*, 45]" in page) is is_cut, "a bare star would end the bold of a cell"
    for text in (page.replace("\\*", "*"), tex.read_text(), screen, " ".join(cells)):
        assert ("[0*, 45]" in text) is is_cut
    for text in (page, tex.read_text(), screen, html.common):
        assert ("cut at what the number can be" in text) is is_cut


def test_scores_and_percents_that_are_cut_have_a_star_in_tables_by_language():
    score = {"A": 0.1, "A_low": 0.0, "A_high": 0.4, "first_score": 0.1}
    score |= {"difference": 0.5, "difference_low": 0.0, "difference_high": 1.0}
    score |= {"percent": 500.0, "percent_low": -100.0, "percent_high": 100 * (1 / 0.1 - 1)}
    (row,) = shown([score], ["A"]).rows
    assert row == ("0.10 [0.00*, 0.40]", "0.100", "0.50 [0.00, 1.00*]", "500 [-100*, 900*]")


def test_no_time_or_rate_is_below_nothing():
    first, second = {1: 1.0, 2: 9.0}, {1: 2.0, 2: 8.0}
    (record,) = compare_repeats("eval_runtime", {"A": first, "B": second})
    assert record["first_score_low"] == record["second_score_low"] == 0
    assert record["difference_low"] < 0


def test_the_cost_stands_with_its_currency_and_interval_wherever_costs_stand():
    results = toy_results({"A": 0.6, "B": 0.6})
    results += [dataclasses.replace(one, form="onnx") for one in results if one.encoder == "A"]
    extra = Extra(samples=ROUNDS, price=Price(3.6, "EUR"))
    comparison = compare_study(results, rounds_rows(), Asked("f1", ("f1",), 400), extra)
    name = "cost_per_million (EUR)"
    want = np.mean([1000.0 / rate for rate in (100.0, 110.0, 90.0)])
    line = next(one for one in comparison.overview.lines if one.metric == name)
    assert line.cells[0].value == pytest.approx(want)
    record = one_of(comparison.forms, encoder="A", form="onnx")
    assert record[name] == pytest.approx(want / 2)
    assert record[f"{name}_low"] < record[name] < record[f"{name}_high"]
    candidates = candidates_of(comparison, results)
    assert {one.name: one.cost for one in candidates}["A (onnx)"] == pytest.approx(want / 2)
    (table, *_) = candidate_table(recommend(candidates, Constraints(), currency="EUR"))
    assert table["cost per million (EUR)_low"] < table["cost per million (EUR)"]
    dearer = candidates_of(comparison, results, price=Price(7.2, "EUR"))
    assert dearer[0].cost == pytest.approx(2 * want)


def test_without_a_price_there_is_no_cost():
    assert with_cost({("A", "torch"): {}}, None) == with_cost({("A", "torch"): {}}, Price(1.0))
    with pytest.raises(InputError, match="price of -1"):
        Price(-1)


def test_a_language_that_one_was_not_tested_on_is_left_out_for_all_and_named(tmp_path):
    whole = toy_results({"A": 0.5, "B": 0.9, "C": 0.7})
    results = [r for r in whole if (r.encoder, r.target) != ("B", "por-Latn")]
    comparison = compare_study(results, [], Asked("f1", ("f1",), 400))
    kept = [r for r in whole if r.target != "por-Latn"]
    want = one_of(compared(kept), scope="all", first="A", second="B")
    (line,) = comparison.overview.lines
    assert [cell.value for cell in line.cells[:2]] == [want["first_score"], want["second_score"]]
    assert comparison.notes == (
        "Portuguese is left out of what is over all languages: B was not tested on it.",
    )
    text = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))[-1].read_text()
    assert "English, German together (120 gold spans), without Portuguese; the best" in text
    assert "| the 2 that all were tested on |" in text


def test_where_no_language_is_shared_there_are_no_lines_of_quality_and_a_sentence_why(tmp_path):
    results = [
        r
        for r in toy_results({"A": 0.5, "B": 0.9, "C": 0.9})
        if (r.encoder, r.target) not in {("A", "por-Latn"), ("C", "eng-Latn"), ("C", "deu-Latn")}
    ]
    comparison = compare_study(results, [], Asked("f1", ("f1",), 400))
    assert comparison.overview.lines == ()
    text = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))[-1].read_text()
    assert "Times and costs alone: no two encoders have a seed" in text
    assert "Portuguese is left out of what is over all languages: A was not tested on it." in text


def test_one_target_is_compared_as_itself(tmp_path):
    results = toy_results({"A": 0.5, "B": 0.9}, targets=("por-Latn",))
    comparison = compare_study(results, [], Asked("f1", ("f1",), 400))
    assert [line.metric for line in comparison.overview.lines] == ["f1"]
    text = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))[-1].read_text()
    assert "\nPortuguese (60 gold spans); the best value" in text


def test_forms_and_measured_values_of_another_training_are_left_out_and_said():
    results = toy_results({"A": 0.5, "B": 0.9})
    other = {"regime": "single", "sources": ("eng-Latn",)}
    results += toy_results({"A": 0.5}, forms=("onnx",), **other)
    rows = [
        {**row, "regime": "single", "source_languages": ["eng-Latn"]}
        for row in measured_rows("A", disk_mb=2.0)
    ]
    comparison = compare_study(results, rows, Asked("f1", ("f1",), 400))
    assert comparison.rounds == {}
    assert {r["form"] for r in comparison.forms} == {"torch"}
    assert comparison.notes == tuple(
        f"{what} are of single training on English, all rows of each, not of the training that is "
        "compared here, and are left out."
        for what in ("Forms of serving", "Measured values")
    )


def test_one_encoder_in_several_forms_is_compared_with_itself(tmp_path):
    results, comparison = toy_comparison({"A": 0.8}, forms=("torch", "onnx"), price=Price(1.0))
    assert comparison.overview is None
    assert comparison.differences == ()
    assert [(r["form"], r["verdict"]) for r in comparison.forms] == [
        ("torch", None),
        ("onnx", "tie"),
    ]
    found = recommend(candidates_of(comparison, results), Constraints())
    assert found.choice in {"A", "A (onnx)"}
    told = Told(found)
    paths = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"), told=told)
    text = paths[-1].read_text()
    assert "## Serving forms" in text
    assert "## Side by side" not in text
    assert comparison_console(comparison)
    json.dumps(comparison.to_json())


def test_one_encoder_in_one_form_is_refused():
    with pytest.raises(InputError, match=r"needs two evaluated encoders; there are 1 \(A\)"):
        toy_comparison({"A": 0.8})


def test_names_of_encoders_are_shown_as_they_are(tmp_path):
    _, comparison = toy_comparison({"m_bert": 0.5, "xlm_r": 0.9})
    paths = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))
    texts = {path.name: path.read_text() for path in paths}
    assert "| test set | m_bert | xlm_r | difference |" in texts["comparison.md"]
    assert "| test set | m_bert | xlm_r | difference |" in texts["comparison_languages.md"]
    assert r"m\_bert & xlm\_r" in texts["comparison_languages.tex"]
    assert r"\caption{toy: Encoders by language" in texts["comparison_languages.tex"]
    console = Console(width=100, file=io.StringIO())
    for table in comparison_console(comparison):
        console.print(table)
    assert "xlm r" not in console.file.getvalue()


def test_what_was_done_to_the_data_is_told(tmp_path):
    _, comparison = toy_comparison({"A": 0.5, "B": 0.9})
    told = Told(data=["Two tags were repaired."])
    paths = write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"), told=told)
    assert "## Data\n\n- Two tags were repaired.\n" in paths[-1].read_text()


def test_texts_that_are_left_out_of_a_score_are_counted():
    results = [
        changed(one, counted_in="texts", scored=np.append(0, np.ones(59, dtype=np.int64)))
        if one.encoder == "B"
        else changed(one, counted_in="texts")
        for one in toy_results({"A": 0.5, "B": 0.9})
    ]
    comparison = compare_study(results, [], Asked("f1", ("f1",), 400))
    assert comparison.notes == (
        "B gave no usable prediction for 9 texts (all seeds and languages together); they are left "
        "out of its scores.",
    )


def test_each_form_has_its_own_quality_and_its_difference_to_training():
    results = [
        *toy_results({"A": 0.9, "B": 0.8}),
        *[
            dataclasses.replace(one, form="onnx")
            for one in toy_results({"A": 0.9})
        ],
        *toy_results({"A": 0.4}, forms=("onnx-int8",)),
    ]  # fmt: skip
    rows = measured_rows("A", "onnx", single_stream_p99_ms=3.0)
    comparison = compare_study(results, rows, Asked("f1", ("f1",), 400))
    found = {(r["encoder"], r["form"]): r for r in comparison.forms}
    assert found["A", "onnx"]["verdict"] == "tie"
    assert found["A", "onnx"]["minus_torch"] == 0
    assert found["A", "onnx"]["single_stream_p99_ms"] == 3.0
    assert found["A", "onnx-int8"]["verdict"] == "worse"
    assert found["B", "torch"]["minus_torch"] is None


def test_the_mean_over_languages_counts_each_language_the_same():
    arrays = [np.array([[1, 1]] * 2), np.array([[0, 1]] * 8)]
    found = scores([mean_over_languages(arrays)], averaged(statistic("accuracy")))
    assert found.tolist() == [0.5]


def test_the_tokenizers_stand_beside_their_encoders():
    _, comparison = toy_comparison({"A": 0.5, "B": 0.9})
    assert [(r["encoder"], r["language"], r["fertility"]) for r in comparison.tokenizers] == [
        ("A", "eng-Latn", 1.2),
        ("B", "eng-Latn", 1.2),
    ]


def test_a_comparison_is_written_whole_and_says_its_commands(tmp_path):
    results, comparison = toy_comparison({"mBERT": 0.5, "XLM-R": 0.95}, forms=("torch", "onnx"))
    found = recommend(candidates_of(comparison, results, price=Price(1.0)), Constraints())
    told = Told(found, ["isogloss compare toy.yaml"])
    frame = Frame("toy", "f1")
    paths = write_comparison(tmp_path, comparison, frame=frame, told=told)
    assert set(paths) == {path for path in tmp_path.rglob("*") if path.is_file()}
    text = paths[-1].read_text()
    assert text.startswith("# toy: mBERT against XLM-R")
    assert "Joint training on English and Portuguese, all rows of each, tested on test" in text
    assert "isogloss compare toy.yaml" in text
    assert "| German |" in text and "| zero-shot |" in text  # noqa: PT018
    assert found.lines[1] in text
    assert "\n\n\n" not in text
    before = {path: path.read_bytes() for path in paths}
    write_comparison(tmp_path, comparison, frame=frame, told=told)
    assert {path: path.read_bytes() for path in paths} == before


def test_the_screen_shows_every_name_in_100_columns():
    results, comparison = toy_comparison({"mBERT": 0.5, "XLM-R": 0.95}, forms=("torch", "onnx"))
    found = recommend(candidates_of(comparison, results), Constraints())
    console = Console(width=100, file=io.StringIO())
    for table in [*comparison_console(comparison), *recommendation_console(found)]:
        console.print(table)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    for word in ("XLM-R (onnx)", "Portuguese", "eval_runtime (s)", "Pareto front", "unigram"):
        assert word in text


def test_three_encoders_have_their_tables_by_pair(tmp_path):
    _, comparison = toy_comparison({"A": 0.5, "B": 0.9, "C": 0.7}, seeds=(1, 2))
    write_comparison(tmp_path, comparison, frame=Frame("toy", "f1"))
    text = (tmp_path / "tables" / "comparison_languages.csv").read_text()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {(line["first"], line["second"]) for line in lines} == {
        ("A", "B"),
        ("A", "C"),
        ("B", "C"),
    }
    assert all(float(line["first score"]) > 0 for line in lines)
