"""The card of an exported model: the Hub's library reads what was written, people read the rest."""

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard, metadata_load

from export_toys import FOLDER, HUB, LABELS, SAMPLE, evaluation, subject, with_seeds
from isogloss.report.export.card.card import Making, model_card
from isogloss.report.export.card.front import eval_results
from isogloss.report.export.card.words import text
from isogloss.report.export.facts import Learned, Scored

MAKING = Making("toy-model", ["isogloss run toy.yaml"], "apache-2.0", "A study.\n# of *toys*")


def card(model=None, making=MAKING):
    return model_card(model or subject(), making)


def section(written: str, name: str) -> str:
    return written.partition(f"## {name}\n")[2].partition("\n## ")[0]


def test_the_hub_s_library_reads_back_what_was_written(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(card(), encoding="utf-8")
    read = ModelCard.load(path)
    assert read.data.eval_results == list(eval_results(subject()))
    assert metadata_load(path) == read.data.to_dict()
    again = ModelCard(str(read))
    assert again.data.to_dict() == read.data.to_dict()
    assert read.data.model_name == "toy-model"


def test_the_metadata_are_what_the_hub_filters_by(tmp_path):
    data = ModelCard(card()).data.to_dict()
    assert data["language"] == ["de", "no"], "as text: a bare no would be read as false"
    assert data["license"] == "apache-2.0"
    assert data["library_name"] == "transformers"
    assert data["pipeline_tag"] == "text-classification"
    assert data["base_model"] == "FacebookAI/xlm-roberta-base"
    assert data["datasets"] == ["owner/reviews"]
    assert data["tags"] == ["isogloss", "sentiment", "multilingual"]
    assert data["metrics"] == ["f1", "accuracy"]


def test_each_language_has_its_own_results_with_the_values_in_full():
    model = subject(tested=(evaluation("deu-Latn", 1 / 3), evaluation("hin-Deva", 2 / 3)))
    results = ModelCard(card(model)).data.eval_results
    found = {(r.dataset_config, r.metric_type, str(r.metric_args)): r.metric_value for r in results}
    macro = "{'average': 'macro'}"
    assert found["deu-Latn", "f1", macro] == 1 / 3
    assert found["hin-Deva", "f1", macro] == 2 / 3
    assert found["deu-Latn", "accuracy", "None"] == 1 / 3 + 0.01
    assert {r.dataset_revision for r in results} == {HUB.commit}
    assert {r.dataset_name for r in results} == {"owner/reviews: German", "owner/reviews: Hindi"}


def test_what_nobody_knows_is_left_out_not_made_up():
    model = subject(
        base=None,
        origin="a checkpoint from a folder",
        learned=(Learned("deu-Latn", 50, "rows", FOLDER),),
        tested=(evaluation("deu-Latn", data=FOLDER),),
    )
    data = ModelCard(card(model, replace(MAKING, license=None))).data.to_dict()
    assert {"license", "base_model", "datasets"}.isdisjoint(data)
    assert data["model-index"][0]["results"][0]["dataset"]["type"] == "local"
    assert "revision" not in data["model-index"][0]["results"][0]["dataset"]


def test_a_table_has_a_line_a_language_with_interval_and_count():
    lines = section(card(), "What it scores").splitlines()
    assert "| German | test | yes | 0.70 [0.65, 0.75] | 0.710 | 100 |" in lines
    assert "| Hindi | test | no (zero-shot) | 0.70 [0.65, 0.75] | 0.710 | 100 |" in lines
    several = section(card(with_seeds(subject())), "What it scores")
    assert "| 0.70 [0.65, 0.75] | 0.68 [0.60, 0.76] (3 seeds) | 0.710 |" in several


def test_limits_say_what_was_not_tested_and_where_it_is_weak():
    model = subject(tested=(evaluation("deu-Latn", 0.9), evaluation("hin-Deva", 0.2)))
    limits = section(card(model), "Limits")
    for words in (
        "tested in German and Hindi",
        "learned from Norwegian too, but was not tested there",
        "no training text of Hindi",
        "weaker than its mean over languages (macro F1 0.550) in Hindi (0.20 [0.15, 0.25])",
        "One seed was trained",
        "Text beyond 128 sub-tokens is cut off",
    ):
        assert words in limits
    assert "One seed" not in section(card(with_seeds(subject())), "Limits")
    assert "Seeds 1, 2, 3 were trained; this is 1" in card(with_seeds(subject()))
    assert "It was not tested" in section(card(subject(tested=())), "Limits")


def test_missing_and_repeated_rows_and_cut_text_are_limits():
    short = Learned("deu-Latn", 40, "rows", HUB, missing=10, repeated=3)
    limits = section(card(subject(learned=(short,), n_truncated=1234)), "Limits")
    assert "German had too few rows of some label: 10 are missing, 3 repeat." in limits
    assert "1,234 training rows were" in limits


def test_unusable_predictions_have_a_column():
    one = evaluation("deu-Latn")
    lost = {"macro_f1": Scored("macro_f1", 0.7, 97, 3)}
    scores = section(card(subject(tested=(replace(one, scores=lost),))), "What it scores")
    assert "| unusable |" in scores
    assert "| 0.700 | 100 | 3 |" in scores


def test_sample_data_is_said_above_everything_else():
    told = card(subject(tested=(evaluation("deu-Latn", data=SAMPLE),)))
    assert told.index("**Sample data.**") < told.index("## How to use it")
    assert "Sample data" not in card()


def test_settings_versions_key_and_commands_are_there():
    made = section(card(), "How it was made")
    for words in (
        "isogloss run toy.yaml", "| key of the step | `0123456789abcdef` |",
        "2026-05-04 10:00:00 UTC",
        "isogloss 0.1.0, transformers 5.23.0", "| `learning_rate` | 2e-05 |", "| seed | 1 |",
        f"FacebookAI/xlm-roberta-base at {'b' * 40}",
    ):  # fmt: skip
        assert words in made


def test_text_of_a_study_is_shown_and_never_run():
    told = card()
    assert "Its labels: neg\\|ative, \\<b\\>positive." in told
    assert "<b>" not in told
    assert "\n# of" not in told, "a description makes no heading"
    widths = {
        line.replace("\\|", "").count("|")
        for line in section(told, "What it learned from").splitlines()
        if line.startswith("|")
    }
    assert len(widths) == 1
    assert text("a\x00\u202eb\nc") == "a\ufffd\ufffdb c"


@pytest.mark.parametrize("license_id", [None, "mit"])
def test_the_front_is_yaml_that_any_reader_loads(license_id):
    front = card(making=replace(MAKING, license=license_id)).split("---\n")[1]
    assert yaml.safe_load(front).get("license") == license_id


def test_a_student_names_its_teachers_and_what_it_can_do():
    learned = (
        Learned("deu-Latn", 90, "windows", FOLDER, characters=5000, teacher="teacher/deu (step 1)"),
    )
    masked = evaluation("deu-Latn", 0.2, task="mlm", metric="mrr", unit="windows")
    probes = (
        evaluation(
            "deu-Latn", 0.9, task="pos", metric="macro_f1", source="deu-Latn", layer="layer -1"
        ),
        evaluation(
            "hin-Deva", 0.3, task="pos", metric="macro_f1", source="deu-Latn", layer="layer -1"
        ),
    )
    told = card(
        subject(
            task="mlm", metric="mrr", labels=(), regime="pretrain", base=None,
            origin="bert from random weights", sources=("deu-Latn",), learned=learned,
            tested=(masked, *probes),
        )
    )  # fmt: skip
    data = ModelCard(told).data.to_dict()
    assert data["pipeline_tag"] == "fill-mask"
    assert data["tags"] == ["isogloss", "masked-lm", "distillation"]
    assert {result.metric_type for result in ModelCard(told).data.eval_results} == {"mrr"}
    assert "| German | 90 | 5,000 | local files, pinned as 2222222222222222 | teacher/deu" in told
    assert "| pos | layer -1 | German | accuracy | 0.910 | 0.310 | 1 |" in told
    assert LABELS[0] not in told
