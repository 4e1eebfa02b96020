"""A step being written: a draft that is filled, and then moved into place by one rename."""

import errno
import shutil
from pathlib import Path

from isogloss.store import manifest
from isogloss.store.atomic import sync_folder
from isogloss.store.faults import told
from isogloss.store.ground import Ground

_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})


def empty_draft(ground: Ground, key: str) -> Path:
    """Make the folder for the files of a step; only who has claimed it may."""
    draft = ground.room("drafts") / key
    with told(ground.root, f"writing step {key}"):
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir()
    return draft


def publish(ground: Ground, draft: Path, key: str) -> None:
    """Move a whole draft to where finished steps are; if one is there already, that stays.

    Raises:
        OSError: if the disk refuses.
    """
    steps = ground.room("steps")
    target = steps / key
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno not in _OCCUPIED:
            raise
        if (target / manifest.NAME).is_file():
            return
        shutil.rmtree(target)  # no manifest: someone has damaged it
        draft.rename(target)
    sync_folder(steps)
