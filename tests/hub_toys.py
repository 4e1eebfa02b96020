"""The sentiment data of the shipped study, made tiny, for a toy Hub."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

DATA = "tyqiangz/multilingual-sentiments"
PARQUET = "refs/convert/parquet"
CLASSES = ("positive", "neutral", "negative")
"""The order of the Hub's copy; the study's is the other way round."""

WORDS = {
    "english": ("good fine great", "table chair lamp", "bad poor awful"),
    "french": ("bon beau ravi", "table lit lampe", "mal laid triste"),
    "arabic": ("جيد جميل رائع", "كرسي باب مصباح", "سيئ قبيح رديء"),
    "japanese": ("良い 美しい 最高", "椅子 扉 机", "悪い 醜い 最低"),
    "hindi": ("अच्छा बढ़िया सुंदर", "मेज कुर्सी दीपक", "बुरा खराब बेकार"),
    "malay": ("baik indah hebat", "meja kerusi lampu", "buruk teruk hodoh"),
    "german": ("gut fein toll", "Tisch Stuhl Lampe", "schlecht mies übel"),
}
"""Configuration -> its words, by class number."""

STUDIED = tuple(WORDS)[:6]
SPLITS = ("train", "validation", "test")


def parquet(texts, numbers, names=CLASSES):
    """A file as `datasets` writes it: classes as numbers, their names in the metadata."""
    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": list(names), "_type": "ClassLabel"},
    }
    schema = pa.schema(
        [("text", pa.string()), ("label", pa.int64())],
        metadata={b"huggingface": json.dumps({"info": {"features": features}}).encode()},
    )
    out = io.BytesIO()
    pq.write_table(pa.table({"text": texts, "label": numbers}, schema=schema), out)
    return out.getvalue()


def numbers_of(language: str, split: str) -> list[int]:
    """The classes of a split's rows; how many there are of each tells the language."""
    if split != "test":
        return [0, 1, 2, 2, 0, 1]
    at = list(WORDS).index(language)
    return [2] + [0] * (2 + at) + [1] * 3


def sentiment_files(change: str = "") -> dict[str, bytes]:
    """The data repository: a folder a language, and things that are not to be fetched.

    Args:
        change: a word that is added to the texts of Malay.
    """
    files = {"README.md": b"# toy", "multilingual-sentiments.py": b"raise SystemExit('script')"}
    for language, words in WORDS.items():
        extra = change if language == "malay" else ""
        for split in SPLITS:
            numbers = numbers_of(language, split)
            texts = [
                f"{words[number].split()[at % 3]} {split} {at}{extra}"
                for at, number in enumerate(numbers)
            ]
            files[f"{language}/{split}/0000.parquet"] = parquet(texts, numbers)
    return files
