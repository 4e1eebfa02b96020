"""Names of languages that tell all languages of a report apart."""

from collections import Counter
from collections.abc import Iterable

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
