"""A candidate: one checkpoint in one serving form, which is what is measured and recommended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

Task = Literal["text", "tags"]
"""One answer a text, or one a word."""


@final
@dataclass(frozen=True)
class Candidate:
    """All that a fresh process must know to serve a model."""

    name: str
    """For people, and unique among those measured together."""

    folder: str
    """Where weights, configuration and tokenizer lie."""

    labels: tuple[str, ...]
    """Classes of texts, or the tag set; the position is the id."""

    task: Task = "text"
    form: str = "torch"
    """One of `isogloss.model.served.FORMS`."""

    attention: str = "sdpa"
    max_length: int = 128
    """Tokens, special ones included: texts are cut off there, sentences are cut into windows."""

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {**asdict(self), "labels": list(self.labels)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Candidate":
        """Read back what `to_json` gave."""
        return cls(**{**stored, "labels": tuple(stored["labels"])})
