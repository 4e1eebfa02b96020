"""What `isogloss export` writes: a finished model as a folder, results in a format of others."""

import shlex
from typing import TYPE_CHECKING

from isogloss.base.errors import InputError
from isogloss.desk.subjects import Depth, Subjects
from isogloss.report.export.card.card import Making, model_card
from isogloss.report.export.eee import eee_files
from isogloss.report.export.facts import TRAINED_FORM
from isogloss.report.export.folder import check_place, write_model
from isogloss.report.export.mteb import mteb_files
from isogloss.report.export.naming import name_of, names_of
from isogloss.report.files import write_files
from isogloss.store.step_files import CARD, TRAINING

if TYPE_CHECKING:
    from pathlib import Path

    from isogloss.desk.models import Model
    from isogloss.desk.opened import Opened

EEE = "eee"
"""The format of Every Eval Ever; the other one is mteb's."""

ADAPTER = "adapter/"
"""The one folder of a step that is exported: what LoRA has learned, apart from the encoder."""

KEPT_BACK = {CARD, TRAINING}
"""Files of a step that are not exported: its first card, and which examples it drew."""


def export_model(
    opened: "Opened",
    model: "Model",
    folder: "Path",
    *,
    license_id: str | None = None,
    force: bool = False,
) -> "list[Path]":
    """Write a finished model as a folder that transformers or ONNX Runtime loads, with its card.

    Args:
        opened: the study that it was trained in.
        model: of that study, in the form that is wanted.
        folder: a new one, or an empty one.
        license_id: of the weights, for the card.
        force: whether a model that lies there may be replaced.

    Returns:
        The files written.

    Raises:
        InputError: if something is in the way.
        RunError: if the stored model is damaged, or the disk fails.
    """
    check_place(folder, force=force)
    if folder.resolve().is_relative_to(opened.store.root.resolve()):
        raise InputError(f"{folder} is in the store {opened.store.root}. Name a folder elsewhere.")
    home = opened.store.folder(model.step.key, model.step.identity, bytes_too=True)
    stored = opened.store.manifest(model.step.key)["files"]
    names = [name for name in stored if "/" not in name or name.startswith(ADAPTER)]
    subject = Subjects(opened, Depth(mean_of_seeds=True)).read(model)
    making = Making(
        name=name_of(subject),
        commands=_commands(opened, model, folder),
        license=license_id,
        description=opened.study.description,
    )
    files = {name: home / name for name in names if name not in KEPT_BACK}
    return write_model(folder, files, {CARD: model_card(subject, making)}, force=force)


def _commands(opened: "Opened", model: "Model", folder: "Path") -> list[str]:
    """What makes the folder again, without paths: they are of one machine."""
    sets = [word for change in opened.changes for word in ("--set", change)]
    shared = model.of.form != TRAINED_FORM and model.step.key == model.trained.key
    form = ["--form", model.of.form] if shared else []  # a key of its own says its form
    return [
        shlex.join(["isogloss", "run", opened.path.name, *sets]),
        shlex.join(["isogloss", "export", "model", model.step.key, folder.name, *form]),
    ]


def export_results(
    opened: "Opened", form: str, folder: "Path", *, organization: str, created: float
) -> "list[Path]":
    """Write every tested model of a study in a format of others.

    Args:
        opened: the study.
        form: `mteb` or `eee`.
        folder: files of these names are replaced, others are left alone.
        organization: who trained and tested the models.
        created: now, in seconds of Unix time.

    Returns:
        The files written.

    Raises:
        InputError: if nothing was tested, or the folder cannot be written to.
    """
    found = Subjects(opened, Depth(intervals=form == EEE))
    tested = [model for model in found.models.all if model.tests]
    if not tested:
        raise InputError(f"No model of this study is tested: {opened.again('run')}")
    subjects = [found.read(model) for model in tested]
    named = zip(subjects, names_of(subjects), strict=True)
    if form == EEE:
        files = (f for one, name in named for f in eee_files(one, name, organization, created))
    else:
        files = (f for one, name in named for f in mteb_files(one, name, organization))
    return write_files(folder, files)
