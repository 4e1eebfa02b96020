"""From rows to examples: labels by name, and what is said about each row that does not fit."""

import pytest

from isogloss.base.errors import InputError
from isogloss.data.example import Split, TextExample
from isogloss.data.mapping import Columns, read_pool, read_split
from row_toys import RowSource

LABELS = ("negative", "neutral", "positive")
NUMBERS = {"0": "negative", "1": "neutral", "2": "positive"}


def read_one(fields, **columns):
    source = RowSource({"train": [fields]})
    return read_split(source, "de", "train", Columns(labels=LABELS, **columns)).examples[0]


@pytest.mark.parametrize(
    ("raw", "names", "label"),
    [
        ("neutral", {}, "neutral"),
        ("neutral", {"neutral": "positive"}, "positive"),
        (0, NUMBERS, "negative"),
        ("2", NUMBERS, "positive"),
        ("pos", {"pos": "positive"}, "positive"),
        (True, {"true": "positive"}, "positive"),
        (4.0, {"4.0": "positive"}, "positive"),
    ],
)
def test_a_label_goes_by_its_name(raw, names, label):
    example = read_one({"text": "a", "label": raw}, label_names=names)
    assert example == TextExample("train/0", "a", label)


def test_all_labels_outside_the_set_are_named_at_once_with_the_first_row():
    labels = ["GOOD", "neutral", "meh", "GOOD", ""]
    rows = [{"text": "a", "label": label} for label in labels]
    said = r":1: the label 'GOOD' is outside the set.*here: 'GOOD' \(2\), 'meh' \(1\), '' \(1\)\."
    with pytest.raises(InputError, match=said):
        read_split(RowSource({"train": rows}), "de", "train", Columns(labels=LABELS))


def test_of_many_labels_outside_the_set_the_most_frequent_are_named():
    rows = [{"text": "a", "label": f"l{at}"} for at in range(12)] * 2
    with pytest.raises(InputError, match=r"'l9' \(2\) and 2 more\.$"):
        read_split(RowSource({"train": rows}), "de", "train", Columns(labels=LABELS))


def test_after_a_thousand_labels_outside_the_set_no_more_are_read():
    def rows():
        yield from ({"text": "a", "label": "x" * 100} for _ in range(1000))
        raise AssertionError("read on")

    with pytest.raises(InputError, match=r"here: 'x{57}\.\.\.' \(1,000\)\.$"):
        read_split(RowSource({"train": rows()}), "de", "train", Columns(labels=LABELS))


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"content": "a", "label": "neutral"}, "Name the right one in data.text, or rename it."),
        ({"text;label": "a;neutral"}, "parted by semicolons; save the file with commas"),
    ],
)
def test_a_column_that_is_not_there_leads_on(fields, remedy):
    with pytest.raises(InputError, match=remedy):
        read_one(fields)


def test_the_order_of_the_classes_of_a_file_has_no_say():
    reverse = {"2": "negative", "1": "neutral", "0": "positive"}
    assert read_one({"text": "a", "label": 0}, label_names=reverse).label == "positive"


@pytest.mark.parametrize(
    ("raw", "names", "message"),
    [
        (0, {}, "the label '0' is outside the set.* Say what the numbers mean: label_names"),
        ("1", {}, "Say what the numbers mean: label_names"),
        (3, NUMBERS, "the label '3' is outside the set.*2 = positive.*Mend the row"),
        ("netral", {}, "the label 'netral' is outside the set. Did you mean 'neutral'"),
        ("Positive", {}, "Did you mean 'positive'"),
        ("", {}, "the label '' is outside the set"),
        (None, {}, "the label in column 'label' is null"),
        (["positive"], {}, "the label in column 'label' is a list"),
        (False, {}, "the label 'false' is outside"),
    ],
)
def test_a_label_outside_the_set_is_refused_with_its_place(raw, names, message):
    with pytest.raises(InputError, match=message) as caught:
        read_one({"text": "a", "label": raw}, label_names=names)
    assert str(caught.value).startswith("train.jsonl:1: ")
    assert "negative, neutral, positive" in str(caught.value)


@pytest.mark.parametrize("value", [None, 3, 1.5, True, ["a"], {"a": 1}, b"a"])
def test_a_text_that_is_no_text_is_refused_with_its_place(value):
    with pytest.raises(InputError, match=r"^train.jsonl:1: the text in column 'text' is "):
        read_one({"text": value, "label": "neutral"})


@pytest.mark.parametrize("text", ["", "  \n", "\ufffd", "נ"])
def test_any_text_passes_as_it_is(text):
    assert read_one({"text": text, "label": "neutral"}).text == text


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": "txet"}, "no column 'txet' for the text. Did you mean 'text'. Columns there: "),
        ({"label": "lable"}, "no column 'lable' for the label. Did you mean 'label'"),
    ],
)
def test_a_missing_column_is_answered_with_the_columns_there(columns, message):
    with pytest.raises(InputError, match=message.replace("'.", r"'\?")):
        read_one({"text": "a", "label": "neutral"}, **columns)


def test_other_columns_are_read_when_named():
    example = read_one({"review": "a", "stars": "neutral"}, text="review", label="stars")
    assert example == TextExample("train/0", "a", "neutral")


def test_label_names_that_lead_nowhere_are_refused_at_once():
    with pytest.raises(InputError, match=r"label_names leads to 'positiv'.*mean 'positive'"):
        Columns(labels=LABELS, label_names={"2": "positiv"})


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="The split 'train' of German is empty"):
        read_split(RowSource({"train": []}), "de", "train", Columns(labels=LABELS))


def test_pooled_splits_keep_their_order_and_the_ids_of_their_own_split():
    row = {"text": "a", "label": "neutral"}
    source = RowSource({"train": [row, row], "dev": [row]})
    pool = read_pool(source, "German", ["train", "dev"], Columns(labels=LABELS))
    assert (pool.language, pool.name) == ("deu-Latn", "train+validation")
    assert [example.id for example in pool.examples] == ["train/0", "train/1", "validation/0"]
    other = read_pool(source, "de", ["dev", "train"], Columns(labels=LABELS))
    assert [example.id for example in other.examples] == ["validation/0", "train/0", "train/1"]


@pytest.mark.parametrize("splits", [[], ["train", "train"], ["dev", "validation"]])
def test_a_pool_names_each_split_once(splits):
    with pytest.raises(InputError, match="name each split once"):
        read_pool(RowSource(), "de", splits, Columns(labels=LABELS))


def split_of(language, *labels):
    examples = tuple(TextExample(f"train/{n}", "a", label) for n, label in enumerate(labels))
    return Split(language, "train", examples)
