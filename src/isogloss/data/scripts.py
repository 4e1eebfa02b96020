"""Which share of the letters of a text is written in a given script.

The name of a character begins with its script (`LATIN SMALL LETTER A`), so the standard library is
enough. Characters are counted first and looked up once each.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

# ISO 15924 code -> how the Unicode names of its letters begin.
SCRIPTS: dict[str, tuple[str, ...]] = {
    "Arab": ("ARABIC",),
    "Armn": ("ARMENIAN",),
    "Beng": ("BENGALI",),
    "Cans": ("CANADIAN SYLLABICS",),
    "Cher": ("CHEROKEE",),
    "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",),
    "Geor": ("GEORGIAN",),
    "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",),
    "Guru": ("GURMUKHI",),
    "Hans": ("CJK", "BOPOMOFO", "IDEOGRAPHIC"),
    "Hant": ("CJK", "BOPOMOFO", "IDEOGRAPHIC"),
    "Hebr": ("HEBREW",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"),
    "Khmr": ("KHMER",),
    "Knda": ("KANNADA",),
    "Kore": ("HANGUL", "CJK"),
    "Laoo": ("LAO",),
    "Latn": ("LATIN",),
    "Mlym": ("MALAYALAM",),
    "Mong": ("MONGOLIAN",),
    "Mtei": ("MEETEI MAYEK",),
    "Mymr": ("MYANMAR",),
    "Nkoo": ("NKO",),
    "Olck": ("OL CHIKI",),
    "Orya": ("ORIYA",),
    "Sinh": ("SINHALA",),
    "Syrc": ("SYRIAC",),
    "Taml": ("TAMIL",),
    "Telu": ("TELUGU",),
    "Tfng": ("TIFINAGH",),
    "Thaa": ("THAANA",),
    "Thai": ("THAI",),
    "Tibt": ("TIBETAN",),
}


def script_share(characters: Mapping[str, int], script: str) -> float | None:
    """Return the share (0 to 1) of letters in a script, given how often each character occurs.

    `None` if there are no letters, or the script is not in `SCRIPTS`.

    >>> from collections import Counter
    >>> script_share(Counter("да ok!"), "Cyrl")
    0.5
    """
    if script not in SCRIPTS:
        return None
    letters = inside = 0
    for character, count in characters.items():
        if unicodedata.category(character).startswith("L"):
            letters += count
            inside += count * _begins(character, SCRIPTS[script])
    return inside / letters if letters else None


@lru_cache(maxsize=65_536)
def _begins(character: str, names: Iterable[str]) -> bool:
    plain = unicodedata.normalize("NFKC", character)[0]  # full-width and ligature forms
    return unicodedata.name(plain, "").startswith(tuple(names))
