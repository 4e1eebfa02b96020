"""Which studies need which steps: as each was last run here, and as the store has noted it."""

from collections.abc import Collection

from isogloss.base.errors import InputError, RunError
from isogloss.store.store import Store


def needs_of(store: Store, drop: Collection[str] = ()) -> dict[str, set[str]]:
    """Name of each noted study -> keys of its steps.

    Raises:
        InputError: if one to drop is not noted.
        RunError: if a note is damaged.
    """
    try:
        noted = {str(study["name"]): set(map(str, study["steps"])) for study in store.studies()}
    except KeyError as error:
        raise RunError(
            f"A note in {store.root / 'studies'} lacks {error}: nobody knows what its study needs."
            " Run the study again, which writes its note anew."
        ) from error
    for name in drop:
        if name not in noted:
            known = ", ".join(noted) or "none"
            raise InputError(f"The store {store.root} has no study {name!r}. It has: {known}.")
    return {name: keys for name, keys in noted.items() if name not in drop}
