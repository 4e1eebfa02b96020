"""What one language gives to another: summaries of the source x target matrix of scores.

Read the matrix with care: a row is what one *source* gives to all targets, a column is what one
*target* gets from all sources. The diagonal is the in-language score and is in neither mean. Cells
that were not run stay None and are counted, so a half-finished study is summed up honestly: its
means run over the cells that are there, and say how many are not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import final

Cells = Mapping[tuple[str, str], float | None]
"""The score of each (source, target); a missing pair or None was not run."""


@final
@dataclass(frozen=True)
class Mean:
    """A mean over the cells that are there."""

    value: float | None
    """None when no cell is there."""

    n: int
    """Cells in the mean."""

    n_missing: int
    """Cells that belong in it but were not run."""


@final
@dataclass(frozen=True)
class Transfer:
    """The summaries of a matrix, all by language."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    donors: dict[str, Mean]
    """What a source gives to foreign targets, on average."""

    recipients: dict[str, Mean]
    """What a target gets from foreign sources, on average."""

    in_language: dict[str, float | None]
    """The diagonal: trained and tested on one language."""

    target_gaps: dict[str, float | None]
    """In-language score minus recipient mean: what a target loses without its own rows.

    The cross-lingual transfer gap of Hu et al. 2020 (XTREME), as a mean over all sources."""


def transfer_summary(cells: Cells, *, sources: Sequence[str], targets: Sequence[str]) -> Transfer:
    """Sum up a source x target matrix; the order of languages is kept.

    Args:
        cells: the scores, higher is better.
        sources: all that belong in it.
        targets: all that belong in it.

    >>> cells = {("a", "a"): 0.9, ("a", "b"): 0.5, ("b", "b"): 0.8, ("b", "a"): 0.6}
    >>> t = transfer_summary(cells, sources=["a", "b"], targets=["a", "b"])
    >>> t.donors["a"].value, t.recipients["a"].value, round(t.target_gaps["a"], 3)
    (0.5, 0.6, 0.3)
    """
    recipients = {t: _mean(cells.get((s, t)) for s in sources if s != t) for t in targets}
    diagonal = {t: cells.get((t, t)) for t in targets}
    return Transfer(
        sources=tuple(sources),
        targets=tuple(targets),
        donors={s: _mean(cells.get((s, t)) for t in targets if s != t) for s in sources},
        recipients=recipients,
        in_language=diagonal,
        target_gaps={t: _minus(diagonal[t], recipients[t].value) for t in targets},
    )


def _mean(values: Iterable[float | None]) -> Mean:
    listed = list(values)
    present = [value for value in listed if value is not None]
    return Mean(fmean(present) if present else None, len(present), len(listed) - len(present))


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second
