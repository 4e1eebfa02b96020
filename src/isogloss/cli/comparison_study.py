"""The study that `isogloss compare A B --task ...` stands for, written where a person finds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from isogloss.base.errors import InputError, IsoglossError
from isogloss.base.whole_file import write_file
from isogloss.cli import show
from isogloss.cli.options import parts
from isogloss.study.comparison import comparison_document
from isogloss.study.document import Document
from isogloss.study.load import study_from

SEEDS = "1,2,3"


class Words(NamedTuple):
    """The options that make a study; None where one was not given."""

    task: str | None
    data: str | None
    languages: str | None
    targets: str | None
    labels: str | None
    seeds: str | None
    measure: bool | None

    def refuse(self, what: str) -> None:
        """Refuse options that would be ignored, since a file says it all.

        Raises:
            InputError: naming those that were given.
        """
        given = [f"--{name}" for name, value in self._asdict().items() if value is not None]
        if self.measure is False:
            given[-1] = "--no-measure"
        if given:
            raise InputError(
                f"{what} says what is compared; {', '.join(given)} would not be heard. Leave it"
                " out, or change a study with --set."
            )


@contextmanager
def written_study(encoders: list[str], words: Words, output: Path | None) -> Iterator[Path]:
    """Write the study of a comparison, unless it is there already, and tell where.

    One that turns out to be wrong inside the context is taken away again, so that the corrected
    command finds the place free.

    Raises:
        InputError: if an option is missing or wrong, or another study stands there.
    """
    needed = {"task": words.task, "data": words.data, "languages": words.languages}
    lacking = [f"--{name}" for name, value in needed.items() if not value]
    if lacking:
        raise InputError(
            f"A comparison of encoders needs {', '.join(lacking)}; or name a study file."
        )
    document = comparison_document(
        encoders,
        task=words.task or "",
        data=words.data or "",
        languages=parts(words.languages),
        more=_more(words),
    )
    study_from(Document("What the options ask for", document))  # before a wrong one is written
    path = (output or Path("results") / document["name"]) / "study.yaml"
    was_there = path.exists()
    _write(path, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    try:
        yield path
    except IsoglossError:
        if not was_there:
            path.unlink()
        raise
    show.note(f"The study underneath: {path}")


def _more(words: Words) -> dict[str, Any]:
    return {
        "evaluation.target_languages": parts(words.targets) or None,
        "data.labels": parts(words.labels) or None,
        "seeds": [_seed(one) for one in parts(words.seeds or SEEDS)],
        "efficiency": None if words.measure is False else {},
    }


def _write(path: Path, text: str) -> None:
    """Write the study; one that somebody has changed is left alone."""
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise InputError(
            f"{path} is there and says something else. Compare it with `isogloss compare {path}`,"
            " or name another folder with -o."
        )
    write_file(path, text)


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--seeds: {text!r} is no whole number.") from None
