"""What bringing a trained model into a form of serving has changed, off the record of its step."""

from collections.abc import Iterator, Mapping
from typing import Any

QUANTIZED = {"weights": "weights of products and tables", "activations": "what they multiply"}
"""What the record of 8 bits says, and the words of a card for it."""


def served(trained: str, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a card tells of a form that has files of its own, by words for it.

    Args:
        trained: key of the training.
        record: of the step `serve`.
    """
    yield "key of the training", trained
    before, after = record["vocabulary_before"], record["vocabulary_after"]
    if after != before:
        yield "vocabulary", f"{after:,} of {before:,} entries"
    if "opset" in record:
        yield "operator set of ONNX", record["opset"]
    for name, words in QUANTIZED.items():
        if "quantization" in record:
            yield words, record["quantization"][name]
