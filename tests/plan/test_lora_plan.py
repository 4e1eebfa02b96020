"""LoRA in the plan: an arm beside full fine-tuning, told apart by its name and by its keys."""

import pytest

from isogloss.plan.build import build_plan
from isogloss.plan.pins import Pins
from isogloss.plan.plan import Plan
from isogloss.study.document import parse_document, with_changes
from isogloss.study.load import study_from

TOY = """
name: toy
data: {source: {kind: sample}, labels: [negative, neutral, positive]}
languages: [en, de]
encoders:
  - {name: full, model: org/a}
  - {name: lora, model: org/a, training: {method: lora}}
sizes: [30]
seeds: [1]
"""
OWN = "encoders.1.training."


def plan_of(*changes: str) -> Plan:
    study = study_from(with_changes(parse_document(TOY, "toy"), changes))
    data = {code: {"kind": "sample", "seed": 0} for code in study.all_languages}
    return build_plan(study, Pins(data, {e.display: {"commit": "abc"} for e in study.encoders}))


def of_encoder(plan: Plan, name: str) -> dict[str, str]:
    """Kind -> key of the first step that a cell of this encoder hangs on."""
    (train,) = (
        plan.by_key[cell.step]
        for cell in plan.cells
        if cell.columns["encoder"] == name and cell.columns["split"] == "train"
    )
    test = next(step for step in plan.of_kind("evaluate") if step.needs[0] == train.key)
    prepare = plan.by_key[train.needs[0]]
    return {step.kind: step.key for step in (prepare, train, test)}


def test_keys_are_stable():
    """If this fails, old results will not be found again: raise a VERSION on purpose."""
    plan = plan_of()
    assert of_encoder(plan, "full") == {
        "prepare": "f0d4625deb3c8577",
        "train": "c1e71fe012a24a2c",
        "evaluate": "fa8b65b59b4f2769",
    }
    assert of_encoder(plan, "lora") == {
        "prepare": "f0d4625deb3c8577",
        "train": "b6d99528afb04336",
        "evaluate": "9aaac5ea247318e2",
    }


def test_both_arms_stand_in_one_table_by_their_names_and_share_what_is_read():
    plan = plan_of()
    assert {cell.columns["encoder"] for cell in plan.cells} == {"full", "lora"}
    assert len(plan.of_kind("data")) == len(plan.of_kind("prepare")) == 4
    assert len(plan.of_kind("train")) == 2
    assert len(plan.of_kind("evaluate")) == 4


@pytest.mark.parametrize(
    "change",
    [
        "method=full", "lora.r=4", "lora.lora_alpha=16", "lora.lora_dropout=0.1",
        "lora.target_modules=[query]", "learning_rate=1e-3", "max_steps=9",
    ],
)  # fmt: skip
def test_each_setting_of_an_arm_is_in_its_key_and_in_no_other(change):
    before, after = plan_of(), plan_of(f"{OWN}{change}")
    assert of_encoder(after, "full") == of_encoder(before, "full")
    one, other = of_encoder(before, "lora"), of_encoder(after, "lora")
    assert one["prepare"] == other["prepare"]
    assert one["train"] != other["train"]
    assert one["evaluate"] != other["evaluate"]


def test_an_arm_that_says_what_the_study_says_has_the_same_keys():
    plan = plan_of("encoders.1.training={method: full, weight_decay: 0.01}")
    assert of_encoder(plan, "full") == of_encoder(plan, "lora")
    assert len(plan.of_kind("train")) == 1
