"""Regimes and gaps as records: what training on others does to each language of one model."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from isogloss.report.cells import Cells, Group, Model, interval_fields, left_out, values
from isogloss.report.records import Record
from isogloss.stats.gaps import compare_regimes, language_gap
from isogloss.stats.intervals import Interval, mean_interval

Scores = dict[str, dict[int, float]]
"""By source and by seed; the source of a model trained on many languages is its regime."""

MANY = {"joint", "joint_zero_shot", "leave_one_out"}
WAYS = ("joint", "single", "zero_shot_best", "joint_zero_shot", "leave_one_out")


def regimes(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per target language and size at which two ways of training can be compared.

    A joint model that did not see the target is zero-shot: `joint_zero_shot`, never `joint`. A
    target that no model left out, since none could train on it, has no `leave_one_out`.
    """
    del metric
    outside = left_out(cells)
    groups: dict[Group, dict[str, Scores]] = defaultdict(lambda: defaultdict(dict))
    for (model, split, target), by_seed in cells.items():
        source = _source(model, target, outside)
        if source is not None:
            group = Group(model.encoder, split, model.n_per_language)
            groups[group][target][source] = values(by_seed)
    for group, targets in groups.items():
        sources = dict.fromkeys(
            source for scores in targets.values() for source in scores if source not in MANY
        )
        records = [
            {**group._asdict(), "language": target, **_regime_fields(scores, target, sources)}
            for target, scores in targets.items()
            if any(scores.values())
        ]
        if any(sum(record[way] is not None for way in WAYS) > 1 for record in records):
            yield from records


def gaps(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per model: its worst and best language and how far apart they are."""
    del metric
    models: dict[tuple[Model, str], dict[str, dict[int, float]]] = defaultdict(dict)
    for (model, split, target), by_seed in cells.items():
        models[model, split][target] = values(by_seed)
    all_targets = {
        split: list(dict.fromkeys(cell.target for cell in cells if cell.split == split))
        for _, split in models
    }
    for (model, split), scores in models.items():
        gap = language_gap(scores)
        if gap is None:
            continue
        yield {
            "encoder": model.encoder,
            "split": split,
            "regime": model.regime,
            "sources": list(model.sources),
            "n_per_language": model.n_per_language,
            "mean": gap.mean,
            "worst": gap.worst,
            **interval_fields("worst_score", gap.worst_score),
            "best": gap.best,
            **interval_fields("best_score", gap.best_score),
            **interval_fields("gap", gap.gap),
            "sd_languages": gap.sd,
            "n_languages": gap.n,
            "n_missing": len(all_targets[split]) - gap.n,
            "missing": [code for code in all_targets[split] if not scores.get(code)],
            "n_seeds": gap.gap.n if gap.gap else 0,
        }


def _source(model: Model, target: str, outside: Mapping[Model, set[str]]) -> str | None:
    """Where a cell stands in the comparison of regimes; None if it has no place there."""
    if model.regime == "single" and len(model.sources) == 1:
        return model.sources[0]
    if model.regime == "joint":
        return "joint" if target in model.sources else "joint_zero_shot"
    return model.regime if target in outside.get(model, ()) else None


def _regime_fields(scores: Scores, target: str, sources: Iterable[str]) -> Record:
    found = compare_regimes(
        scores.get("joint", {}),
        scores.get(target, {}),
        {source: scores.get(source, {}) for source in sources if source != target},
    )
    unseen, rest = (_interval(scores.get(way)) for way in ("joint_zero_shot", "leave_one_out"))
    found_in = (found.joint, found.single, unseen, rest, found.zero_shot_best)
    return {
        **interval_fields("joint", found.joint),
        **interval_fields("single", found.single),
        **interval_fields("zero_shot_best", found.zero_shot_best),
        "best_source": found.best_source,
        **interval_fields("zero_shot_mean", found.zero_shot_mean),
        **interval_fields("joint_zero_shot", unseen),
        **interval_fields("leave_one_out", rest),
        **interval_fields("joint_minus_single", found.joint_minus_single),
        **interval_fields("joint_minus_zero_shot", found.joint_minus_zero_shot),
        **interval_fields("single_minus_zero_shot", found.single_minus_zero_shot),
        "n_sources": found.n_sources,
        "n_missing": found.n_missing,
        "n_seeds": max((one.n for one in found_in if one), default=0),
    }


def _interval(by_seed: Mapping[int, float] | None) -> Interval | None:
    return mean_interval(list(by_seed.values())) if by_seed else None
