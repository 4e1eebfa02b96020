"""Raw text: what a line and a document are, what is dropped and counted, what is held out."""

import os
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError, RunError
from isogloss.data.folder import FolderSource
from isogloss.data.source import Row
from isogloss.data.text import RawText, read_text
from isogloss.study.layout import TEXT_ENDINGS

REAL = (
    Path(os.environ.get("ISOGLOSS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "text"
)


class Toy:
    """A source of plain text, given as one string a split."""

    def __init__(self, **texts):
        self.texts = texts

    def rows(self, language, split):
        for index, line in enumerate(self.texts[split].split("\n")):
            yield Row(f"{split}.txt:{index + 1}", index, {"text": line}, is_line=True)


class Records:
    """A source of records, a document each."""

    def __init__(self, **documents):
        self.documents = documents

    def rows(self, language, split):
        for index, one in enumerate(self.documents[split]):
            fields = one if isinstance(one, dict) else {"text": one}
            yield Row(f"{split}.jsonl:{index + 1}", index, fields)


def read(source, held_out="dev", *, train=("train",), column="text"):
    return read_text(source, "eus-Latn", train_splits=train, held_out=held_out, column=column)


def write(folder, **files):
    (folder / "eu").mkdir()
    for name, content in files.items():
        (folder / "eu" / name.replace("_", ".", 1)).write_text(content, encoding="utf-8")
    return FolderSource(folder, endings=TEXT_ENDINGS)


def raw(*lines, documents=None):
    numbers = range(len(lines)) if documents is None else documents
    return RawText(lines, np.array(list(numbers), np.int64))


def same(one, other):
    return one.lines == other.lines and one.documents.tolist() == other.documents.tolist()


def test_blank_lines_part_documents_and_are_counted():
    splits = read(Toy(train="\na\nb\n\n \nc\n\nd\n", dev="x\n\ny"))
    assert same(splits.train, raw("a", "b", "c", "d", documents=[0, 0, 1, 2]))
    assert same(splits.held_out, raw("x", "y", documents=[0, 1]))
    assert splits.n_blank == 6


def test_a_record_is_a_document_and_its_lines_are_lines():
    splits = read(Records(train=["a\n\nb\r\n", "c", ""], dev=["x\ny"]))
    assert same(splits.train, raw("a", "b", "c", documents=[0, 0, 1]))
    assert same(splits.held_out, raw("x", "y", documents=[0, 0]))
    assert splits.n_blank == 2


def test_lines_are_composed_and_stripped_and_compared_so():
    splits = read(Toy(train="\u3000cafe\u0301 \nb\n caf\u00e9\nB", dev="x"))
    assert splits.train.lines == ("caf\u00e9", "b", "B")
    assert splits.n_duplicates == 1


@pytest.mark.parametrize("inside", ["\u2028", "\x85", "\x0b", "\u00a0"])
def test_a_line_ends_at_the_line_feed_only(inside):
    splits = read(Records(train=[f"a{inside}b", "c"], dev=["x"]))
    assert splits.train.lines == (f"a{inside}b", "c")


def test_several_splits_are_one_text_and_each_begins_a_document():
    splits = read(Toy(train="a\nb", more="c\na", dev="x"), train=("train", "more"))
    assert same(splits.train, raw("a", "b", "c", documents=[0, 0, 1]))


def test_lines_that_are_held_out_are_not_trained_on():
    splits = read(Toy(train="a\nb\nb\nc\nx\nx\n\ny", dev="x\ny\ny\nz"))
    assert splits.train.lines == ("a", "b", "c")
    assert splits.held_out.lines == ("x", "y", "z")
    assert (splits.n_duplicates, splits.n_leaked) == (3, 2)


LINES = st.lists(st.sampled_from(["", " ", "a", "b", "c ", "e\u0301", "\u00e9", "dd", "eee"]))


@given(train=LINES, dev=LINES)
def test_nothing_is_lost_but_what_is_counted(train, dev):
    train, dev = [*train, "one", "two"], [*dev, "three"]
    splits = read(Toy(train="\n".join(train), dev="\n".join(dev)))
    mended = [[normalize("NFC", line).strip() for line in lines] for lines in (train, dev)]
    held = list(dict.fromkeys(filter(None, mended[1])))
    kept = [line for line in dict.fromkeys(filter(None, mended[0])) if line not in held]
    assert list(splits.train.lines) == kept
    assert list(splits.held_out.lines) == held
    counted = splits.n_duplicates + splits.n_leaked + splits.n_blank
    assert counted + len(kept) + len(held) == len(train) + len(dev)


def test_a_share_holds_out_the_last_documents():
    documents = [f"{number}{'x' * 9}" for number in range(10)]
    splits = read(Records(train=documents), 0.2)
    assert splits.held_out.lines == tuple(documents[8:])
    assert splits.train.lines == tuple(documents[:8])
    assert splits.held_out.documents.tolist() == [0, 1]
    assert splits.n_leaked == 0


def test_a_share_of_one_document_holds_out_its_last_lines():
    lines = [f"{number}{'x' * 9}" for number in range(10)]
    splits = read(Toy(train="\n".join(lines)), 0.3)
    assert splits.held_out.lines == tuple(lines[7:])


def test_a_last_document_far_beyond_the_share_is_cut_between_its_lines():
    lines = [f"{number}{'x' * 9}" for number in range(10)]
    splits = read(Records(train=[lines[0], "\n".join(lines[1:])]), 0.2)
    assert splits.held_out.lines == tuple(lines[8:])


@given(
    sizes=st.lists(st.lists(st.integers(4, 30), min_size=1, max_size=5), min_size=1, max_size=6),
    share=st.floats(0.01, 0.49),
)
def test_a_share_comes_as_near_as_whole_lines_allow(sizes, share):
    names = iter(range(1000))
    documents = [[f"{next(names):03d}".ljust(size, "x") for size in lines] for lines in sizes]
    flat = [line for lines in documents for line in lines]
    if len(flat) == 1:
        return
    splits = read(Records(train=["\n".join(lines) for lines in documents]), share)
    held, total = splits.held_out.characters, sum(map(len, flat))
    assert splits.train.lines + splits.held_out.lines == tuple(flat)
    assert 0 < held < total
    best = min(abs(sum(map(len, flat[at:])) - share * total) for at in range(1, len(flat)))
    within_two = share * total / 2 <= held <= 2 * share * total
    assert within_two or abs(held - share * total) == pytest.approx(best)


@pytest.mark.parametrize("share", [0.0, -0.1, 0.5, 3, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(InputError, match=r"cannot be held out: give one above 0 and below 0\.5"):
        read(Toy(train="a\nb"), share)


@pytest.mark.parametrize("held_out", ["dev", 0.1])
def test_a_language_without_text_is_named(held_out):
    with pytest.raises(InputError, match=r"Basque \(eus-Latn\) has no text: no line of train"):
        read(Toy(train="\n \n", dev="x"), held_out)


def test_of_a_text_of_one_line_no_share_can_be_held_out():
    with pytest.raises(InputError, match=r"Basque .*has a text of one line.*left to hold out"):
        read(Toy(train="a\n\na\n"), 0.1)


def test_a_text_of_one_line_is_trained_on_beside_a_held_out_split():
    """Dev text is cut between windows, and one line may fill many."""
    assert read(Toy(train="a\n\na\nx", dev="x")).train.lines == ("a",)


def test_an_empty_held_out_text_is_refused():
    with pytest.raises(InputError, match=r"held-out text of Basque .*'dev'"):
        read(Toy(train="a\nb", dev="\n"))


def test_a_text_that_is_all_held_out_is_refused():
    with pytest.raises(InputError, match=r"Each of the 2 lines to train on of Basque .*'dev'"):
        read(Toy(train="a\nb", dev="b\na"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"texts": "a"}, r"jsonl:2: no column 'text' for the text. Did you mean 'texts'\?"),
        ({"text": None}, "jsonl:2: column 'text' holds null, not a text"),
        ({"text": ["a"]}, "jsonl:2: column 'text' holds a list, not a text"),
    ],
)
def test_a_record_without_text_is_named(fields, message):
    with pytest.raises(InputError, match=message):
        read(Records(train=["a", fields], dev=["x"]))


def test_the_column_is_for_records_and_not_for_plain_text(tmp_path):
    source = write(tmp_path, train_txt="a\n\nb\n", dev_jsonl='{"content": "x\\ny"}\n')
    splits = read(source, column="content")
    assert splits.train.lines == ("a", "b")
    assert splits.held_out.lines == ("x", "y")


def test_text_of_every_format_is_found_in_a_folder(tmp_path):
    source = write(tmp_path, train_txt="a\nb\n", extra_csv='text\nc\n"d\ne"\n', dev_tsv="text\nx\n")
    pq.write_table(pa.table({"text": ["f\ng"]}), tmp_path / "eu" / "web.parquet")
    splits = read(source, train=("train", "extra", "web"))
    assert splits.train.lines == tuple("abcdefg")
    assert splits.train.documents.tolist() == [0, 0, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("lines", [[], ["a", "é", "日本"]])
def test_text_comes_back_from_disk_exactly(tmp_path, lines):
    text = raw(*lines)
    text.write(tmp_path / "text.parquet")
    back = RawText.read(tmp_path / "text.parquet")
    assert same(back, text)
    assert back.documents.dtype == np.int64
    back.documents[:] = 0  # not lent by Arrow


@pytest.mark.parametrize("content", [b"", b"not parquet", None])
def test_a_broken_or_missing_file_says_what_to_do(content, tmp_path):
    path = tmp_path / "text.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"text\.parquet.*delete it"):
        RawText.read(path)


def test_sizes_are_counted_without_line_ends():
    text = raw("añb", "日本", documents=[3, 3])
    assert (len(text), text.characters, text.n_bytes, text.n_documents) == (2, 5, 10, 1)


def test_lines_and_documents_must_fit_together():
    for documents in ([0], [1, 0]):
        with pytest.raises(ValueError, match="do not fit together"):
            raw("a", "b", documents=documents)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real text of 13 languages")
def test_real_text_is_read_whole():
    source = FolderSource(REAL, endings=TEXT_ENDINGS)
    splits = read(source, "validation")
    assert splits.train.characters > 500_000
    assert splits.held_out.characters > 10_000
    assert not set(splits.train.lines) & set(splits.held_out.lines)
