"""Learning curves as records: what a regime scores on each language at each size."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from isogloss.report.cells import (
    Cells,
    Model,
    Seen,
    by_size,
    interval_fields,
    left_out,
    mean_train_rows,
    score_fields,
    values,
)
from isogloss.report.records import Record
from isogloss.stats.curves import learning_curve

SEEN = "seen"
ZERO_SHOT = "zero-shot"


def curves(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per point: a regime's score on a language at a size.

    `setting` is "seen" if the language was among the sources, else "zero-shot". A regime that
    trains several models that fit one point (single on foreign languages) has no curve there; the
    transfer matrix shows those.
    """
    for (encoder, split, regime, setting, language), sizes in _series(cells).items():
        for by_seed in sizes.values():
            model = by_seed.model
            yield {
                "encoder": encoder,
                "split": split,
                "regime": regime,
                "setting": setting,
                "language": language,
                "n_per_language": model.n_per_language,
                "n_train": mean_train_rows(by_seed.seeds),
                "n_languages": len(model.sources),
                **score_fields(by_seed.seeds, metric),
            }


def gains(cells: Cells, metric: str) -> Iterator[Record]:
    """One record per learning curve of two sizes or more: what the added rows bought."""
    del metric
    for (encoder, split, regime, setting, language), sizes in _series(cells).items():
        known = {size: values(s.seeds) for size, s in sizes.items() if size is not None}
        if len(known) < 2:
            continue
        curve = learning_curve(known)
        yield {
            "encoder": encoder,
            "split": split,
            "regime": regime,
            "setting": setting,
            "language": language,
            "n_from": curve.points[0].n_per_language,
            "n_to": curve.points[-1].n_per_language,
            **interval_fields("gain", curve.gain),
            "gain_per_doubling": curve.gain_per_doubling,
            "n_sizes": len(curve.points),
            "n_seeds": curve.gain.n if curve.gain else 0,
        }


class _Point(NamedTuple):
    model: Model
    seeds: dict[int, Seen]


def _series(cells: Cells) -> dict[tuple[str, str, str, str, str], dict[int | None, _Point]]:
    """Cells by (encoder, split, regime, setting, language) and size, if one model fits each."""
    found: dict[Any, dict[int | None, list[_Point]]] = defaultdict(lambda: defaultdict(list))
    outside = left_out(cells)
    for (model, split, target), by_seed in cells.items():
        if model.regime == "leave_one_out" and target not in outside[model]:
            continue
        setting = SEEN if target in model.sources else ZERO_SHOT
        key = (model.encoder, split, model.regime, setting, target)
        found[key][model.n_per_language].append(_Point(model, by_seed))
    series = {
        key: {size: sizes[size][0] for size in sorted(sizes, key=by_size) if sizes[size][0].seeds}
        for key, sizes in found.items()
        if all(len(points) == 1 for points in sizes.values()) and _is_own(key)
    }
    return {key: sizes for key, sizes in series.items() if sizes}


def _is_own(key: tuple[str, str, str, str, str]) -> bool:
    """A single model of a foreign language is no curve of a language.

    Decided by regime, not by how many models have finished, so a half-done study shows no curve
    that vanishes later.
    """
    _, _, regime, setting, _ = key
    return regime != "single" or setting == SEEN
