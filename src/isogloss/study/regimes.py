"""What a study may say about which languages a model is trained on."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from isogloss.study.languages import Languages
from isogloss.study.spec import NAME, Sizes, Spec, as_list


class Regime(Spec):
    """One way of choosing source languages: joint, single, leave_one_out or named groups."""

    regime: Literal["joint", "single", "leave_one_out", "group"]
    """All languages at once; one at a time; all but one at a time; one named group."""

    name: str | None = Field(default=None, pattern=NAME)
    """Name of a group in tables."""

    languages: Languages | None = None
    """Source languages of a group, or the languages this regime is limited to."""

    sizes: Annotated[Sizes | None, BeforeValidator(as_list)] = None
    """Rows per language; by default the study's sizes."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"regime": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _groups_are_named(self) -> Self:
        if self.regime == "group" and not (self.name and self.languages):
            raise ValueError("a group needs a name and languages")
        if self.regime != "group" and self.name:
            raise ValueError(f"only a group has a name; {self.regime} names itself")
        if self.name in {"joint", "single", "leave_one_out"}:
            raise ValueError(f"{self.name} is the name of a regime; give the group another")
        return self

    @property
    def label(self) -> str:
        """The regime's name in tables."""
        return self.name or self.regime


def source_sets(regime: Regime, languages: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The sets of source languages that a regime trains on, in the study's order.

    >>> source_sets(Regime(regime="leave_one_out"), ("deu-Latn", "hin-Deva"))
    [('hin-Deva',), ('deu-Latn',)]
    """
    among = tuple(code for code in languages if code in (regime.languages or languages))
    if regime.regime in {"joint", "group"}:
        return [among]
    if regime.regime == "single":
        return [(code,) for code in among]
    return [tuple(code for code in among if code != left) for left in among]
