"""The study that a comparison on the command line stands for."""

from isogloss.study.comparison import comparison_document


def document(*encoders, data="sample"):
    return comparison_document(encoders, task="ner", data=data, languages=["en"], more={})


def test_encoders_of_one_name_are_told_apart_by_where_they_lie():
    encoders = document("runs/first/model", "runs/second/model", "org/other")["encoders"]
    assert [one.get("name") for one in encoders] == ["first-model", "second-model", None]


def test_data_with_an_owner_and_a_name_are_on_the_hub():
    source = document("a", "b", data="org/texts")["data"]["source"]
    assert source == {"kind": "hub", "repo": "org/texts"}
