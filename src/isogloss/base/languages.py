"""Names of languages: many spellings in, one spelling stored.

People write `de`, `deu`, `German`, `deutsch` or `deu-Latn`; we keep ISO 639-3 with the ISO 15924
script (`deu-Latn`), as mteb does, because a script is half of what decides transfer.
"""

from functools import lru_cache
from string import ascii_lowercase

import langcodes
from langcodes.tag_parser import LanguageTagError

from isogloss.base.errors import InputError, did_you_mean


class UnknownLanguage(InputError):
    """A spelling that names no language."""

    code = "ISO-102"
    remedy = "Write a code (de, deu, deu-Latn) or an English name (German)."

    def __init__(self, spelling: str, guess: str | None = None) -> None:
        near = did_you_mean(guess or spelling.title(), [guess] if guess else _common_names())
        super().__init__(
            f"Unknown language {spelling!r}.{near}"
            " Write a code (de, deu, deu-Latn) or a name (German)."
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


@lru_cache(maxsize=1)
def _common_names() -> tuple[str, ...]:
    """English names of the languages that have a two-letter code."""
    pairs = (a + b for a in ascii_lowercase for b in ascii_lowercase)
    found = (langcodes.get(pair) for pair in pairs)
    return tuple(sorted({lang.display_name() for lang in found if lang.is_valid()}))


@lru_cache(maxsize=4096)
def language_name(code: str) -> str:
    """Return the English name of a stored code.

    >>> language_name("hin-Deva"), language_name("srp-Latn")
    ('Hindi', 'Serbian (Latin)')
    """
    return str(_shortest(code).display_name())


@lru_cache(maxsize=4096)
def own_name(code: str) -> str | None:
    """Return what its speakers call a language, in its own script; None if that is English.

    >>> own_name("hin-Deva"), own_name("srp-Latn"), own_name("eng-Latn")
    ('हिन्दी', 'srpski (latinica)', None)
    """
    language = _shortest(code)
    name = str(language.autonym())
    return None if name in {"", language.display_name(), language.to_tag()} else name


@lru_cache(maxsize=4096)
def language_tag(code: str) -> str:
    """Return the tag of BCP 47 that web pages use, the script only where it is not the usual one.

    >>> language_tag("hin-Deva"), language_tag("srp-Latn"), language_tag("pnb-Arab")
    ('hi', 'sr-Latn', 'pnb')
    """
    return str(_shortest(code).to_tag())


def _shortest(code: str) -> langcodes.Language:
    """A stored code without its script, if that is the usual one."""
    three, _, script = code.partition("-")
    usual = langcodes.get(three).maximize().script == script
    return langcodes.get(three if usual else code)


def _parse(spelling: str) -> langcodes.Language:
    looks_like_code = len(spelling) in {2, 3} or "-" in spelling or "_" in spelling
    if looks_like_code and (language := _by_code(spelling)) is not None:
        return language
    return _by_name(spelling)


def _by_code(spelling: str) -> langcodes.Language | None:
    try:
        language = langcodes.get(spelling)
    except LanguageTagError:
        return None
    if not language.is_valid() or language.language in {None, "und"}:
        return None
    private = language.display_name().startswith("Unknown")
    return None if private else language


def _by_name(spelling: str) -> langcodes.Language:
    """Find a name, without the library's guess that cuts letters off until something fits."""
    language = _find(spelling)
    if language is None:
        raise UnknownLanguage(spelling)
    exact = {language.display_name().casefold(), language.autonym().casefold()}
    if spelling.casefold() in exact:
        return language
    if _find(spelling[:-1]) == language:
        raise UnknownLanguage(spelling, language.display_name())
    return language


def _find(name: str) -> langcodes.Language | None:
    """Look a name up in all languages; control characters are no part of a name."""
    if not name.isprintable():
        return None
    try:
        return langcodes.find(name)
    except (LookupError, UnicodeError):
        return None
