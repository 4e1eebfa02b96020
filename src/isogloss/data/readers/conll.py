"""CoNLL columns: one token a line, an empty line between sentences, token first and tag last.

Columns are split by tab if the line has one, else by spaces. Lines that begin with `# ` before the
first token of a sentence are comments, unless they can only be the token `#` with its tag (`# O`).
All lines of a file have as many columns, else the last one would now and then be no tag.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from isogloss.data.lines import Line, broken, read_lines
from isogloss.data.readers.word_limits import WordLimits
from isogloss.data.source import Row

SPACES = re.compile(r"[ \t]+")
TOKEN_NOT_COMMENT = re.compile(r"#( \S+)* (O|[BIESLU]-\S+)")
DOCUMENT_START = "-DOCSTART-"


def read_conll(path: Path) -> Iterator[Row]:
    """Yield one row per sentence with the fields `tokens` and `ner_tags`.

    Raises:
        InputError: a line with one column, an empty token, or another number of columns than the
            first line; see also `read_lines`.
        OverLimit: a word or a sentence is longer than any is.
    """
    index, start, width = 0, 0, 0
    limits = WordLimits(path)
    words: list[list[str]] = []
    for line in read_lines(path):
        text = line.text.strip("\r\n")
        if not text.strip(" \t"):
            if words:
                yield _row(path, start, index, words)
                index, words = index + 1, []
        elif not _skipped(text, at_start=not words):
            columns = _columns(line, text, path)
            width = width or len(columns)
            if len(columns) != width:
                raise broken(
                    path,
                    line.number,
                    f"{len(columns)} columns where the first line has {width}. "
                    "Give every token the same columns, or leave an empty line between sentences.",
                )
            start = start if words else line.number
            words.append(columns)
            limits.check_word(columns[0], line.number)
            limits.check_sentence(len(words), start)
    if words:
        yield _row(path, start, index, words)


def _skipped(text: str, *, at_start: bool) -> bool:
    if text.startswith(DOCUMENT_START):
        return True
    return at_start and text.startswith("# ") and not TOKEN_NOT_COMMENT.fullmatch(text.rstrip())


def _columns(line: Line, text: str, path: Path) -> list[str]:
    columns = text.split("\t") if "\t" in text else SPACES.split(text.strip(" "))
    if len(columns) == 1:
        raise broken(path, line.number, "one column: a line needs a token and its tag.")
    if not columns[0] or not columns[-1]:
        raise broken(path, line.number, "an empty token or tag. Fill it in.")
    return columns


def _row(path: Path, start: int, index: int, words: list[list[str]]) -> Row:
    fields = {"tokens": [word[0] for word in words], "ner_tags": [word[-1] for word in words]}
    return Row(f"{path}:{start}", index, fields)
