"""The comparison of an opened study: what `compare` and `recommend` have in common."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from isogloss.base.languages import language_name
from isogloss.desk.opened import Opened
from isogloss.report.balance.scores import REGIMES
from isogloss.report.comparison.compare import Asked, Comparison, Extra, compare_study
from isogloss.report.comparison.measured import how_measured
from isogloss.report.comparison.measures import metrics_of
from isogloss.report.comparison.results import Result
from isogloss.report.comparison.rounds import Price
from isogloss.report.comparison.units import read_units
from isogloss.report.recommend.candidate import candidates_of
from isogloss.report.recommend.constraints import Constraints
from isogloss.report.recommend.recommend import Recommendation, recommend
from isogloss.store.results import results_table
from isogloss.store.step_files import MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from isogloss.plan.plan import Step
    from isogloss.store.results import Entry

UNLIMITED = Constraints()


@final
@dataclass(frozen=True)
class Compared:
    """A study's comparison, and what a recommendation is made from."""

    comparison: Comparison
    results: tuple[Result, ...]
    currency: str

    def recommend(
        self,
        limits: Constraints = UNLIMITED,
        weights: "Mapping[str, float] | None" = None,
        *,
        price_per_hour: float | None = None,
    ) -> Recommendation:
        """Choose among all encoders in all their forms.

        Args:
            limits: that the choice keeps to.
            weights: by criterion; None for the best quality and the cheapest of its ties.
            price_per_hour: of the machine, in the study's currency; by default the study's.

        Raises:
            InputError: if the price is not 0 or more, nobody keeps to the limits, or nobody was
                measured on them.
        """
        price = None if price_per_hour is None else Price(price_per_hour, self.currency)
        candidates = candidates_of(self.comparison, self.results, price=price)
        return recommend(candidates, limits, weights, currency=self.currency)


def compared(opened: Opened, audits: "Mapping[str, Mapping[str, Any]] | None" = None) -> Compared:
    """Compare what is finished of a study.

    Args:
        opened: the study.
        audits: of tokenizers by encoder, where somebody has made them.

    Raises:
        InputError: if nothing is finished, there is one encoder only and in one form, or encoders
            were scored on different gold.
    """
    results = tuple(_results(opened))
    if not results:
        raise opened.nothing_finished()
    rows = results_table(_finetuned(opened)).to_pylist()
    task = opened.study.task
    asked = Asked(opened.study.metric, metrics_of(task))
    declared = opened.study.efficiency
    currency = declared.currency if declared else ""
    per_hour = declared.price_per_hour if declared else None
    price = None if per_hour is None else Price(per_hour, currency)
    extra = Extra(samples=_samples(opened), audits=audits or {}, price=price)
    return Compared(compare_study(results, rows, asked, extra), results, currency)


def measurement(opened: Opened) -> tuple[list[str], "Path | None"]:
    """How costs were measured, in lines, and the file of raw output; nothing if they were not."""
    for step in opened.plan.of_kind("measure"):
        if step.key in opened.store:
            told = list(how_measured(opened.store.record(step.key)))
            return told, opened.store.folder(step.key) / MEASURED
    return [], None


def warnings(opened: Opened, measured: "Sequence[str]") -> list[str]:
    """What makes a comparison doubtful, for the screen; `measured` are lines of `measurement`."""
    lines = [line.replace("**", "") for line in measured if line.startswith("**")]
    if len(opened.study.seeds) == 1:
        lines.append(
            "One seed: intervals are over test sentences only; another training may differ by more."
        )
    return lines


def data_notes(opened: Opened) -> list[str]:
    """What had to be done so that every gold word counts, a line each; nothing for texts."""
    if not opened.study.is_tagging:
        return []
    read = [opened.store.record(step.key) for step in opened.plan.labeled_data]
    repaired = [
        f"{language_name(one['language'])} {one['split']}: {one['n_repaired']} tags broke their"
        " scheme and were repaired"
        for one in read
        if one["n_repaired"]
    ]
    names = [encoder.display for encoder in opened.study.encoders]
    return [*repaired, *(f"{name}: {_sentences(opened, name)}" for name in names)]


def _sentences(opened: Opened, encoder: str) -> str:
    """How the sentences of all splits went into an encoder."""
    records = [
        opened.store.record(step.key)
        for step in prepared(opened, encoder)
        if step.key in opened.store
    ]
    words, sentences = (sum(record[name] for record in records) for name in ("words", "rows"))
    windowed, empty, lost = (
        sum(record[name] for record in records) for name in ("n_windowed", "n_empty", "n_truncated")
    )
    return (
        f"{windowed} of {sentences:,} sentences needed several windows, {empty} of {words:,} words"
        f" gave no sub-token of their own, {lost} were lost"
    )


def prepared(opened: Opened, encoder: str) -> "Iterator[Step]":
    """The steps that cut the labeled sentences for an encoder; some share them."""
    origin, labeled = opened.plan.tokenizers[encoder], opened.plan.labeled_data
    texts, longest = {step.key for step in labeled}, opened.study.training.max_length
    for step in opened.plan.of_kind("prepare"):
        asked = step.payload["tokenizer"], step.payload["max_length"]
        same = asked == (origin.pin, longest) and origin.step in (*step.needs, None)
        if same and step.needs[0] in texts:
            yield step


def _finetuned(opened: Opened) -> "list[Entry]":
    """The finished cells of what was fine-tuned; those of pre-training are no candidates."""
    return [entry for entry in opened.entries if entry[0]["regime"] not in REGIMES]


def _results(opened: Opened) -> "list[Result]":
    return [
        Result(
            encoder=columns["encoder"],
            form=columns["form"],
            regime=columns["regime"],
            sources=tuple(columns["source_languages"]),
            n_per_language=columns["n_per_language"],
            target=columns["target_language"],
            split=columns["split"],
            seed=columns["seed"],
            units=read_units(
                opened.store.folder(columns["step"]),
                task=opened.study.task,
                labels=opened.study.labels,
            ),
        )
        for columns, _ in _finetuned(opened)
        if columns["target_language"] is not None
    ]


def _samples(opened: Opened) -> dict[tuple[str, str], dict[str, list[float]]]:
    """Raw samples of measured values, a sample a round."""
    return {
        (columns["encoder"], columns["form"]): record["samples"]
        for columns, record in opened.entries
        if columns["split"] == "efficiency"
    }
