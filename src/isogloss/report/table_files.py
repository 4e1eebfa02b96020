"""One table as files: CSV for computing, Markdown and LaTeX for reading."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from isogloss.report.files import Artifact
from isogloss.report.records import Records
from isogloss.report.tables import csv_text, latex, markdown


def table_files(
    name: str,
    records: Records,
    *,
    title: str = "",
    fields: Sequence[str] = (),
    names: Collection[str] = (),
) -> Iterator[Artifact]:
    """Give one table as `tables/<name>.csv`, `.md` and `.tex`.

    Args:
        name: of the table.
        records: its lines.
        title: the caption in LaTeX; by default the name.
        fields: the head of an empty one.
        names: headings that stay as they are.
    """
    caption = title or name.replace("_", " ").capitalize()
    place = f"tables/{name}"
    yield Artifact(f"{place}.csv", partial(csv_text, records, fields=fields))
    yield Artifact(f"{place}.md", partial(markdown, records, names=names))
    yield Artifact(
        f"{place}.tex", partial(latex, records, caption=caption, label=name, names=names)
    )
