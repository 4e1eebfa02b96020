"""Good files of every format: what mutations begin with."""

import gzip
import io
import json
from importlib import resources

import pyarrow as pa
import pyarrow.parquet as pq

STUDIES = tuple(
    file.read_bytes()
    for file in resources.files("isogloss.study.templates").iterdir()
    if file.name.endswith(".yaml")
)

JSONL = (
    b'{"text": "gut", "label": "positive"}\n\n{"text": "\\ud83d\\ude00", "label": 0}\n',
    b'{"tokens": ["Ada", "laughs"], "ner_tags": ["B-PER", "O"]}\n',
)
CSV = (
    b'text,label\n"a ""b"", c\nd",positive\n\xc3\xbc,negative\n',
    b"\xef\xbb\xbftext,label\r\na,b\r\n",
)
TSV = (b'text\tlabel\n"a\tb"\tpositive\nc, d\tnegative\n',)
CONLL = (
    b"-DOCSTART- O\n\n# sent 1\nAnna B-PER\nsings O\n\nBern B-LOC\n",
    b"Ada\tNNP\tB-PER\nLovelace\tNNP\tI-PER\n\nlaughs\tVB\tO\n",
)
CONLLU = (
    b"# sent_id = 1\n# text = im Haus\n"
    b"1-2\tim\t_\t_\t_\t_\t_\t_\t_\t_\n"
    b"1\tin\tin\tADP\t_\t_\t_\t_\t_\t_\n"
    b"2\tdem\tder\tDET\t_\t_\t_\t_\t_\t_\n"
    b"2.1\t_\t_\t_\t_\t_\t_\t_\t_\t_\n"
    b"3\tHaus\tHaus\tNOUN\t_\t_\t_\t_\t_\t_\n\n",
)
TEXT = (b"Kaixo, mundua!\n\nBigarren lerroa.\r\nHirugarrena \xe2\x80\xa8 hemen\n",)
FIGURES = (b"metric,a,b\nf1,0.71,0.69\nlatency_s,0.012,0.02\nn_gold,120,120\n",)


def packed(seeds):
    """The same files as gzip, one of them in two members."""
    return (*map(gzip.compress, seeds), gzip.compress(seeds[0]) + gzip.compress(seeds[-1]))


def parquet_bytes(table, **how) -> bytes:
    """A parquet file in memory."""
    stream = io.BytesIO()
    pq.write_table(table, stream, **how)
    return stream.getvalue()


def class_metadata(names):
    """The metadata by which the `datasets` library names classes."""
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def _tables():
    texts = pa.table({"text": ["gut", "schlecht", "naja"], "label": [0, 1, -1]})
    yield texts.replace_schema_metadata(class_metadata(["positive", "negative"]))
    yield pa.table({"tokens": [["Ada", "laughs"], []], "ner_tags": [["B-PER", "O"], None]})


PARQUET = tuple(
    parquet_bytes(table, compression=compression)
    for table in _tables()
    for compression in ("none", "zstd", "snappy")
)
