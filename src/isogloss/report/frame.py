"""What every page and chart of a report says of itself."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Frame:
    """The study, the score that its tables are about, and whether its data are made up."""

    study: str
    metric: str
    sample: bool = False

    @property
    def measure(self) -> str:
        """The metric in words.

        >>> [Frame("toy", metric).measure for metric in ("macro_f1", "f1/neutral", "mrr")]
        ['macro F1', 'F1 of neutral', 'MRR']
        """
        name, _, label = self.metric.partition("/")
        words = name.replace("_", " ").replace("f1", "F1").replace("mrr", "MRR")
        return f"{words} of {label}" if label else words
