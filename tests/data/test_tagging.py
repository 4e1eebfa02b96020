"""From rows to tagged sentences: tags by name, and what is said about each row that is broken."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError, UnknownName
from isogloss.data.example import TaggedExample, TaggedSplit
from isogloss.data.folder import FolderSource
from isogloss.data.sample import SampleSource
from isogloss.data.tagged_table import read_tagged_table, write_tagged
from isogloss.data.tagging import TagColumns, read_tagged
from isogloss.study.tasks import LABELS
from row_toys import RowSource

TYPES = ("PER", "LOC", "ORG")
UPOS = ("NOUN", "VERB", "PUNCT")
WORDS = ["Ada", "Lovelace", "spoke"]
TAGS = ["B-PER", "I-PER", "O"]
ZERO_WIDTH = ["\u200b", "\ufe0f", "\u00ad", "\x07", " ", "\u00a0", "\u200d"]


def ner(**more):
    return TagColumns("ner", TYPES, **more)


def pos(**more):
    return TagColumns("pos", UPOS, **more)


def read_one(fields, columns):
    return read_tagged(RowSource({"train": [fields]}), "de", ["train"], columns).examples[0]


def complaint(fields, columns):
    with pytest.raises(InputError) as caught:
        read_one(fields, columns)
    said = str(caught.value)
    assert said.startswith("train.jsonl:1: "), said
    return said


def test_splits_are_pooled_and_ids_keep_the_name_of_their_own():
    row = {"tokens": WORDS, "ner_tags": TAGS}
    broken = {"tokens": ["x"], "ner_tags": ["I-LOC"]}
    source = RowSource({"train": [row, broken], "validation": [row]})
    split = read_tagged(source, "German", ["train", "dev"], ner(repair=True))
    assert (split.language, split.name, split.n_repaired) == ("deu-Latn", "train+validation", 1)
    assert [example.id for example in split.examples] == ["train/0", "train/1", "validation/0"]
    assert split.examples[0] == TaggedExample("train/0", tuple(WORDS), tuple(TAGS))
    assert split.examples[1].tags == ("B-LOC",)


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [("iob1", "I-PER I-PER O"), ("iobes", "B-PER E-PER O"), ("bilou", "B-PER L-PER O")],
)
def test_any_scheme_comes_out_as_iob2(scheme, tags):
    fields = {"tokens": WORDS, "ner_tags": tags.split()}
    assert read_one(fields, ner(scheme=scheme)).tags == tuple(TAGS)


def test_names_come_first_then_the_scheme():
    names = {"0": "O", "1": "B-PER", "2": "I-PER", "B-OTH": "O"}
    fields = {"tokens": [*WORDS, "!"], "ner_tags": [1, "2", 0, "B-OTH"]}
    assert read_one(fields, ner(tag_names=names)).tags == (*TAGS, "O")
    fields = {"tokens": WORDS, "upos": ["NN", "NOUN", "VB"]}
    assert read_one(fields, pos(tag_names={"NN": "NOUN", "VB": "VERB"})).tags == (
        "NOUN", "NOUN", "VERB",
    )  # fmt: skip


@pytest.mark.parametrize("word", ZERO_WIDTH)
def test_a_word_that_nobody_sees_is_still_a_word(word):
    fields = {"tokens": ["a", word], "ner_tags": ["O", "B-LOC"]}
    assert read_one(fields, ner()) == TaggedExample("train/0", ("a", word), ("O", "B-LOC"))


@pytest.mark.parametrize(
    ("tokens", "tags", "message"),
    [
        (["a", "b"], ["O"], "2 words in 'tokens' but 1 tags in 'ner_tags'. Give every word one"),
        ([], ["O"], "0 words in 'tokens' but 1 tags"),
        ([], [], "a sentence without words. Fill it or remove the row"),
        (["a", ""], ["O", "O"], "word 2 is empty. Mend it"),
        (["a", 3], ["O", "O"], "word 2 is 3, no text"),
        ([None], ["O"], "word 1 is None, no text"),
        ("a b", ["O", "O"], "the tokens in column 'tokens' are no list"),
        (["a"], "O", "the tags in column 'ner_tags' are no list"),
        (["a"], None, "the tags in column 'ner_tags' are no list"),
        (["a"], [None], "word 1: its tag is null"),
        (["a"], [""], "word 1: its tag is empty"),
        (["a"], [["O"]], r"word 1: its tag is ['O'], no text"),
        (["a", "b"], ["O", 3], "word 2: its tag is the number 3. Say what all numbers mean"),
        (["a"], ["7"], "data.label_names: {0: O, 1: B-PER, ...}"),
        (["a", "b"], ["O", "I-LOC"], "word 2: I-LOC goes on with an entity that did not begin"),
        (["a", "b"], ["O", "S-LOC"], "word 2: the tag 'S-LOC' is of scheme iobes"),
        (
            ["a"],
            ["B-LOCS"],
            "'LOCS' is none of the study's labels PER, LOC, ORG. Did you mean 'LOC'",
        ),
        (["a"], ["B-OTH"], "data.label_names ({B-OTH: O, I-OTH: O} leaves it out)"),
        (["a"], ["NOUN"], "'NOUN' is no tag of scheme iob2"),
    ],
)
def test_a_broken_row_is_refused_with_its_place_its_word_and_a_remedy(tokens, tags, message):
    assert message in complaint({"tokens": tokens, "ner_tags": tags}, ner())


def test_a_part_of_speech_that_the_study_does_not_have_lists_those_it_has():
    said = complaint({"tokens": ["a"], "upos": ["NUON"]}, pos())
    assert "word 1: 'NUON' is none of the study's labels NOUN, VERB, PUNCT. Did you mean" in said
    assert "B-" not in said
    assert "data.label_names: {0: NOUN" in complaint({"tokens": ["a"], "upos": [4]}, pos())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (ner(tokens="word"), "no column 'word' for the tokens. .*: tokens, tag. .*data.tokens"),
        (ner(tags="tags"), "no column 'tags' for the tags. Did you mean 'tag'.*data.tags"),
        (ner(), "no column 'ner_tags' for the tags"),
        (pos(), "no column 'upos' for the tags"),
    ],
)
def test_a_missing_column_is_named_with_those_there(columns, message):
    fields = {"tokens": ["a"], "tag": ["O"]}
    with pytest.raises(InputError, match=message):
        read_one(fields, columns)


def test_a_column_of_ones_own_name_must_be_there():
    with pytest.raises(InputError, match="no column 'xpos'"):
        read_one({"tokens": ["a"], "ner_tags": ["NOUN"]}, pos(tags="xpos"))


@pytest.mark.parametrize(
    ("splits", "message"),
    [([], "name each split once"), (["train", "train"], "name each split once")],
)
def test_a_pool_names_each_split_once(splits, message):
    with pytest.raises(InputError, match=message):
        read_tagged(RowSource({"train": []}), "de", splits, ner())


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="The split 'train' of German is empty"):
        read_tagged(RowSource({"train": []}), "de", ["train"], ner())


def test_an_unknown_scheme_lists_the_known_ones():
    with pytest.raises(UnknownName, match="bilou, iob1, iob2, iobes"):
        ner(scheme="bioes")


def write_files(folder, *, words, tags, column, ending):
    """The same sentences in the format of an ending."""
    home = folder / "de"
    home.mkdir(exist_ok=True)
    path = home / f"train{ending}"
    pairs = [list(zip(*one, strict=True)) for one in zip(words, tags, strict=True)]
    if ending == ".jsonl":
        rows = zip(words, tags, strict=True)
        lines = [json.dumps({"tokens": w, column: t}) for w, t in rows]
        path.write_text("\n".join(lines))
    elif ending == ".parquet":
        pq.write_table(pa.table({"tokens": words, column: tags}), path)
    elif ending == ".conll":
        blocks = ["\n".join(f"{w}\t_\t{t}" for w, t in sentence) for sentence in pairs]
        path.write_text("\n\n".join(blocks))
    else:
        rest = "\t".join("_" * 6)
        blocks = [
            "\n".join(f"{at}\t{w}\t_\t{t}\t{rest}" for at, (w, t) in enumerate(sentence, 1))
            for sentence in pairs
        ]
        path.write_text("\n\n".join(blocks))
    return FolderSource(folder)


@pytest.mark.parametrize("ending", [".jsonl", ".parquet", ".conll", ".conllu"])
def test_parts_of_speech_are_read_from_every_format_without_naming_a_column(ending, tmp_path):
    words, tags = [["a", "b"], ["c"]], [["NOUN", "VERB"], ["PUNCT"]]
    source = write_files(tmp_path, words=words, tags=tags, column="upos", ending=ending)
    examples = read_tagged(source, "de", ["train"], pos()).examples
    assert [list(e.tokens) for e in examples] == words
    assert [list(e.tags) for e in examples] == tags


@pytest.mark.parametrize("ending", [".jsonl", ".parquet", ".conll"])
def test_entities_are_read_from_every_format_without_naming_a_column(ending, tmp_path):
    words, tags = [WORDS, ["c"]], [TAGS, ["B-LOC"]]
    source = write_files(tmp_path, words=words, tags=tags, column="ner_tags", ending=ending)
    examples = read_tagged(source, "de", ["train"], ner()).examples
    assert [list(e.tokens) for e in examples] == words
    assert [list(e.tags) for e in examples] == tags


def test_a_mistake_in_a_file_of_columns_is_named_by_file_and_line(tmp_path):
    words, tags = [["a", "b"], ["c", "d"]], [["O", "O"], ["O", "I-PER"]]
    source = write_files(tmp_path, words=words, tags=tags, column="ner_tags", ending=".conll")
    with pytest.raises(InputError, match=r"train\.conll:4: word 2: I-PER goes on"):
        read_tagged(source, "de", ["train"], ner())


@pytest.mark.parametrize("kind", ["Sequence", "List", "LargeList"])
@pytest.mark.parametrize("order", [[*TAGS, "B-LOC"], ["B-LOC", "O", "I-PER", "B-PER"]])
def test_numbered_classes_of_the_hub_come_out_by_their_own_names(kind, order, tmp_path):
    """Two copies of a data set number the same tags otherwise; the names say the same."""
    feature = {"feature": {"names": order, "_type": "ClassLabel"}, "_type": kind}
    info = json.dumps({"info": {"features": {"ner_tags": feature}}}).encode()
    numbers = [[order.index(tag) for tag in TAGS]]
    table = pa.table({"tokens": [WORDS], "ner_tags": numbers})
    (tmp_path / "de").mkdir()
    path = tmp_path / "de" / "train.parquet"
    pq.write_table(table.replace_schema_metadata({b"huggingface": info}), path)
    split = read_tagged(FolderSource(tmp_path), "de", ["train"], ner())
    assert split.examples[0].tags == tuple(TAGS)


@pytest.mark.parametrize("task", ["ner", "pos"])
@pytest.mark.parametrize("language", ["deu-Latn", "jpn-Jpan"])
def test_the_sample_is_read_for_both_tasks_without_naming_a_column(task, language):
    columns = TagColumns(task, LABELS[task])
    split = read_tagged(SampleSource(), language, ["test"], columns)
    names = {tag.removeprefix("B-").removeprefix("I-") for e in split.examples for tag in e.tags}
    assert len(split.examples) == 300
    assert len(names - {"O"}) >= 3


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SENTENCE = st.lists(st.tuples(TEXT, TEXT), max_size=4).map(
    lambda pairs: tuple(zip(*pairs, strict=True)) or ((), ())
)
SPLITS = st.builds(
    TaggedSplit,
    TEXT,
    TEXT,
    st.lists(st.builds(lambda i, s: TaggedExample(i, *s), TEXT, SENTENCE), max_size=4).map(tuple),
    st.integers(0, 9),
)


@given(split=SPLITS)
def test_any_tagged_split_comes_back_from_disk_exactly(split, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "split.parquet"
    write_tagged(split, path)
    assert read_tagged_table(path) == split


def test_half_a_surrogate_pair_is_refused_with_the_id(tmp_path):
    examples = (TaggedExample("train/0", ("a",), ("O",)), TaggedExample("x/1", ("\ud83d",), ("O",)))
    with pytest.raises(InputError, match=r"deu-Latn x/1: .*half of a surrogate pair"):
        write_tagged(TaggedSplit("deu-Latn", "train", examples, 0), tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [None, b"", b"PAR1 broken", "other"])
def test_a_missing_or_broken_table_is_a_run_error(tmp_path, content):
    path = tmp_path / "a.parquet"
    if content == "other":
        pq.write_table(pa.table({"id": ["a"]}), path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"a\.parquet: .*Remove it"):
        read_tagged_table(path)
