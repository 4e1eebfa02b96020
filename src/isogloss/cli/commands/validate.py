"""`isogloss validate`: every mistake that can be found without training, found now."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from isogloss.base.errors import IsoglossError
from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    SetOption,
    StoreOption,
    StudiesArgument,
    VerboseOption,
)
from isogloss.plan.kinds import TEST, TRAIN
from isogloss.store.names import DEFAULT_STORE

if TYPE_CHECKING:
    from isogloss.desk.opened import Opened


def validate(
    studies: StudiesArgument,
    store: StoreOption = DEFAULT_STORE,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Check studies: keys, languages, folders, models, every row and label, the sizes asked for.

    Reads all data (into the store, so that a run need not) and trains nothing. Of several studies
    each is checked, whatever is wrong with the others.
    """
    show.listen(verbose)
    codes = []
    for study in studies:
        try:
            _validate(study, store, changes, as_json=json)
        except IsoglossError as error:
            if len(studies) == 1:
                raise
            show.mistake(error, as_json=json)
            codes.append(error.exit_code)
    if codes:
        raise typer.Exit(max(codes))


def _validate(study: Path, store: Path, changes: list[str] | None, *, as_json: bool) -> None:
    from isogloss.desk.opened import open_study
    from isogloss.desk.running import read_and_check

    opened = open_study(study, store, changes)
    show.notes(opened.remarks)
    read_and_check(opened, show.note)
    _try_encoders(opened)
    kinds = {name: _count(opened, *of) for name, of in _COUNTED.items()}
    if as_json:
        show.dump(
            {
                "study": opened.study.name,
                "file": str(study),
                "valid": True,
                "checked": not opened.pins.notes,
                "steps": len(opened.plan),
                **kinds,
            }
        )
        return
    checked = " as far as can be seen without the Hub" if opened.pins.notes else ""
    show.say(
        f"{study} is a valid study{checked}: {show.counted(kinds['train'], 'training')},"
        f" {show.counted(kinds['evaluate'], 'evaluation')}."
    )


_COUNTED = {"train": TRAIN, "evaluate": TEST}


def _count(opened: "Opened", *kinds: str) -> int:
    return sum(len(opened.plan.of_kind(kind)) for kind in kinds)


def _try_encoders(opened: "Opened") -> None:
    """Try the checkpoints that a study names; without any, nothing heavy is imported."""
    study, declared = opened.study, opened.study.pretraining
    teachers = declared.teachers.models if declared else {}
    heavy = [one for one in study.encoders if one.model or study.training_of(one).lora is not None]
    if not teachers and not heavy:
        return
    from isogloss.execute.encoders import check_encoders

    check_encoders(opened.study, opened.plan, opened.store)
