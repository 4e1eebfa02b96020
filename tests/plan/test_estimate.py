"""What a plan will cost, beside numbers worked out by hand."""

import json
import math

import pytest

from isogloss.plan.estimate import estimate, weight
from isogloss.plan.plan import Step
from isogloss.study.document import parse_document
from isogloss.study.load import study_from
from isogloss.study.spec import MOST

SMALL = "{hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 128}"
LARGEST = (
    "{hidden_size: 10000000, num_hidden_layers: 1000, num_attention_heads: 2,"
    " intermediate_size: 10000000}"
)
SMALL_BODY = 65_536  # two layers of 4 matrices 64 x 64 and 2 matrices 64 x 128
BASE_BODY = 84_934_656  # BERT base: twelve layers of 4 x 768 x 768 and 2 x 768 x 3,072
FLOPS_PER_SECOND, TOKENS = 1e11, 48


STUDY = (
    "name: toy\ndata: {source: {kind: sample}, labels: [negative, neutral, positive]}\n"
    f"languages: [en, de]\nencoders: [{{name: small, scratch: {SMALL}}},"
    " {name: given, model: GIVEN}]\n"
)


def study_with(model: str):
    return study_from(parse_document(STUDY.replace("GIVEN", model), "toy"))


def step(kind="train", *, encoder="small", steps=None, epochs=3, size=100, **payload):
    training = {
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "max_steps": steps,
        "num_train_epochs": epochs,
    }
    payload = {
        "training": training,
        "n_per_language": size,
        "labels": ["a", "b", "c"],
        "sources": ["eng-Latn", "deu-Latn"],
    } | payload
    return Step(kind, 1, payload, settings={"encoder": encoder})


TEXTS = step()  # 33 of each of three classes in two languages, three times: 594
SENTENCES = step(task="ner")  # 100 in two languages, three times: 600
UPDATES = step(steps=10)  # ten updates of 8 x 2: 160
UNKNOWN = step(size=None)


def test_examples_are_those_that_are_trained_on_and_what_is_not_known_is_counted_apart():
    steps = [TEXTS, SENTENCES, UPDATES, UNKNOWN, Step("evaluate", 1, {}), Step("masked", 1, {})]
    found = estimate(study_with("org/given"), steps, {"small": 10.0})
    assert (found.trainings, found.unknown_trainings, found.evaluations) == (4, 1, 2)
    assert found.training_examples == 594 + 600 + 160
    assert found.seconds == pytest.approx((594 + 600 + 160) / 10)
    assert (found.pretrainings, found.windows) == (0, 0)
    assert found.basis == "measured on finished trainings of small"


def test_pretrainings_are_counted_apart_with_their_windows():
    steps = [step("pretrain", steps=5), step("distill", steps=7)]
    found = estimate(study_with("org/given"), steps, {})
    assert (found.trainings, found.pretrainings, found.windows) == (0, 2, (5 + 7) * 16)
    assert found.seconds == 0
    assert found.basis == "nothing to train"


def test_without_a_measured_rate_the_closed_form_is_told_with_its_assumptions():
    found = estimate(study_with("org/given"), [UPDATES], {"given": 3.0})
    assert found.seconds == pytest.approx(160 * 6 * SMALL_BODY * TOKENS / FLOPS_PER_SECOND)
    assert found.basis == "assumed 1e+11 FLOP/s and 48 tokens a text for small"


@pytest.mark.parametrize(
    ("config", "body"),
    [
        ({"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 128}, SMALL_BODY),
        ({"dim": 64, "n_layers": 2, "hidden_dim": 128}, SMALL_BODY),
        ({"hidden_size": 64, "num_hidden_layers": 2}, 2 * (4 * 64**2 + 2 * 64 * 256)),
        ({"hidden_size": 64}, BASE_BODY),
        ({"num_hidden_layers": 2}, BASE_BODY),
        ({"dim": "32", "n_layers": 2}, BASE_BODY),
        ({"hidden_size": [8], "num_hidden_layers": {}}, BASE_BODY),
        ({"hidden_size": 10**400, "num_hidden_layers": 2}, BASE_BODY),
        ({"hidden_size": 64, "num_hidden_layers": -2}, BASE_BODY),
        ([1], BASE_BODY),
        (None, BASE_BODY),
    ],
)
def test_the_size_of_an_encoder_is_read_from_its_config_or_that_of_bert_base(
    tmp_path, config, body
):
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    found = estimate(study_with(str(tmp_path)), [step(steps=10, encoder="given")], {})
    assert found.seconds == pytest.approx(160 * 6 * body * TOKENS / FLOPS_PER_SECOND)


def test_the_largest_study_has_an_estimate():
    text = f"{STUDY}sizes: [{MOST}]\n".replace(SMALL, LARGEST)
    study = study_from(parse_document(text, "toy"))
    batch = {"per_device_train_batch_size": 10**6, "gradient_accumulation_steps": 10**6}
    largest = step(size=MOST, epochs=100_000)
    updates = step(training={**batch, "max_steps": MOST})
    found = estimate(study, [largest, updates], {})
    assert found.training_examples == pytest.approx(2 * MOST * 100_000 + MOST**2)
    assert math.isfinite(found.seconds)


def test_a_step_weighs_what_it_trains_on():
    assert weight(TEXTS) == 594
    assert weight(step("pretrain", steps=10)) == 160
    assert weight(step("distill", steps=10)) == pytest.approx(4 / 3 * 160)
    assert weight(UNKNOWN) == 3000
    assert weight(Step("evaluate", 1, {})) == 300
