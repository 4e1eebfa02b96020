"""Files in every format: what is read, and what is said about each broken one."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.base.errors import InputError
from isogloss.data import lines
from isogloss.data.readers.registry import READERS, read_rows

CONLL = b"# sent 1\nAnna B-PER\nsings O\n\nBern B-LOC\n"
CONLLU = (
    b"# sent_id = 1\n# text = im Haus\n"
    b"1-2\tim\t_\t_\t_\t_\t_\t_\t_\t_\n"
    b"1\tin\tin\tADP\t_\t_\t_\t_\t_\t_\n"
    b"2\tdem\tder\tDET\t_\t_\t_\t_\t_\t_\n"
    b"2.1\t_\t_\t_\t_\t_\t_\t_\t_\t_\n"
    b"3\tHaus\tHaus\tNOUN\t_\t_\t_\t_\t_\t_\n\n"
)
TEXTS = {
    ".jsonl": b'{"text": "gut", "label": 2}\n\n{"text": "\\ud83d\\ude00", "label": 0}\n',
    ".csv": 'text,label\n"a ""b"", c\nd",2\nü,0\n'.encode(),
    ".tsv": b'text\tlabel\n"a\tb"\t2\nc, d\t0\n',
    ".conll": CONLL,
    ".conllu": CONLLU,
    ".txt": b" a, b\n\n\tc \n",
}
EXPECTED = {
    ".jsonl": [{"text": "gut", "label": 2}, {"text": "😀", "label": 0}],
    ".csv": [{"text": 'a "b", c\nd', "label": "2"}, {"text": "ü", "label": "0"}],
    ".tsv": [{"text": "a\tb", "label": "2"}, {"text": "c, d", "label": "0"}],
    ".conll": [
        {"tokens": ["Anna", "sings"], "ner_tags": ["B-PER", "O"]},
        {"tokens": ["Bern"], "ner_tags": ["B-LOC"]},
    ],
    ".conllu": [
        {"tokens": ["in", "dem", "Haus"], "upos": ["ADP", "DET", "NOUN"], "text": "im Haus"}
    ],
    ".txt": [{"text": " a, b"}, {"text": ""}, {"text": "\tc "}],
}
PLACES = {
    ".jsonl": [1, 3],
    ".csv": [2, 4],
    ".tsv": [2, 3],
    ".conll": [2, 5],
    ".conllu": [1],
    ".txt": [1, 2, 3],
}


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def fields(path):
    return [dict(row.fields) for row in read_rows(path)]


def complaint(path):
    with pytest.raises(InputError) as caught:
        list(read_rows(path))
    return str(caught.value)


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("end", TEXTS)
def test_every_text_format_is_read_plain_and_packed_with_the_place_of_each_row(
    tmp_path, end, packed
):
    path = put(tmp_path, f"train{end}{packed}", TEXTS[end])
    rows = list(read_rows(path))
    assert [dict(row.fields) for row in rows] == EXPECTED[end]
    assert [row.index for row in rows] == list(range(len(rows)))
    assert [row.place for row in rows] == [f"{path}:{number}" for number in PLACES[end]]
    assert all(row.is_line == (end == ".txt") for row in rows)


@pytest.mark.parametrize("change", ["crlf", "bom", "no last line end", "both"])
@pytest.mark.parametrize("end", TEXTS)
def test_line_ends_and_the_mark_of_windows_change_nothing(tmp_path, end, change):
    content = TEXTS[end].replace(b"\nd", b" d")
    want = fields(put(tmp_path, f"plain{end}", content))
    if change in {"crlf", "both"}:
        content = content.replace(b"\n", b"\r\n")
    if change in {"bom", "both"}:
        content = lines.BOM + content
    if change == "no last line end":
        content = content.rstrip(b"\n")
    assert fields(put(tmp_path, f"changed{end}", content)) == want


def test_the_table_of_readers_covers_every_format_that_is_tested():
    assert set(READERS) == {*TEXTS, *(f"{end}.gz" for end in TEXTS), ".parquet"}


def test_an_unknown_ending_lists_the_known_ones(tmp_path):
    assert "Known endings: .jsonl" in complaint(put(tmp_path, "train.xlsx", b""))


@pytest.mark.parametrize("end", sorted(READERS))
def test_a_folder_or_nothing_in_place_of_a_file_is_said(tmp_path, end):
    (tmp_path / f"folder{end}").mkdir()
    assert "a folder where a file should be" in complaint(tmp_path / f"folder{end}")
    assert "there is no such file" in complaint(tmp_path / f"nothing{end}")


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    path = put(tmp_path, "train.jsonl", b"{}")
    monkeypatch.setattr(Path, "open", refuse)
    assert "no permission to read it" in complaint(path)


@pytest.mark.parametrize("end", TEXTS)
def test_bytes_that_are_not_utf8_are_named_by_line_and_byte(tmp_path, end):
    content = TEXTS[end] + b"ab\xff\n"
    at = len(TEXTS[end]) + 2
    number = content.count(b"\n")
    message = complaint(put(tmp_path, f"train{end}", content))
    assert f"train{end}:{number}: not UTF-8 at byte {at} of the text (0xff" in message


@pytest.mark.parametrize("end", TEXTS)
def test_a_nul_byte_and_utf16_are_refused(tmp_path, end):
    assert ":1: a NUL byte at byte 1" in complaint(put(tmp_path, f"nul{end}", b"a\0b\n"))
    utf16 = TEXTS[end].decode().encode("utf-16")
    assert "the file is UTF-16" in complaint(put(tmp_path, f"utf16{end}", utf16))


@pytest.mark.parametrize("end", TEXTS)
@pytest.mark.parametrize("how", ["cut", "no gzip", "checksum", "garbage after"])
def test_broken_gzip_is_refused_and_never_read_as_a_short_file(tmp_path, end, how):
    packed = gzip.compress((TEXTS[end] + b"\n") * 50)
    broken = {
        "cut": packed[:-9],
        "no gzip": TEXTS[end],
        "checksum": packed[:-8] + bytes(byte ^ 1 for byte in packed[-8:]),
        "garbage after": packed + b"garbage",
    }[how]
    path = tmp_path / f"train{end}.gz"
    path.write_bytes(broken)
    assert "the gzip data are broken or cut off" in complaint(path)


@pytest.mark.parametrize("end", TEXTS)
def test_a_line_beyond_the_limit_is_refused(tmp_path, monkeypatch, end):
    monkeypatch.setenv("ISOGLOSS_MAX_LINE_BYTES", "100")
    path = put(tmp_path, f"train{end}", b"x" * 101)
    assert ":1: the line is longer than 100 bytes" in complaint(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "a"', "not JSON: Expecting ',' delimiter at column"),
        (b"{'text': 'a'}", "not JSON"),
        (b'{"text": "a"} {"text": "b"}', "not JSON: Extra data"),
        (b'["a", 1]', "a JSON list where an object should be"),
        (b"null", "a JSON NoneType where an object should be"),
        (b'{"text": "a", "text": "b"}', "the key 'text' stands twice"),
        (b'{"text": "\\ud83d"}', "half of a surrogate pair (\\ud83d)"),
        (b'{"text": ["\\uDE00"]}', "half of a surrogate pair (\\ude00)"),
        (b"[" * 100_000, "not usable JSON"),
        (b'{"n": ' + b"9" * 5000 + b"}", "not usable JSON"),
    ],
)
def test_broken_json_is_named_by_file_and_line(tmp_path, line, message):
    path = put(tmp_path, "train.jsonl", b'{"text": "fine"}\n' + line + b"\n")
    said = complaint(path)
    assert said.startswith(f"{path}:2: ")
    assert message in said


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file is empty"),
        (b"text,\na,1\n", 1, "a column without a name"),
        (b"text,text\na,1\n", 1, "the header names text twice"),
        (b"text,label\na,1\nb\n", 3, "1 fields where the header has 2 (text, label)"),
        (b"text,label\na,b,1\n", 2, "3 fields where the header has 2"),
        (b'text,label\n"a,1\nb,2\nc,3\n', 2, "the row that begins here is broken"),
        (b'text,label\n"a"b,1\n', 2, "the row that begins here is broken"),
        (b"text,label\na\rb,1\n", 2, "the row that begins here is broken"),
    ],
)
def test_broken_csv_is_named_by_file_and_line(tmp_path, content, line, message):
    path = put(tmp_path, "train.csv", content)
    said = complaint(path)
    assert said.startswith(f"{path}:{line}: ")
    assert message in said


def test_a_field_of_csv_may_be_longer_than_the_limit_python_starts_with(tmp_path):
    text = "x" * 200_000
    path = put(tmp_path, "train.csv", f"text,label\n{text},1\n".encode())
    assert fields(path) == [{"text": text, "label": "1"}]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"Anna B-PER\nsings\n", 2, "one column: a line needs a token and its tag"),
        (b"Anna NNP B-PER\nsings O\n", 2, "2 columns where the first line has 3"),
        (b"Anna\tB-PER\n\tO\n", 2, "an empty token or tag"),
        (b"Anna\tB-PER\nx\t\n", 2, "an empty token or tag"),
    ],
)
def test_broken_conll_is_named_by_file_and_line(tmp_path, content, line, message):
    path = put(tmp_path, "train.conll", content)
    said = complaint(path)
    assert said.startswith(f"{path}:{line}: ")
    assert message in said


def test_a_token_that_is_a_number_sign_is_not_taken_for_a_comment(tmp_path):
    content = b"-DOCSTART- -X- O\n\n# id 3\n# NN O\nx NN O\n# NN SYM\n"
    path = put(tmp_path, "train.conll", content)
    assert fields(path) == [{"tokens": ["#", "x", "#"], "ner_tags": ["O", "O", "SYM"]}]


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2028", "\x85"])
def test_spaces_of_unicode_stay_inside_tokens_and_texts(tmp_path, space):
    token = f"10{space}000"
    conll = put(tmp_path, "train.conll", f"{token} O\n".encode())
    assert fields(conll) == [{"tokens": [token], "ner_tags": ["O"]}]
    jsonl = put(tmp_path, "train.jsonl", json.dumps({"t": token}, ensure_ascii=False).encode())
    assert fields(jsonl) == [{"t": token}]
    table = put(tmp_path, "train.csv", f"t,l\n{token},1\n".encode())
    assert fields(table) == [{"t": token, "l": "1"}]
    plain = put(tmp_path, "train.txt", f"{token}\n".encode())
    assert fields(plain) == [{"text": token}]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"1\ta\t_\n", 1, "3 columns where CoNLL-U has 10"),
        (CONLLU + CONLLU.replace(b"3\tHaus", b"x\tHaus"), 15, "'x' is no word number"),
        (CONLLU.replace(b"\tADP", b"\t"), 4, "an empty word or part of speech"),
    ],
)
def test_broken_conllu_is_named_by_file_and_line(tmp_path, content, line, message):
    path = put(tmp_path, "train.conllu", content)
    said = complaint(path)
    assert said.startswith(f"{path}:{line}: ")
    assert message in said


def write_parquet(path, columns, features=None):
    table = pa.table(columns)
    if features is not None:
        info = {"info": {"features": features}}
        table = table.replace_schema_metadata({b"huggingface": json.dumps(info).encode()})
    pq.write_table(table, path)
    return path


CLASS = {"names": ["no", "yes"], "_type": "ClassLabel"}


@pytest.mark.parametrize("kind", ["Sequence", "List", "old"])
def test_classes_of_parquet_come_out_by_name_also_inside_lists(tmp_path, kind):
    inner = [CLASS] if kind == "old" else {"feature": CLASS, "_type": kind}
    path = write_parquet(
        tmp_path / "train.parquet",
        {"label": [1, 0, -1, None], "tags": [[0, 1], [], None, [1]], "n": [7, 8, 9, 0]},
        {"label": CLASS, "tags": inner, "n": {"dtype": "int64", "_type": "Value"}},
    )
    assert [row.place for row in read_rows(path)] == [f"{path}:row {n}" for n in (1, 2, 3, 4)]
    assert fields(path) == [
        {"label": "yes", "tags": ["no", "yes"], "n": 7},
        {"label": "no", "tags": [], "n": 8},
        {"label": None, "tags": None, "n": 9},
        {"label": None, "tags": ["yes"], "n": 0},
    ]


@pytest.mark.parametrize("metadata", [None, b"no json", b"[]", b'{"info": 3}', b'{"info": {}}'])
def test_metadata_of_another_form_name_no_classes(tmp_path, metadata):
    table = pa.table({"label": [1]})
    if metadata is not None:
        table = table.replace_schema_metadata({b"huggingface": metadata})
    pq.write_table(table, tmp_path / "train.parquet")
    assert fields(tmp_path / "train.parquet") == [{"label": 1}]


def test_a_class_number_without_a_name_is_refused_with_its_row(tmp_path):
    path = write_parquet(tmp_path / "train.parquet", {"label": [1, 2]}, {"label": CLASS})
    assert "row 2: class number 2, but the file names 2 classes (no, yes)" in complaint(path)


@pytest.mark.parametrize("how", ["no parquet", "empty", "cut", "damaged"])
def test_unreadable_parquet_is_refused(tmp_path, how):
    path = write_parquet(tmp_path / "train.parquet", {"text": [f"text {n}" for n in range(3000)]})
    good = path.read_bytes()
    broken = {"no parquet": b"text,label", "empty": b"", "cut": good[: len(good) // 2]}
    path.write_bytes(broken.get(how, good[:4] + bytes(200) + good[204:]))
    assert "not readable as parquet after row" in complaint(path)


def test_dates_and_times_of_parquet_are_text(tmp_path):
    """Nanoseconds and years beyond 9999 have no place in Python, and an event log has both."""
    columns = {
        "text": pa.array(["good"]),
        "seen": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC")),
        "until": pa.array([5_000_000], pa.date32()),
        "took": pa.array([1], pa.duration("ns")),
    }
    pq.write_table(pa.table(columns), tmp_path / "train.parquet")
    (row,) = fields(tmp_path / "train.parquet")
    seen, until = "2023-11-14 22:13:20.123456789Z", "15659-07-15"
    assert row == {"text": "good", "seen": seen, "until": until, "took": "1"}


def test_a_value_of_parquet_that_python_cannot_hold_is_refused(tmp_path):
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(pa.table({"text": ["good"], "odd": twice}), tmp_path / "train.parquet")
    assert "not readable as parquet after row 0" in complaint(tmp_path / "train.parquet")


def test_a_column_that_stands_twice_in_parquet_is_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["text", "text"])
    pq.write_table(table, tmp_path / "train.parquet")
    assert "the column text stands twice" in complaint(tmp_path / "train.parquet")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=8), tabs=st.booleans())
def test_whatever_the_csv_module_writes_is_read_back(rows, tabs, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / ("train.tsv" if tabs else "train.csv")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter="\t" if tabs else ",")
        writer.writerows([("a", "b"), *rows])
    assert [(row.fields["a"], row.fields["b"]) for row in read_rows(path)] == rows


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=3),
    max_leaves=6,
)


@given(rows=st.lists(st.dictionaries(CELLS, JSON, max_size=4), max_size=6), ascii=st.booleans())
def test_whatever_the_json_module_writes_is_read_back(rows, ascii, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "train.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows)
    path.write_bytes(text.encode())
    assert fields(path) == rows
