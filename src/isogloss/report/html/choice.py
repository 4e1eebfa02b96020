"""The chosen candidate at a glance: which one, how sure, at what cost, for whom it fails."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.comparison.compare import Comparison, of_main_setting
from isogloss.report.comparison.differences import ALPHA
from isogloss.report.comparison.fields import score_of
from isogloss.report.comparison.measures import statistic
from isogloss.report.comparison.quality import Quality
from isogloss.report.comparison.results import TRAINED_FORM
from isogloss.report.comparison.values import interval_text
from isogloss.report.frame import Frame
from isogloss.report.html.blocks import Fact, Facts, grouped
from isogloss.report.html.evidence import Comparing
from isogloss.report.numbers import alike, number, p_text, plain
from isogloss.report.recommend.candidate import Candidate
from isogloss.report.records import Record
from isogloss.stats.combined import score_interval
from isogloss.stats.correction import holm


class Weak(NamedTuple):
    """Where a candidate is at its weakest."""

    where: str
    text: str
    score: float


def choice_facts(comparing: Comparing, frame: Frame) -> Facts:
    """The four answers on the choice of a comparison."""
    chosen = comparing.chosen
    quality = next(q for q in comparing.comparison.qualities if q.key.name == chosen.name)
    return Facts(
        [
            _how_good(chosen, frame),
            _how_sure(chosen, comparing.candidates, quality),
            _cost(chosen, comparing.recommendation.currency),
            _fails(chosen, quality, comparing.comparison),
        ]
    )


def extremes(comparing: Comparing) -> dict[str, str]:
    """The worst and the best language of the choice by code, and what the verdict calls them."""
    chosen = comparing.chosen
    qualities = comparing.comparison.qualities
    means = next(q for q in qualities if q.key.name == chosen.name).language_means
    if len(means) == 1:
        return dict.fromkeys(means, "the one language")
    ordered = sorted(means, key=means.__getitem__)
    return {ordered[0]: "the worst language", ordered[-1]: "the best language"}


def _how_good(chosen: Candidate, frame: Frame) -> Fact:
    score = number(chosen.quality, chosen.quality_low, chosen.quality_high)
    over = f", mean {chosen.over}" if chosen.over else ""
    value, _, interval = score.partition(" ")
    more = [f"95 % interval {interval}"] if interval else []
    return Fact("How good", f"{frame.measure} {value}{over}", more)


def _how_sure(chosen: Candidate, candidates: Sequence[Candidate], quality: Quality) -> Fact:
    others = [one.name for one in candidates if one is not chosen]
    adjusted = holm({name: chosen.p[name] for name in others if name in chosen.p})
    ties = [name for name, p in adjusted.items() if p >= ALPHA]
    seeds = quality.interval.n_seeds
    units = quality.interval.n_units
    trained = "1 training" if seeds == 1 else f"{seeds} trainings"
    more = [f"{trained}, {units:,} test units"]
    if adjusted:
        nearest = max(adjusted, key=adjusted.__getitem__)
        more.insert(0, f"nearest: {nearest}, p {p_text(adjusted[nearest])} (Holm)")
    return Fact("How sure", _sure(ties, adjusted, others), more)


def _sure(ties: Sequence[str], tested: Mapping[str, float], others: Sequence[str]) -> str:
    if not others:
        return "nothing to compare with"
    if not tested:
        return "not tested: no seed is shared"
    if ties:
        return f"a tie with {ties[0] if len(ties) == 1 else f'{len(ties)} others'}"
    return f"told apart from {'the other' if len(tested) == 1 else f'all {len(tested)} others'}"


def _cost(chosen: Candidate, currency: str) -> Fact:
    told = list(_costs(chosen, currency))
    if not told:
        return Fact("At what cost", "not measured", ["add `efficiency: {}` to the study"])
    return Fact("At what cost", told[0], told[1:])


def _costs(chosen: Candidate, currency: str) -> Iterator[str]:
    if chosen.cost is not None:
        text = interval_text(chosen.cost, chosen.cost_low, chosen.cost_high)
        value, _, interval = text.partition(" ")
        yield " ".join(filter(None, (value, currency, "per million sentences")))
        if interval:
            yield f"95 % interval {interval}"
    if chosen.latency_ms is not None:
        yield f"{grouped(plain(chosen.latency_ms))} ms for 99 of 100 answers"
    if chosen.memory_mb is not None:
        yield f"{grouped(plain(chosen.memory_mb))} MB of memory at most"


def _fails(chosen: Candidate, quality: Quality, comparison: Comparison) -> Fact:
    weak = sorted(_weak(chosen, quality), key=lambda one: one.score)
    more = [f"{one.where}: {one.text}" for one in weak[1:]]
    if beaten := _beaten(chosen, comparison):
        more.append(f"worse than {beaten}")
    best = max(quality.language_means, key=quality.language_means.__getitem__)
    if len(quality.language_means) > 1:
        told = _languages(quality, [best, chosen.worst_language])[best]
        more.append(f"best: {language_name(best)} {told}")
    return Fact("For whom it fails first", f"{weak[0].where}: {weak[0].text}", more)


def _weak(chosen: Candidate, quality: Quality) -> Iterator[Weak]:
    """The worst language that it was trained on, and those that it was not."""
    if chosen.worst_language is not None and chosen.fairness is not None:
        best = max(quality.language_means, key=quality.language_means.__getitem__)
        told = _languages(quality, [best, chosen.worst_language])
        text = told[chosen.worst_language]
        yield Weak(chosen.worst_name, text, chosen.fairness)
    if chosen.expansion is not None:
        tests = chosen.expansion_tests
        where = tests[0] if len(tests) == 1 else f"{len(tests)} languages not trained on"
        how = ", not trained on" if len(tests) == 1 else " on average"
        yield Weak(where, f"{plain(chosen.expansion)}{how}", chosen.expansion)


def _languages(quality: Quality, languages: Sequence[str | None]) -> dict[str, str]:
    """Scores of languages by code, with digits alike: rounded apart, the worst may look better."""
    found = [code for code in dict.fromkeys(languages) if code is not None]
    fields = {code: _score(quality, code) for code in found}
    ends = [(one["score"], one["score_low"], one["score_high"]) for one in fields.values()]
    return dict(zip(fields, alike(ends), strict=True))


def _score(quality: Quality, language: str) -> Record:
    interval = score_interval(quality.by_language[language], statistic(quality.metric))
    return score_of("score", interval, quality.metric)


def _beaten(chosen: Candidate, comparison: Comparison) -> str:
    """Who is better than it, and in which languages; of the form that encoders are compared in."""
    if chosen.form != TRAINED_FORM:
        return ""
    worse: dict[str, list[str]] = {}
    for record in of_main_setting(comparison):
        winner = _winner(record)
        mine = chosen.encoder in {record["first"], record["second"]}
        own_metric = record["metric"] == comparison.asked.metric
        if (
            record["scope"] == "language"
            and own_metric
            and mine
            and winner not in {None, chosen.encoder}
        ):
            worse.setdefault(str(winner), []).append(language_name(record["language"]))
    return "; ".join(f"{name} in {', '.join(where)}" for name, where in worse.items())


def _winner(record: Mapping[str, Any]) -> str | None:
    named = {"better": record["second"], "worse": record["first"]}
    return named.get(record["verdict"])
