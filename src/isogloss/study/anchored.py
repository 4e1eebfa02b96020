"""The folders that a study names, made absolute: from its file's place, or from where we are."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, final

from isogloss.base.errors import InputError
from isogloss.base.languages import language_code
from isogloss.study.data import Data, PluginSource
from isogloss.study.pretraining import Pretraining, Text
from isogloss.study.study import Study


@final
@dataclass(frozen=True)
class _Homes:
    """From where a relative folder is meant: what `--set` says from where we are."""

    file: Path
    """The folder of the study file."""

    changed: frozenset[tuple[str, ...]]

    def of(self, *place: str) -> Path:
        """The folder that a relative one at a place of the study hangs on."""
        alone = tuple(part for part in place if not part.isdecimal())  # a list of one, unbracketed
        around = (one[:end] for one in (place, alone) for end in range(1, len(one) + 1))
        return Path.cwd() if any(one in self.changed for one in around) else self.file


_BY_LANGUAGE = {"folders", "models"}
"""Sections whose keys are languages, in any spelling."""


def _canonical(place: tuple[str, ...]) -> tuple[str, ...]:
    """A place as the study names it: languages by their codes."""
    if len(place) < 2 or place[-2] not in _BY_LANGUAGE:
        return place
    with suppress(InputError):
        return *place[:-1], language_code(place[-1])
    return place


def anchored(study: Study, home: Path, changed: Iterable[tuple[str, ...]]) -> Study:
    """Make the folders that a study names absolute.

    Args:
        study: as its file and `--set` say.
        home: the folder of its file.
        changed: the places of which `--set` said something.

    Raises:
        InputError: if a name can be no folder's.
    """
    homes = _Homes(home, frozenset(map(_canonical, changed)))
    encoders = tuple(
        encoder.model_copy(update={"model": folder, "name": encoder.display})
        if encoder.model
        and (folder := _as_folder(encoder.model, homes.of("encoders", str(at), "model")))
        else encoder
        for at, encoder in enumerate(study.encoders)
    )
    probes = tuple(
        probe.model_copy(
            update={"data": _with_source(probe.data, homes, "probes", str(at), "data")}
        )
        for at, probe in enumerate(study.probes)
    )
    anchored = {
        "data": study.data and _with_source(study.data, homes, "data"),
        "encoders": encoders,
        "pretraining": study.pretraining and _anchored_pretraining(study.pretraining, homes),
        "probes": probes,
    }
    return study.model_copy(update=anchored)


Sourced = TypeVar("Sourced", Data, Text)


def _with_source(declared: Sourced, homes: _Homes, *place: str) -> Sourced:
    source, at = declared.source, (*place, "source")
    if isinstance(source, PluginSource):
        root = source.root and _absolute(source.root, homes.of(*at, "root"))
        return declared.model_copy(update={"source": source.model_copy(update={"root": root})})
    if source.kind != "folder":
        return declared
    folders = {
        code: _absolute(folder, homes.of(*at, "folders", code))
        for code, folder in source.folders.items()
    }
    moved = {"root": _absolute(source.root, homes.of(*at, "root")), "folders": folders}
    return declared.model_copy(update={"source": source.model_copy(update=moved)})


def _anchored_pretraining(declared: Pretraining, homes: _Homes) -> Pretraining:
    place = "pretraining"
    moved = {
        code: _as_folder(model, homes.of(place, "teachers", "models", code)) or model
        for code, model in declared.teachers.models.items()
    }
    folder = declared.tokenizer_from
    return declared.model_copy(
        update={
            "text": _with_source(declared.text, homes, place, "text"),
            "tokenizer_from": folder and _absolute(folder, homes.of(place, "tokenizer_from")),
            "teachers": declared.teachers.model_copy(update={"models": moved}),
        }
    )


def _absolute(folder: Path, here: Path) -> Path:
    try:
        return (here / folder.expanduser()).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise _no_folder(str(folder), error) from None


def _as_folder(model: str, here: Path) -> str | None:
    """The absolute folder that a model's name means, or None for a Hub id."""
    try:
        folder = here / Path(model).expanduser()
        if model.startswith((".", "/", "~")) or folder.is_dir():
            return str(folder.resolve())
    except (OSError, ValueError, RuntimeError) as error:
        raise _no_folder(model, error) from None
    return None


def _no_folder(name: str, error: Exception) -> InputError:
    """A home that nobody has, a name longer than the disk allows, links in a circle."""
    said = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
    return InputError(f"{name} can be no folder ({said}). Mend its name in the study.")
