"""`isogloss audit`: the data looked at before any training."""

from isogloss.cli import show
from isogloss.cli.options import (
    JsonOption,
    OutputOption,
    SetOption,
    StoreOption,
    StudyArgument,
    VerboseOption,
)
from isogloss.store.names import DEFAULT_STORE


def audit(
    study: StudyArgument,
    store: StoreOption = DEFAULT_STORE,
    output: OutputOption = None,
    changes: SetOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Look at the data before training: balance, duplicates, leaks, broken texts, tokenizers.

    Writes tables and the chart of the label balance to the output folder.
    """
    from isogloss.desk.opened import open_study
    from isogloss.execute.audit import audit_study
    from isogloss.report.audit_tables import audit_console, write_audit

    show.listen(verbose)
    opened = open_study(study, store, changes)
    opened.refuse_unpinned()
    show.notes(opened.remarks)
    found = audit_study(opened.study, opened.plan, opened.store)
    folder = output or opened.folder
    sample = opened.sample
    paths = write_audit(found, folder, study=opened.study.name, sample=sample)
    if json:
        show.dump(found)
        return
    for table in audit_console(found):
        show.wide().print(table)
    show.say(f"Tables and figures: {folder} ({len(paths)} files).")
