"""`isogloss export`: a finished model as a folder with its card, results in formats of others."""

import re
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from isogloss.base.errors import InputError, UnknownName
from isogloss.cli import show
from isogloss.cli.options import (
    STUDY_ENDINGS,
    JsonOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.desk.choice import Wanted
    from isogloss.desk.models import Model
    from isogloss.desk.opened import Opened

NOBODY = "local"
"""Who has trained the models, where nobody says."""


class Format(StrEnum):
    """Formats of others."""

    mteb = "mteb"
    eee = "eee"


export = typer.Typer(
    name="export",
    help="Write a finished model as a Hugging Face folder, or results in formats of others.",
    no_args_is_help=True,
)


@export.command("model")
def export_model(
    which: Annotated[
        str,
        typer.Argument(
            metavar="STUDY|STEP",
            help="A study file, with flags that choose one of its models; or the key of a step in"
            " the store, of which the first digits are enough.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Where the model goes: a new folder.", show_default=False
        ),
    ],
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="NAME", help="The encoder, or the arm.")
    ] = None,
    regime: Annotated[
        str | None, typer.Option("--regime", metavar="NAME", help="joint, single, pretrain ...")
    ] = None,
    sources: Annotated[
        str | None, typer.Option("--sources", metavar="en,de", help="What it was trained on.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="N", help="Rows per language, or all.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Its seed.")] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--form",
            metavar="FORM",
            help="Form of serving: torch, torch-fp32, torch-bf16, trimmed, onnx or onnx-int8.",
            show_default="that of the key, else torch",
        ),
    ] = None,
    license_id: Annotated[
        str | None,
        typer.Option(
            "--license",
            metavar="ID",
            help="License of the weights, as the Hub spells it: apache-2.0. Left out if not given.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a model that lies there.")
    ] = False,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Write a trained model, or a form of serving of it, as a folder to load, with its card.

    isogloss export model ner.yaml ./ner-model --encoder xlm-r --seed 1

    isogloss export model ner.yaml ./ner-served --encoder xlm-r --seed 1 --form onnx-int8

    isogloss export model 058e3dcd ./ner-model
    """
    from isogloss.desk import export as room
    from isogloss.desk.choice import Wanted

    show.listen(verbose)
    license_id = _license(license_id)
    wanted = Wanted(encoder, regime, _codes(sources), _size(size), seed, _form(form))
    opened, model = _found(which, wanted, store, changes)
    files = room.export_model(opened, model, folder, license_id=license_id, force=force)
    if json:
        show.dump(
            {
                "folder": str(folder),
                "form": model.of.form,
                "step": model.step.key,
                "files": [str(path) for path in files],
            }
        )
        return
    form_too = "" if model.step.kind == "serve" else f", form {model.of.form}"
    what = f"{model.step.title}{form_too}, step {model.step.key}"
    show.say(f"Model: {folder} ({what}; {len(files)} files).")
    if license_id is None:
        show.note("The card names no license; say one with --license before you publish it.")


@export.command("results")
def export_results(
    study: StudyArgument,
    to: Annotated[Format, typer.Option("--to", help="The format.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Where the files go.",
            show_default="results/<study>/<format>",
        ),
    ] = None,
    organization: Annotated[
        str,
        typer.Option("--organization", metavar="NAME", help="Who trained and tested the models."),
    ] = NOBODY,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Write what is tested as mteb results, or as records of Every Eval Ever: a file a model.

    isogloss export results ner.yaml --to eee -o ./eee --organization my-lab
    """
    from isogloss.desk import export as room
    from isogloss.desk.opened import open_study

    show.listen(verbose)
    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    folder = output or opened.folder / to.value
    who = _organization(organization)
    files = room.export_results(opened, to.value, folder, organization=who, created=time.time())
    if json:
        show.dump({"folder": str(folder), "files": [str(path) for path in files]})
        return
    show.say(f"Results: {folder} ({len(files)} files).")
    if opened.missing:
        show.note(f"Steps that are not finished: {len(opened.missing)}; the files have the rest.")
    if organization == NOBODY:
        show.note("Before you publish them, say who you are with --organization.")


def _found(
    which: str, wanted: "Wanted", store: Path, changes: list[str] | None
) -> tuple["Opened", "Model"]:
    """The model that is meant: one of a study, or the one of a key."""
    from isogloss.desk.choice import Wanted, choose, find
    from isogloss.desk.opened import open_study
    from isogloss.store.names import is_key
    from isogloss.store.store import Store

    path = Path(which)
    if path.suffix in STUDY_ENDINGS or path.exists() or not is_key(which):
        opened = open_study(path, store, changes)
        show.notes(opened.remarks)
        return opened, choose(opened, wanted)
    if replace(wanted, form=None) != Wanted() or changes:
        raise InputError(
            f"{which} is the key of one step, so flags that choose among models, or change a study,"
            " would not be heard. Leave them out, or give the study file."
        )
    return find(Store(store), which, wanted.form)


def _codes(words: str | None) -> tuple[str, ...] | None:
    from isogloss.base.languages import language_code

    return None if words is None else tuple(language_code(word) for word in words.split(","))


def _form(words: str | None) -> str | None:
    from isogloss.study.efficiency import Form

    if words is not None and words not in get_args(Form):
        raise UnknownName("form of serving", words, get_args(Form))
    return words


def _size(words: str | None) -> int | str | None:
    if words is None or words == "all":
        return words
    if not words.isdecimal():
        raise InputError(f"--size: {words!r} is no number of rows. Write a number, or all.")
    return int(words)


def _organization(words: str) -> str:
    """A name that the Hub and every file system take."""
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?", words):
        raise InputError(
            f"--organization: {words!r} is no name of an organization on the Hub. Write letters,"
            " digits, hyphens and dots."
        )
    if words.lower() in {"data", "unknown"} or "__" in words:
        raise InputError(f"--organization: {words!r} means something else there. Take another.")
    return words


def _license(words: str | None) -> str | None:
    if words is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,60}", words):
        raise InputError(
            f"--license: {words!r} is no license of the Hub. Write its id: apache-2.0, mit, other."
        )
    return words
