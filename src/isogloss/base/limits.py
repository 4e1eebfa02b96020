"""How large a thing may be that comes from outside, so that none fills the memory or never ends.

The values are far above what real data have. Whoever has more raises one by a variable of the
environment (`ISOGLOSS_MAX_LINE_BYTES=64M isogloss run ...`), where it belongs to the person who
runs the command: a study file that came from somebody else must not lift its own limits. None of
them decides a result, so none is part of a key.
"""

import os
import re
from enum import Enum
from typing import Any

from isogloss.base.errors import InputError, OverLimit

PREFIX = "ISOGLOSS_MAX_"
_SIZE = re.compile(r"([0-9]{1,18})([kKmMgGtT]?)")
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class Limit(Enum):
    """Every limit, with its value where nobody says otherwise; the name is that of the variable."""

    LINE_BYTES = 16 * 2**20, "of one line, or of one field of a table"
    FILE_BYTES = 64 * 2**30, "of one data file, unpacked"
    EXPANSION = 200, "times that a packed file may grow when it is unpacked, from 256 MiB on"
    COLUMNS = 10_000, "of a table"
    WORD_CHARACTERS = 4_096, "of one word of a tagged text"
    SENTENCE_WORDS = 100_000, "of one sentence of a tagged text"
    STUDY_BYTES = 2**20, "of a study file"
    JSON_BYTES = 256 * 2**20, "of a JSON file of a model or of the store"
    MODEL_LAYERS = 1_000, "of a model"
    MODEL_WIDTH = 10_000_000, "of a model's vocabulary, or of any other of its sizes"

    def __init__(self, default: int, of_what: str) -> None:
        self.default = default
        self.of_what = of_what

    @property
    def variable(self) -> str:
        """The variable of the environment that says otherwise."""
        return f"{PREFIX}{self.name}"

    @property
    def now(self) -> int:
        """The limit as it stands here and now.

        Raises:
            InputError: if the variable holds no size.
        """
        said = os.environ.get(self.variable, "").strip()
        if not said:
            return self.default
        found = _SIZE.fullmatch(said)
        if found is None or not int(found[1]):
            raise InputError(
                f"{self.variable}={said!r} is no size. Write a whole number from 1, with K, M, G or"
                " T behind it for powers of 1024: 64M."
            )
        return int(found[1]) * _UNITS[found[2].lower()]


def check_limit(limit: Limit, value: float, where: object, what: str, advice: str = "") -> None:
    """Refuse what is larger than its limit.

    Args:
        limit: which one.
        value: how large it is.
        where: the file, with its line if there is one.
        what: is so large, as in `the line has 20 bytes`.
        advice: what to do, if it is large by mistake.

    Raises:
        OverLimit: naming the limit and how to raise it.
    """
    if value > (most := limit.now):
        raise over_limit(limit, most, where, what, advice)


def over_limit(limit: Limit, most: int, where: Any, what: str, advice: str = "") -> OverLimit:
    """The error of what is larger than its limit."""
    return OverLimit(
        f"{where}: {what}; the limit is {most:,}. {advice}{' ' * bool(advice)}"
        f"If it should be so large, set {limit.variable}."
    )
