"""Names of splits: `valid`, `val` and `dev` are all `validation`."""

_SPELLINGS = {"valid": "validation", "val": "validation", "dev": "validation"}


def split_name(spelling: str) -> str:
    """Return the one name of a split that several spellings share.

    >>> [split_name(s) for s in ("dev", "validation", "test", "extra")]
    ['validation', 'validation', 'test', 'extra']
    """
    return _SPELLINGS.get(spelling.lower(), spelling)
