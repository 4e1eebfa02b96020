"""What can be known once the data are read: every mistake before the first training, not after."""

from collections.abc import Iterator
from typing import Any

from isogloss.base.errors import InputError
from isogloss.base.languages import language_name
from isogloss.data.sampling import sample_balanced
from isogloss.execute.kinds.data import read_texts
from isogloss.plan.plan import Plan, Step
from isogloss.store.store import Store
from isogloss.study.study import Study
from isogloss.study.tasks import SENTENCES


def check_data(study: Study, plan: Plan, store: Store) -> list[str]:
    """Check labels and sizes against the counts of the data steps, and tokenizers for text.

    Returns:
        What falls short of the study, though the study allows it; a line each.

    Raises:
        InputError: naming all that is wrong.
    """
    counts = _training_counts(plan, store)
    mistakes, allowed = _shortages(plan, _training_rows(study, plan, store))
    mistakes = [*_missing_labels(study, counts), *_without_text(plan, store), *mistakes]
    allowed = [*_repaired(plan, store), *allowed]
    if mistakes:
        raise InputError("\n".join(dict.fromkeys(mistakes)))
    return allowed


def _training_counts(plan: Plan, store: Store) -> dict[str, dict[str, int]]:
    """Language -> rows, or entities and words, per label of what it is trained on."""
    return {code: record["labels"] for code, record in _training_records(plan, store).items()}


def _training_rows(study: Study, plan: Plan, store: Store) -> dict[str, dict[str, int]]:
    """Language -> rows per class that samples are balanced over; sentences are all of one."""
    if not study.is_tagging:
        return _training_counts(plan, store)
    records = _training_records(plan, store)
    return {code: {SENTENCES: record["rows"]} for code, record in records.items()}


def _training_records(plan: Plan, store: Store) -> dict[str, dict[str, Any]]:
    """Language -> record of the data it is trained on."""
    found: dict[str, dict[str, Any]] = {}
    for step in plan.of_kind("train"):
        for code, need in zip(step.payload["sources"], step.needs, strict=False):
            if code not in found:
                found[code] = store.record(_data_of(plan, need).key)
    return found


def _data_of(plan: Plan, prepare_key: str) -> Step:
    return plan.by_key[plan.by_key[prepare_key].needs[0]]


def _missing_labels(study: Study, counts: dict[str, dict[str, int]]) -> Iterator[str]:
    if study.data is None or study.data.allow_missing_labels or study.task == "pos":
        return  # no language has all parts of speech
    for code, labels in counts.items():
        lacking = [label for label, count in labels.items() if count == 0]
        if lacking:
            yield (
                f"The training text of {language_name(code)} ({code}) has no row labeled"
                f" {', '.join(lacking)}, which other languages may have. Leave the language out,"
                " map its labels with data.label_names, or set data.allow_missing_labels: true."
            )


def _without_text(plan: Plan, store: Store) -> Iterator[str]:
    """Languages whose texts are all empty, where a tokenizer is still to be trained on them."""
    trained = [step for step in plan.of_kind("tokenizer") if step.key not in store]
    of_texts = [step for step in trained if not step.payload.keys() & {"raw", "task"}]
    for key in dict.fromkeys(need for step in of_texts for need in step.needs):
        if not any(read_texts(store.folder(key, bytes_too=True), tagged=False)):
            code = store.record(key)["language"]
            yield (
                f"Every training text of {language_name(code)} ({code}) is empty, so no tokenizer"
                " can be trained on it. Fill the texts in, name their column with data.text, or"
                " leave the language out."
            )


def _repaired(plan: Plan, store: Store) -> Iterator[str]:
    for step in plan.of_kind("data"):
        record = store.record(step.key)
        if record.get("n_repaired"):
            yield (
                f"{language_name(record['language'])} {record['split']}: {record['n_repaired']}"
                " tags went on with an entity that never began, and now begin one."
            )


def _shortages(plan: Plan, counts: dict[str, dict[str, int]]) -> tuple[list[str], list[str]]:
    """Draw every sample once, on counts alone: what is refused, and what falls short."""
    mistakes: list[str] = []
    allowed: list[str] = []
    drawn = dict.fromkeys(
        (code, step.payload["n_per_language"], step.payload["shortage"])
        for step in plan.of_kind("train")
        for code in step.payload["sources"]
    )
    for code, size, shortage in drawn:
        try:
            allowed += _fallen_short(counts[code], size, code, shortage)
        except InputError as error:
            mistakes.append(str(error))
    return mistakes, allowed


def _fallen_short(
    counts: dict[str, int], size: int | None, code: str, shortage: str
) -> Iterator[str]:
    rows = [label for label, count in counts.items() for _ in range(count)]
    sample = sample_balanced(rows, size, list(counts), seed=0, language=code, shortage=shortage)
    name = f"{language_name(code)} ({code}), {size} rows"
    if sample.n_missing:
        yield f"{name}: {sample.n_missing} are missing; all there are will be taken."
    if sample.n_repeated:
        yield f"{name}: {sample.n_repeated} will be repeated."
