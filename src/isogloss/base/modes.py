"""Who may read what is written: whoever may read the folder that it is in."""

import stat
from contextlib import suppress
from pathlib import Path


def share_as_folder(path: Path) -> None:
    """Give a file or a folder the mode of the folder that holds it.

    Some libraries make what only its maker can read, such as safetensors and `tempfile`; in a store
    that several people use nobody else could go on from it. A file system without modes keeps its
    own.
    """
    wanted = stat.S_IMODE(path.parent.stat().st_mode)
    if not path.is_dir():
        wanted &= 0o666
    if stat.S_IMODE(path.stat().st_mode) != wanted:
        with suppress(OSError):
            path.chmod(wanted)
