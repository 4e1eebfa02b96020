"""Finding a language or a split by the names that stand in a repository.

Names are looked up in what is there, never joined to a path: a split called `../secret` can only be
unknown.
"""

from collections.abc import Iterable, Mapping, Sequence

from isogloss.base.errors import InputError, did_you_mean
from isogloss.base.languages import UnknownLanguage, language_code, language_name
from isogloss.base.splits import split_name

POOLED = "+"  # joins the names of splits that are read as one
SPLIT_ORDER = ("train", "validation", "test")


def in_split_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names of splits: train, validation, test, then the others by name.

    A pool (`"train+validation"`) stands where its first split does.

    >>> in_split_order({"test", "extra", "train+validation"})
    ('train+validation', 'test', 'extra')
    """
    place = {name: number for number, name in enumerate(SPLIT_ORDER)}
    return tuple(
        sorted(names, key=lambda name: (place.get(name.partition(POOLED)[0], len(place)), name))
    )


def by_language(names: Iterable[str], where: str) -> dict[str, str]:
    """Map language codes to the names that mean them; names of no language are left out.

    Raises:
        InputError: two names mean one language, or no name means any.
    """
    names = sorted(names)
    found: dict[str, str] = {}
    for name in names:
        code = _code_or_none(name)
        if code in found:
            raise InputError(
                f"{where}: {found[code]!r} and {name!r} both mean {language_name(code)} ({code}). "
                "Keep one of them."
            )
        if code is not None:
            found[code] = name
    if not found:
        raise InputError(
            f"{where}: no name there is a language. There: {', '.join(names) or 'nothing'}. "
            "Name each language's folder by its code (de, deu, deu-Latn) or name (German)."
        )
    return dict(sorted(found.items()))


def known_language(language: str, found: Mapping[str, str], where: str) -> str:
    """Return the name under which a language stands there.

    Raises:
        InputError: the language is not there; the message lists those that are.
    """
    code = language_code(language)
    if code in found:
        return found[code]
    near = did_you_mean(language, [*found.values(), *found])
    there = ", ".join(f"{name} ({known})" for known, name in found.items())
    raise InputError(f"{where}: no data for {language_name(code)} ({code}).{near} There: {there}.")


def missing_split(split: str, known: Iterable[str], where: str) -> InputError:
    """Make the error for a split that is not there."""
    known = in_split_order(known)
    return InputError(
        f"{where}: no split {split!r}.{did_you_mean(split, known)} "
        f"There: {', '.join(known) or 'none'}."
    )


def empty_split(split: str, language: str) -> InputError:
    """Make the error for a split without a row."""
    return InputError(
        f"The split {split!r} of {language_name(language_code(language))} is empty. "
        "Fill it, or leave it out of the study."
    )


def pooled_names(splits: Sequence[str]) -> list[str]:
    """Return the names of splits that are read as one.

    Raises:
        InputError: no split is given, or one is given twice.

    >>> pooled_names(["train", "dev"])
    ['train', 'validation']
    """
    names = [split_name(split) for split in splits]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"Cannot pool the splits {', '.join(splits) or '(none)'}: name each split once."
        )
    return names


def _code_or_none(name: str) -> str | None:
    try:
        return language_code(name)
    except UnknownLanguage:
        return None
