"""LoRA in a study: an encoder may be trained otherwise than the rest, as an arm of its own."""

import pytest

from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import BadStudy, study_from
from isogloss.study.study import Study
from isogloss.study.training import Training

TOY = """
name: toy
data: {source: {kind: sample}, labels: [negative, neutral, positive]}
languages: [en, de]
encoders:
  - {name: full, model: org/a}
  - {name: lora, model: org/a, training: {method: lora}}
training: {learning_rate: 3.0e-5, max_steps: 40}
"""
LORA = "encoders.1.training."


def study_of(*changes: str) -> Study:
    return study_from(with_changes(parse_document(TOY, "toy"), changes))


def trainings(*changes: str) -> tuple[Training, Training]:
    study = study_of(*changes)
    full, lora = (study.training_of(encoder) for encoder in study.encoders)
    return full, lora


def test_an_arm_has_the_settings_of_the_study_but_for_its_own():
    full, lora = trainings(f"{LORA}weight_decay=0.2", "training.max_grad_norm=3")
    assert (full.method, full.learning_rate, full.weight_decay, full.lora) == (
        "full", 3e-5, 0.01, None,
    )  # fmt: skip
    assert (lora.method, lora.weight_decay, lora.max_steps) == ("lora", 0.2, 40)
    assert full.max_grad_norm == lora.max_grad_norm == 3
    assert lora.lora.model_dump() == {
        "r": 8, "lora_alpha": 8.0, "lora_dropout": 0.0, "target_modules": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "full", "lora"),
    [
        ((), 3e-5, 5e-4),
        ((f"{LORA}learning_rate=1e-3",), 3e-5, 1e-3),
        ((f"{LORA}method=full",), 3e-5, 3e-5),
        (("training.method=lora",), 3e-5, 3e-5),
        (("training={method: lora}",), 5e-4, 5e-4),
        (("training.method=lora", "encoders.0.training.method=full"), 2e-5, 3e-5),
    ],
)
def test_a_learning_rate_belongs_to_its_method(changes, full, lora):
    found = trainings(*changes)
    assert tuple(one.learning_rate for one in found) == (full, lora)


def test_another_horizon_takes_the_place_of_the_studys():
    _, lora = trainings(f"{LORA}num_train_epochs=3")
    assert (lora.max_steps, lora.epochs) == (None, 3.0)
    _, lora = trainings("training={num_train_epochs: 2}", f"{LORA}max_steps=9")
    assert (lora.max_steps, lora.epochs) == (9, None)


def test_full_is_what_older_studies_call_finetune_and_keys_hold_that():
    older, newer = study_of("training.method=finetune"), study_of("training.method=full")
    assert older == newer == study_of()
    assert newer.training.identity["method"] == "finetune"
    assert "lora" not in newer.training.identity


def test_the_identity_of_lora_holds_all_its_settings():
    identity = trainings(f"{LORA}lora.target_modules=query")[1].identity
    assert identity["method"] == "lora"
    assert identity["lora"] == {
        "r": 8, "lora_alpha": 8.0, "lora_dropout": 0.0, "target_modules": ["query"],
    }  # fmt: skip


def test_a_study_that_was_noted_is_read_again_as_it_was():
    for changes in ((), (f"{LORA}lora.target_modules=all-linear",), ("training.method=lora",)):
        study = study_of(*changes)
        noted = study.model_dump(mode="json", by_alias=True)
        assert Study.model_validate(noted, by_alias=True, by_name=True) == study


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([f"{LORA}lora.r=0"], "encoders.1.training.lora.r: input should be greater than 0"),
        ([f"{LORA}lora.r=true"], "a number is wanted, not true or false"),
        ([f"{LORA}lora.rank=8"], "encoders.1.training.lora.rank: unknown key"),
        ([f"{LORA}lora.lora_dropout=1"], "less than 1"),
        ([f"{LORA}lora.lora_alpha=0"], "greater than 0"),
        ([f"{LORA}lora.target_modules=[]"], "name a layer or more"),
        ([f"{LORA}lora.target_modules=[query, query]"], "named twice"),
        ([f"{LORA}method=lra"], "Did you mean 'lora'? Known: full, lora."),
        ([f"{LORA}max_length=9"], "encoders.1.training.max_length: unknown key"),
        (["training.lora.r=2"], "no effect without method: lora"),
        (["encoders.0.training.lora.r=2"], "full: training.lora has no effect"),
        ([f"{LORA}max_steps=3", f"{LORA}num_train_epochs=3"], "not both"),
        (["encoders.1.model=null", "encoders.1.scratch={}"], "lora is made from scratch"),
        (["training.method=lora", "encoders.0={name: s, scratch: {}}"], "s is made from scratch"),
    ],
)
def test_bad_settings_are_one_message(changes, words):
    with pytest.raises(BadStudy) as error:
        study_of(*changes)
    assert len(error.value.mistakes) == 1
    assert words in str(error.value)
