"""How the models of a report were trained: what each training chose, and where rows fell short.

What a run decides by itself (precision, attention, device) and what it had to do without (rows that
a language lacks, text beyond the longest input) is part of the result. Takes one mapping per
finished training: `encoder, regime, source_languages, n_per_language, seed, n_train, step` and the
facts `precision, precision_reason, attention, device, threads, n_truncated, n_resumed,
stopped_early, padding_share, train_loss, cuts, head, n_weights, n_weights_trained, samples`. A fact
that is absent is not told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from statistics import fmean
from typing import Any, NamedTuple

from isogloss.base.languages import language_name
from isogloss.report.cells import by_size
from isogloss.report.pivots import parts
from isogloss.report.records import Record, Records
from isogloss.report.tables import markdown

Training = Mapping[str, Any]

CHOICES = ("precision", "precision_reason", "attention", "device", "threads")
"""What a training chose or was given by its machine."""

SHORTAGE_FIELDS = (
    "language", "requested", "rows", "missing_rows", "repeated_rows", "policy", "counts", "n_seeds",
)  # fmt: skip
"""The columns of the table of shortages."""

HARDLY = 0.95
"""Of the loss of who answers with the shares of the labels (their entropy): above, the mean loss of
a training says that it has learned next to nothing."""

MOST_NAMED = 5
"""Models that a line names."""

SHORT = "**Shortage**: samples with fewer rows than asked for, or with rows that repeat."
NONE_SHORT = (
    "Every sample has the rows that were asked for, as many of each label: none is short, none"
    " repeats a row."
)


class Ways(NamedTuple):
    """How the models of a study were trained."""

    warning: str
    """Set if they differ in precision."""

    line: str
    """What all chose, where it is the same for all."""

    choices: Records
    """What each group of alike models chose."""

    facts: Sequence[str]
    """What was cut, padded, resumed and learned, a line each."""


def shortage(trainings: Iterable[Training]) -> list[Record]:
    """One record per language and size whose sample fell short: rows missing, or repeated.

    A sample depends on language, size and seed only, so models that share it are told once. `rows`
    counts what was taken, repeated rows included; `n_seeds` the seeds it happened with.
    """
    found: dict[tuple[Any, ...], set[int]] = {}
    for training in trainings:
        for code, sample in (training.get("samples") or {}).items():
            if sample["n_missing"] or sample["n_repeated"]:
                told = tuple(sample[f] for f in ("rows", "n_missing", "n_repeated", "shortage"))
                key = (code, sample["requested"], *told, _counts(sample["counts"]))
                found.setdefault(key, set()).add(training["seed"])
    records = [
        dict(zip(SHORTAGE_FIELDS, (*key, len(seeds)), strict=True)) for key, seeds in found.items()
    ]
    codes = list(dict.fromkeys(record["language"] for record in records))
    return sorted(records, key=lambda r: (codes.index(r["language"]), by_size(r["requested"])))


def how_trained(trainings: Sequence[Training], short: Records) -> Iterator[str]:
    """Tell it in paragraphs of Markdown: choices, what was cut, what was short.

    Args:
        trainings: one mapping per finished training; with none, nothing is said. A training that
            two regimes share counts once.
        short: the records of `shortage`.
    """
    if not trainings:
        return
    found = ways_trained(trainings)
    if found.warning:
        yield found.warning
    yield found.line or markdown(found.choices)
    yield "\n".join(f"- {fact}" for fact in found.facts)
    yield SHORT if short else NONE_SHORT
    if short:
        yield markdown(short)


def ways_trained(trainings: Sequence[Training]) -> Ways:
    """Gather how models were trained; a training that two regimes share counts once.

    Args:
        trainings: one mapping per finished training, at least one.
    """
    trainings = list({one["step"]: one for one in trainings}.values())
    same = [_choice(key, group) for key, group in parts(_filled(trainings), CHOICES)]
    told = parts(_filled(trainings), ("encoder", *CHOICES))
    return Ways(
        warning="".join(_mixed_precisions(trainings)),
        line=_one_line(same[0]) if len(same) == 1 else "",
        choices=same if len(same) == 1 else [_choice(key, group) for key, group in told],
        facts=list(_facts(trainings)),
    )


def _filled(trainings: Sequence[Training]) -> list[Record]:
    """Every choice there, None where it is not told."""
    return [{**dict.fromkeys(CHOICES), **training} for training in trainings]


def _choice(key: Mapping[str, Any], group: Records) -> Record:
    return {**key, "n_models": len(group)}


def _one_line(choice: Mapping[str, Any]) -> str:
    reason = f" ({choice['precision_reason']})" if choice["precision_reason"] else ""
    words = [f"precision {choice['precision']}{reason}"] if choice["precision"] else []
    words += [f"{name} {choice[name]}" for name in CHOICES[2:] if choice[name] is not None]
    n = choice["n_models"]
    whose = "The only model" if n == 1 else f"All {n} models"
    return f"{whose}: {', '.join(words)}." if words else ""


def _mixed_precisions(trainings: Sequence[Training]) -> Iterator[str]:
    used = list(parts(_filled(trainings), ("precision",)))
    if len(used) > 1:
        told = "; ".join(
            f"{key['precision'] or 'not told'}: {len(group)} model{'' if len(group) == 1 else 's'}"
            f" ({', '.join(dict.fromkeys(one['encoder'] for one in group))})"
            for key, group in used
        )
        yield (
            f"**Warning: the models differ in precision** ({told}). Where a table sets them side "
            "by side, a part of the difference may be arithmetic."
        )


def _facts(trainings: Sequence[Training]) -> Iterator[str]:
    shares = [
        one["n_truncated"] / one["n_train"]
        for one in trainings
        if one.get("n_truncated") is not None and one.get("n_train")
    ]
    if shares:
        most = f", at most {_percent(max(shares))} of one model's" if max(shares) > 0 else ""
        yield f"Training rows cut at the longest input: {_percent(fmean(shares))}{most}"
    padding = [one["padding_share"] for one in trainings if one.get("padding_share") is not None]
    if padding:
        yield f"Padding: {_percent(fmean(padding))} of the computed positions, mean over models"
    for field, words in (("n_resumed", "Resumed after a break"), ("stopped_early", "Ended early")):
        known = [bool(one[field]) for one in trainings if one.get(field) is not None]
        if known:
            yield f"{words}: {sum(known) or 'none'} of {len(known)} models"
    smaller = [one for one in trainings if one.get("cuts")]
    if smaller:
        least = min(one["cuts"][-1]["max_tokens"] for one in smaller)
        yield (
            f"Memory ran out: {len(smaller)} of {len(trainings)} models; their steps kept their"
            f" examples and were computed in smaller parts, of {least} tokens at the least"
        )
    yield from _rounded(trainings)
    yield from hardly_learned(trainings)
    yield from _few_weights(trainings)
    heads = [key["head"] for key, _ in parts([{"head": None, **o} for o in trainings], ("head",))]
    if told := [HEADS.get(head, str(head)) for head in heads if head is not None]:
        yield f"Heads: {', '.join(told)}"


def _rounded(trainings: Sequence[Training]) -> Iterator[str]:
    """Sizes that the labels do not divide: each has as many rows, so the sample has a few less."""
    found = {
        (sample["requested"], sample["rows"])
        for one in trainings
        for sample in (one.get("samples") or {}).values()
        if sample["requested"] and not sample["n_missing"]
        if 0 < sample["requested"] - sample["rows"] < len(sample["counts"])
    }
    if found:
        told = ", ".join(f"{rows:,} of {asked:,}" for asked, rows in sorted(found))
        yield f"Rows per language, as many of each label: {told}; N is rounded down to that"


def hardly_learned(trainings: Sequence[Training]) -> Iterator[str]:
    """Name the models whose loss stayed where nothing of a text is known, in one line or none.

    Of texts with one label each; a training that two regimes share counts once.
    """
    trainings = list({one["step"]: one for one in trainings}.values())
    stuck = [one for one in trainings if _guesses(one)]
    if stuck:
        named = "; ".join(map(_model, stuck[:MOST_NAMED]))
        more = f" and {len(stuck) - MOST_NAMED} more" if len(stuck) > MOST_NAMED else ""
        yield (
            f"**Hardly learned: {len(stuck)} of {len(trainings)} models** ({named}{more}). The mean"
            " of their training loss is about that of answering with the shares of the labels, and"
            " they are in every mean and interval. More steps, a lower learning_rate or more"
            " warmup_steps may help."
        )


def _model(training: Training) -> str:
    """`tiny joint on 6 languages, 1000 rows each, seed 3`."""
    sources = training["source_languages"]
    whose = language_name(sources[0]) if len(sources) == 1 else f"{len(sources)} languages"
    n = training["n_per_language"]
    rows = f"{'all' if n is None else f'{n:,}'} rows" + (" each" if len(sources) > 1 else "")
    return f"{training['encoder']} {training['regime']} on {whose}, {rows}, seed {training['seed']}"


def _guesses(training: Training) -> bool:
    counts = Counter[str]()
    for sample in (training.get("samples") or {}).values():
        counts.update(sample["counts"])
    loss, n = training.get("train_loss"), counts.total()
    known_of_shares = -sum(m / n * log(m / n) for m in counts.values() if m)
    return loss is not None and known_of_shares > 0 and loss > HARDLY * known_of_shares


def _few_weights(trainings: Sequence[Training]) -> Iterator[str]:
    """Of which encoders only a part learned."""
    fields = ("encoder", "n_weights", "n_weights_trained")
    known = [one for one in trainings if one.get("n_weights_trained")]
    for key, group in parts(known, fields):
        if key["n_weights_trained"] < key["n_weights"]:
            yield (
                f"{key['encoder']}: {key['n_weights_trained']:,} of {key['n_weights']:,} weights"
                f" learned ({_percent(key['n_weights_trained'] / key['n_weights'])}),"
                f" {len(group)} model{'' if len(group) == 1 else 's'}"
            )


HEADS = {"new": "new, drawn from the seed", "kept": "kept from the encoder's checkpoint"}


def _percent(share: float) -> str:
    """A share in percent.

    >>> _percent(0.0), _percent(0.00004), _percent(0.1234)
    ('0 %', '< 0.1 %', '12.3 %')
    """
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{share:.1%}".replace("%", " %") if share else "0 %"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items())
