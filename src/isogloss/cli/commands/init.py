"""`isogloss init`: a study file to begin with."""

from pathlib import Path
from typing import Annotated

import typer

from isogloss.base.errors import InputError, UnknownName
from isogloss.base.whole_file import write_file
from isogloss.cli import show


def init(
    template: Annotated[
        str,
        typer.Argument(
            metavar="TEMPLATE",
            help="sample, ner, pos, balance, folder or hub; `isogloss ls templates` explains.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="By default TEMPLATE.yaml here."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented study file to begin with."""
    from isogloss.study.templates import TEMPLATES, template_text

    if template not in TEMPLATES:
        raise UnknownName("template", template, TEMPLATES)
    path = output or Path(f"{template}.yaml")
    if path.exists() and not force:
        raise InputError(f"{path} is there already; --force replaces it, -o FILE writes elsewhere.")
    write_file(path, template_text(template))
    show.say(f"Wrote {path}. Next: isogloss plan {path}")
