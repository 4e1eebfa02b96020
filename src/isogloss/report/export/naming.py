"""Names of models for others: everything that tells one from another, in letters that are safe."""

import re
from collections import Counter
from collections.abc import Sequence

from isogloss.base.fingerprint import fingerprint
from isogloss.report.export.facts import TRAINED_FORM, Subject

MOST = 80
"""Letters; the Hub takes 96."""

FEW = 3
"""So many source languages stand in a name; more are counted."""


def names_of(subjects: Sequence[Subject]) -> list[str]:
    """Name each model; those that would share a name have a digest of what they are behind it.

    A name says study, encoder, regime, languages, size, seed and form, since each of them makes
    another model: nothing is averaged away and nothing is overwritten.
    """
    plain = [name_of(subject) for subject in subjects]
    shared = Counter(name.casefold() for name in plain)
    return [
        name if shared[name.casefold()] == 1 else f"{name}-{_digest(subject)}"
        for name, subject in zip(plain, subjects, strict=True)
    ]


def _digest(subject: Subject) -> str:
    return fingerprint("model", 1, subject.identity)[:8]


def name_of(subject: Subject) -> str:
    """The name of a model, if it were the only one."""
    parts = [subject.study, subject.encoder, subject.regime]
    if subject.regime not in {"joint", "pretrain"}:
        parts.append(_languages(subject.sources))
    if subject.n_per_language is not None:
        parts.append(f"n{subject.n_per_language}")
    parts.append(f"seed{subject.seed}")
    if subject.form != TRAINED_FORM:
        parts.append(subject.form)
    return slug("-".join(parts))


def slug(text: str) -> str:
    """Letters, digits and hyphens that every file system and the Hub take.

    >>> slug("teacher/deu-Latn seed=1"), slug("..a--b.")
    ('teacher-deu-Latn-seed-1', 'a-b')
    """
    plain = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._-]", "-", text))
    return re.sub(r"\.{2,}", ".", plain)[:MOST].strip("-.") or "model"


def _languages(codes: Sequence[str]) -> str:
    if len(codes) > FEW:
        return f"{len(codes)}-languages"
    return "-".join(code.partition("-")[0] for code in codes)
