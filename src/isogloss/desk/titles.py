"""What the steps of a store are called, where the store itself does not say.

Steps that were stored before titles were have none; the plans of the studies noted there do.
"""

from pathlib import Path

from isogloss.base.errors import IsoglossError
from isogloss.desk.opened import reopen_study
from isogloss.store.store import Store


def titles(root: Path) -> dict[str, str]:
    """Key -> title of all steps of the studies noted in a store.

    A study of which this Isogloss draws no plan any more is passed over.
    """
    found: dict[str, str] = {}
    for noted in Store(root).studies():
        try:
            plan = reopen_study(noted, root).plan
        except IsoglossError:
            continue
        found.update({step.key: step.title for step in plan})
    return found
