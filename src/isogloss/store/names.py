"""Names that are safe as names of files: no key and no study can lead out of the store."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeGuard

from isogloss.base.errors import InputError, LeadsOutside
from isogloss.base.fingerprint import fingerprint

DEFAULT_STORE = Path(".isogloss")
"""Where finished steps live, if nothing else is said."""

_KEY = re.compile(r"[0-9a-f]{1,64}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")


def checked_key(key: str) -> str:
    """Return a step's key.

    Raises:
        InputError: if it is anything but hexadecimal digits.
    """
    if not is_key(key):
        raise InputError(f"{key!r} is not the key of a step: keys are hexadecimal digits.")
    return key


def is_key(name: str) -> bool:
    """Tell whether a name can be a step's key."""
    return _KEY.fullmatch(name) is not None


def are_keys(value: Any) -> TypeGuard[list[str]]:
    """Tell whether something that was read is a list of steps' keys.

    >>> are_keys(["aa", "b0"]), are_keys([]), are_keys({}), are_keys("aa"), are_keys([1])
    (True, True, False, False, False)
    """
    return isinstance(value, list) and all(isinstance(one, str) and is_key(one) for one in value)


def lock_path(root: Path, name: str) -> Path:
    """The file whose lock is held by who makes a step."""
    return root / "locks" / f"{name}.lock"


def study_file(name: str) -> str:
    """The file of a study: its name if that is plain ASCII, else a digest.

    >>> study_file("reviews"), study_file("../reviews")
    ('reviews.json', 'ab9c25a7f0d2ed92.json')
    """
    stem = name if _PLAIN.fullmatch(name) else fingerprint("study", 1, name)
    return f"{stem}.json"


def refuse_outside(root: Path, path: Path) -> None:
    """Refuse a path under the root that a link leads out of it.

    Costs one system call for each part between the two, and more only if there is a link.

    Raises:
        InputError: naming the path.
    """
    steps = [path, *path.parents]
    inside = steps[: steps.index(root)]
    linked = any(part.is_symlink() for part in inside)
    if linked and not path.resolve().is_relative_to(root.resolve()):
        raise LeadsOutside(
            f"{path} leads out of the store {root} by a link. Put the files themselves there."
        )


def refuse_links(root: Path, rooms: Iterable[str]) -> None:
    """Refuse links in place of the folders of a store, before anything in them is removed.

    Those that lead to another part of the store are refused too: what is litter in the one folder
    is a result in the other.

    Raises:
        LeadsOutside: naming the first.
    """
    for room in rooms:
        if (root / room).is_symlink():
            raise LeadsOutside(
                f"{root / room} is a link, where the store keeps a folder of its own: nothing is"
                " removed. Remove the link, once you know who made it; a store on another disk is"
                " named as a whole, with --store."
            )
