"""Transfer as records: each source on each target, and what each language gives and gets."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from isogloss.report.cells import (
    Cells,
    Group,
    Seen,
    by_size,
    interval_fields,
    score_fields,
    values,
)
from isogloss.report.records import Record
from isogloss.stats.intervals import Interval, mean_interval, paired_interval
from isogloss.stats.transfer import Mean, Transfer, transfer_summary

NO_MEAN = Mean(None, 0, 0)
NOT_RUN: Record = {
    **interval_fields("value", None),
    "method": None,
    "n_seeds": 0,
    "n_scored": 0,
    "n_unscored": 0,
}


def transfer(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per source and target of the single regime, those not run included.

    `gap` is the in-language score of the target minus this one, paired by seed.
    """
    for group, singles in _singles(cells).items():
        summary = _summary(singles)
        for source in summary.sources:
            for target in summary.targets:
                by_seed = singles.get((source, target))
                yield {
                    **group._asdict(),
                    "source": source,
                    "target": target,
                    **(score_fields(by_seed, metric) if by_seed else NOT_RUN),
                    **interval_fields("gap", _gap(singles, source, target)),
                }


def donors(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per language: what it has alone, gives to others and gets from others.

    An interval over seeds is given where every seed ran the whole row or column.
    """
    del metric
    for group, singles in _singles(cells).items():
        summary = _summary(singles)
        by_seed = _seed_summaries(singles, summary)
        for code in dict.fromkeys((*summary.sources, *summary.targets)):
            fields = _language_fields(code, summary, by_seed)
            yield {**group._asdict(), "language": code, **fields, "n_seeds": len(by_seed)}


Singles = dict[tuple[str, str], dict[int, Seen]]


def _singles(cells: Cells) -> dict[Group, Singles]:
    """The cells of the single regime as source x target, by group, small sizes first."""
    found: dict[Group, Singles] = defaultdict(dict)
    for (model, split, target), by_seed in cells.items():
        if model.regime == "single" and len(model.sources) == 1:
            group = Group(model.encoder, split, model.n_per_language)
            found[group][model.sources[0], target] = by_seed
    begun = [group for group, singles in found.items() if any(singles.values())]
    order = sorted(begun, key=lambda group: by_size(group.n_per_language))
    return {group: found[group] for group in order}


def _summary(singles: Singles) -> Transfer:
    means = {
        cell: sum(seen.value for seen in seeds.values()) / len(seeds)
        for cell, seeds in singles.items()
        if seeds
    }
    sources = dict.fromkeys(source for source, _ in singles)
    targets = dict.fromkeys(target for _, target in singles)
    both = [code for code in sources if code in targets]
    return transfer_summary(
        means,
        sources=[*both, *(code for code in sources if code not in targets)],
        targets=[*both, *(code for code in targets if code not in sources)],
    )


def _seed_summaries(singles: Singles, whole: Transfer) -> list[Transfer]:
    seeds = dict.fromkeys(seed for by_seed in singles.values() for seed in by_seed)
    return [
        transfer_summary(
            {cell: seen[seed].value for cell, seen in singles.items() if seed in seen},
            sources=whole.sources,
            targets=whole.targets,
        )
        for seed in seeds
    ]


def _language_fields(code: str, summary: Transfer, by_seed: Sequence[Transfer]) -> Record:
    recipients = [one.recipients.get(code, NO_MEAN) for one in by_seed]
    whole = all(one.n_missing == 0 for one in recipients)
    own = [one.in_language.get(code) for one in by_seed]
    gaps = [one.target_gaps.get(code) for one in by_seed] if whole else []
    given = [one.donors.get(code, NO_MEAN) for one in by_seed]
    return {
        **_interval("in_language", summary.in_language.get(code), own),
        **_mean_fields("donor", summary.donors.get(code, NO_MEAN), given),
        **_mean_fields("recipient", summary.recipients.get(code, NO_MEAN), recipients),
        **_interval("gap", summary.target_gaps.get(code), gaps),
    }


def _mean_fields(name: str, mean: Mean, by_seed: Sequence[Mean]) -> Record:
    whole = all(one.n_missing == 0 for one in by_seed)
    present = [one.value for one in by_seed] if whole else []
    return {
        **_interval(name, mean.value, present),
        f"n_{name}": mean.n,
        f"n_{name}_missing": mean.n_missing,
    }


def _interval(name: str, value: float | None, by_seed: Sequence[float | None]) -> Record:
    """A number with an interval over seeds, if there are several and each has it."""
    present = [one for one in by_seed if one is not None]
    sure = len(present) == len(by_seed) > 1
    return {**interval_fields(name, mean_interval(present) if sure else None), name: value}


def _gap(singles: Singles, source: str, target: str) -> Interval | None:
    own, this = singles.get((target, target), {}), singles.get((source, target), {})
    return paired_interval(values(own), values(this))
