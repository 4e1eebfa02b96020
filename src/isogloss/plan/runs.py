"""Which trainings a study asks for, and where each is tested."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from isogloss.study.regimes import Regime, source_sets
from isogloss.study.study import Study


@final
@dataclass(frozen=True)
class Run:
    """One training of the study: who, how much, which seed."""

    regime: str
    sources: tuple[str, ...]
    size: int | None
    seed: int
    left_out: str | None = None

    @property
    def title(self) -> str:
        """For people: `joint n=100 seed=42`."""
        who = self.regime if len(self.sources) > 1 else f"{self.regime} {self.sources[0]}"
        if self.left_out:
            who = f"{self.regime} without {self.left_out}"
        return f"{who} n={self.size or 'all'} seed={self.seed}"


def runs(study: Study) -> Iterator[Run]:
    """The trainings of one encoder: regime by regime, size by size, seed by seed."""
    for regime in study.regimes:
        for size in _sizes(study, regime):
            for sources in source_sets(regime, study.languages):
                for seed in study.seeds:
                    yield Run(regime.label, sources, size, seed, _left_out(regime, sources, study))


def places(study: Study) -> list[tuple[str, str]]:
    """The languages and splits that every trained model is tested on."""
    splits = study.evaluation.splits
    return [(code, split) for code in study.target_languages for split in splits]


def task_of(study: Study) -> dict[str, str]:
    """The task as a part of a payload; of texts, nothing: their steps do not ask for it."""
    return {"task": study.task} if study.is_tagging else {}


def is_served(study: Study, run: Run) -> bool:
    """Whether a training's model is tried in forms of serving: joint if there is one, all its rows.

    The other regimes and sizes answer other questions than what a product would run.
    """
    joint = [regime for regime in study.regimes if regime.regime == "joint"]
    regime = (joint or list(study.regimes))[0]
    first = source_sets(regime, study.languages)[0]
    sizes = _sizes(study, regime)
    largest = None if None in sizes else max(size for size in sizes if size is not None)
    return (run.regime, run.sources, run.size) == (regime.label, first, largest)


def _left_out(regime: Regime, sources: tuple[str, ...], study: Study) -> str | None:
    """The language that a leave_one_out training leaves out."""
    if regime.regime != "leave_one_out":
        return None
    among = regime.languages or study.languages
    return next(code for code in among if code not in sources)


def _sizes(study: Study, regime: Regime) -> list[int | None]:
    sizes = regime.sizes or study.sizes
    return [size if isinstance(size, int) else None for size in sizes]
