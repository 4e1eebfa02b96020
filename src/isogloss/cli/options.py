"""Arguments and flags that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

STUDY_ENDINGS = {".yaml", ".yml", ".json"}
"""Of study files, where a command takes something else too."""

StudyArgument = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study file (YAML).", show_default=False)
]
StoreOption = Annotated[
    Path,
    typer.Option(
        "--store", metavar="DIR", envvar="ISOGLOSS_STORE", help="Where finished steps live."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="A.B=C",
        help="Change a value of the study, as in training.learning_rate=3e-5. Repeatable.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
VerboseOption = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, help="Say more; twice for still more."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Where tables and figures go. [default: results/<study>]",
        show_default=False,
    ),
]
JobsOption = Annotated[
    int, typer.Option("--jobs", min=1, help="Worker processes, for --executor processes.")
]


class ExecutorName(StrEnum):
    """How steps are run."""

    inline = "inline"
    processes = "processes"


ExecutorOption = Annotated[
    ExecutorName, typer.Option("--executor", help="In this process, or in worker processes.")
]
