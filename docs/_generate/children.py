"""Pages that stand below another in the site's list, though the other does not say so itself.

Pages that people read in the repository hold no syntax of Sphinx; their lists are added on the way.
"""

from typing import Any

CHILDREN = {
    "decisions/README": ["0*"],
    "results/README": ["balance", "*/*"],
}
"""Page -> patterns of those below it."""


def list_children(_: Any, docname: str, source: list[str]) -> None:
    """Add a list that is not shown on the page itself.

    Sphinx calls this when it has read a page.

    Args:
        docname: place of the page in docs/.
        source: its text, the only item, which is replaced.
    """
    if docname in CHILDREN:
        below = "\n".join(CHILDREN[docname])
        source[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n\n{below}\n```\n"
