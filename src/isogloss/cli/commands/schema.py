"""`isogloss schema`: the JSON Schema of study files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from isogloss.base.whole_file import write_file
from isogloss.cli import show


def schema(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it here instead."),
    ] = None,
) -> None:
    """Print the JSON Schema of study files, so that editors complete and check them.

    In VS Code's YAML extension, put `# yaml-language-server: $schema=study.schema.json` on the
    first line of a study.
    """
    import json

    from isogloss.study.schema import study_schema

    if output is None:
        show.dump(study_schema())
        return
    write_file(output, json.dumps(study_schema(), indent=1) + "\n")
    show.note(f"Wrote {output}.")
