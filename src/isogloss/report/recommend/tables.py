"""A recommendation as tables: the candidates with where each stands, and what was excluded."""

from isogloss.report.recommend.constraints import Exclusion
from isogloss.report.recommend.recommend import Recommendation
from isogloss.report.records import Record

CHOICE, FRONT, OUT, DOMINATED = "choice", "Pareto front", "excluded", "dominated"
TIES = "ties"
"""Said behind the place of those that tie with the choice on quality."""


def candidate_table(found: Recommendation) -> list[Record]:
    """One record per candidate, in the order given: its criteria and where it stands."""
    scores = {one.name: one.score for one in found.weighed}
    cost = f"cost per million ({found.currency})" if found.currency else "cost per million"
    return [
        {
            "candidate": one.name,
            f"mean {one.metric}": one.quality,
            f"mean {one.metric}_low": one.quality_low,
            f"mean {one.metric}_high": one.quality_high,
            "worst": one.worst_language,
            "worst_score": one.fairness,
            "expansion": one.expansion,
            "p99 (ms)": one.latency_ms,
            "memory (MB)": one.memory_mb,
            cost: one.cost,
            f"{cost}_low": one.cost_low,
            f"{cost}_high": one.cost_high,
            "weighted": scores.get(one.name),
            "stands": _stands(one.name, found),
        }
        for one in found.candidates
    ]


def expansion_line(found: Recommendation) -> str:
    """What expansion is the mean of; empty if nobody was tested on it."""
    tests = ", ".join(found.expansion_tests)
    return f"Expansion is the mean zero-shot score on {tests}." if tests else ""


def exclusion_table(found: Recommendation) -> list[Record]:
    """What each constraint excluded."""
    return [_exclusion(one) for one in found.excluded]


def _exclusion(one: Exclusion) -> Record:
    return {
        "constraint": one.constraint,
        "candidate": one.candidate,
        "measured": "not measured" if one.value is None else one.value,
        "limit": one.limit or None,
    }


def _stands(name: str, found: Recommendation) -> str:
    if name == found.choice:
        return CHOICE
    if any(name == gone.candidate for gone in found.excluded):
        return OUT
    place = FRONT if name in found.front else DOMINATED
    return f"{place}, {TIES}" if name in found.ties else place
