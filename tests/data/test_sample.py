"""The built-in sample: labeled, tagged, repeatable, and not solved by counting words."""

import hashlib
import json
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from isogloss.base.errors import InputError, UnknownName
from isogloss.base.languages import language_code
from isogloss.data import sample
from isogloss.data.sample import SAMPLE_NOTICE, SAMPLE_VERSION, SampleSource, raw_text
from isogloss.data.sample.grammar import read_grammar
from isogloss.data.source import Rows
from isogloss.study.data import SAMPLE_LANGUAGES

LANGUAGES = SampleSource().languages()
PAGE = Path(__file__).parents[2] / "docs" / "sample-data.md"
SIZES = {"train": 900, "validation": 150, "test": 300}
LABELS = {"negative", "neutral", "positive"}
UPOS = {
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
}
SCRIPTS = {
    "Latn": ("LATIN",),
    "Cyrl": ("CYRILLIC",),
    "Grek": ("GREEK",),
    "Deva": ("DEVANAGARI",),
    "Arab": ("ARABIC",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
}
DIGESTS_CODE = """
import hashlib, json
from isogloss.data.sample import SampleSource
s = SampleSource()
rows = [r.fields for x in s.splits("tur-Latn") for r in s.rows("tur-Latn", x)]
print(hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32])
"""


def fields(language, *splits, seed=0):
    source = SampleSource(seed)
    return [row.fields for split in splits or SIZES for row in source.rows(language, split)]


def digest(value):
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def bag_of_words_accuracy(language):
    """Accuracy on the test split of a logistic regression on tf-idf of the gold words."""
    train, test = fields(language, "train"), fields(language, "test")
    words = TfidfVectorizer(analyzer=lambda row: [word.lower() for word in row["tokens"]])
    model = LogisticRegression(max_iter=2000, C=10)
    model.fit(words.fit_transform(train), [row["label"] for row in train])
    return model.score(words.transform(test), [row["label"] for row in test])


def test_a_study_is_told_of_the_languages_that_have_a_grammar():
    assert LANGUAGES == SAMPLE_LANGUAGES


def test_the_sample_is_a_source():
    assert isinstance(SampleSource(), Rows)


def test_there_are_eight_languages_in_five_scripts_under_their_stored_codes():
    assert len(LANGUAGES) >= 8
    assert len({code.partition("-")[2] for code in LANGUAGES}) >= 5
    assert [language_code(code) for code in LANGUAGES] == list(LANGUAGES) == sorted(LANGUAGES)


def test_the_notice_says_sample():
    assert SAMPLE_NOTICE.startswith("Sample data")


def test_rows_are_pinned_to_the_version():
    """If this fails, the sample has changed: raise SAMPLE_VERSION on purpose."""
    rows = {language: fields(language) for language in LANGUAGES}
    assert (SAMPLE_VERSION, digest(rows)) == (1, "75f597fecb3a9196ad7627d231bcf932")


def test_raw_text_is_pinned_to_the_version():
    """If this fails, the sample has changed: raise SAMPLE_VERSION on purpose."""
    lines = {language: list(raw_text(language, lines=200, seed=0)) for language in LANGUAGES}
    assert (SAMPLE_VERSION, digest(lines)) == (1, "441230ec3d0f2910159ba1a40afa6521")


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_makes_the_same_rows(hash_seed):
    out = subprocess.run(
        [sys.executable, "-c", DIGESTS_CODE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": hash_seed},
    )
    assert out.stdout.strip() == digest(fields("tur-Latn"))


def test_another_seed_makes_other_rows():
    first, second = fields("deu-Latn", "test"), fields("deu-Latn", "test", seed=1)
    assert first != second


@pytest.mark.parametrize("language", LANGUAGES)
def test_splits_have_their_sizes_and_rows_say_where_they_stand(language):
    source = SampleSource()
    assert source.splits(language) == tuple(SIZES)
    for split, size in SIZES.items():
        rows = list(source.rows(language, split))
        assert [row.index for row in rows] == list(range(size))
        assert rows[17].place == f"sample:{language}/{split}:17"
        assert set(rows[0].fields) == {"text", "label", "tokens", "upos", "ner"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_occurs_twice_so_none_leaks_between_splits(language):
    letters = [
        "".join(char for char in row["text"].casefold() if unicodedata.category(char)[0] in "LMN")
        for row in fields(language)
    ]
    assert len(set(letters)) == len(letters)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("split", SIZES)
def test_labels_are_roughly_but_not_exactly_balanced(language, split):
    counts = Counter(row["label"] for row in fields(language, split))
    assert set(counts) == LABELS
    assert all(0.18 < count / SIZES[split] < 0.46 for count in counts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_a_upos_tag_and_a_valid_iob2_tag(language):
    for row in fields(language):
        assert len(row["tokens"]) == len(row["upos"]) == len(row["ner"])
        assert set(row["upos"]) <= UPOS
        for before, tag in zip(["O", *row["ner"]], row["ner"], strict=False):
            kind = tag.partition("-")[2]
            assert tag == "O" or kind in {"PER", "LOC", "ORG"}
            assert not tag.startswith("I-") or before in {f"B-{kind}", f"I-{kind}"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_name_occurs_under_every_label(language):
    """Otherwise the names would give the label away, and a tagger would have little to learn."""
    seen = Counter((tag, row["label"]) for row in fields(language) for tag in set(row["ner"]))
    for label in LABELS:
        assert seen["B-PER", label] >= 20
    assert seen["B-LOC", "neutral"] >= 20
    assert seen["B-ORG", "neutral"] >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_in_their_order_are_the_text(language):
    for row in fields(language):
        assert "".join(row["tokens"]) == row["text"].replace(" ", "")
        assert all(word and " " not in word for word in row["tokens"])
        assert (" " in row["text"]) == (language != "jpn-Jpan")


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_letters_of_their_script_and_punctuation(language):
    names = SCRIPTS[language.partition("-")[2]]
    for row in fields(language):
        text = row["text"]
        assert text == unicodedata.normalize("NFC", text)
        assert not set(text) & set("{}<>[]#~+/|_")
        letters = [char for char in text if char.isalpha()]
        assert all(unicodedata.name(char).startswith(names) for char in letters)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_of_a_table_is_used(language):
    """An entry that no template can reach is a mistake in its row."""
    words = {word.casefold() for row in fields(language) for word in row["tokens"]}
    for name in ("good", "bad", "aspect", "given", "org", "city"):
        entries = read_grammar(language).classes[name].entries
        for entry in entries:
            forms = {f.replace("/", "~").split("~")[0].strip("+") for f in entry.forms.values()}
            assert {form.casefold() for form in forms} & words, entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lexicon_is_wide_enough(language):
    classes = read_grammar(language).classes
    assert len(classes["aspect"].entries) >= 25
    assert len(classes["good"].entries) >= 15
    assert len(classes["bad"].entries) >= 15
    assert len(read_grammar(language).domains) >= 7


@pytest.mark.parametrize("language", LANGUAGES)
def test_counting_words_beats_chance_but_stays_below_ninety_percent(language):
    assert 0.5 < bag_of_words_accuracy(language) < 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_raw_text_has_new_sentences_only(language):
    lines = list(raw_text(language, lines=1000, seed=0))
    assert len(set(lines)) == 1000
    assert not set(lines) & {row["text"] for row in fields(language)}


def test_fewer_lines_of_raw_text_are_the_beginning_of_more():
    short = list(raw_text("ell-Grek", lines=50, seed=3))
    assert short == list(islice(raw_text("ell-Grek", lines=500, seed=3), 50))


def test_asking_for_more_lines_than_a_grammar_has_says_so(monkeypatch):
    monkeypatch.setattr(sample.source, "MOST_TRIES", 1)
    with pytest.raises(InputError, match=r"eng-Latn has no more than .* Ask for fewer lines"):
        list(raw_text("eng-Latn", lines=100_000, seed=0))


def test_an_unknown_language_is_named_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"'deu-Lat'.*Did you mean 'deu-Latn'"):
        SampleSource().splits("deu-Lat")
    with pytest.raises(UnknownName, match="eng-Latn"):
        list(raw_text("xxx", lines=1))


def test_an_unknown_split_is_named_with_the_known_ones():
    with pytest.raises(UnknownName, match="Did you mean 'validation'"):
        list(SampleSource().rows("deu-Latn", "valid"))


def page_rows(columns):
    """Cells of the tables of the page about the sample data that have so many columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if len(row) == columns]


def test_the_page_quotes_a_row_of_every_language_with_its_label():
    quoted = {language_code(name): (text, label) for name, text, label in page_rows(3)[2:]}
    assert sorted(quoted) == list(LANGUAGES)
    for language, pair in quoted.items():
        assert pair in {(row["text"], row["label"]) for row in fields(language, "train")}


def test_the_page_tells_the_accuracy_of_counting_words():
    figures = [row for row in page_rows(4) if row[1].startswith("`")]
    told = {code.strip("`"): float(count) for _, code, count, _ in figures}
    assert sorted(told) == list(LANGUAGES)
    for language, accuracy in told.items():
        assert accuracy == pytest.approx(bag_of_words_accuracy(language), abs=0.02)
