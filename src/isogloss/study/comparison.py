"""A study written from a few words: these encoders, this task, these data, these languages.

What `isogloss compare A B --task ner --data PATH --languages en,pt` means, as the study file that
it stands for, so that a comparison that begins on the command line can be kept, changed and run
again like any other.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.base.errors import InputError
from isogloss.base.fingerprint import fingerprint

HUB_DATA = re.compile(r"[\w.-]+/[\w.-]+")
LONGEST_NAME = 80
DIGITS = 8


def comparison_document(
    encoders: Sequence[str],
    *,
    task: str,
    data: str,
    languages: Sequence[str],
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the study of a comparison.

    Args:
        encoders: ids or folders, two or more.
        task: as a study names it.
        data: a folder, `owner/name` on the Hub, or `sample`.
        languages: trained on, all together.
        more: other keys of the study by their dotted name; those that are None are left out.

    Raises:
        InputError: if there are too few encoders, or the data are nowhere.
    """
    if len(encoders) < 2:
        raise InputError(
            "A comparison needs two encoders or more: isogloss compare A B --task ner --data DIR"
            " --languages en,pt."
        )
    document: dict[str, Any] = {
        "task": task,
        "data": {"source": _source(data)},
        "languages": list(languages),
        "encoders": [_encoder(encoder, encoders) for encoder in encoders],
    }
    for place, value in more.items():
        if value is not None:
            _put(document, place.split("."), value)
    return {"name": _name([task, *languages, *encoders], document), **document}


def _source(data: str) -> dict[str, str]:
    if data == "sample":
        return {"kind": "sample"}
    if Path(data).expanduser().is_dir():
        return {"kind": "folder", "root": str(Path(data).expanduser().resolve())}
    if HUB_DATA.fullmatch(data) and not data.startswith("."):
        return {"kind": "hub", "repo": data}
    raise InputError(
        f"--data {data}: no such folder, and no id of a data set on the Hub (owner/name)."
    )


def _encoder(encoder: str, all_of_them: Sequence[str]) -> dict[str, str]:
    """A folder's whole path, and where two have one name, a name with that of the place before."""
    folder = Path(encoder).expanduser()
    is_folder = folder.is_dir() or encoder.startswith((".", "/", "~"))
    told = {"model": str(folder.resolve()) if is_folder else encoder}
    if [Path(other).name for other in all_of_them].count(folder.name) > 1:
        told["name"] = re.sub(r"[^\w.+-]", "-", "-".join(folder.parts[-2:]))
    return told


def _name(words: Sequence[str], document: Mapping[str, Any]) -> str:
    """What is compared, in words that may be cut, and a digest of all that the study says.

    A store knows a study by its name: of two with one name only the later would keep its steps.
    """
    told = "-".join(["compare", *(Path(word).name for word in words)])
    end = "-" + fingerprint("comparison", 1, document)[:DIGITS]
    return re.sub(r"[^\w-]+", "-", told)[: LONGEST_NAME - len(end)] + end


def _put(document: dict[str, Any], place: Sequence[str], value: Any) -> None:
    for key in place[:-1]:
        document = document.setdefault(key, {})
    document[place[-1]] = value
