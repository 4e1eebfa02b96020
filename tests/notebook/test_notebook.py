import subprocess
import sys

import pytest
from tests.toys import STUDY, write_toy

import isogloss
from isogloss.base.errors import InputError
from isogloss.store.results import results_table

TWO = STUDY.replace("encoders:", "encoders:\n  - name: other\n    scratch: {architecture: bert, "
                    "hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 1, "
                    "intermediate_size: 8, tokenizer: {vocab_size: 90}}")  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    study = isogloss.Study.load(write_toy(folder, TWO), store=folder / "store")
    before = repr(study)
    return study, before, study.run(quiet=True)


def test_a_study_says_how_far_it_is(run):
    study, before, results = run
    assert before.startswith("Study toy: 0 of ")
    assert repr(study) == before.replace("0 of", f"{len(study._opened.plan)} of")
    assert "Results of toy" in results._repr_html_()
    assert results.unfinished == []


def test_results_of_which_nothing_is_there_show_themselves_too(tmp_path, monkeypatch):
    monkeypatch.setattr("isogloss.notebook.results.LISTED", 2)
    results = isogloss.Study.load(write_toy(tmp_path), store=tmp_path / "store").results()
    shown = results._repr_html_()
    assert "Results of toy: 0 of" in shown
    assert f"<li>and {len(results.unfinished) - 2} more</li>" in shown
    assert shown.count("not done yet") == 2
    with pytest.raises(InputError, match="Nothing of this study is finished"):
        results.learning_curves()


def test_tables_and_figures_look_at_no_text_and_compare_nothing(run, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("not needed for a table")

    for name in ("audit_of", "errors_of", "compared"):
        monkeypatch.setattr(f"isogloss.desk.evidence.{name}", refuse)
    results = run[0].results()
    assert results.learning_curves()
    assert results.plot.names
    assert "curves" in results._repr_html_()


def test_the_long_table_is_that_of_the_command(run):
    study, _, results = run
    rows = results_table(study._opened.again_opened().entries).to_pylist()
    assert results.to_arrow().to_pylist() == rows
    pandas = pytest.importorskip("pandas")
    frame = results.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == len(rows)
    assert frame["value"].tolist() == [row["value"] for row in rows]


def test_curves_and_the_matrix_hold_the_scores_of_the_long_table(run):
    _, _, results = run
    rows = results.to_arrow().to_pylist()
    scores = {
        (r["encoder"], r["regime"], tuple(r["source_languages"]), r["n_per_language"],
         r["target_language"]): r["value"]
        for r in rows if r["metric"] == "macro_f1" and r["split"] == "test"
    }  # fmt: skip
    joint = [p for p in results.learning_curves() if p["regime"] == "joint"]
    assert len(joint) == 2 * 2 * 3
    for point in joint:
        sources = ("eng-Latn", "deu-Latn", "hin-Deva")
        key = (point["encoder"], "joint", sources, point["n_per_language"], point["language"])
        assert point["value"] == scores[key]
    cells = results.transfer_matrix()
    assert len(cells) == 2 * 3 * 3
    for cell in cells:
        key = (cell["encoder"], "single", (cell["source"],), 12, cell["target"])
        assert cell["value"] == scores[key]


def test_tables_show_themselves_without_letting_html_through(run):
    from isogloss.notebook.table import Table

    table = Table([{"language": "deu-Latn", "what": "<b>", "value": 0.5}], "a < b")
    html = table._repr_html_()
    assert "German" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "a &lt; b" in html
    assert repr(table).startswith("a < b")
    assert Table([])._repr_html_().startswith("<p>")


def test_charts_are_altair_and_named_when_several_fit(run):
    altair = pytest.importorskip("altair")
    _, _, results = run
    with pytest.raises(InputError, match="Several figures fit curves ''; the study has: curves-"):
        results.plot.curves()
    chart = results.plot.curves("other")
    assert isinstance(chart, altair.TopLevelMixin)
    assert chart.to_dict()["$schema"]
    with pytest.raises(InputError, match=r"No figure fits balance 'x'; .* none: it has too few"):
        results.plot.balance("x")


def test_the_figures_of_the_comparison_are_there_too(run):
    _, _, results = run
    assert "comparison-languages" in results.plot.names
    spec = results.plot.comparison("languages").to_dict()
    (values,) = (v for v in spec["datasets"].values() if "candidate" in v[0])
    assert {value["candidate"] for value in values} == {"tiny", "other"}
    with pytest.raises(InputError, match="the study has: comparison-languages"):
        results.plot.comparison("front")


def test_one_encoder_has_figures_and_no_comparison(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    results = isogloss.Study.load(write_toy(folder), store=folder / "store").run(quiet=True)
    assert results.plot.names
    assert not [name for name in results.plot.names if name.startswith("comparison")]
    with pytest.raises(InputError, match="needs two"):
        results.plot.comparison()


def test_a_comparison_and_a_recommendation(run):
    _, _, results = run
    compared = results.compare()
    assert {record["second"] for record in compared} <= {"tiny", "other"}
    chosen = results.recommend()
    assert chosen.choice in {"tiny", "other"}
    assert f"<strong>Choice: {chosen.choice}" in chosen._repr_html_()
    with pytest.raises(InputError, match="--max-latency-ms needs a measurement"):
        results.recommend(max_latency_ms=5)


def test_the_page_is_that_of_the_report(run, tmp_path):
    _, _, results = run
    text = results.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text
    assert "Content-Security-Policy" in text


def test_importing_the_package_imports_no_room():
    code = "import isogloss, sys; assert 'isogloss.notebook' not in sys.modules; isogloss.Study"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'Studi'"):
        isogloss.Studi  # noqa: B018
