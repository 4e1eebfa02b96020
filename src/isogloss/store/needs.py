"""Which studies need which steps: as each was last run here, and as the store has noted it."""

from collections.abc import Collection
from typing import Any

from isogloss.base.errors import InputError, RunError
from isogloss.store.names import are_keys
from isogloss.store.store import Store


def sound_studies(store: Store) -> list[dict[str, Any]]:
    """All noted studies, by name, where each note has a name and says which steps it needs.

    Raises:
        RunError: if one does not.
    """
    studies = store.studies()
    for study in studies:
        name = study.get("name")
        if not isinstance(name, str) or not are_keys(study.get("steps")):
            whose = f"study {name!r}" if isinstance(name, str) else "a study without a name"
            raise RunError(
                f"The note of {whose} in {store.root / 'studies'} is damaged: nobody knows what it"
                " needs. Run the study again, which writes its note anew."
            )
    return studies


def needs_of(store: Store, drop: Collection[str] = ()) -> dict[str, set[str]]:
    """Name of each noted study -> keys of its steps; of a name that is noted twice, those of both.

    Raises:
        InputError: if one to drop is not noted.
        RunError: if a note is damaged.
    """
    noted: dict[str, set[str]] = {}
    for study in sound_studies(store):
        noted.setdefault(study["name"], set()).update(study["steps"])
    for name in drop:
        if name not in noted:
            known = ", ".join(noted) or "none"
            raise InputError(f"The store {store.root} has no study {name!r}. It has: {known}.")
    return {name: keys for name, keys in noted.items() if name not in drop}
