"""The audit of a study: its data read and its tokenizers tried, before any training."""

from typing import Any

from isogloss.base.errors import InputError, RunError, at_once
from isogloss.base.lengths import NO_LIMIT
from isogloss.data.text import RawText
from isogloss.execute.executor import Ended
from isogloss.execute.inline import InlineExecutor
from isogloss.execute.kinds.data import read_texts
from isogloss.execute.kinds.tokenizer import open_tokenizer
from isogloss.execute.read import read_data
from isogloss.execute.run import run_plan
from isogloss.execute.stored_audit import audit_stored
from isogloss.model.tokenizer import load_tokenizer, tokenizer_audit
from isogloss.plan.plan import Plan
from isogloss.store.step_files import HELD_OUT
from isogloss.store.store import Store
from isogloss.study.pretraining import Pretraining
from isogloss.study.study import Study

PRETRAINING = "pre-training"
"""What the tokenizer of a pre-training is called among those of encoders."""


def audit_study(study: Study, plan: Plan, store: Store) -> dict[str, Any]:
    """Counts, balance, duplicates, leaks, broken texts, lengths, and what tokenizers make of them.

    Of tagged sentences the balance is that of entities by type, or of words by part of speech. Of
    raw text its size, and what was dropped of it.

    Raises:
        InputError: if the data cannot be read.
        RunError: if a tokenizer cannot be made.
    """
    read_data(plan, store)
    found = audit_stored(study, plan, store)
    found["tokenizers"] = tokenizer_audits(study, plan, store)
    if study.pretraining is not None:
        found["tokenizers"][PRETRAINING] = _raw_audit(study.pretraining, plan, store)
    return found


def tokenizer_audits(study: Study, plan: Plan, store: Store) -> dict[str, Any]:
    """What the tokenizer of each encoder makes of each language, over all text that is read.

    Raises:
        InputError: if a tokenizer cannot be made of these texts.
        RunError: if it cannot be made for another reason.
    """
    texts: dict[str, list[str]] = {}
    for step in plan.labeled_data:
        read = read_texts(store.folder(step.key), tagged=study.is_tagging)
        texts.setdefault(step.payload["language"], []).extend(read)
    missing = [step for step in plan.of_kind("tokenizer") if step.key not in store]
    for event in run_plan(missing, store, InlineExecutor()):
        if isinstance(event, Ended) and (failure := event.outcome.failure):
            kind = InputError if failure.kind == "input" else RunError
            raise at_once(kind, [(failure.code, failure.message)])
    found = {}
    for encoder in study.encoders:
        origin = plan.tokenizers[encoder.display]
        trained = store.folder(origin.step) if origin.step else None
        declared = study.pretraining if encoder.pretrained else None
        folder = declared.tokenizer_from if declared else None
        tokenizer = open_tokenizer(origin.pin, str(folder or encoder.model), trained)
        # tagged sentences are cut into windows, not off
        longest = NO_LIMIT if study.is_tagging else study.training.max_length
        found[encoder.display] = tokenizer_audit(tokenizer, texts, longest)
    return found


def _raw_audit(declared: Pretraining, plan: Plan, store: Store) -> dict[str, Any]:
    """What the vocabulary of a pre-training makes of the held-out text, whole lines of it."""
    reading = plan.of_kind("text")
    texts = {
        step.payload["language"]: list(RawText.read(store.folder(step.key) / HELD_OUT).lines)
        for step in reading
    }
    made = [step for step in plan.of_kind("tokenizer") if "raw" in step.payload]
    folder = declared.tokenizer_from or store.folder(made[0].key)
    return tokenizer_audit(load_tokenizer(folder), texts, NO_LIMIT)
