"""A source of rows that a test gives."""

from dataclasses import dataclass, field

from isogloss.data.source import Row


@dataclass
class RowSource:
    """Rows in memory, by split, as a source."""

    data: dict[str, list[dict]] = field(default_factory=dict)

    def languages(self):
        return ("deu-Latn",)

    def splits(self, language):
        return tuple(self.data)

    def rows(self, language, split):
        for index, fields in enumerate(self.data[split]):
            yield Row(f"{split}.jsonl:{index + 1}", index, fields)
