"""Names of languages: many spellings in, one spelling stored.

People write `de`, `deu`, `German`, `deutsch` or `deu-Latn`; we keep ISO 639-3 with the ISO 15924
script (`deu-Latn`), as mteb does, because a script is half of what decides transfer.
"""

from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

from isogloss.base.errors import InputError


class UnknownLanguage(InputError):
    """A spelling that names no language."""

    def __init__(self, spelling: str) -> None:
        super().__init__(
            f"Unknown language {spelling!r}. Write a code (de, deu, deu-Latn) or a name (German)."
        )


@lru_cache(maxsize=4096)
def language_code(spelling: str) -> str:
    """Return the stored form of any spelling of a language.

    Raises:
        UnknownLanguage: if it names no language.

    >>> [language_code(s) for s in ("de", "deu", "German", "deu-Latn", "Deutsch")]
    ['deu-Latn', 'deu-Latn', 'deu-Latn', 'deu-Latn', 'deu-Latn']
    >>> language_code("sr-Latn")
    'srp-Latn'
    """
    language = _parse(spelling.strip())
    full = language.maximize()
    try:
        three = full.to_alpha3()
    except LookupError:
        raise UnknownLanguage(spelling) from None
    if not full.script:
        raise UnknownLanguage(spelling)
    return f"{three}-{full.script}"


@lru_cache(maxsize=4096)
def language_name(code: str) -> str:
    """Return the English name of a stored code.

    >>> language_name("hin-Deva"), language_name("srp-Latn")
    ('Hindi', 'Serbian (Latin)')
    """
    three, _, script = code.partition("-")
    usual = langcodes.get(three).maximize().script == script
    return str(langcodes.get(three if usual else code).display_name())


def _parse(spelling: str) -> langcodes.Language:
    looks_like_code = len(spelling) in {2, 3} or "-" in spelling or "_" in spelling
    if looks_like_code:
        try:
            language = langcodes.get(spelling)
        except LanguageTagError:
            language = None
        if language is not None and language.is_valid() and language.language not in {None, "und"}:
            return language
    try:
        return langcodes.find(spelling.replace("_", " "))
    except LookupError:
        raise UnknownLanguage(spelling) from None
