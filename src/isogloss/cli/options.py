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
StudiesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="STUDY...", help="Study files (YAML).", show_default=False),
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


class LogFormat(StrEnum):
    """How what is said on standard error is written."""

    text = "text"
    json = "json"


LogFormatOption = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        envvar="ISOGLOSS_LOG_FORMAT",
        help="On standard error: text for people, or json, an object a line.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Where tables and figures go.",
        show_default="results/<study>",
    ),
]
JobsOption = Annotated[
    int,
    typer.Option("--jobs", min=1, help="Worker processes, for --executor processes or a plug-in."),
]


INLINE = "inline"

ExecutorOption = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="[inline|processes|ray|PLUGIN]",
        help="In this process, in worker processes, on a Ray cluster, or as a plug-in does.",
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Of the Ray cluster, or auto.",
        show_default="one on this machine",
    ),
]
CpusOption = Annotated[
    float, typer.Option("--cpus", help="Cores of each training, for --executor ray.")
]
GpusOption = Annotated[
    float,
    typer.Option("--gpus", help="GPUs of each training, or a share of one, for --executor ray."),
]
MemoryOption = Annotated[
    float,
    typer.Option(
        "--memory",
        metavar="GIB",
        help="Memory kept free for each training, for --executor ray.",
        show_default="not asked for",
    ),
]


def parts(text: str | None) -> list[str]:
    """What stands between the commas of an option; nothing, where it is not given."""
    return [one.strip() for one in (text or "").split(",") if one.strip()]
