"""What a card tells of a form is what the record of its step says."""

from isogloss.desk.served import served

WHOLE = {"vocabulary_before": 4000, "vocabulary_after": 4000, "parameters_after": 9}


def test_a_smaller_vocabulary_is_told_beside_the_whole():
    told = dict(served("a" * 16, {**WHOLE, "vocabulary_after": 1234}))
    assert told == {"key of the training": "a" * 16, "vocabulary": "1,234 of 4,000 entries"}


def test_what_onnx_changed_is_told():
    scheme = {"weights": "int8", "activations": "uint8"}
    told = dict(served("a" * 16, {**WHOLE, "opset": 20, "quantization": scheme}))
    assert told["operator set of ONNX"] == 20
    assert list(told.values())[-2:] == ["int8", "uint8"]
    assert "vocabulary" not in told
