"""The figures of a study as Altair charts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

import altair as alt

from isogloss.base.errors import InputError
from isogloss.desk.compared import Compared
from isogloss.report.balance.figures import balance_figures
from isogloss.report.comparison.figures import comparison_figures
from isogloss.report.figures import Figure, figures
from isogloss.report.html.evidence import Evidence
from isogloss.report.recommend.candidate import candidates_of


@final
class Plots:
    """One method a kind of figure; where several fit, say more of the name of the one you mean."""

    def __init__(self, evidence: Evidence, compare: Callable[[], Compared]) -> None:
        self._evidence = evidence
        self._compare = compare

    def curves(self, name: str = "") -> alt.TopLevelMixin:
        """Learning curves per language.

        Args:
            name: part of the name of a figure, where a study has several (an encoder, a regime).

        Raises:
            InputError: if no figure fits, or several do; it names them.
        """
        return self._one("curves", name)

    def transfer(self, name: str = "") -> alt.TopLevelMixin:
        """The transfer matrix; see `curves`."""
        return self._one("transfer", name)

    def regimes(self, name: str = "") -> alt.TopLevelMixin:
        """Joint, single and zero-shot per language; see `curves`."""
        return self._one("regimes", name)

    def balance(self, name: str = "") -> alt.TopLevelMixin:
        """Scores against the size of the text, and differences between arms; see `curves`."""
        return self._one("balance", name)

    def comparison(self, name: str = "") -> alt.TopLevelMixin:
        """Encoders by language (`languages`), and quality against a cost; see `curves`.

        Raises:
            InputError: also if there is one encoder only, in one form.
        """
        return self._only(list(self._compared()), "comparison", name)

    @property
    def names(self) -> list[str]:
        """The names of all figures that the study has; encoders are compared to know them."""
        try:
            compared = list(self._compared())
        except InputError:  # one encoder only, or two that were not trained alike yet
            compared = []
        return [figure.name for figure in (*self._all(), *compared)]

    def _compared(self) -> Iterator[Figure]:
        found = self._compare()
        candidates = candidates_of(found.comparison, found.results)
        return comparison_figures(found.comparison, candidates, self._evidence.frame)

    def _all(self) -> Sequence[Figure]:
        found: list[Figure] = []
        scores, balancing = self._evidence.scores, self._evidence.balancing
        if scores is not None:
            found += figures(scores.tables, self._evidence.frame)
        if balancing is not None:
            found += balance_figures(balancing.tables, self._evidence.frame, balancing.design)
        return found

    def _one(self, kind: str, name: str) -> Any:
        return self._only([one for one in self._all() if one.name.startswith(kind)], kind, name)

    @staticmethod
    def _only(made: Sequence[Figure], kind: str, name: str) -> Any:
        fitting = [one for one in made if name.lower() in one.name]
        if len(fitting) != 1:
            known = (
                ", ".join(one.name for one in made)
                or "none: it has too few sizes,"
                " languages or encoders for one, or nothing of them is finished"
            )
            count = "No figure fits" if not fitting else "Several figures fit"
            raise InputError(f"{count} {kind} {name!r}; the study has: {known}.")
        return alt.Chart.from_dict(fitting[0].spec)
