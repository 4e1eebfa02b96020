"""Regimes and gaps as records: what training on others does to each language of one model."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from isogloss.report.cells import Cells, Group, Model, Record, interval_fields, values
from isogloss.stats.gaps import compare_regimes, language_gap
from isogloss.stats.intervals import mean_interval

Scores = dict[str, dict[int, float]]
"""By source and by seed; the source of a model trained on many languages is its regime."""

MANY = {"joint", "leave_one_out"}
WAYS = ("joint", "single", "zero_shot_best", "leave_one_out")


def regimes(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per target language and size at which two ways of training can be compared."""
    del metric
    groups: dict[Group, dict[str, Scores]] = defaultdict(lambda: defaultdict(dict))
    for (model, split, target), by_seed in cells.items():
        source = _source(model, target)
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
        ]
        if any(sum(record[way] is not None for way in WAYS) > 1 for record in records):
            yield from records


def gaps(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per model: its worst and best language and how far apart they are."""
    del metric
    models: dict[tuple[Model, str], dict[str, dict[int, float]]] = defaultdict(dict)
    for (model, split, target), by_seed in cells.items():
        models[model, split][target] = values(by_seed)
    all_targets = {split: {c.target for c in cells if c.split == split} for _, split in models}
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
            "n_seeds": gap.gap.n if gap.gap else 0,
        }


def _source(model: Model, target: str) -> str | None:
    """Where a cell stands in the comparison of regimes; None if it has no place there."""
    if model.regime == "single" and len(model.sources) == 1:
        return model.sources[0]
    left_out = model.regime == "leave_one_out" and target not in model.sources
    return model.regime if left_out or model.regime == "joint" else None


def _regime_fields(scores: Scores, target: str, sources: Iterable[str]) -> Record:
    found = compare_regimes(
        scores.get("joint", {}),
        scores.get(target, {}),
        {source: scores.get(source, {}) for source in sources if source != target},
    )
    left_out = scores.get("leave_one_out")
    rest = mean_interval(list(left_out.values())) if left_out else None
    return {
        **interval_fields("joint", found.joint),
        **interval_fields("single", found.single),
        **interval_fields("zero_shot_best", found.zero_shot_best),
        "best_source": found.best_source,
        **interval_fields("zero_shot_mean", found.zero_shot_mean),
        **interval_fields("leave_one_out", rest),
        **interval_fields("joint_minus_single", found.joint_minus_single),
        **interval_fields("joint_minus_zero_shot", found.joint_minus_zero_shot),
        **interval_fields("single_minus_zero_shot", found.single_minus_zero_shot),
        "n_sources": found.n_sources,
        "n_missing": found.n_missing,
        "n_seeds": max((one.n for one in (found.joint, found.single, rest) if one), default=0),
    }
