"""The studies that a store has noted, each read by itself: one that is damaged hides no other."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

from isogloss.base.errors import InputError, IsoglossError, RunError
from isogloss.store.names import are_keys
from isogloss.store.store import Store


class NotThere(InputError):
    """What an address asks for and the store does not have."""

    code = "ISO-103"
    remedy = "Begin at the first page of the site; it lists what there is."


@final
@dataclass(frozen=True)
class Noted:
    """A study of the store."""

    id: str
    """The name of its file in the store; it stands in addresses."""

    name: str
    source: str
    """The file that it was read from, as it was called then."""

    keys: tuple[str, ...]
    """Of all its steps."""

    raw: Mapping[str, Any] = field(repr=False)
    """The note itself."""

    @cached_property
    def stamp(self) -> str:
        """Another one as soon as anything in the note is other."""
        return hashlib.sha256(json.dumps(self.raw, sort_keys=True).encode()).hexdigest()


@final
@dataclass(frozen=True)
class Unread:
    """A note that cannot be read."""

    id: str
    why: str


def read_noted(store: Store, id: str) -> Noted:
    """Read one study.

    Raises:
        NotThere: if there is none of that name.
        RunError: if the note is damaged.
        InputError: if a link leads out of the store.
    """
    raw = store.study(id)
    if raw is None:
        raise NotThere(f"The store {store.root} has no study {id!r}.")
    name, source, keys = raw.get("name"), raw.get("source"), raw.get("steps")
    if not isinstance(name, str) or not isinstance(source, str) or not are_keys(keys):
        raise RunError(
            f"What the store {store.root} has noted of study {id!r} is damaged."
            f" Remove the file studies/{id}.json; running the study writes it again."
        )
    return Noted(id, name, source, tuple(keys), raw)


def all_noted(store: Store) -> list[Noted | Unread]:
    """All studies of a store, by the names of their files."""
    found: list[Noted | Unread] = []
    for id in store.study_files():
        try:
            found.append(read_noted(store, id))
        except NotThere:  # a file of no name of ours, or gone meanwhile
            continue
        except IsoglossError as error:
            found.append(Unread(id, str(error)))
    return found
