"""Names of languages: those that tell all of a report apart, and several in a sentence."""

from collections import Counter
from collections.abc import Iterable, Sequence

from isogloss.base.languages import language_name


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Name each language once, in order; codes that share a name are written behind it.

    >>> names_of(["deu-Latn", "hin-Deva", "deu-Latn"])
    {'deu-Latn': 'German', 'hin-Deva': 'Hindi'}
    >>> list(names_of(["pnb-Arab", "lah-Arab"]).values())
    ['Western Panjabi (pnb-Arab)', 'Western Panjabi (lah-Arab)']
    """
    named = {code: language_name(code) for code in codes}
    shared = Counter(named.values())
    return {code: name if shared[name] == 1 else f"{name} ({code})" for code, name in named.items()}


def listed(codes: Sequence[str]) -> str:
    """Names of languages in a sentence.

    >>> listed(["deu-Latn", "hin-Deva", "eng-Latn"])
    'German, Hindi and English'
    """
    names = [language_name(code) for code in codes]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
