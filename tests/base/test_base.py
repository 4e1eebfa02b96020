"""The ground floor: languages in any spelling, fingerprints that notice everything."""

import pytest

from isogloss.base.errors import InputError, RunError, UnknownName
from isogloss.base.fingerprint import canonical, file_digest, fingerprint
from isogloss.base.languages import UnknownLanguage, language_code, language_name

SPELLINGS = [
    ("deu-Latn", ["de", "deu", "German", "german", "deutsch", "deu-Latn", "de-DE", "de_DE"]),
    ("eng-Latn", ["en", "English", "eng"]),
    ("msa-Latn", ["ms", "malay", "Malay"]),
    ("ara-Arab", ["ar", "arabic", "العربية"]),
    ("jpn-Jpan", ["ja", "Japanese", "日本語"]),
    ("hin-Deva", ["hi", "hindi", " Hindi "]),
    ("nor-Latn", ["no", "Norwegian"]),
    ("srp-Cyrl", ["sr", "sr-Cyrl"]),
    ("zho-Hans", ["zh", "Chinese"]),
    ("zho-Hant", ["zh-TW", "zho-Hant"]),
]


@pytest.mark.parametrize(
    ("code", "spelling"), [(code, s) for code, spellings in SPELLINGS for s in spellings]
)
def test_every_spelling_of_a_language_is_stored_as_one(code, spelling):
    assert language_code(spelling) == code
    assert language_code(language_code(spelling)) == code


def test_script_is_kept_and_told_only_where_it_is_unusual():
    assert language_code("sr-Latn") == "srp-Latn"
    assert language_name("srp-Latn") == "Serbian (Latin)"
    assert language_name("srp-Cyrl") == "Serbian"


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("germn", "German"), ("klingon9", "Klingon"), ("hindu", "Hindi"), ("Englich", "English")],
)
def test_a_misspelled_language_is_refused_with_the_nearest(wrong, hint):
    with pytest.raises(UnknownLanguage, match=f"Did you mean '{hint}'"):
        language_code(wrong)


@pytest.mark.parametrize("wrong", ["", "xx", "qqq", "../etc", "12", "und", "\x00", "x" * 500])
def test_what_names_no_language_is_refused(wrong):
    with pytest.raises(UnknownLanguage):
        language_code(wrong)


def test_order_of_keys_does_not_matter_and_everything_else_does():
    base = fingerprint("train", 1, {"a": 1, "b": [1, 2]})
    assert fingerprint("train", 1, {"b": [1, 2], "a": 1}) == base
    others = [
        fingerprint("test", 1, {"a": 1, "b": [1, 2]}),
        fingerprint("train", 2, {"a": 1, "b": [1, 2]}),
        fingerprint("train", 1, {"a": 2, "b": [1, 2]}),
        fingerprint("train", 1, {"a": 1, "b": [2, 1]}),
        fingerprint("train", 1, {"a": 1, "b": [1, 2], "c": None}),
    ]
    assert len({base, *others}) == 6


def test_a_fingerprint_is_stable():
    """If this fails, no stored step will be found again."""
    assert fingerprint("train", 1, {"learning_rate": 2e-5}) == "fb99d028f096ecd3"


def test_nan_has_no_fingerprint():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_a_file_digest_is_sha256(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_digest(path).startswith("ba7816bf8f01cfea")


def test_errors_carry_their_exit_code_and_the_nearest_name():
    assert (InputError.exit_code, RunError.exit_code) == (2, 1)
    assert "Did you mean 'accuracy'?" in str(UnknownName("metric", "acuracy", ["accuracy", "f1"]))
