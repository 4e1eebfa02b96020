"""What is compared: test units of one trained model on one target, and what it was trained on.

Only models that were trained alike meet: same regime, sources, size and split. That is a *setting*.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar, final

from isogloss.report.comparison.units import Units
from isogloss.report.names import listed

Name = TypeVar("Name")

TRAINED_FORM = "torch"
"""The form that a model is trained in, and that encoders are compared in."""


class Setting(NamedTuple):
    """How models were trained, and the split that they are tested on."""

    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None
    split: str


@final
@dataclass(frozen=True, eq=False)
class Result:
    """One evaluation."""

    encoder: str
    form: str | None
    """The serving form; None is the one it was trained in."""

    regime: str
    sources: tuple[str, ...]
    n_per_language: int | None
    target: str
    split: str
    seed: int
    units: Units = field(repr=False)

    @property
    def setting(self) -> Setting:
        """What it must share with a result that it is compared with."""
        return Setting(self.regime, tuple(self.sources), self.n_per_language, self.split)

    @property
    def served(self) -> str:
        """The form, named in any case."""
        return self.form or TRAINED_FORM

    @property
    def zero_shot(self) -> bool:
        """Whether the target is not among the sources."""
        return self.target not in self.sources


def words_of(setting: Setting) -> str:
    """A setting in words.

    >>> words_of(Setting("joint", ("eng-Latn", "por-Latn"), None, "test"))
    'joint training on English and Portuguese, all rows of each, tested on test'
    """
    return f"{training_words(setting)}, tested on {setting.split}"


def training_words(setting: Setting) -> str:
    """How models of a setting were trained, in words."""
    sources = setting.sources
    many = f"{len(sources)} languages" if len(sources) > 8 else listed(sources)
    n = setting.n_per_language
    size = "all rows of each" if n is None else f"{n:,} rows of each"
    return f"{setting.regime} training on {many}, {size}"


def main_setting(results: Iterable[Result]) -> Setting:
    """The setting that a product would use: joint if there is one, most encoders, sources, rows.

    Raises:
        ValueError: if there is no result.
    """
    return setting_of_most((result.encoder, result.setting) for result in results)


def setting_of_most(tested: Iterable[tuple[str, Setting]]) -> Setting:
    """The main setting, of pairs of an encoder and a setting that it was tested in.

    Raises:
        ValueError: if there is none.
    """
    encoders: dict[Setting, set[str]] = {}
    for encoder, setting in tested:
        encoders.setdefault(setting, set()).add(encoder)
    if not encoders:
        raise ValueError("no result: there is no setting")
    return max(encoders, key=lambda setting: (len(encoders[setting]), *_weight(setting)))


def of_setting(results: Iterable[Result], setting: Setting, form: str) -> list[Result]:
    """The results of one setting and form."""
    return [one for one in results if one.setting == setting and one.served == form]


def once(names: Iterable[Name]) -> list[Name]:
    """Names, or whatever is told apart, in the order of their first appearance."""
    return list(dict.fromkeys(names))


def _weight(setting: Setting) -> Sequence[float]:
    n = setting.n_per_language
    return (
        setting.regime == "joint",
        setting.split == "test",
        len(setting.sources),
        math.inf if n is None else n,
    )
