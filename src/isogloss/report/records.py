"""What goes into a report and what its tables are made of: flat mappings, each a row."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
"""One value of the long table of results, with what it belongs to."""

Record = dict[str, Any]
"""One line of a table while it is made."""

Records = Sequence[Mapping[str, Any]]
"""A table that is made."""
