"""A plug-in's source as one of ours: rows with a place, held to the pins of the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

from isogloss.base.errors import InputError
from isogloss.data.source import Row
from isogloss.plugins import Source


@final
@dataclass(frozen=True)
class PluggedRows:
    """Reads one language of a plug-in's source."""

    name: str
    """Of the source, for messages."""

    source: Source

    pins: Mapping[str, str]
    """Split -> what decided its rows when the plan was made."""

    def rows(self, language: str, split: str) -> Iterator[Row]:
        """The rows of a split, in their order.

        Raises:
            InputError: if the data changed since the plan was made, or a row is no mapping from the
                names of columns.
        """
        if self.source.pin(language, split) != self.pins[split]:
            raise InputError(
                f"{self.name} {language}/{split} changed since the plan was made. Plan again."
            )
        for at, fields in enumerate(self.source.rows(language, split)):
            place = f"{self.name} {language}/{split}: row {at}"
            if not isinstance(fields, Mapping):
                raise InputError(
                    f"{place} is {type(fields).__name__}, where columns by name are wanted. Tell"
                    " the makers of the source."
                )
            yield Row(place, at, fields)
