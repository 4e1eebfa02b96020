"""What the outside world is right now: digests of data files, commits of Hub repositories.

A study says `main` or `./data`; a key must say which bytes. Everything that can be missing or
mistyped outside the study file (a folder, a model, a revision) is asked for here, all at once,
before any work is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, final

from isogloss.base.errors import InputError, Untrusted, at_once
from isogloss.base.fingerprint import file_digest
from isogloss.base.hub_names import COMMIT, PICKLES
from isogloss.base.languages import language_name
from isogloss.plan.hub import Hub
from isogloss.plan.labeled import Splits, reads
from isogloss.plan.plugged_source import pin_plugged
from isogloss.study.data import (
    SAMPLE_LANGUAGES,
    SAMPLE_VERSION,
    FolderSource,
    HubSource,
    PluginSource,
    SampleSource,
    Source,
)
from isogloss.study.encoders import Encoder
from isogloss.study.layout import (
    ENDINGS,
    TEXT_ENDINGS,
    language_folder,
    language_folders,
    split_file,
)
from isogloss.study.plugged import deciding
from isogloss.study.probes import Probe
from isogloss.study.spec import identity
from isogloss.study.study import Study


@final
@dataclass(frozen=True)
class Pins:
    """The bytes behind the names of a study."""

    data: Mapping[str, Any]
    """Language -> identity of its data: digests, or repository and commit, or the sample's seed."""

    encoders: Mapping[str, Any]
    """Name of an encoder -> identity of its weights and tokenizer."""

    text: Mapping[str, Any] = field(default_factory=dict)
    """Language -> identity of its raw text."""

    probes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Task -> language -> identity of its tagged sentences; None where there are none."""

    teachers: Mapping[str, Any] = field(default_factory=dict)
    """Language -> identity of a teacher that was there."""

    tokenizer: Any = None
    """Identity of the pre-training's tokenizer, if it was there."""

    notes: tuple[str, ...] = ()
    """What could not be pinned, for the reader of the plan."""

    remarks: tuple[str, ...] = ()
    """What the reader should know besides: what has moved, whether the Hub was silent."""


def pin_study(study: Study) -> Pins:
    """Look at everything a study names outside itself.

    Raises:
        InputError: naming all that is missing or wrong.
    """
    looking = _Looking()
    data: dict[str, Any] = {}
    if study.encoders:
        wanted = {code: _labeled_splits(study, code) for code in study.all_languages}
        data = looking.source(study.labeled.source, wanted)
    encoders = {
        encoder.display: looking.attempt(pin_encoder, encoder, looking.hub)
        for encoder in study.encoders
    }
    declared = study.pretraining
    text: dict[str, Any] = {}
    if declared:
        splits = dict.fromkeys(study.languages, declared.text.splits)
        text = looking.source(declared.text.source, splits, TEXT_ENDINGS)
    probes: dict[str, Any] = {
        probe.task: _pin_probe(study, probe, looking) for probe in study.probes
    }
    teachers = declared.teachers.models.items() if declared else ()
    given = {code: looking.attempt(_pin_model, model, looking.hub) for code, model in teachers}
    folder = declared.tokenizer_from if declared else None
    tokenizer = looking.attempt(_tokenizer_digests, folder) if folder else None
    if looking.mistakes:
        raise at_once(InputError, looking.mistakes)
    notes, remarks = dict.fromkeys(looking.hub.notes), dict.fromkeys(looking.hub.remarks)
    return Pins(data, encoders, text, probes, given, tokenizer, tuple(notes), tuple(remarks))


@final
@dataclass
class _Looking:
    """What was asked outside, and what was wrong there."""

    hub: Hub = field(default_factory=Hub)
    mistakes: list[tuple[str, str]] = field(default_factory=list)
    """Code and message of each."""

    def attempt(self, pin: Callable[..., Any], *of: Any) -> Any:
        """Pin, or note the mistake and go on."""
        try:
            return pin(*of)
        except InputError as error:
            said = error.code, str(error)
        except OSError as error:
            words = f"{error.filename} cannot be read: {error.strerror or error}."
            said = InputError.code, words
        if said not in self.mistakes:
            self.mistakes.append(said)
        return None

    def source(
        self, source: Source, wanted: Mapping[str, Splits], endings: Sequence[str] = ENDINGS
    ) -> dict[str, Any]:
        """Pin the splits of each language."""
        commit = self.attempt(_commit_of, source, self.hub)
        return {
            code: self.attempt(_pin_splits, source, code, splits, commit, endings)
            for code, splits in wanted.items()
        }


def _pin_probe(study: Study, probe: Probe, looking: _Looking) -> dict[str, Any]:
    """Pin the languages of a probe; one that its source has nothing of is told and left out."""
    source, codes = probe.data.source, probe.languages or study.languages
    there = _languages_there(source, codes, looking)
    splits = (*probe.data.train_splits, probe.split)
    pinned = looking.source(source, {code: splits for code in codes if code in there})
    for code in codes:
        if code not in there:
            looking.hub.remarks.append(
                f"There are no {probe.task} data of {language_name(code)} ({code}):"
                " it is not probed."
            )
    return {code: pinned.get(code) for code in codes}


def _languages_there(source: Source, codes: Sequence[str], looking: _Looking) -> set[str]:
    """What a source has; all that are asked for, where only reading would tell."""
    if isinstance(source, SampleSource):
        return set(SAMPLE_LANGUAGES)
    if not isinstance(source, FolderSource):
        return set(codes)
    elsewhere = set(source.folders)
    under = looking.attempt(language_folders, source.root) if set(codes) - elsewhere else None
    return {*(under or {}), *elsewhere}


def is_known(pin: Mapping[str, Any]) -> bool:
    """Tell whether a pin says which bytes; that of a Hub which did not answer says a name."""
    return "commit" not in pin or COMMIT.fullmatch(str(pin["commit"])) is not None


def _labeled_splits(study: Study, language: str) -> Splits:
    """The splits of labeled data that a study reads of one language."""
    return tuple(dict.fromkeys(chain.from_iterable(reads(study, language))))


def pin_encoder(encoder: Encoder, hub: Hub) -> Any:
    """Identity of an encoder: its declaration, its files' digests, or its commit."""
    if encoder.scratch is not None:
        made = {"scratch": identity(encoder.scratch)}
        return {**made, **deciding(("architecture", encoder.scratch.architecture))}
    if encoder.pretrained is not None:
        return {"from": encoder.pretrained}
    return _pin_model(encoder.model or "", hub, encoder.revision)


def _pin_model(model: str, hub: Hub, revision: str = "main") -> Any:
    if Path(model).is_absolute():
        return {"files": _checkpoint_digests(Path(model))}
    return {"model": model, "commit": hub.commit(model, revision, "model")}


def _commit_of(source: Source, hub: Hub) -> str | None:
    if not isinstance(source, HubSource):
        return None
    return hub.commit(source.repo, source.revision, "dataset")


def _pin_splits(
    source: Source, language: str, splits: Splits, commit: str | None, endings: Sequence[str]
) -> Any:
    if isinstance(source, HubSource):
        return {"kind": "hub", "repo": source.repo, "commit": commit}
    if isinstance(source, PluginSource):
        return pin_plugged(source, language, splits)
    if isinstance(source, FolderSource):
        folder = language_folder(source.root, language, source.folders, endings)
        files = {split: split_file(folder, split, endings) for split in splits}
        return {
            "kind": "folder",
            "files": {split: [path.name, _digest(path)] for split, path in files.items()},
        }
    return {"kind": "sample", "seed": source.seed, "version": SAMPLE_VERSION}


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None


def _checkpoint_digests(folder: Path) -> dict[str, str]:
    """Digest what `AutoModel` and `AutoTokenizer` may read of a folder."""
    if not folder.is_dir():
        raise InputError(
            f"The encoder folder {folder} does not exist. Mend `model` in the study, or make it."
        )
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder} is no checkpoint: it has no config.json. Name the folder that"
            " `save_pretrained` wrote."
        )
    if not any(folder.glob("*.safetensors")):
        raise _without_weights(folder)
    return _digests(folder, (".json", ".txt", ".model", ".safetensors", ".jinja"))


def _tokenizer_digests(folder: Path) -> dict[str, str]:
    """Digest what `AutoTokenizer` may read of a folder."""
    if not (folder / "tokenizer.json").is_file():
        raise InputError(f"{folder} holds no tokenizer: it has no tokenizer.json.")
    return _digests(folder, (".json", ".txt", ".model", ".jinja"))


def _digests(folder: Path, endings: Sequence[str]) -> dict[str, str]:
    files = sorted(p for p in folder.iterdir() if p.suffix in endings and p.is_file())
    return {path.name: _digest(path) for path in files}


def _without_weights(folder: Path) -> InputError:
    pickles = sorted({p.name for pattern in PICKLES for p in folder.glob(pattern)})
    if pickles:
        return Untrusted(
            f"{folder} has its weights only as a pickle ({', '.join(pickles)}), which can run code"
            " when it is read and is refused. Save it again with safetensors."
        )
    return InputError(
        f"{folder} has no weights: no *.safetensors file. Point to a saved checkpoint."
    )
