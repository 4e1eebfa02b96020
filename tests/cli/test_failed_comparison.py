"""A comparison of which a part fails says what failed and why, and leaves as `run` would."""

from toys import STUDY, write_toy

ENCODERS = STUDY[STUDY.index("encoders:\n") : STUDY.index("training:")]
TWO = STUDY.replace(
    ENCODERS,
    ENCODERS + ENCODERS.removeprefix("encoders:\n").replace("name: tiny", "name: wild"),
)
WILD = TWO.replace("- name: wild\n", "- name: wild\n    training: {learning_rate: 1.0e+30}\n")
JOINT = ("--set", "regimes=[{regime: joint, sizes: [6]}]")


def test_one_encoder_of_two_fails(isogloss, tmp_path):
    write_toy(tmp_path, WILD)
    said = isogloss("compare", "toy.yaml", *JOINT, "--json")
    assert said.code == 3
    assert "failed: wild joint" in said.err
    assert "Lower learning_rate" in said.err
    assert "the others are too few to compare" in said.err
    assert said.json["error"]["exit_code"] == 3


def test_all_encoders_fail(isogloss, tmp_path):
    write_toy(tmp_path, WILD)
    said = isogloss("compare", "toy.yaml", *JOINT, "--set", "training.learning_rate=1.0e+30")
    assert said.code == 1
    assert "failed: tiny joint" in said.err
    assert said.out == ""


def test_two_that_are_left_are_compared(isogloss, tmp_path):
    three = WILD.replace("encoders:\n", "encoders:\n" + ENCODERS.removeprefix("encoders:\n"), 1)
    write_toy(tmp_path, three.replace("name: tiny", "name: small", 1))
    said = isogloss("compare", "toy.yaml", *JOINT)
    assert said.code == 3
    assert "failed: wild joint" in said.err
    assert "Choice: " in said.out
