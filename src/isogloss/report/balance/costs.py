"""What each arm cost: updates, tokens, floating-point operations and time, teachers counted.

A soft arm at the same number of updates has more compute than a hard one: its teachers answer at
each update, and were trained before. Both stand in the table, each alone and in the total, so that
nobody compares at equal updates and believes it equal compute.

Operations are those that the training counted by formula; times are as the clock ran, and do not
compare if runs shared a machine.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from isogloss.report.balance.averages import cut_score
from isogloss.report.balance.design import Design
from isogloss.report.balance.scores import TEACHERS
from isogloss.report.records import Record, Row
from isogloss.stats.intervals import mean_interval

UNITS = {"EFLOP": 1e18, "PFLOP": 1e15, "TFLOP": 1e12, "GFLOP": 1e9, "MFLOP": 1e6, "FLOP": 1.0}
"""Operations are written in the largest unit of which every count in the table has one."""

LOSSES_SAID = "an own loss is against its own targets and text: losses do not compare here"

PARTS = ("student", "teachers forward", "teachers training")
TOTAL = "total"
"""What operations were for, and all of them; the unit follows in the name of a field."""

Measured = dict[str, dict[int, float]]
"""Metric -> seed -> value."""

TaughtBy = Mapping[str, Sequence[str]]
"""Arm or teacher -> the names of those that taught it, if any did."""


def costs(rows: Iterable[Row], design: Design) -> list[Record]:
    """One record per arm and teacher that was trained, means over seeds.

    Args:
        rows: the long table; those of `pretrain` without a target language count.
        design: of the study; the first baseline is what others are relative to.

    Returns:
        `arm`, `n_windows`, `updates`, `tokens seen`; `student TFLOP`, `teachers forward TFLOP`,
        `teachers training TFLOP` (each teacher once, as if trained for this arm alone) and `total
        TFLOP`, or in another of `UNITS`; `training (s)` with its interval over seeds, `teachers
        training (s)`, `s per update`; `TFLOP / <baseline>` and `update / <baseline>`, ratios of
        totals and of seconds per update; `loss (nats)`, mean over the training, of its own targets
        on its own text, so that no two compare; `n_seeds`. What is not known is None.
    """
    learners, usual = _read(rows)
    taught_by = {**usual, **{arm: tuple(names) for arm, names in design.teachers.items() if names}}
    order = [*design.arms, *(name for name in learners if name.startswith(TEACHERS))]
    counted = {
        name: _operations(name, learners, taught_by)
        for name in dict.fromkeys(order)
        if name in learners
    }
    unit = _unit(count for counts in counted.values() for count in counts.values())
    records = [
        _record(name, learners[name], counts, unit, _teachers_seconds(name, learners, taught_by))
        for name, counts in counted.items()
    ]
    base = design.baselines[0] if design.baselines else None
    reference = next((record for record in records if record["arm"] == base), None)
    return [{**record, **_relative(record, reference, base, unit)} for record in records]


def _read(rows: Iterable[Row]) -> tuple[dict[str, Measured], dict[str, tuple[str, ...]]]:
    """Measured values by arm or teacher, and the names of the teachers that it has if any."""
    found: dict[str, Measured] = {}
    teachers: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row["regime"] == "pretrain" and row["target_language"] is None:
            by_metric = found.setdefault(row["encoder"], {})
            if math.isfinite(row["value"]):
                by_metric.setdefault(row["metric"], {})[row["seed"]] = float(row["value"])
            teachers[row["encoder"]] = tuple(
                f"{TEACHERS}{code}" for code in row["source_languages"]
            )
    return found, teachers


def _operations(
    name: str, learners: Mapping[str, Measured], taught_by: TaughtBy
) -> dict[str, float | None]:
    """Floating-point operations of an arm, by what they were for."""
    measured = learners.get(name, {})
    counts = (
        _mean(measured, "flops"),
        _mean(measured, "teacher_flops"),
        _teachers_flops(name, learners, taught_by),
    )
    known = [count for count in counts if count is not None]
    total = sum(known) if len(known) == len(PARTS) else None
    return {**dict(zip(PARTS, counts, strict=True)), TOTAL: total}


def _unit(counts: Iterable[float | None]) -> str:
    """The largest unit of which all counts above 0 have one."""
    least = min((count for count in counts if count), default=math.inf)
    if not math.isfinite(least):
        return "TFLOP"
    return next((unit for unit, size in UNITS.items() if size <= least), "FLOP")


def _record(
    name: str,
    measured: Measured,
    counts: Mapping[str, float | None],
    unit: str,
    teachers_seconds: float | None,
) -> Record:
    runtime = measured.get("train_runtime", {})
    updates = measured.get("train_steps", {})
    seconds = {seed: s / updates[seed] for seed, s in runtime.items() if updates.get(seed)}
    interval = mean_interval(list(runtime.values())) if runtime else None
    return {
        "arm": name,
        "n_windows": _whole(_mean(measured, "n_windows")),
        "updates": _whole(_mean(measured, "train_steps")),
        "tokens seen": _whole(_mean(measured, "tokens_seen")),
        **{
            f"{what} {unit}": count / UNITS[unit] if count else _whole(count)
            for what, count in counts.items()
        },
        **_bounded(cut_score("training (s)", interval, "eval_loss")),
        "teachers training (s)": teachers_seconds or _whole(teachers_seconds),
        "s per update": fmean(seconds.values()) if seconds else None,
        "loss (nats)": _mean(measured, "train_loss"),
        "n_seeds": max((len(by_seed) for by_seed in measured.values()), default=0),
    }


def _bounded(fields: Record) -> Record:
    """Without the deviation between seeds."""
    return {field: v for field, v in fields.items() if not field.endswith("_sd")}


def _teachers_flops(
    name: str, learners: Mapping[str, Measured], taught_by: TaughtBy
) -> float | None:
    """Operations that the teachers of an arm took to train; 0 without, None where not known.

    The training itself has told it, if it was not of an earlier Isogloss: then an arm has trained
    teachers if its rows say that they took time. A teacher that was taught itself took its own
    teachers too.
    """
    measured = learners.get(name, {})
    told = _mean(measured, "teachers_training_flops")
    if told is not None:
        return told
    if not _mean(measured, "teacher_flops") and not _mean(measured, "teachers_runtime"):
        return 0.0
    if _mean(measured, "teachers_runtime") == 0.0:
        return 0.0
    each = [_operations(teacher, learners, taught_by)["total"] for teacher in taught_by[name]]
    known = [flops for flops in each if flops is not None]
    return sum(known) if known and len(known) == len(each) else None


def _teachers_seconds(
    name: str, learners: Mapping[str, Measured], taught_by: TaughtBy
) -> float | None:
    """Seconds that the teachers of an arm took to train, and theirs; None where not known."""
    told = _mean(learners.get(name, {}), "teachers_training_runtime")
    if told is not None:
        return told
    own = _mean(learners.get(name, {}), "teachers_runtime")
    if not own:
        return 0
    each = [
        _teachers_seconds(teacher, learners, taught_by) if teacher in learners else None
        for teacher in taught_by[name]
    ]
    known = [seconds for seconds in each if seconds is not None]
    return own + sum(known) if len(known) == len(each) else None


def _relative(record: Record, reference: Record | None, base: str | None, unit: str) -> Record:
    if reference is None:
        return {}
    return {
        f"{name} / {base}": _ratio(record[field], reference[field])
        for name, field in ((unit, f"{TOTAL} {unit}"), ("update", "s per update"))
    }


def _ratio(value: float | None, reference: float | None) -> float | None:
    return value / reference if value is not None and reference else None


def _mean(measured: Measured, metric: str) -> float | None:
    by_seed = measured.get(metric)
    return fmean(by_seed.values()) if by_seed else None


def _whole(value: float | None) -> float | int | None:
    """A mean of counts, as a whole number where it is one; nothing at all is 0, not 0.000."""
    return int(value) if value is not None and float(value).is_integer() else value
