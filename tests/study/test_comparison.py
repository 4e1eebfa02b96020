"""The study that a comparison on the command line stands for."""

import re

from isogloss.study.comparison import LONGEST_NAME, comparison_document
from isogloss.study.spec import NAME


def document(*encoders, data="sample", **more):
    return comparison_document(encoders, task="ner", data=data, languages=["en"], more=more)


def test_encoders_of_one_name_are_told_apart_by_where_they_lie():
    encoders = document("runs/first/model", "runs/second/model", "org/other")["encoders"]
    assert [one.get("name") for one in encoders] == ["first-model", "second-model", None]


def test_data_with_an_owner_and_a_name_are_on_the_hub():
    source = document("a", "b", data="org/texts")["data"]["source"]
    assert source == {"kind": "hub", "repo": "org/texts"}


def test_a_name_says_what_is_compared_and_is_the_same_each_time():
    name = document("org/first", "runs/second", seeds=[1])["name"]
    assert re.fullmatch(r"compare-ner-en-first-second-[0-9a-f]{8}", name)
    assert document("org/first", "runs/second", seeds=[1])["name"] == name


LONG = [f"org/{'multilingual-encoder-' * 2}{one}" for one in "abcd"]


def test_no_two_comparisons_share_a_name(tmp_path):
    """A store knows a study by its name; three long encoders and a fourth were cut to the same."""
    made = [
        document(*LONG[:3]),
        document(*LONG),
        document("a", "b"),
        document("other/a", "b"),
        document("a", "b", data="org/texts"),
        document("a", "b", data=str(tmp_path)),
        document("a", "b", seeds=[1, 2]),
        document("a", "b", seeds=[1, 2, 3]),
    ]
    names = [one["name"] for one in made]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(NAME, name) and len(name) <= LONGEST_NAME for name in names)
