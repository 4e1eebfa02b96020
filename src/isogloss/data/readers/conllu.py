"""CoNLL-U of Universal Dependencies: ten columns by tab, `# text = ...` before each sentence.

Multiword ranges (`3-4`) and empty nodes (`3.1`) are skipped: the words inside a range follow it
with their own tags. Format: https://universaldependencies.org/format.html
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isogloss.data.lines import Line, broken, read_lines
from isogloss.data.readers.word_limits import WordLimits
from isogloss.data.source import Row

COLUMNS = 10
FORM, UPOS = 1, 3
WORD = re.compile(r"[0-9]+")
NOT_A_WORD = re.compile(r"[0-9]+(-|\.)[0-9]+")
TEXT = "# text ="


def read_conllu(path: Path) -> Iterator[Row]:
    """Yield one row per sentence with the fields `tokens`, `upos` and, if the file has it, `text`.

    Raises:
        InputError: a line that has not ten columns or no word number; see also `read_lines`.
        OverLimit: a word or a sentence is longer than any is.
    """
    index, start = 0, 0
    limits = WordLimits(path)
    fields: dict[str, Any] = {"tokens": [], "upos": []}
    for line in read_lines(path):
        content = line.text.strip("\r\n")
        if not content.strip():
            if fields["tokens"]:
                yield Row(f"{path}:{start}", index, fields)
                index += 1
            start, fields = 0, {"tokens": [], "upos": []}
            continue
        start = start or line.number
        if content.startswith(TEXT):
            fields["text"] = content.removeprefix(TEXT).strip()
        elif not content.startswith("#") and _add_word(fields, line, content, path):
            limits.check_word(fields["tokens"][-1], line.number)
            limits.check_sentence(len(fields["tokens"]), start)
    if fields["tokens"]:
        yield Row(f"{path}:{start}", index, fields)


def _add_word(fields: dict[str, Any], line: Line, content: str, path: Path) -> bool:
    """Add the word of a line, if it has one."""
    columns = content.split("\t")
    if len(columns) != COLUMNS:
        raise broken(
            path,
            line.number,
            f"{len(columns)} columns where CoNLL-U has {COLUMNS}, split by tabs. "
            "If the file has fewer columns, name it .conll.",
        )
    if NOT_A_WORD.fullmatch(columns[0]):
        return False
    if not WORD.fullmatch(columns[0]):
        raise broken(path, line.number, f"{columns[0]!r} is no word number (1, 3-4 or 3.1).")
    if not columns[FORM] or not columns[UPOS]:
        raise broken(path, line.number, "an empty word or part of speech. Fill it in.")
    fields["tokens"].append(columns[FORM])
    fields["upos"].append(columns[UPOS])
    return True
