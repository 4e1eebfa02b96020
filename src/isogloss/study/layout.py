"""Where a folder of data keeps a language and a split: names only, no file is opened.

`<root>/<language in any spelling>/<split>.<ending>`. Both the plan (which digests the files) and
the reader find files through here, so they never disagree.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from isogloss.base.errors import InputError, did_you_mean
from isogloss.base.languages import UnknownLanguage, language_code, language_name
from isogloss.base.splits import split_name


def _plain_and_packed(*formats: str) -> tuple[str, ...]:
    return tuple(
        ending + gz for ending in formats for gz in ("", ".gz") if ending + gz != "parquet.gz"
    )


ENDINGS = _plain_and_packed("jsonl", "csv", "tsv", "parquet", "conll", "conllu")
"""What labeled data may be; a line of plain text has no place for a label."""

TEXT_ENDINGS = _plain_and_packed("txt", "jsonl", "parquet", "csv", "tsv")
"""What raw text may be."""


def language_folders(root: Path, endings: Sequence[str] = ENDINGS) -> dict[str, Path]:
    """The folder of each language under a root, in the order of their names.

    Folders that name no language are passed over, as long as some do.

    Raises:
        InputError: if there is no such folder, none of its folders names a language, or two of them
            name the same one.
    """
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise InputError(f"The data folder {root} {what}. Mend data.source.root in the study.")
    found: dict[str, Path] = {}
    strange: list[str] = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        try:
            code = language_code(folder.name)
        except UnknownLanguage:
            strange.append(folder.name)
            continue
        if code in found:
            raise InputError(
                f"{found[code]} and {folder} are both {language_name(code)}: merge or rename one."
            )
        found[code] = folder
    if not found:
        seen = f"its folders are {', '.join(strange)}" if strange else "it has no folders"
        raise InputError(
            f"No folder of {root} names a language ({seen}). Wanted: <root>/<language>/<split>."
            f"<{'|'.join(endings)}>."
        )
    return found


def language_folder(
    root: Path, language: str, elsewhere: Mapping[str, Path], endings: Sequence[str] = ENDINGS
) -> Path:
    """The folder of one language: one of its own, or one under the root.

    Raises:
        InputError: if there is none, naming those under the root.
    """
    if language in elsewhere:
        if not elsewhere[language].is_dir():
            raise InputError(
                f"The folder {elsewhere[language]} of {language} does not exist. Mend"
                " data.source.folders in the study."
            )
        return elsewhere[language]
    folders = language_folders(root, endings)
    if language not in folders:
        names = ", ".join(f"{code} ({path.name})" for code, path in folders.items())
        raise InputError(
            f"{root} has no folder for {language}. There are: {names}. Add one, name it in"
            " data.source.folders, or leave the language out."
        )
    return folders[language]


def split_files(folder: Path, endings: Sequence[str] = ENDINGS) -> dict[str, Path]:
    """The file of each split in the folder of a language; files of other endings are passed over.

    Raises:
        InputError: if two files hold the same split.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        stem, _, ending = path.name.partition(".")
        if ending not in endings or not stem or not path.is_file():
            continue
        split = split_name(stem)
        if split in found:
            raise InputError(f"{found[split]} and {path} are both split {split}: keep one.")
        found[split] = path
    return found


def split_file(folder: Path, split: str, endings: Sequence[str] = ENDINGS) -> Path:
    """The file of one split.

    Raises:
        InputError: if the folder has none, naming those it has.
    """
    files: Mapping[str, Path] = split_files(folder, endings)
    if split not in files:
        there = ", ".join(files) or "no split at all"
        raise InputError(
            f"{folder} has no split {split!r}.{did_you_mean(split, files)} There is: {there}."
        )
    return files[split]
