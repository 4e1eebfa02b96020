"""The audit of a study: its data read and its tokenizers tried, before any training."""

from typing import Any

from isogloss.base.errors import RunError
from isogloss.data.audit import audit_splits
from isogloss.data.example import Split
from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.kinds.data import read_examples
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.execute.read import read_data
from isogloss.execute.run import run_plan
from isogloss.model.tokenizer import tokenizer_audit
from isogloss.plan.plan import Plan
from isogloss.store.store import Store
from isogloss.study.study import Study


def audit_study(study: Study, plan: Plan, store: Store) -> dict[str, Any]:
    """Counts, balance, duplicates, leaks, broken texts, lengths, and what tokenizers make of them.

    Raises:
        InputError: if the data cannot be read.
        RunError: if a tokenizer cannot be made.
    """
    read_data(plan, store)
    splits = _splits(plan, store)
    found = audit_splits(splits, labels=study.data.labels)
    found["tokenizers"] = _tokenizers(study, plan, store, splits)
    return found


def _splits(plan: Plan, store: Store) -> dict[str, dict[str, Split]]:
    """Language -> name -> rows, as the study pools them."""
    found: dict[str, dict[str, Split]] = {}
    for step in plan.of_kind("data"):
        split = read_examples(store.folder(step.key))
        found.setdefault(split.language, {})[split.name] = split
    return found


def _tokenizers(
    study: Study, plan: Plan, store: Store, splits: dict[str, dict[str, Split]]
) -> dict[str, Any]:
    texts = {
        code: [example.text for split in named.values() for example in split.examples]
        for code, named in splits.items()
    }
    missing = [step for step in plan.of_kind("tokenizer") if step.key not in store]
    for event in run_plan(missing, store, InlineExecutor()):
        if isinstance(event, Ended) and event.outcome.failure:
            raise RunError(event.outcome.failure.message)
    found = {}
    for encoder in study.encoders:
        origin = plan.tokenizers[encoder.display]
        trained = store.folder(origin.step) if origin.step else None
        tokenizer = open_tokenizer(origin.pin, encoder.model, trained)
        found[encoder.display] = tokenizer_audit(tokenizer, texts, study.training.max_length)
    return found
