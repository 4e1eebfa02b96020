"""The page of the long table's columns."""

from _generate.markdown import NOTICE, block, plain
from isogloss.store.results import COLUMNS

_INTRO = """# The columns of the results

`isogloss results study.yaml` prints one row per value; CSV, JSON, parquet and `--sql` have these
columns in this order, and `isogloss ls columns` prints their names. They are a contract with
scripts. Which values stand where, and what to ask: [reading results](../reading-results.md).

"""


def result_columns() -> str:
    """The page, as Markdown."""
    entries = (
        block("result-column", one.name, f"{plain(one.meaning)}\n\n{plain(_type(str(one.type)))}")
        for one in COLUMNS
    )
    return NOTICE + _INTRO + "".join(entries)


def _type(name: str) -> str:
    """A type of Arrow in words."""
    words = {"string": "text", "int64": "whole number", "double": "number"}
    return words.get(name) or f"list of texts, joined by + in CSV ({name})"
