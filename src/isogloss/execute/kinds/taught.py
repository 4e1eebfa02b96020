"""Where the teacher of a language lies, and how it is made ready to be asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.execute.bench import Bench
from isogloss.model.encoder import check_length
from isogloss.model.masked import check_same_outputs, check_same_vocabulary, load_masked_lm
from isogloss.model.precision import best_device, choose_attention
from isogloss.model.tokenizer import load_tokenizer
from isogloss.store.step_files import BEST


class Place(NamedTuple):
    """Where a teacher lies."""

    folder_or_id: str
    revision: str


def place_of(bench: Bench, language: str, who: Mapping[str, Any], first: int) -> Place:
    """Where the teacher of a language lies; `first` is the first of them among the needs."""
    if "need" not in who:
        given = bench.step.settings["teachers"][language]
        return Place(str(given), who["files"].get("commit", "main"))
    folder: Path = bench.need(first + who["need"])
    return Place(str(folder / BEST / who["best"] if "best" in who else folder), "main")


def load_teacher(place: Place, tokenizer: Any, max_length: int) -> Any:
    """A teacher ready to be asked, if its vocabulary and its outputs are the student's."""
    name, revision = place
    own = load_tokenizer(name, revision=revision)
    check_same_vocabulary(tokenizer, own, f"The teacher {name}")
    attention = choose_attention(max_length, best_device())
    teacher = load_masked_lm(name, attention=attention, revision=revision)
    check_same_outputs(len(tokenizer), teacher, f"The teacher {name}")
    check_length(teacher, max_length, name)
    return teacher.to(best_device()).eval()
