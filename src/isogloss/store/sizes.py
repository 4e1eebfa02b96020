"""How much room things take on the disk."""

from pathlib import Path


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links are not followed, what is gone is 0."""
    try:
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        return sum(size_of(inside) for inside in path.iterdir())
    except FileNotFoundError:
        return 0
