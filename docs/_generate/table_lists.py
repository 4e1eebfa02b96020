"""A page for each folder of tables that a shipped result has: links to a folder lead there."""

from collections import defaultdict
from pathlib import Path

from _generate.markdown import NOTICE, code, table


def table_list(folder: Path) -> str:
    """All tables of a folder, each in its forms; the page stands beside the folder."""
    forms: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        forms[path.stem].append(path.suffix)
    rows = [
        (code(name), " · ".join(_download(folder, name, one) for one in endings))
        for name, endings in forms.items()
    ]
    return f"{NOTICE}# Tables of {code(folder.parent.name)}\n\n" + table(("table", "files"), rows)


def _download(folder: Path, name: str, ending: str) -> str:
    return f"{{download}}`{ending[1:]} <{folder.name}/{name}{ending}>`"
